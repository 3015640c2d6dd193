"""Diagnostics as values, and `Report`, which collects them during one lowering.

What there is to say stands in the table of `transpile/codes`. An approximation's code ends in `W` when the query is
wider than the rule (it may match more) and in `N` when it is narrower (it may miss).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from transpile.codes import CODES, Effect
from transpile.source import Span


class Severity(StrEnum):
    """How bad it is: an error means no query, a warning an approximate one, a note changes nothing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Diagnostic(NamedTuple):
    """One finding about one rule: `code` is a key of `CODES`, with `W` or `N` behind it for an approximation."""

    code: str
    severity: Severity
    message: str
    span: Span | None = None
    hint: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON-ready values; line and column count from 1, null where there is no place."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "line": self.span.line if self.span else None,
            "column": self.span.column if self.span else None,
            "hint": self.hint or None,
        }


_SEVERITY = {
    Effect.UNREADABLE: Severity.ERROR,
    Effect.REFUSED: Severity.ERROR,
    Effect.APPROXIMATE: Severity.WARNING,
    Effect.NOTE: Severity.NOTE,
    Effect.FAILED: Severity.ERROR,
}


def diagnose(code: str, span: Span | None = None, *, wider: bool = True, **facts: Any) -> Diagnostic:
    """The diagnostic for a code of the table, its message filled with `facts`.

    `wider` is read for approximations only. Raises `KeyError` for a code or a fact that the table does not know.
    """
    row = CODES[code]
    message = row.message.format_map(facts)
    if row.effect is Effect.APPROXIMATE:
        code += "W" if wider else "N"
        message += f" (the query is {'wider' if wider else 'narrower'} than the rule)"
    return Diagnostic(code, _SEVERITY[row.effect], message, span, row.hint.format_map(facts))


@dataclass(slots=True)
class Report:
    """Collects what one lowering finds. It lives as long as that lowering and is never shared.

    `negated` says whether the part being lowered stands under an odd number of NOTs, so that a predicate that
    is widened there is reported as narrowing the query.
    """

    allow_approximate: bool = False
    diagnostics: list[Diagnostic] = field(default_factory=list)
    negated: bool = False

    def refuse(self, code: str, span: Span | None = None, **facts: Any) -> None:
        """Say that the language cannot express this part; the rule gets no query."""
        self.diagnostics.append(diagnose(code, span, **facts))

    def approximate(self, code: str, span: Span | None = None, *, wider: bool, **facts: Any) -> None:
        """Say that this predicate is `wider` (or narrower) than the rule's; given only by the user's leave."""
        self.diagnostics.append(diagnose(code, span, wider=wider != self.negated, **facts))

    def note(self, code: str, span: Span | None = None, **facts: Any) -> None:
        """Say something worth knowing about an exact query."""
        self.diagnostics.append(diagnose(code, span, **facts))
