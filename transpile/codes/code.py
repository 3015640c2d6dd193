"""What a diagnostic code is."""

from __future__ import annotations

from enum import StrEnum
from types import ModuleType

from transpile.record import record


class Effect(StrEnum):
    """What a finding does to the query."""

    UNREADABLE = "unreadable"  # the rule itself could not be read
    REFUSED = "refused"  # no query: the language or the data model cannot express it
    APPROXIMATE = "approximate"  # a query that is wider or narrower, on request only
    NOTE = "note"  # the query is exact; worth knowing
    FAILED = "failed"  # the tool or the machine failed; this says nothing about the rule


class Direction(StrEnum):
    """How a query may differ from its rule."""

    EXACT = "exact"
    WIDER = "wider"  # it may match more
    NARROWER = "narrower"  # it may miss events


@record(eq=False)
class Code:
    """One kind of finding: the message, with `{names}` to fill in, and the longer explanation.

    Codes are equal if their ids are.
    """

    id: str  # "KQL001"
    effect: Effect
    message: str
    explanation: str
    hint: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Code) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)


def codes_of(module: ModuleType) -> tuple[Code, ...]:
    """The codes that a module defines, in the order of their ids."""
    found = [value for value in vars(module).values() if isinstance(value, Code)]
    return tuple(sorted(found, key=lambda code: code.id))
