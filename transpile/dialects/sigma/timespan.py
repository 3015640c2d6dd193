"""Lengths of time as Sigma writes them: `90s`, `5m`, `1h`, `7d`, and pySigma's `2w`, `1M`, `1y`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_FORM = re.compile(r"([0-9]{1,9})([smhdwMy])")
# A month and a year have the lengths that pySigma gives them: those of the Gregorian calendar on average.
UNITS: Mapping[str, int] = MappingProxyType(
    {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2629746, "y": 31556952}
)


class TimespanError(ValueError):
    """A text that is not a length of time."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not a time span")
        self.text = text


def seconds(text: str) -> int:
    """The length in seconds. Raises `TimespanError` for what is not a length, and for none at all.

    >>> seconds("5m"), seconds("1d")
    (300, 86400)
    """
    found = _FORM.fullmatch(text)
    if not found or not int(found[1]):
        raise TimespanError(text)
    return int(found[1]) * UNITS[found[2]]


def timespan(length: int) -> str:
    """The length as Sigma's specification writes it, in the largest unit of a fixed length that it is a multiple of.

    >>> timespan(300), timespan(86400), timespan(90)
    ('5m', '1d', '90s')
    """
    for unit in ("d", "h", "m"):
        if length % UNITS[unit] == 0:
            return f"{length // UNITS[unit]}{unit}"
    return f"{length}s"
