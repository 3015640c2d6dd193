"""Printing expressions: parentheses only where the language needs them, line breaks where people put them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Fragment(NamedTuple):
    """Printed text and how tightly its outermost operator binds (higher binds tighter)."""

    text: str
    level: int


ATOM = 100  # binds tighter than any operator


def backslashed(text: str, chars: str) -> str:
    r"""The text with a backslash before each of these characters; a backslash among them must be the first.

    `str.translate` would take several times as long.

    >>> print(backslashed(r"a.b\c", r"\."))
    a\.b\\c
    """
    for char in chars:
        if char in text:
            text = text.replace(char, "\\" + char)
    return text


def guard(fragment: Fragment, level: int) -> str:
    """The fragment as an operand of an operator at `level`: in parentheses if it binds no tighter.

    >>> guard(Fragment("a or b", 1), 2)
    '(a or b)'
    """
    return fragment.text if fragment.level > level else f"({fragment.text})"


def infix(fragments: Iterable[Fragment], operator: str, level: int) -> Fragment:
    """Operands joined by a spelled operator (blanks and line breaks are part of `operator`).

    >>> infix([Fragment("a", ATOM), Fragment("b or c", 1)], " and ", 2).text
    'a and (b or c)'
    """
    return Fragment(operator.join(guard(fragment, level) for fragment in fragments), level)


def broken(parts: Sequence[str], joint: str, opener: str, closer: str, width: int = 100) -> str:
    """`parts` between brackets on one line, or one a line, indented by two, where that line is too long.

    >>> broken(["a", "b"], ", ", "(", ")", width=80)
    '(a, b)'
    """
    line = opener + joint.join(parts) + closer
    if len(line) <= width:
        return line
    return opener + "\n  " + (joint.rstrip() + "\n  ").join(parts) + "\n" + closer
