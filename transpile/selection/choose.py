"""What a user selects of the rules in files."""

from __future__ import annotations

from pathlib import Path

from transpile.ir.rule import Rule
from transpile.record import record
from transpile.selection.tree import Condition, holds
from transpile.syntax.lexer import ParseError


@record
class Selection:
    """The rules that a command is about: those that meet `condition`, and have one of `ids`; None asks for nothing."""

    condition: Condition | None = None
    ids: frozenset[str] | None = None

    def takes(self, rule: Rule | None, path: str, id_: str | None = None) -> bool:
        """Whether a rule is selected. One that could not be read is, unless its path or id speaks against it."""
        if self.ids is not None and (id_ or "").lower() not in self.ids:
            return False
        return self.condition is None or holds(self.condition, rule, path) is not False


ALL = Selection()


def select(where: str | None = None, ids: Path | str | None = None) -> Selection:
    """The selection that a condition, and a file with ids, make.

    Raises `ValueError` with the condition and a caret where it is not one, and `OSError` for the file.
    """
    condition = None
    if where and where.strip():
        from transpile.selection.parse import parse

        try:
            condition = parse(where)
        except ParseError as error:
            column, width = error.span.column, max(1, error.span.end_column - error.span.column)
            line = " ".join(where.split("\n"))
            raise ValueError(f"{error.message}\n    {line}\n    {' ' * (column - 1)}{'^' * width}") from None
    return Selection(condition, read_ids(Path(ids)) if ids else None)


def read_ids(path: Path) -> frozenset[str]:
    """The ids in a file: the first word of each line; `#` begins a comment. Raises `OSError`, or `ValueError`."""
    lines = (line.partition("#")[0].split() for line in path.read_text(encoding="utf-8").splitlines())
    found = frozenset(words[0].strip(",").lower() for words in lines if words)
    if not found:
        raise ValueError(f"{path} holds no ids")
    return found
