"""Printing conditions: on one line where it fits, else an operand a line; parentheses only where they are needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

WIDTH = 110
INDENT = "  "


class Layout(NamedTuple):
    """A printed expression on one line, how tightly it binds, and how it is written on several lines.

    `broken` takes the indentation of the line that it starts on; the lines below are to be indented alike.
    """

    flat: str
    level: int
    broken: Callable[[str], str] | None = None

    def fit(self, indent: str, level: int) -> str:
        """The expression as an operand of an operator at `level`, on one line if that is short enough."""
        flat = self.inline(level)
        if self.broken is None or len(indent) + len(flat) <= WIDTH:
            return flat
        if self.level > level:
            return self.broken(indent)
        return f"(\n{indent}{INDENT}{self.broken(indent + INDENT)}\n{indent})"

    def inline(self, level: int) -> str:
        """The expression as an operand of an operator at `level`, on one line.

        >>> Layout("a or b", 1).inline(2), Layout("a", 9).inline(2)
        ('(a or b)', 'a')
        """
        return self.flat if self.level > level else f"({self.flat})"


def joined(operator: str, level: int, guarded: int, layouts: Sequence[Layout]) -> Layout:
    """Operands around an infix operator of a level; an operand at or below `guarded` takes parentheses.

    >>> joined("AND", 2, 2, [Layout("a", 9), Layout("b OR c", 1)]).flat
    'a AND (b OR c)'
    """
    return Layout(
        f" {operator} ".join([layout.inline(guarded) for layout in layouts]),
        level,
        lambda indent: f" {operator}\n{indent}".join([layout.fit(indent, guarded) for layout in layouts]),
    )


def prefixed(operator: str, level: int, inner: Layout) -> Layout:
    """An operand behind a prefix operator that binds as tightly as `level`."""
    return Layout(operator + inner.inline(level - 1), level, lambda indent: operator + inner.fit(indent, level - 1))


def listed(head: str, level: int, items: Sequence[str], tail: str = ")") -> Layout:
    """Items between brackets: `head` ends with the opening one.

    >>> listed("f IN (", 4, ["1", "2"]).broken("")
    'f IN (\\n  1,\\n  2\\n)'
    """

    def broken(indent: str) -> str:
        inner = "\n" + indent + INDENT
        return f"{head}{inner}{f',{inner}'.join(items)}\n{indent}{tail}"

    return Layout(head + ", ".join(items) + tail, level, broken)
