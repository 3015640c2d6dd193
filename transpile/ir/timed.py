"""Events with their time, and the rows that rules make of them: what the reference and the runners exchange."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from transpile.record import record


class Timed(NamedTuple):
    """An event as stored, without its timestamp, and when it happened: seconds since 1970, UTC.

    `dataset`: the data set (`Events.dataset`) that holds it, where the platform has several; None: all of them do.
    """

    time: float
    event: Mapping[str, Any]
    dataset: str | None = None


@record
class Row:
    """A row that a rule or a query on many events returns: its columns, and the positions of the events behind it.

    A query that returns events has one row for each.
    """

    columns: Mapping[str, Any]
    events: frozenset[int]
