"""Counts and other measures over time.

- At least so many events: sorted by group and time, the event so many rows before is near enough (`prev`). One pass.
- Every other measure: each row's time is joined with the rows of its group up to the window's length before it.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil, floor
from typing import assert_never

from transpile.diagnostics import Report
from transpile.dialects.kql import codes
from transpile.dialects.kql.lower_events import all_of, lower_condition
from transpile.dialects.kql.stage_rows import (
    FIRST,
    Names,
    Rows,
    apart,
    duration,
    extend,
    in_order,
    kept_by_all,
    present,
)
from transpile.dialects.kql.tree import (
    Assignment,
    Between,
    Binary,
    Call,
    Columns,
    Expr,
    Join,
    Let,
    Name,
    Number,
    Pipeline,
    String,
    Summarize,
    Typed,
    Where,
)
from transpile.ir import expr as ir
from transpile.ir.match import Compare, Field, FieldType, Order
from transpile.ir.match import Number as Equal
from transpile.ir.stream import Aggregate, Measure, MeasureKind, Window, WindowKind
from transpile.ir.walk import replace_leaves

_SEPARATOR = "\x1f"  # between the values of a tuple
_EPOCH = 62_135_596_800  # seconds from the year 1, where bin() begins, to 1970
_NUMBERS = "Numbers"  # how many numbers a window holds
_KEEP_SET = 100  # values of a column that an alert shows


def least(condition: ir.Expr, name: str) -> int | None:
    """The least count that meets a condition which is a lower bound; None for any other condition.

    >>> least(ir.Match(Field("n"), Compare(Order.GT, 2.5)), "n")
    3
    """
    match condition:
        case ir.Match(Field(column), Compare(Order.GTE, value)) if column == name:
            return ceil(value)
        case ir.Match(Field(column), Compare(Order.GT, value)) if column == name:
            return floor(value) + 1
        case ir.And(args):
            found = [least(arg, name) for arg in args]
            return max((one for one in found if one is not None), default=None) if None not in found else None
        case _:
            return None


def is_lower_bound(condition: ir.Expr) -> bool:
    """Whether a greater measure meets the condition whenever a smaller one does."""
    match condition:
        case ir.And(args) | ir.Or(args):
            return all(map(is_lower_bound, args))
        case ir.Match(_, Compare(Order.GTE | Order.GT, _)) | ir.Constant():
            return True
        case _:
            return False


def counts_each(stage: Aggregate, condition: ir.Expr) -> bool:
    """Whether it matters to an aggregate how often an event comes."""
    kinds = {one.kind for one in stage.measures}
    if kinds == {MeasureKind.COUNT}:
        at_least = [least(condition, one.name) for one in stage.measures]
        return any(one is None or one > 1 for one in at_least)
    return not kinds <= {MeasureKind.DISTINCT, MeasureKind.MINIMUM, MeasureKind.MAXIMUM}


def aggregate(
    rows: Rows, stage: Aggregate, condition: ir.Expr, report: Report, names: Names, shown: tuple[str, ...]
) -> Rows:
    """The rows of an aggregate that meet a condition. `shown`: further columns that an alert is to show."""
    grouped = rows.then(*present(stage.by, rows))
    window = stage.window
    only = stage.measures[0] if len(stage.measures) == 1 else None
    rising = is_lower_bound(condition) and all(one.kind in _RISING for one in stage.measures)
    if window is None or window.kind is WindowKind.TUMBLING:
        return _buckets(grouped, stage, condition, report, shown)
    if window.kind is WindowKind.SESSION:
        report.refuse(codes.KQL019, stage.span, what="sessions of events")
        return grouped
    if not rising:
        report.approximate(codes.KQL017, stage.span, wider=False, what=" and ".join(one.name for one in stage.measures))
    if report.windows == "buckets":
        for wider in (False,) if rising else (False, True):
            report.approximate(codes.KQL018, stage.span, wider=wider, length=duration(window.seconds).text)
        return _buckets(grouped, stage, condition, report, shown)
    if only is not None and only.kind is MeasureKind.COUNT:
        count = least(condition, only.name)
        if count is not None:
            return _counted(grouped, stage, window, count)
    return _joined(grouped, stage, window, condition, report, names, shown)


_RISING = frozenset({MeasureKind.COUNT, MeasureKind.DISTINCT, MeasureKind.SUM, MeasureKind.MAXIMUM})


def _counted(rows: Rows, stage: Aggregate, window: Window, count: int) -> Rows:
    """Rows that end a window with at least so many: the row `count - 1` before is in it."""
    time = Name(rows.time)
    if count <= 1:
        return rows.then(extend(**{FIRST: Name(rows.first) if rows.first else time}), first=FIRST)
    back = Number(count - 1)
    same = [Binary("==", Call("prev", (Name(name), back)), Name(name)) for name in stage.by]
    enough = Name("IsEnough")
    earlier = Call("prev", (time, back))
    near = apart(time, earlier, window.seconds)
    first = Call("prev", (Name(rows.first), back)) if rows.first else earlier
    return rows.then(
        in_order(stage.by, rows.time),
        Columns("extend", (Assignment((FIRST,), first), Assignment((enough.name,), all_of([*same, near])))),
        Where(enough),
        Columns("project-away", (enough,)),
        first=FIRST,
        once=False,
    )


def _buckets(rows: Rows, stage: Aggregate, condition: ir.Expr, report: Report, shown: tuple[str, ...]) -> Rows:
    """One row for each group and fixed window, or for each group."""
    time = Name(rows.time)
    keys: list[Expr] = [Name(name) for name in stage.by]
    if stage.window is not None:
        keys.append(Assignment(("WindowStart",), _bin(time, stage.window.seconds)))
    summarized = Summarize(_measures(stage, rows, time, shown, condition), tuple(keys))
    return rows.then(
        summarized,
        *_condition(condition, stage, report),
        first=FIRST,
        columns=frozenset((*stage.by, *(one.name for one in stage.measures))),
        once=True,
    )


def _bin(time: Expr, seconds: int) -> Expr:
    """The start of the window of a moment; windows start at multiples of their length since 1970."""
    if _EPOCH % seconds == 0:
        return Call("bin", (time, duration(seconds)))
    return Call("bin_at", (time, duration(seconds), Typed("datetime", "1970-01-01")))


def _joined(
    rows: Rows,
    stage: Aggregate,
    window: Window,
    condition: ir.Expr,
    report: Report,
    names: Names,
    shown: tuple[str, ...],
) -> Rows:
    """Each time of a group with the rows of the window that ends there."""
    time = Name(rows.time)
    by: list[Expr] = [Name(name) for name in stage.by] or [Name("AllEvents")]
    if not stage.by:
        rows = rows.then(extend(AllEvents=Number(1)))
    name = names.new("Matches")
    let = Let(name, Call("materialize", (rows.query,)))
    other = Name(f"{rows.time}1")  # what a join calls the right side's column of the same name
    inside = Between("between", other, Binary("-", time, duration(window.seconds)), time)
    joined = Pipeline(
        Name(name),
        (
            Columns("distinct", (*by, time)),
            Join("join", Name(name), tuple(by), (("kind", "inner"),)),
            Where(inside),
            Summarize(_measures(stage, rows, other, shown, condition), (*(Name(one) for one in stage.by), time)),
            *([Columns("project-away", (other,))] if kept_by_all([rows], stage.by) else []),
            *_condition(condition, stage, report),
        ),
    )
    columns = frozenset((*stage.by, *(one.name for one in stage.measures)))
    return replace(rows, table=joined, before=(*rows.before, let), first=FIRST, columns=columns, once=True)


def _measures(stage: Aggregate, rows: Rows, time: Name, shown: tuple[str, ...], condition: ir.Expr) -> tuple[Expr, ...]:
    """The aggregates of `summarize`: the measures, the first and the last time, what an alert shows."""
    found = [Assignment((one.name,), _measure(one)) for one in stage.measures]
    if has_numbers(stage, condition):
        numbers = Call("isnotnull", (Call("todouble", (Name(stage.measures[0].fields[0]),)),))
        found.append(Assignment((_NUMBERS,), Call("countif", (numbers,))))
    first = Name(rows.first) if rows.first else time
    found.append(Assignment((FIRST,), Call("min", (first,))))
    keeping = kept_by_all([rows], (*stage.by, rows.time))
    latest = [Call("arg_max", (time, *map(Name, keeping)))] if keeping else []
    if time.name == rows.time and not keeping:
        found.append(Assignment((rows.time,), Call("max", (time,))))
    taken = {*stage.by, *keeping, rows.time, FIRST, *(one.name for one in stage.measures)}
    others = [name for name in dict.fromkeys(shown) if name not in taken]
    return (
        *found,
        *latest,
        *(Assignment((name,), Call("make_set", (Name(name), Number(_KEEP_SET)))) for name in others),
    )


def _measure(measure: Measure) -> Expr:
    fields = tuple(Name(name) for name in measure.fields)
    number: Expr = Call("todouble", fields[:1])
    match measure.kind:
        case MeasureKind.COUNT:
            return Call("count")
        case MeasureKind.DISTINCT:
            value: Expr = fields[0]
            if len(fields) > 1:
                texts = [part for one in fields for part in (Call("tostring", (one,)), String(_SEPARATOR))][:-1]
                value = Call("strcat", tuple(texts))
            return Call("count_distinctif", (value, all_of([Call("isnotempty", (one,)) for one in fields])))
        case MeasureKind.SUM:  # of no numbers the reference does not say whether it is null or 0
            return Call("coalesce", (Call("sum", (number,)), Number(0.0)))
        case MeasureKind.AVERAGE:
            return Call("avg", (number,))
        case MeasureKind.MINIMUM:
            return Call("min", (number,))
        case MeasureKind.MAXIMUM:
            return Call("max", (number,))
        case MeasureKind.PERCENTILE:
            rank = 50 if measure.rank is None else measure.rank
            return Call("percentile", (number, Number(int(rank) if float(rank).is_integer() else rank)))
        case _:
            assert_never(measure.kind)


def _condition(condition: ir.Expr, stage: Aggregate, report: Report) -> tuple[Where, ...]:
    """The test on the measures, whose columns hold numbers."""

    def typed(leaf: ir.Match | ir.Keyword) -> ir.Expr:
        if isinstance(leaf, ir.Match) and isinstance(leaf.value, Field):
            return replace(leaf, value=Field(leaf.value.name, FieldType.NUMBER, mapped=True))
        return leaf

    if condition == ir.TRUE:
        return ()
    tests = [Where(lower_condition(replace_leaves(condition, typed), report))]
    if has_numbers(stage, condition):
        tests.insert(0, Where(Binary(">", Name(_NUMBERS), Number(0))))
    return tuple(tests)


def has_numbers(stage: Aggregate, condition: ir.Expr) -> bool:
    """Whether a window without numbers must be told from one whose sum is 0."""
    return any(one.kind is MeasureKind.SUM for one in stage.measures) and _holds_for_zero(condition)


def _holds_for_zero(condition: ir.Expr) -> bool:
    match condition:
        case ir.And(args):
            return all(map(_holds_for_zero, args))
        case ir.Match(_, Compare(order, value)):
            return {Order.LT: value > 0, Order.LTE: value >= 0, Order.GT: value < 0, Order.GTE: value <= 0}[order]
        case ir.Match(_, Equal(value)):
            return value == 0
        case _:
            return True
