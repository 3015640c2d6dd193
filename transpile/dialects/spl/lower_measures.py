"""Measures over windows: `streamstats` for sliding ones, `stats` for fixed ones, and the condition on their columns."""

from __future__ import annotations

import re
from math import ceil, floor

from transpile.diagnostics import Report
from transpile.dialects.spl import codes
from transpile.dialects.spl.lower_where import number_of, where
from transpile.dialects.spl.tree import (
    Aggregation,
    And,
    AnyCommand,
    Binary,
    Call,
    Eval,
    EvalExpr,
    Flag,
    Name,
    Number,
    Plain,
    Stats,
    String,
)
from transpile.ir import expr as ir
from transpile.ir.match import Compare, Field, Order
from transpile.ir.match import Number as NumberTest
from transpile.ir.stream import Aggregate, Measure, MeasureKind, Window, WindowKind

TIME, FIRST, LAST = "_time", "firstTime", "lastTime"
_OWN = re.compile(  # the columns that a search makes
    r"firstTime|lastTime|matched_rule|window|before|begins|session|value_count_*_key"
    r"|(alert|step|start|latest|before|time|seen)_\d+(_in_\d+)?"
)
_MOST = 10_000  # events of a `window` (limits.conf, max_stream_window)
_LOWER = (Order.GT, Order.GTE)
Bounds = tuple[tuple[Order, float], ...]


def is_own(name: str) -> bool:
    """Whether a search makes a column of this name."""
    return _OWN.fullmatch(name) is not None


def within(name: str, seconds: int) -> EvalExpr:
    """Whether a time lies at most so many seconds back; not if there is none."""
    return Binary("<=", Binary("-", Name(TIME), Name(name)), Number(str(seconds)))


def newest(fields: list[str], names: list[str], seconds: int, by: tuple[str, ...]) -> Stats:
    """The latest value of each field so far. The window is a second longer, so that its own edge never matters."""
    found = tuple(Aggregation("last", one, name) for one, name in zip(fields, names, strict=True))
    return Stats("streamstats", (Flag("time_window", f"{seconds + 1}s"),), found, by)


def counted(
    stage: Aggregate,
    window: Window | None,
    condition: ir.Expr,
    by: tuple[str, ...],
    shown: tuple[Aggregation, ...],
    report: Report,
) -> tuple[list[AnyCommand], EvalExpr | None]:
    """The commands that compute the measures of an aggregation, and the condition that its rows must pass."""
    bounds = _bounds(condition, stage.measures)
    sliding = window is not None and window.kind is WindowKind.SLIDING
    if sliding and not _rising(stage.measures, bounds):
        # A row counts the events up to it, and so neither later events of its moment nor windows that begin earlier.
        for wider in (False, True):
            report.approximate(codes.SPL022, stage.span, wider=wider, what="this condition on a window")
    least = _least(bounds) if sliding and len(stage.measures) == 1 else None
    if least is not None and window is not None and stage.measures[0].kind is MeasureKind.COUNT:
        if least > _MOST:
            report.refuse(codes.SPL021, stage.span, what=f"a count of more than {_MOST} events")
        return _last_events(stage.measures[0].name, least, by), And(
            (Binary("==", Name(stage.measures[0].name), Number(str(least))), within(FIRST, window.seconds))
        )
    commands: list[AnyCommand] = [Eval((one,)) for one in map(_key, stage.measures) if one is not None]
    found = (*map(_aggregation, stage.measures), Aggregation("min", TIME, FIRST))
    if window is not None and sliding:
        commands.append(Stats("streamstats", (Flag("time_window", f"{window.seconds}s"),), found, by))
    else:
        commands += _fixed(window, (*found, *shown), by)
    return commands, None if condition == ir.TRUE else _passed(condition, bounds, report)


def _last_events(name: str, count: int, by: tuple[str, ...]) -> list[AnyCommand]:
    """The last so many events of the group: the time of the first, and whether there are as many."""
    options = (Flag("window", str(count)), *((Flag("global", "f"),) if by else ()))
    return [Stats("streamstats", options, (Aggregation("count", None, name), Aggregation("first", TIME, FIRST)), by)]


def _fixed(window: Window | None, found: tuple[Aggregation, ...], by: tuple[str, ...]) -> list[AnyCommand]:
    """A row for each group and fixed window, or session; without a window, for each group."""
    measures = (*found, Aggregation("max", TIME, LAST))
    if window is None:
        return [Stats("stats", (), measures, by)]
    if window.kind is WindowKind.TUMBLING:
        bucket = Plain("bin", (Flag("span", f"{window.seconds}s"),), (TIME, "AS", "window"))
        return [bucket, Stats("stats", (), measures, ("window", *by))]
    gap = Binary(">", Binary("-", Name(TIME), Name("before")), Number(str(window.seconds)))
    options = (Flag("current", "f"), Flag("window", "1"), *((Flag("global", "f"),) if by else ()))
    return [
        Stats("streamstats", options, (Aggregation("last", TIME, "before"),), by),
        Eval((("begins", Call("if", (gap, Number("1"), Number("0")))),)),
        Stats("streamstats", (), (Aggregation("sum", "begins", "session"),), by),
        Stats("stats", (), measures, ("session", *by)),
    ]


# --- measures

_FUNCTIONS = {
    MeasureKind.COUNT: "count",
    MeasureKind.DISTINCT: "dc",
    MeasureKind.SUM: "sum",
    MeasureKind.AVERAGE: "avg",
    MeasureKind.MINIMUM: "min",
    MeasureKind.MAXIMUM: "max",
}


def _key(measure: Measure) -> tuple[str, EvalExpr] | None:
    """Several fields that are counted together, as one text; NULL where one is missing.

    The length of each but the last precedes it, so that no two tuples have the same text: whatever separator there
    is, a value may hold it, and one that no value holds would be a control character, which .conf files cannot hold.
    """
    if len(measure.fields) < 2:
        return None
    *first, last = measure.fields
    parts: list[EvalExpr] = []
    for name in first:
        parts += [Call("len", (Name(name),)), String(":"), Name(name)]
    whole = parts[0]
    for part in (*parts[1:], Name(last)):
        whole = Binary(".", whole, part)
    return f"{measure.name}_key", whole


def _aggregation(measure: Measure) -> Aggregation:
    name = f"{measure.name}_key" if len(measure.fields) > 1 else measure.fields[0] if measure.fields else None
    if measure.kind is MeasureKind.PERCENTILE:
        rank = 50.0 if measure.rank is None else measure.rank
        return Aggregation(f"exactperc{rank:g}", name, measure.name)
    return Aggregation(_FUNCTIONS[measure.kind], name, measure.name)


# --- conditions


def _bounds(condition: ir.Expr, measures: tuple[Measure, ...]) -> Bounds | None:
    """The condition as bounds of one measure, or None if it is anything else."""
    found = []
    for part in condition.args if isinstance(condition, ir.And) else (condition,):
        match part:
            case ir.Match(Field(name), Compare(order, value)) if len(measures) == 1 and name == measures[0].name:
                found.append((order, value))
            case _:
                return None
    return tuple(found)


def _rising(measures: tuple[Measure, ...], bounds: Bounds | None) -> bool:
    """Whether more events can only help to pass: then it does not matter where a window starts."""
    kinds = {measure.kind for measure in measures}
    plain = kinds <= {MeasureKind.COUNT, MeasureKind.DISTINCT, MeasureKind.SUM, MeasureKind.MAXIMUM}
    return plain and bounds is not None and all(order in _LOWER for order, _ in bounds)


def _least(bounds: Bounds | None) -> int | None:
    """The least whole number that passes, if only lower bounds are asked."""
    if not bounds or any(order not in _LOWER for order, _ in bounds):
        return None
    return max(1, *(floor(value) + 1 if order is Order.GT else ceil(value) for order, value in bounds))


def _passed(condition: ir.Expr, bounds: Bounds | None, report: Report) -> EvalExpr:
    if bounds is not None:
        parts = tuple(_compare(condition, order, value) for order, value in bounds)
        return parts[0] if len(parts) == 1 else And(parts)
    return _numeric(condition, report)


def _compare(condition: ir.Expr, order: Order, value: float) -> EvalExpr:
    first = condition.args[0] if isinstance(condition, ir.And) else condition
    assert isinstance(first, ir.Match)
    return Binary(order.value, Name(first.field.name), number_of(value))


def _numeric(condition: ir.Expr, report: Report) -> EvalExpr:
    """A condition on columns: a number is compared as such."""
    match condition:
        case ir.And(args):
            return And(tuple(_numeric(arg, report) for arg in args))
        case ir.Match(Field(name), Compare(order, value)):
            return Binary(order.value, Name(name), number_of(value))
        case ir.Match(Field(name), NumberTest(value)):
            return Binary("==", Name(name), number_of(value))
        case ir.Not(ir.Match(Field(name), NumberTest(value))):
            return Binary("!=", Name(name), number_of(value))
        case _:
            return where(condition, report)
