"""Lowers rules on several events: groups of rows by columns and windows of time, and conditions on them.

ES|QL has no sliding windows, no order of rows and no state. A window that may start anywhere is stood for by windows of
twice its length, of which each event is in two that overlap by half: every interval of the rule's length lies in one.
So that no alert is lost, a condition that more events can undo is weakened to what holds of the wider window too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from transpile.diagnostics import Report
from transpile.dialects.base import Result
from transpile.dialects.esql import codes
from transpile.dialects.esql import tree as esql
from transpile.dialects.esql.lower import INDEX, indices, lower_events
from transpile.dialects.esql.lower_columns import SPELLED, UnsupportedError, value_of
from transpile.dialects.esql.lower_measures import NoMeasureError, measured, weakened
from transpile.dialects.esql.tree import Assignment, Call, Column, Comparison, Expr, Query
from transpile.dialects.kit.writing.conditions import join
from transpile.dialects.kit.writing.own import grouped_fields, without_own
from transpile.dialects.kit.writing.typed import TEXTS
from transpile.ir import expr as ir
from transpile.ir import stream as st
from transpile.ir.match import Compare, Exists, Field, FieldType, Number, Order
from transpile.ir.polarity import Polarity, polarities
from transpile.ir.rule import Rule
from transpile.ir.walk import all_events, field_names, group_by, inputs, leaves, name_of, stages, value_fields
from transpile.record import record

_TRUE = esql.Boolean(True)
_WINDOW = "window"
_FIRST, _LAST = "first_time", "last_time"
_NO_SIGNS: Mapping[str, Polarity] = MappingProxyType({})
_MATCHED = "matched_rules"
_OWN = re.compile(r"window|first_time|last_time|(first|last)_\d+|value_\w+_(high|low)")


def lower_stages(rule: Rule, report: Report) -> Query:
    """The query that means the rule; one of nothing where it is refused."""
    rule = without_own(rule, _is_own)
    try:
        body: st.Stream = rule.body
        if not {one.time or "@timestamp" for one in all_events(body)}.isdisjoint(grouped_fields(body)):
            raise UnsupportedError("groups or measures of the time of events")
        if any(re.fullmatch(r"rule_\d+", name) for name in grouped_fields(body)):
            raise UnsupportedError("a group by a field with the name of a column that counts a rule")
        condition: ir.Expr | None = None
        if isinstance(body, st.Where):
            condition = body.condition
            body = body.input
        match body:
            case st.Aggregate():
                return _aggregate(body, condition, report)
            case st.Together(_, by, window, holds) if condition is None:
                return _together(body, by, window, holds, report)
            case st.Sequence() if condition is None:
                return _in_order(body, report)
            case st.Union(streams) if condition is None:
                return _query(_Inputs.of(streams, report), (), None, (), _TRUE)
            case _:
                raise UnsupportedError("a condition on the result of another stage")
    except (UnsupportedError, NoMeasureError) as error:
        report.refuse(codes.ESQ017, getattr(rule.body, "span", None), reason=str(error))
        return Query(esql.From((INDEX,)), (esql.Where(esql.Boolean(False)),))


def result(rule: Rule) -> Result:
    """The columns of the query's rows that say what an alert is of."""
    rule = without_own(rule, _is_own)
    body: st.Stream = rule.body
    while isinstance(body, st.Where):
        body = body.input
    value = None
    if isinstance(body, st.Aggregate) and body.measures:
        sliding = body.window is not None and body.window.kind is st.WindowKind.SLIDING
        value = None if _is_estimate(body.measures[0], sliding) else body.measures[0].name
    return Result(group_by(rule.body), value, _FIRST, _LAST)


def _is_own(name: str) -> bool:
    """Whether a query makes a column of this name."""
    return _OWN.fullmatch(name) is not None


def _is_estimate(measure: st.Measure, sliding: bool) -> bool:
    """Whether a measure is not computed: in a sliding window, no condition reads an estimated percentile."""
    return sliding and measure.kind is st.MeasureKind.PERCENTILE


# --- inputs


@record
class _Input:
    """One base rule: its condition, what fills the columns that have another name in it, and the types of columns."""

    condition: Expr
    columns: dict[str, Expr]
    types: dict[str, FieldType]
    reads: dict[str, frozenset[str]]  # the fields that a column is made of
    tested: frozenset[str]  # the fields that the condition reads

    def has_text(self, name: str) -> bool:
        """Whether a column holds text, which may be empty; a comparison of another type with text is rejected."""
        return self.types.get(name, FieldType.STRING) in TEXTS


@record
class _Inputs:
    """The base rules of a stage, in order."""

    each: tuple[_Input, ...]
    time: str
    indices: tuple[str, ...]

    @classmethod
    def of(cls, streams: tuple[st.Stream, ...], report: Report, signs: Mapping[str, Polarity] = _NO_SIGNS) -> _Inputs:
        flat = [one for stream in streams for one in (stream.inputs if isinstance(stream, st.Union) else (stream,))]
        found = []
        for one in flat:
            with report.inside(signs.get(name_of(one), Polarity.MORE).turned):
                found.append(_input(one, report, several=len(flat) > 1))
        events = [one for stream in flat for one in stages(stream) if isinstance(one, st.Events)]
        time = events[0].time or "@timestamp" if events else "@timestamp"
        return cls(_of_one_type(found), time, indices(*events))

    def have_text(self, name: str) -> bool:
        """Whether a column holds text in every base rule."""
        return all(one.has_text(name) for one in self.each)


def _input(stream: st.Stream, report: Report, several: bool) -> _Input:
    columns: dict[str, Expr] = {}
    types: dict[str, FieldType] = {}
    reads: dict[str, frozenset[str]] = {}
    if isinstance(stream, st.Compute):
        for column in stream.columns:
            columns[column.name], types[column.name] = value_of(column.value)
            reads[column.name] = frozenset(one.name for one in value_fields(column.value))
        stream = stream.input
    if not isinstance(stream, st.Events):
        raise UnsupportedError("a stage on the result of another")
    tested = (leaf.value for leaf in leaves(stream.condition) if isinstance(leaf, ir.Match))
    own = {one.name: one.type for one in (*tested, *stream.columns) if isinstance(one, Field)}
    condition = lower_events(stream, report, search=not several)
    return _Input(condition, columns, own | types, reads, frozenset(field_names(stream.condition)))


def _of_one_type(found: list[_Input]) -> tuple[_Input, ...]:
    """The base rules, with a column that they fill from fields of several types as text in each."""
    for name in dict.fromkeys(name for one in found for name in one.columns):
        types = {one.types.get(name, FieldType.STRING) for one in found}
        if len(types) == 1 or types <= {*TEXTS}:
            continue
        if not types <= SPELLED:
            raise UnsupportedError("a column of fields of several types")
        for one in found:
            if not one.has_text(name):
                one.columns[name] = Call("TO_STRING", (one.columns.get(name, Column(name)),))
                one.types[name] = FieldType.STRING
    return tuple(found)


def _either(found: _Inputs) -> Expr:
    return join(esql.Or, dict.fromkeys(one.condition for one in found.each), esql.Boolean(False))


def _aliases(found: _Inputs, names: tuple[str, ...]) -> list[esql.Command]:
    """EVAL for columns that are not called so in the events. An event of two rules has the values of both."""
    assignments: list[Assignment] = []
    for name in names:
        values = [one.columns.get(name, Column(name)) for one in found.each]
        if len(set(values)) == 1:
            if values[0] != Column(name):
                assignments.append(Assignment(values[0], name))
            continue
        parts = []
        for number, (one, value) in enumerate(zip(found.each, values, strict=True), start=1):
            parts.append(Column(f"{name}_{number}"))
            assignments.append(Assignment(Call("CASE", (one.condition, value)), parts[-1].name))
        both: Expr = parts[0]
        for part in parts[1:]:
            both = Call("COALESCE", (Call("MV_APPEND", (both, part)), both, part))
        assignments.append(Assignment(both, name))
    return [esql.Eval(tuple(assignments))] if assignments else []


def _check_aliases(found: _Inputs, names: tuple[str, ...], measures: tuple[Assignment, ...]) -> None:
    """Refuse a column that takes the name of a field which is read after it: EVAL fills one after the other."""
    hidden = {
        name
        for one in found.each
        for name in names
        if one.columns.get(name, Column(name)) != Column(name) and name not in one.reads[name]
    }
    read = {name: {field for one in found.each for field in one.reads.get(name, ())} for name in names}
    tested = {field for one in found.each for field in one.tested}
    for name in hidden:
        later = {field for other in names if other != name for field in read[other] - {other}}
        differs = len(hidden) > 1 or any(one.condition is not None for one in measures)
        if name in later or (differs and name in tested):
            raise UnsupportedError(f"an alias with the name of the field {name}, which the rules read")


def _keys(found: _Inputs, by: tuple[str, ...]) -> list[esql.Command]:
    """Rows without a key are in no group of the rule; in ES|QL they make one of their own."""
    tests: list[Expr] = []
    for name in by:
        tests.append(esql.IsNull(Column(name), negated=True))
        if found.have_text(name):
            tests.append(esql.Compare(Comparison.NE, Column(name), esql.String("")))
    return [esql.Where(join(esql.And, tests, _TRUE))] if tests else []


# --- windows


def _span(seconds: int) -> esql.TimeSpan:
    for length, unit in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % length == 0:
            count = seconds // length
            return esql.TimeSpan(count, unit if count == 1 else unit + "s")
    raise AssertionError("a second divides every length")


def _window(window: st.Window | None, time: str, report: Report) -> list[esql.Command]:
    """EVAL for the windows that an event is in; nothing without windows."""
    column = Column(time)
    match window:
        case None:
            return []
        case st.Window(seconds, st.WindowKind.TUMBLING):
            return [esql.Eval((Assignment(Call("DATE_TRUNC", (_span(seconds), column)), _WINDOW),))]
        case st.Window(seconds, st.WindowKind.SLIDING):
            report.approximate(codes.ESQ016, wider=True, seconds=seconds)
            half, whole = _span(seconds), _span(2 * seconds)
            later = esql.Arithmetic(esql.Sign.ADD, column, half)
            second = esql.Arithmetic(esql.Sign.SUBTRACT, Call("DATE_TRUNC", (whole, later)), half)
            both = Call("MV_APPEND", (Call("DATE_TRUNC", (whole, column)), second))
            return [esql.Eval((Assignment(both, _WINDOW),))]
        case _:
            raise UnsupportedError("windows that end where nothing happens for a while")


def _query(
    found: _Inputs,
    by: tuple[str, ...],
    window: list[esql.Command] | None,
    measures: tuple[Assignment, ...],
    condition: Expr,
) -> Query:
    commands: list[esql.Command] = [esql.Where(_either(found))]
    if not measures:
        return Query(esql.From(found.indices, ("_id", "_index", "_version")), tuple(commands))
    used = tuple(dict.fromkeys((*by, *(name for one in found.each for name in one.columns))))
    _check_aliases(found, used, measures)
    if window and any(_WINDOW in one.tested for one in found.each) and any(one.condition for one in measures):
        raise UnsupportedError(f"a rule that reads the field {_WINDOW}, beside others")
    commands += [*_aliases(found, used), *_keys(found, by), *(window or [])]
    times = tuple(
        Assignment(Call(function, (Column(found.time),)), name) for function, name in (("MIN", _FIRST), ("MAX", _LAST))
    )
    groups = tuple(Assignment(Column(name)) for name in (*by, *([_WINDOW] if window else [])))
    commands.append(esql.Stats((*measures, *times), groups))
    tests = [] if condition == _TRUE else [condition]
    if not groups:  # STATS has a row of no events, too
        tests.append(esql.IsNull(Column(_FIRST), negated=True))
    if tests:
        commands.append(esql.Where(join(esql.And, tests, _TRUE)))
    return Query(esql.From(found.indices), tuple(commands))


# --- stages


def _aggregate(stage: st.Aggregate, condition: ir.Expr | None, report: Report) -> Query:
    streams = inputs(stage.input) if isinstance(stage.input, st.Union) else (stage.input,)
    found = _Inputs.of(streams, report, polarities(stage if condition is None else st.Where(stage, condition)))
    any_row = _takes_any(stage, condition)  # wherever a window lies
    window = None if any_row else _window(stage.window, found.time, report)
    sliding = not any_row and stage.window is not None and stage.window.kind is st.WindowKind.SLIDING
    measures = {one.name: one for one in stage.measures}
    columns = {one.name: measured(one, found.have_text) for one in stage.measures if not _is_estimate(one, sliding)}

    def lower(expr: ir.Expr) -> Expr:
        match expr:
            case ir.And(args):
                return join(esql.And, [lower(arg) for arg in args], _TRUE)
            case ir.Or(args):
                return join(esql.Or, [lower(arg) for arg in args], _TRUE)
            case ir.Match(Field(name), Compare() | Number() as test) if name in measures:
                tested, extra = weakened(measures[name], test, sliding)
                columns.update(extra)
                return tested
            case ir.Not(ir.Match(Field(name), Number(value))) if name in measures:
                return _TRUE if sliding else esql.Compare(Comparison.NE, Column(name), esql.Number(value))
            case ir.Constant(value):
                return esql.Boolean(value)
            case _:
                raise UnsupportedError("a condition on other than what is measured")

    tested = lower(condition) if condition is not None else _TRUE
    for one in stage.measures:
        if one.kind is st.MeasureKind.PERCENTILE and not sliding:
            report.approximate(codes.ESQ018, one.span, wider=True, what="a percentile")
    made = tuple(Assignment(value, name) for name, value in columns.items())
    return _query(found, stage.by, window, made, tested)


def _takes_any(stage: st.Aggregate, condition: ir.Expr | None) -> bool:
    """Whether one row is enough."""
    match stage.measures, condition:
        case (st.Measure(name, st.MeasureKind.COUNT),), ir.Match(Field(tested), Compare(order, bound)):
            return name == tested and ((order is Order.GTE and bound <= 1) or (order is Order.GT and bound < 1))
        case _:
            return False


def _together(
    stage: st.Together, by: tuple[str, ...], window: st.Window | None, holds: ir.Expr | None, report: Report
) -> Query:
    found = _Inputs.of(stage.inputs, report, polarities(stage))
    if len(found.each) != len(stage.inputs):
        raise UnsupportedError("several log sources in one of the rules")
    flags = {_name(stream): f"rule_{number}" for number, stream in enumerate(stage.inputs, start=1)}
    made = tuple(
        Assignment(Call("COUNT", (esql.Star(),)), flag, one.condition)
        for flag, one in zip(flags.values(), found.each, strict=True)
    )
    present = {name: esql.Compare(Comparison.GT, Column(flag), esql.Number(0)) for name, flag in flags.items()}
    sliding = window is not None and window.kind is st.WindowKind.SLIDING
    every: list[Expr] = list(present.values())
    condition = join(esql.And, every, _TRUE) if holds is None else _holds(holds, present, sliding)
    return _query(found, by, _window(window, found.time, report), made, condition)


def _name(stream: st.Stream) -> str:
    return next((one.name for one in stages(stream) if isinstance(one, st.Events)), "")


def _holds(expr: ir.Expr, present: dict[str, esql.Compare], sliding: bool) -> Expr:
    """A condition over the rules; in a wider window, that a rule has no event says nothing."""
    match expr:
        case ir.And(args):
            return join(esql.And, [_holds(arg, present, sliding) for arg in args], _TRUE)
        case ir.Or(args):
            return join(esql.Or, [_holds(arg, present, sliding) for arg in args], _TRUE)
        case ir.Match(Field(st.MATCHED), Compare() | Number() as test):
            one, zero = esql.Number(1), esql.Number(0)
            total: Expr | None = None
            for flag in present.values():
                each = Call("CASE", (flag, one, zero))
                total = each if total is None else esql.Arithmetic(esql.Sign.ADD, total, each)
            assert total is not None
            order = test.order if isinstance(test, Compare) else None
            if sliding and order in (Order.LT, Order.LTE):
                return _TRUE
            operator = Comparison(order.value) if order else Comparison.GTE if sliding else Comparison.EQ
            return esql.Compare(operator, total, esql.Number(test.value))
        case ir.Match(Field(name), Exists()) if name in present:
            return present[name]
        case ir.Not(inner):
            return _TRUE if sliding else esql.Not(_holds(inner, present, sliding))
        case ir.Constant(value):
            return esql.Boolean(value)
        case ir.Match() | ir.Keyword() | ir.Opaque():
            raise UnsupportedError("a condition on other than the rules")
        case _:
            assert_never(expr)


def _in_order(stage: st.Sequence, report: Report) -> Query:
    """Each step begins before the next one ends: that is so of events in order, but not of them alone."""
    if stage.until is not None or any(step.absent for step in stage.steps):
        raise UnsupportedError("events that must not happen between others")
    found = _Inputs.of(tuple(step.input for step in stage.steps), report)
    if len(found.each) != len(stage.steps):
        raise UnsupportedError("several log sources in one of the rules")
    report.approximate(codes.ESQ019, stage.span, wider=True)
    time = Column(found.time)
    made: list[Assignment] = []
    tests: list[Expr] = []
    for number, one in enumerate(found.each, start=1):
        made.append(Assignment(Call("MIN", (time,)), f"first_{number}", one.condition))
        made.append(Assignment(Call("MAX", (time,)), f"last_{number}", one.condition))
        if number > 1:
            earlier, later = Column(f"first_{number - 1}"), Column(f"last_{number}")
            tests.append(esql.Compare(Comparison.LT, earlier, later))
    if len(tests) < 1:
        raise UnsupportedError("a sequence of one event")
    window = _window(stage.within, found.time, report)
    return _query(found, stage.by, window, tuple(made), join(esql.And, tests, _TRUE))
