"""Dates, and lengths of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from transpile.evaluate import Unproven

_SECONDS = {
    0.001: ("millisecond", "milliseconds", "ms"),
    1: ("second", "seconds", "sec", "s"),
    60: ("minute", "minutes", "min", "m"),
    3600: ("hour", "hours", "h"),
    86400: ("day", "days", "d"),
    604800: ("week", "weeks", "w"),
}
_BY_UNIT = {unit: seconds for seconds, units in _SECONDS.items() for unit in units}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)


def length(count: int, unit: str) -> timedelta:
    """The length of time of `5 minutes`. Raises `Unproven` for months and years, which vary.

    >>> length(5, "minutes")
    datetime.timedelta(seconds=300)
    """
    if unit not in _BY_UNIT:
        raise Unproven(f"lengths of time in {unit} vary, and are not run here")
    return timedelta(seconds=count * _BY_UNIT[unit])


def date_trunc(interval: timedelta, moment: datetime) -> datetime:
    """The start of the interval that a moment is in; intervals are counted from 1970, whole weeks from a Monday.

    >>> date_trunc(timedelta(minutes=5), datetime(2026, 1, 1, 10, 7, tzinfo=UTC)).minute
    5
    """
    start = _FIRST_MONDAY if interval % timedelta(weeks=1) == timedelta(0) else _EPOCH
    return moment - (moment - start) % interval


_PARTS: Mapping[str, Callable[[datetime], int]] = MappingProxyType(
    {
        "minute_of_hour": lambda moment: moment.minute,
        "hour_of_day": lambda moment: moment.hour,
        "day_of_month": lambda moment: moment.day,
        "day_of_week": lambda moment: moment.isoweekday(),
        "month_of_year": lambda moment: moment.month,
        "year": lambda moment: moment.year,
    }
)


def date_extract(part: str, moment: datetime) -> int:
    """A part of a date, in UTC, by the names of Java's ChronoField."""
    if part.lower() not in _PARTS:
        raise Unproven(f"the part {part} of a date is not run here")
    return _PARTS[part.lower()](moment)


def date_diff(unit: str, start: datetime, end: datetime) -> int:
    """How many whole units lie between two dates."""
    return int((end - start) / length(1, unit.lower()))
