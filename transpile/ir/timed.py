"""Events with their time, and the rows that rules make of them: what the reference and the runners exchange."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class Timed(NamedTuple):
    """An event as stored, without its timestamp, and when it happened: seconds since 1970, UTC.

    `dataset`: the data set that holds it, as `Events.dataset` names it; None: every data set does.
    """

    time: float
    event: Mapping[str, Any]
    dataset: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row that a rule or a query on many events returns: its columns, and the positions of the events behind it.

    A query that returns events has one row for each.
    """

    columns: Mapping[str, Any]
    events: frozenset[int]
