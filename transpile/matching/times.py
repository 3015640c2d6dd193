"""When an event happened, by the fields in which logs tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from transpile.evaluate.numbers import as_number, as_time
from transpile.evaluate.values import MISSING, lookup

# The fields that tell it, the surest first: what the source itself says comes before what a collector adds.
FIELDS = (
    "UtcTime",
    "TimeCreated_SystemTime",
    "SystemTime",
    "eventTime",
    "TimeCreated",
    "TimeGenerated",
    "Timestamp",
    "timestamp",
    "@timestamp",
    "_time",
    "EventTime",
    "time",
    "ts",
)
_LATEST = 1e11  # seconds; what is greater is in milliseconds, micro- or nanoseconds


def time_of(event: Mapping[str, Any], fields: Sequence[str] = FIELDS) -> float | None:
    """When an event happened, in seconds since 1970, UTC; None if no field tells.

    >>> time_of({"UtcTime": "2026-01-01 00:00:01.500"}), time_of({"ts": "1767225601"}), time_of({"time": 1767225601500})
    (1767225601.5, 1767225601.0, 1767225601.5)
    """
    for name in fields:
        if name not in event and "." not in name:
            continue
        value = lookup(event, name)
        if value is None or value is MISSING:
            continue
        number = as_number(value)
        if number is not None:
            seconds = float(number)
            while abs(seconds) > _LATEST:
                seconds /= 1000
            return seconds
        moment = as_time(value)
        if moment is not None:
            return moment.timestamp()
    return None


def as_text(time: float) -> str:
    """A time as people read it.

    >>> as_text(1_767_225_601.5)
    '2026-01-01T00:00:01.500000Z'
    """
    return datetime.fromtimestamp(time, UTC).isoformat().replace("+00:00", "Z")
