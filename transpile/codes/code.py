"""What the table of codes is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
