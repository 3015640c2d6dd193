"""Everything the tool can say about a rule: one table of stable codes, and diagnostics as values.

A code's first letters name the room it comes from: `SIG` reading Sigma, `MAP` data models, `SPL`, `KQL`, `EQL`,
`YAR` the dialects, `RUN` running and verifying, `DEP` deploy files, `IO` files. An approximation's code ends in `W`
when the query is wider than the rule (it may match more) and in `N` when it is narrower (it may miss).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from transpile.source import Span


class Severity(StrEnum):
    """How bad it is: an error means no query, a warning an approximate one, a note changes nothing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Effect(StrEnum):
    """What a finding does to the query."""

    UNREADABLE = "unreadable"  # the rule itself could not be read
    REFUSED = "refused"  # no query: the language or the data model cannot say it
    APPROXIMATE = "approximate"  # a query that is wider or narrower, on request only
    NOTE = "note"  # the query is exact; worth knowing
    FAILED = "failed"  # the tool or the machine broke off; nothing is said about the rule


@dataclass(frozen=True, slots=True)
class Code:
    """One row of the table: what is said each time, with `{names}` filled in, and the longer explanation."""

    effect: Effect
    message: str
    explanation: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
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


def find_code(code: str) -> Code | None:
    """The table's row for a code, its `W` or `N` ignored; None if there is none."""
    return CODES.get(code) or CODES.get(code.rstrip("WN"))


# One room's codes stand together, in numeric order. A number, once published, keeps its meaning for ever.
CODES: Mapping[str, Code] = MappingProxyType(
    {
        # --- IO: files
        "IO001": Code(
            Effect.FAILED,
            "transpile itself failed on this rule: {error}: {reason} (at {place})",
            "An error in transpile that nothing foresaw. The rule may be sound, and other rules are not touched by it.",
            "please report it with the rule",
        ),
        "IO002": Code(
            Effect.FAILED,
            "the file cannot be read: {reason}",
            "The operating system would not hand out the file's content.",
        ),
        "IO003": Code(
            Effect.UNREADABLE,
            "the file is not text: {reason}",
            "Rules are UTF-8 text; UTF-16 is read too where the file begins with its byte order mark.",
        ),
        "IO004": Code(
            Effect.UNREADABLE,
            "the file is {size} MB; files over {limit} MB are not read",
            "A rule is a few kilobytes. The limit keeps a stray dump among the rules from holding up the others.",
            "split a large rule collection into several files",
        ),
        "IO005": Code(
            Effect.FAILED,
            "gave up after {seconds} seconds",
            "Converting the file took longer than the time limit, and the process that did it was stopped. The other "
            "files of the run are not touched by it.",
            "a longer time limit can be given with --timeout",
        ),
        "IO006": Code(
            Effect.FAILED,
            "the process that converted this file died ({reason})",
            "The operating system ended the process, most often because memory ran out. The other files of the run are "
            "not touched by it.",
        ),
        "IO007": Code(
            Effect.FAILED,
            "the query cannot be written: {reason}",
            "The file for the query lies outside of the output folder (behind a symbolic link), or the operating "
            "system would not have it written.",
        ),
        # --- SIG: reading Sigma
        # --- MAP: data models
        # --- SPL
        # --- KQL
        # --- EQL
        # --- YAR
        # --- RUN: running and verifying
        # --- DEP: deploy files
    }
)
