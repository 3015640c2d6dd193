"""Conditions on the time of events: how far back a query looks, and the windows that it groups by."""

from __future__ import annotations

from transpile.dialects.esql import tree as esql
from transpile.dialects.esql.tree import Comparison, Sign

_SECONDS = {
    "second": 1,
    "sec": 1,
    "s": 1,
    "minute": 60,
    "min": 60,
    "m": 60,
    "hour": 3600,
    "h": 3600,
    "day": 86_400,
    "d": 86_400,
    "week": 604_800,
    "w": 604_800,
}
TIME = "@timestamp"
_SINCE = (Comparison.GT, Comparison.GTE)
_WITHIN = (Comparison.LT, Comparison.LTE)


def seconds_of(count: int, unit: str) -> int | None:
    """The seconds of a length of time; None for months and years, which vary.

    >>> seconds_of(5, "minutes"), seconds_of(1, "month")
    (300, None)
    """
    each = _SECONDS.get(unit) or _SECONDS.get(unit.removesuffix("s"))
    return each and count * each


def lookback_of(expr: esql.Expr) -> int | None:
    """The seconds before now that a condition on the time of events allows; None for any other condition."""
    match expr:
        case esql.Compare(
            operator,
            esql.Column("@timestamp"),
            esql.Arithmetic(Sign.SUBTRACT, esql.Call("NOW"), esql.TimeSpan(count, unit)),
        ) if operator in _SINCE:
            return seconds_of(count, unit)
        case esql.Compare(
            operator,
            esql.Call("DATE_DIFF", (esql.String(unit), esql.Column("@timestamp"), esql.Call("NOW"))),
            esql.Number(count),
        ) if operator in _WITHIN:
            return seconds_of(int(count), unit.lower())
        case _:
            return None


def window_of(expr: esql.Expr) -> int | None:
    """The seconds of the windows that an expression puts the time of events into; None for any other expression."""
    match expr:
        case esql.Call("DATE_TRUNC", (esql.TimeSpan(count, unit), esql.Column("@timestamp"))):
            return seconds_of(count, unit)
        case esql.Call("BUCKET" | "TBUCKET", (esql.Column("@timestamp"), esql.TimeSpan(count, unit))):
            return seconds_of(count, unit)
        case _:
            return None
