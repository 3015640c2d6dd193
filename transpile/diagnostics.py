"""Diagnostics as values, and `Report`, which collects them during one lowering.

An approximation is shown with its code's id and a letter: `W` when the query is wider than the rule (it may match
more), `N` when it is narrower (it may miss events).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from transpile.codes import Code, Direction, Effect
from transpile.source import Span


class Severity(StrEnum):
    """How bad it is: an error means no query, a warning an approximate one, a note changes nothing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


_LONGEST = 1000  # characters of a message; facts may be whole values of a rule
_SURROGATE = re.compile("[\ud800-\udfff]")
_LETTERS = {Direction.EXACT: "", Direction.WIDER: "W", Direction.NARROWER: "N"}


def shown(code: Code, direction: Direction = Direction.EXACT) -> str:
    """A code as users see it: its id, with `W` or `N` behind it for a wider or narrower query."""
    return code.id + _LETTERS[direction]


class Diagnostic(NamedTuple):
    """One finding about one rule. `direction` is how an approximation changes the query."""

    kind: Code
    severity: Severity
    message: str
    span: Span | None = None
    hint: str = ""
    direction: Direction = Direction.EXACT

    @property
    def code(self) -> str:
        """The code as users see it (`shown`)."""
        return shown(self.kind, self.direction)

    @property
    def effect(self) -> Effect:
        """What the finding does to the query."""
        return self.kind.effect

    @property
    def withheld(self) -> Diagnostic:
        """The finding on a rule without a query: an approximation is an error, with how to have the query after all."""
        if self.effect is not Effect.APPROXIMATE:
            return self
        hint = self.hint or "allow approximate queries (--allow-approximate) to have it"
        return self._replace(severity=Severity.ERROR, hint=hint)

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON-ready values; line and column count from 1, the end is exclusive, all null where there
        is no place.

        `file` is there only where the place is in another file than the rule: a filter, or a base rule.
        """
        elsewhere = {"file": self.span.source.path} if self.span and self.span.source else {}
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "line": self.span.line if self.span else None,
            "column": self.span.column if self.span else None,
            "end_line": self.span.end_line if self.span else None,
            "end_column": self.span.end_column if self.span else None,
            "hint": self.hint or None,
            **elsewhere,
        }


_SEVERITY = {
    Effect.UNREADABLE: Severity.ERROR,
    Effect.REFUSED: Severity.ERROR,
    Effect.APPROXIMATE: Severity.WARNING,
    Effect.NOTE: Severity.NOTE,
    Effect.FAILED: Severity.ERROR,
}


def diagnose(code: Code, span: Span | None = None, *, wider: bool = True, **facts: Any) -> Diagnostic:
    """The diagnostic for a code, its message and hint filled with `facts`; of very long ones the middle is left out.

    `wider` is read for approximations only. Raises `KeyError` for a fact that the message needs and `facts` lacks.
    """
    message, direction = _bounded(code.message.format_map(facts)), Direction.EXACT
    if code.effect is Effect.APPROXIMATE:
        direction = Direction.WIDER if wider else Direction.NARROWER
        message += f" (the query is {direction.value} than the rule)"
    return Diagnostic(code, _SEVERITY[code.effect], message, span, _bounded(code.hint.format_map(facts)), direction)


def _bounded(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}...{text[-_LONGEST // 4 :]}"


def failure(error: Exception) -> Diagnostic:
    """What is said of an exception that no room expected: a fault of the tool, not of the rule."""
    import traceback
    from pathlib import PurePath

    from transpile.codes import failures

    frames = traceback.extract_tb(error.__traceback__)
    place = f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    reason = str(error).partition("\n")[0][:200]
    return diagnose(failures.IO001, error=type(error).__name__, reason=reason, place=place)


@dataclass(slots=True)
class Report:
    """Collects what one lowering finds. It lives as long as that lowering and is never shared.

    `negated` says whether the part being lowered is under an odd number of NOTs, so that a predicate that
    is widened there is reported as narrowing the query. `turned` says the same of the stages around it: whether what is
    wider there makes the query narrower; both ways, where it does either. `windows`: "sliding" or "buckets", how a
    rule's time windows are written where the cheaper fixed windows are an approximation.
    """

    diagnostics: list[Diagnostic] = field(default_factory=list)
    negated: bool = False
    turned: frozenset[bool] = frozenset({False})
    windows: str = "sliding"

    def refuse(self, code: Code, span: Span | None = None, **facts: Any) -> None:
        """Say that the language cannot express this part; the rule gets no query."""
        self.diagnostics.append(diagnose(code, span, **facts))

    def approximate(self, code: Code, span: Span | None = None, *, wider: bool, **facts: Any) -> None:
        """Say that this predicate is `wider` (or narrower) than the rule's; given only by the user's leave."""
        for turned in sorted(self.turned):
            direction = wider != (self.negated != turned)
            self.diagnostics.append(diagnose(code, span, wider=direction, **facts))

    @contextmanager
    def inside(self, turned: Iterable[bool]) -> Iterator[None]:
        """While an input of a stage is lowered: whether a wider input makes the stage narrower (`Polarity.turned`)."""
        before, ways = self.turned, frozenset(turned)
        self.turned = frozenset(one != other for one in before for other in ways)
        try:
            yield
        finally:
            self.turned = before

    def note(self, code: Code, span: Span | None = None, **facts: Any) -> None:
        """Say something worth knowing about an exact query."""
        self.diagnostics.append(diagnose(code, span, **facts))


def one_line(text: str) -> str:
    """Text of a rule as one line that does nothing to a terminal."""
    return printable(" ".join(text.split()))


def printable(text: str) -> str:
    """Text without control characters: an escape sequence in a rule must not reach the terminal.

    >>> printable("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    return "".join(
        char if char.isprintable() or char in "\t\n" else char.encode("unicode_escape").decode() for char in text
    )


def encodable(text: str) -> str:
    """Text without lone surrogates: bytes of a file name that are not UTF-8 as `\\xff`, others as `\\ud800`.

    >>> encodable("bad\\udcff.yml")
    'bad\\\\xff.yml'
    """
    return text if text.isascii() else _SURROGATE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number - 0xDC00:02x}" if 0xDC80 <= number <= 0xDCFF else f"\\u{number:04x}"
