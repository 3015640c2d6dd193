"""Lowers rules on many events: each stage is a pipeline over the rows of its inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from transpile.diagnostics import Report
from transpile.dialects.base import Result
from transpile.dialects.kit.writing.own import grouped_fields, without_own
from transpile.dialects.kql import codes
from transpile.dialects.kql.lower_events import lower_condition, lower_events
from transpile.dialects.kql.lower_values import Computed
from transpile.dialects.kql.predicates import Predicates
from transpile.dialects.kql.predicates import column as place_of
from transpile.dialects.kql.stage_aggregate import aggregate, counts_each, is_lower_bound, least
from transpile.dialects.kql.stage_rows import FIRST, TIME, Names, Rows, extend, is_own, kept_by_all, statements
from transpile.dialects.kql.stage_scan import in_sequence, together
from transpile.dialects.kql.stage_union import by_table, may_repeat
from transpile.dialects.kql.tree import Assignment, Call, Columns, Expr, Name, Pipeline, Script, Summarize, Where
from transpile.dialects.kql.tree import Union as UnionOf
from transpile.dialects.kql.tree import names as names_in
from transpile.ir import expr as ir
from transpile.ir import stream as st
from transpile.ir.match import FieldType
from transpile.ir.polarity import of_condition, of_together
from transpile.ir.rule import Rule
from transpile.ir.stream import MeasureKind, Stream
from transpile.ir.walk import all_events, group_by, leaves, name_of, value_fields
from transpile.record import replace


def lower_stages(rule: Rule, report: Report) -> Script:
    """The query that means a rule on many events."""
    rule = without_own(rule, is_own)
    grouped = grouped_fields(rule.body)
    if not {events.time or TIME for events in all_events(rule.body)}.isdisjoint(grouped):
        report.refuse(codes.KQL019, None, what="groups or measures of the time of events")
    lowering = _Lowering(report, rule.fields, Names({name.lower() for name in grouped}))
    rows = lowering.rows(rule.body, frozenset(rule.fields))
    return Script((*rows.before, rows.query))


def result(rule: Rule) -> Result:
    """The columns of the query's rows that say what an alert is of."""
    rule = without_own(rule, is_own)
    events = list(all_events(rule.body))
    time = (events[0].time or TIME) if events else TIME
    body: Stream = rule.body
    condition: ir.Expr = ir.TRUE
    while isinstance(body, st.Where):
        condition, body = body.condition, body.input
    value = None
    if isinstance(body, st.Aggregate) and body.measures:
        measure = body.measures[0]
        counted = measure.kind is MeasureKind.COUNT and len(body.measures) == 1 and body.window is not None
        by_rows = counted and body.window is not None and body.window.kind is st.WindowKind.SLIDING
        if not (by_rows and least(condition, measure.name) is not None):
            value = measure.name
    is_made = isinstance(body, st.Aggregate | st.Sequence | st.Together)
    return Result(group_by(rule.body), value, FIRST if is_made else time, time)


@dataclass(slots=True)
class _Lowering:
    """The way through the stages of one rule. `shown`: columns that an alert is to show."""

    report: Report
    shown: tuple[str, ...]
    names: Names = field(default_factory=Names)

    def rows(self, stream: Stream, asked: frozenset[str]) -> Rows:
        """The rows of a stream; `asked` names the columns that what comes after reads."""
        match stream:
            case st.Events():
                return self.events(stream, asked)
            case st.Compute(input, columns):
                return self.compute(input, columns, asked)
            case st.Where(st.Aggregate() as stage, condition):
                return self.aggregate(stage, condition)
            case st.Where(input, condition):
                rows = self.rows(input, asked | _fields(condition))
                return rows.then(Where(lower_condition(condition, self.report)))
            case st.Aggregate():
                return self.aggregate(stream, ir.TRUE)
            case st.Union():
                return self.union(stream, asked)
            case st.Sequence():
                return self.sequence(stream)
            case st.Together(streams, by, window):
                inputs = self.inputs(streams, by, stream.holds)
                return together(inputs, stream, window, self.report, self.names, self.shown_of(inputs))
            case st.Join() | st.OpaqueStage():
                return self.refuse("a join")
            case _:
                assert_never(stream)

    def refuse(self, what: str, rows: Rows | None = None) -> Rows:
        """Report that there is no query; what is returned is never printed."""
        self.report.refuse(codes.KQL019, None, what=what)
        return rows or Rows(Pipeline(Name("Events")))

    def events(self, events: st.Events, asked: frozenset[str]) -> Rows:
        """The events that match a condition."""
        inside = [one for one in events.columns if one.name in asked and one.type is FieldType.DYNAMIC]
        made = {one.name: Call("tostring", (place_of(one),)) for one in inside if not isinstance(place_of(one), Name)}
        before, table = lower_events(events, self.report, asked.union(*map(names_in, made.values())))
        rows = Rows(table, events.time or TIME, before, kept=events.kept)
        return rows.then(extend(**made)) if made else rows

    def compute(self, input: Stream, columns: tuple[st.Column, ...], asked: frozenset[str]) -> Rows:
        """Columns by other names; a missing value is an empty text."""
        read = {field.name.split(".")[0] for one in columns for field in value_fields(one.value)}
        rows = self.rows(input, asked | read)
        values: dict[str, Expr] = {}
        for column in columns:
            asked_of = tuple(one.name for one in value_fields(column.value))
            rows = self.has(rows, asked_of)
            values[column.name] = Computed(Predicates(self.report)).value(column.value, None)
        known = None if rows.columns is None else rows.columns | set(values)
        return replace(rows.then(extend(**values)), columns=known)

    def aggregate(self, stage: st.Aggregate, condition: ir.Expr) -> Rows:
        """Measures, with the condition on them."""
        counted = frozenset(name for one in stage.measures for name in one.fields)
        with self.report.inside(of_condition(condition, stage).turned):
            rows = self.rows(stage.input, frozenset(stage.by) | counted | frozenset(self.shown))
        rows = self.has(rows, (*stage.by, *counted))
        if not isinstance(stage.input, st.Union):
            rows = _once(rows, stage.input)
        elif counts_each(stage, condition) and may_repeat(by_table(stage.input.inputs)):
            rising = is_lower_bound(condition) and all(one.kind is MeasureKind.COUNT for one in stage.measures)
            for wider in (True,) if rising else (True, False):
                self.report.approximate(codes.KQL022, stage.span, wider=wider)
        shown = self.shown if rows.columns is None else ()
        return aggregate(rows, stage, condition, self.report, self.names, shown)

    def has(self, rows: Rows, names: tuple[str, ...]) -> Rows:
        """Refuse a stage that asks inner rows for a column that they do not have."""
        missing = [] if rows.columns is None else [name for name in names if name not in rows.columns]
        return self.refuse(f"the field {missing[0]}, which the inner rule does not group by", rows) if missing else rows

    def sequence(self, stage: st.Sequence) -> Rows:
        """Steps in order."""
        if stage.until is not None or any(step.absent for step in stage.steps):
            return self.refuse("what must not happen in a sequence")
        inputs = self.inputs(tuple(step.input for step in stage.steps), stage.by)
        return in_sequence(inputs, stage, stage.within, self.shown_of(inputs))

    def inputs(self, streams: tuple[Stream, ...], by: tuple[str, ...], holds: ir.Expr | None = None) -> list[Rows]:
        """The rows of several inputs that are grouped by the same columns; `holds` is the condition over them."""
        asked = frozenset((*by, *self.shown))
        found = []
        for stream in streams:
            with self.report.inside(of_together(holds, name_of(stream)).turned):
                found.append(self.has(self.rows(stream, asked), by))
        return found

    def shown_of(self, inputs: list[Rows]) -> tuple[str, ...]:
        """The columns that an alert can show: those of events."""
        return self.shown if all(one.columns is None for one in inputs) else ()

    def union(self, stage: st.Union, asked: frozenset[str]) -> Rows:
        """The rows of several inputs, each event once: those of one table by one condition."""
        inputs = [_once(self.rows(one, asked), one) for one in by_table(stage.inputs)]
        if len(inputs) == 1:
            return inputs[0]
        if all(one.columns is None and one.first is None for one in inputs) and not asked:
            tables = UnionOf(tuple(one.query for one in inputs))
            return Rows(Pipeline(tables), inputs[0].time, statements(inputs), kept=kept_by_all(inputs, ()))
        keeping = kept_by_all(inputs, (*asked, inputs[0].time))
        wanted = tuple(sorted(asked - {inputs[0].time}))
        known = [one.columns for one in inputs if one.columns is not None]
        wanted = tuple(name for name in wanted if all(name in columns for columns in known))
        rows = _side_by_side(inputs, wanted, keeping)
        return replace(rows, columns=None if not known else frozenset(wanted))


def _side_by_side(inputs: list[Rows], wanted: tuple[str, ...], keeping: tuple[str, ...]) -> Rows:
    """The rows of several inputs with these columns, as text but for those that they keep."""
    time = inputs[0].time
    has_first = any(one.first for one in inputs)
    tables: list[Expr] = []
    for rows in inputs:
        columns: list[Expr] = [Name(time) if rows.time == time else Assignment((time,), Name(rows.time))]
        if has_first:
            columns.append(Assignment((FIRST,), Name(rows.first or rows.time)))
        columns += [Assignment((name,), Call("tostring", (Name(name),))) for name in wanted]
        columns += map(Name, keeping)
        tables.append(rows.then(Columns("project", tuple(columns))).query)
    once = all(one.once for one in inputs)
    first = FIRST if has_first else None
    return Rows(Pipeline(UnionOf(tuple(tables))), time, statements(inputs), first, once=once, kept=keeping)


def _once(rows: Rows, stream: Stream) -> Rows:
    """The rows of a stream; of the alerts of an inner rule, one for each group and time."""
    if rows.first is None or rows.once:
        return rows
    by = group_by(stream)
    first = Assignment((rows.first,), Call("min", (Name(rows.first),)))
    keys = (*(Name(name) for name in by), Name(rows.time))
    return rows.then(Summarize((first,), keys), once=True, columns=frozenset(by), kept=())


def _fields(condition: ir.Expr) -> frozenset[str]:
    return frozenset(
        one.name for leaf in leaves(condition) if isinstance(leaf, ir.Match) for one in value_fields(leaf.value)
    )
