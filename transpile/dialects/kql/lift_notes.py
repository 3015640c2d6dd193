"""What a reading leaves out of the rule, with its text, its place and what that does to the rule."""

from __future__ import annotations

from transpile.codes import Code, Direction
from transpile.diagnostics import Report, diagnose
from transpile.dialects.base import Left
from transpile.dialects.kql import codes
from transpile.dialects.kql.print import print_script
from transpile.dialects.kql.tree import NOWHERE, Expr, Place, Script
from transpile.source import Source, Span

_LONGEST = 120  # characters of a text within a message


class Notes:
    """Collects what one reading leaves out, each place once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.report = Report()
        self._left: dict[Place | str, Left] = {}

    def span(self, at: Place) -> Span | None:
        """The span of a place; None if the node was not read from this text."""
        return None if at == NOWHERE else self.source.span(*at)

    def text(self, at: Place, node: Expr | None = None) -> str:
        """The text at a place."""
        if at == NOWHERE:
            return print_script(Script((node,))) if node is not None else ""
        return self.source.text[at[0] : at[1]]

    def unchanged(self, at: Place, code: Code) -> None:
        """The text at a place does not decide what matches."""
        if at not in self._left:
            self._left[at] = Left(self.text(at), self.span(at), Direction.EXACT, code)

    def approximate(
        self, at: Place, code: Code, *, node: Expr | None = None, wider: bool = True, reason: str = ""
    ) -> None:
        """The rule lacks the text at a place, and matches more (or less) than the query."""
        text = self.text(at, node)
        direction = Direction.WIDER if wider else Direction.NARROWER
        key: Place | str = at if at != NOWHERE else text
        before = self._left.get(key)
        if before is not None and before.effect is not Direction.EXACT:
            return
        self._left[key] = Left(text, self.span(at), direction, code)
        self.report.approximate(code, self.span(at), wider=wider, text=shortened(text), reason=reason)

    def missed(self, at: Place, code: Code) -> None:
        """The text at a place belongs to something that was left out, and reported, before."""
        if at not in self._left:
            self._left[at] = Left(self.text(at), self.span(at), Direction.WIDER, code)

    def narrower(self, at: Place, code: Code, field: str) -> None:
        """Nothing is left out, but the rule matches less."""
        self.report.approximate(code, self.span(at), wider=False, field=field)

    def doubt(self, at: Place, column: str, wider: bool) -> None:
        """Nothing is left out, but the rule matches more, or less, if the column is a string."""
        found = diagnose(codes.KQL021, self.span(at), wider=wider, field=column)
        if found not in self.report.diagnostics:
            self.report.diagnostics.append(found)

    def refuse(self, at: Place, reason: str) -> None:
        """There is no rule."""
        self.report.refuse(codes.KQL016, self.span(at), reason=reason)

    @property
    def count(self) -> int:
        """How many findings there are so far."""
        return len(self.report.diagnostics)

    @property
    def lost(self) -> int:
        """How many of the findings there are so far leave something out."""
        return sum(one.kind is not codes.KQL021 for one in self.report.diagnostics)

    @property
    def left(self) -> tuple[Left, ...]:
        """What was left out, in the order of the text."""
        return tuple(sorted(self._left.values(), key=lambda one: (one.span or (0, 0))[:2]))


def shortened(text: str) -> str:
    """A text on one line, cut where it is long."""
    line = " ".join(text.split())
    return f"`{line if len(line) <= _LONGEST else line[: _LONGEST - 3] + '...'}`"
