"""Times in queries: how far back a query looks, and tests of parts of a timestamp."""

from __future__ import annotations

import re
from collections.abc import Callable

from transpile.dialects.kql.tree import (
    And,
    Between,
    Binary,
    Call,
    Duration,
    Expr,
    Index,
    Name,
    Negative,
    Number,
    Path,
    String,
    Typed,
    names,
)
from transpile.ir.expr import FALSE, Match, Or
from transpile.ir.expr import Expr as Condition
from transpile.ir.match import Field, FieldType, TimePart, TimeUnit
from transpile.source import Span

TIME_COLUMNS = frozenset({"TimeGenerated", "Timestamp", "ingestion_time", "EventTime", "timestamp"})
_MOMENTS = frozenset({"ago", "now", "datetime_add", "bin", "floor", "make_datetime", "todatetime", "datetime"})
_UNITS = {
    "day": 86_400.0,
    "hour": 3_600.0,
    "hr": 3_600.0,
    "minute": 60.0,
    "min": 60.0,
    "second": 1.0,
    "sec": 1.0,
    "millisecond": 1e-3,
    "milli": 1e-3,
    "ms": 1e-3,
    "microsecond": 1e-6,
    "micro": 1e-6,
    "nanosecond": 1e-9,
    "nano": 1e-9,
    "tick": 1e-7,
    "d": 86_400.0,
    "h": 3_600.0,
    "m": 60.0,
    "s": 1.0,
}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([a-z]+?)s?")
_PARTS = {
    "hourofday": (TimeUnit.HOUR, range(24)),
    "dayofmonth": (TimeUnit.DAY, range(1, 32)),
    "week_of_year": (TimeUnit.WEEK, range(1, 54)),
    "monthofyear": (TimeUnit.MONTH, range(1, 13)),
    "getmonth": (TimeUnit.MONTH, range(1, 13)),
    "getyear": (TimeUnit.YEAR, range(0)),
}
_TESTS: dict[str, Callable[[int, int | float], bool]] = {
    "==": lambda one, two: one == two,
    "<": lambda one, two: one < two,
    "<=": lambda one, two: one <= two,
    ">": lambda one, two: one > two,
    ">=": lambda one, two: one >= two,
}


def seconds(expr: Expr) -> float | None:
    """The length of a constant timespan.

    >>> seconds(Duration("1.5h")), seconds(Binary("*", Number(2), Duration("1d")))
    (5400.0, 172800.0)
    """
    match expr:
        case Duration(text):
            found = _DURATION.fullmatch(text)
            unit = found and (_UNITS.get(found[2]) or _UNITS.get(found[2] + "s"))
            return float(found[1]) * unit if found and unit else None
        case Typed("timespan" | "time", text):
            return _clock(text) or seconds(Duration(text))
        case Call("totimespan", (arg,), None):
            return seconds(arg)
        case Call("timespan" | "time", (String(text),), None):
            return _clock(text)
        case Negative(arg):
            inner = seconds(arg)
            return None if inner is None else -inner
        case Binary("*", Number(times), span) | Binary("*", span, Number(times)):
            inner = seconds(span)
            return None if inner is None else inner * times
        case Binary("+" | "-" as sign, left, right):
            one, two = seconds(left), seconds(right)
            return None if one is None or two is None else one + two if sign == "+" else one - two
        case _:
            return None


def _clock(text: str) -> float | None:
    """`1.02:30:00`."""
    found = re.fullmatch(r"(?:(\d+)\.)?(\d+):(\d+)(?::(\d+))?", text)
    if not found:
        return None
    days, hours, minutes, rest = (int(part or 0) for part in found.groups())
    return float(days * 86_400 + hours * 3_600 + minutes * 60 + rest)


def ago(expr: Expr) -> float | None:
    """How many seconds before now a moment is; None if that is not plain."""
    match expr:
        case Call("ago", (arg,), None):
            return seconds(arg)
        case Call("now", (), None):
            return 0.0
        case Call("now", (arg,), None):
            inner = seconds(arg)
            return None if inner is None else -inner
        case Call("startofday", (arg, *_), None):
            inner = ago(arg)
            return None if inner is None else inner + 86_400
        case Call("startofmonth" | "startofweek" | "startofyear" | "bin" | "floor" | "endofday", (arg, *_), None):
            return ago(arg)
        case Binary("-", moment, span):
            one, two = ago(moment), seconds(span)
            return None if one is None or two is None else one + two
        case _:  # a fixed moment says nothing of how far back a scheduled rule looks
            return None


def is_moment(expr: Expr) -> bool:
    """Whether an expression is a moment that depends on no event."""
    match expr:
        case Typed("datetime" | "date"):
            return True
        case Call(name, args, None):
            known = name in _MOMENTS or name.startswith(("startof", "endof"))
            return known and all(is_moment(arg) or not any(True for _ in names(arg)) for arg in args)
        case Binary("+" | "-", left, right):
            return is_moment(left) and not any(True for _ in names(right))
        case _:
            return False


def is_time(expr: Expr) -> bool:
    """Whether an expression is the time of the event."""
    match expr:
        case Name(name):
            return name in TIME_COLUMNS
        case Call("ingestion_time", (), None):
            return True
        case Call("todatetime" | "startofday" | "bin", (arg, *_), None):
            return is_time(arg)
        case _:
            return False


def time_filter(expr: Expr) -> tuple[bool, float | None]:
    """Whether a predicate only says which time the query looks at, and the seconds back that it begins at."""
    match expr:
        case Binary("<" | "<=", left, right):
            return time_filter(Binary(">=", right, left))
        case Binary(">" | ">=", left, right):
            if is_time(left) and is_moment(right):
                return True, ago(right)
            if is_moment(left) and is_time(right):
                return True, None
            span = seconds(left)
            if span is not None and isinstance(right, Binary):  # 1d >= now() - TimeGenerated
                return right.operator == "-" and ago(right.left) == 0.0 and is_time(right.right), span
            return False, None
        case Between("between", value, low, high):
            ends = is_moment(low) and (is_moment(high) or seconds(high) is not None)
            return is_time(value) and ends, ago(low)
        case And(args):
            found = [time_filter(arg) for arg in args]
            return all(is_filter for is_filter, _ in found), max((back for _, back in found if back), default=None)
        case Binary("==", left, right):
            return is_time(left) and is_moment(right), None
        case _:
            return False, None


def time_parts(operator: str, left: Expr, right: Expr, span: Span | None) -> Condition | None:
    """A test of a part of a timestamp, as one test for each value of the part that passes; None for anything else."""
    match left, right:
        case Call("datetime_part", (String("minute"), moment), None), Number(value):
            unit, values = TimeUnit.MINUTE, range(60)
        case Call(name, (moment,), None), Number(value) if name in _PARTS:
            unit, values = _PARTS[name]
        case _:
            return None
    field = _moment_field(moment)
    if field is None or operator not in _TESTS:
        return None
    if operator == "==":
        return Match(field, TimePart(unit, value), unit.value, span) if isinstance(value, int) else FALSE
    if not values:
        return None
    passed = tuple(one for one in values if _TESTS[operator](one, value))
    return Or(tuple(Match(field, TimePart(unit, one), unit.value, span) for one in passed))


def _moment_field(expr: Expr) -> Field | None:
    match expr:
        case Name(name):
            return Field(name)
        case Path(Name(base), member) | Index(Name(base), String(member)):
            return Field(f"{base}.{member}", FieldType.DYNAMIC)
        case Call("todatetime" | "unixtime_seconds_todatetime" | "tostring", (arg,), None):
            return _moment_field(arg)
        case _:
            return None


def is_window(expr: Expr) -> int | None:
    """The length of the buckets that a key of `summarize` puts the time into, in seconds."""
    match expr:
        case Call("bin" | "floor", (moment, span), None) if is_time(moment):
            length = seconds(span)
            return int(length) if length and length.is_integer() else None
        case Call("startofday", (moment,), None) if is_time(moment):
            return 86_400
        case _:
            return None
