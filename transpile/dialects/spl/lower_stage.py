"""Rules that relate several events: counts, sets and orders of events, over events sorted by time.

Nothing here falls into fixed buckets unless the rule asks for it. A count of N looks back over the last N events of
the group (`streamstats window=N global=f`), other measures over the time before each event (`time_window`), an order
carries the latest start of each chain forward. Events that match several rules come once for each, by `multisearch`.

`time_window` wants events sorted by time; `sort` without 0 keeps 10,000; `streamstats by` and `stats by` pass over
events without the field (Search Reference, `streamstats`, `sort`, `stats`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import assert_never

from transpile.diagnostics import Report
from transpile.dialects.base import Result
from transpile.dialects.kit.writing.columns import in_turn
from transpile.dialects.kit.writing.own import grouped_fields, without_own
from transpile.dialects.spl import codes
from transpile.dialects.spl.lower_events import events_commands
from transpile.dialects.spl.lower_inputs import TAG, Input, inputs_of
from transpile.dialects.spl.lower_measures import FIRST, LAST, TIME, counted, is_own, newest, within
from transpile.dialects.spl.lower_value import compute
from transpile.dialects.spl.lower_where import where
from transpile.dialects.spl.tree import (
    Aggregation,
    And,
    AnyCommand,
    Binary,
    Branch,
    Call,
    Eval,
    EvalExpr,
    Fields,
    Flag,
    Name,
    Not,
    Number,
    Or,
    Pipeline,
    Plain,
    Stats,
    String,
    Where,
)
from transpile.ir import expr as ir
from transpile.ir import stream
from transpile.ir.match import Compare, Exists, Field
from transpile.ir.polarity import Polarity, of_condition, of_together, polarities
from transpile.ir.rule import Rule
from transpile.ir.stream import MATCHED, Aggregate, Compute, MeasureKind, Sequence, Stream, Together, WindowKind
from transpile.ir.walk import all_events, name_of, value_fields
from transpile.record import record

ONE = Number("1")
NULL = Call("null")
SORT = Plain("sort", (), ("0", TIME))


# Measures to which a row that comes twice counts twice.
_EACH = frozenset({MeasureKind.COUNT, MeasureKind.SUM, MeasureKind.AVERAGE, MeasureKind.PERCENTILE})


def lower_stages(rule: Rule, report: Report) -> Pipeline:
    """The search for a rule on many events; its rows are alerts, with their group, value, first and last time."""
    rule = without_own(rule, is_own)
    if TIME in grouped_fields(rule.body):
        report.refuse(codes.SPL021, what="groups or measures of the time of events")
    found = inputs_of(rule.body, report)
    if len(found) == 1:
        commands: list[AnyCommand] = list(_events(found[0], rule, report))
        commands += [Eval(found[0].columns)] if found[0].columns else []
    else:
        commands = [Branch("multisearch", "", tuple(_branch(one, rule, report) for one in found))]
    fields = tuple(name for name in rule.fields if name not in (*group_of(rule.body), TIME))
    kept = tuple(Aggregation("values", name, name) for name in fields)
    lowering = _Lowering(report, tuple(found), [*commands, SORT], kept)
    lowering.rows(rule.body, last=True)
    shown = (*(group_of(rule.body)), *_value(rule.body), FIRST, LAST, *fields)
    return Pipeline((*lowering.commands, Fields("table", tuple(dict.fromkeys(shown)))))


def _branch(one: Input, rule: Rule, report: Report) -> Pipeline:
    tagged = Eval((*one.columns, (TAG, String(one.name))))
    return Pipeline((*_events(one, rule, report), tagged))


def _events(one: Input, rule: Rule, report: Report) -> tuple[AnyCommand, ...]:
    """The commands that find the events of an input."""
    signs = polarities(rule.body)
    with report.inside(reduce(Polarity.both, (signs[events.name] for events in all_events(one.stage))).turned):
        return events_commands(one.condition, report)


def result(rule: Rule) -> Result:
    """The columns of such a search's rows that say what an alert is of."""
    rule = without_own(rule, is_own)
    value = _value(rule.body)
    return Result(group_of(rule.body), value[0] if value else None, FIRST, LAST)


def group_of(body: Stream) -> tuple[str, ...]:
    """The columns that tell the groups of a rule apart."""
    match body:
        case stream.Where(input) | Compute(input):
            return group_of(input)
        case Aggregate() | Sequence() | Together():
            return body.by
        case _:
            return ()


def _value(body: Stream) -> tuple[str, ...]:
    match body:
        case stream.Where(input) | Compute(input):
            return _value(input)
        case Aggregate():
            return tuple(measure.name for measure in body.measures)
        case _:
            return ()


@record
class _Rows:
    """Which rows a stage has made: those for which a condition holds, by the value of a column."""

    column: str
    condition: EvalExpr


@dataclass(slots=True)
class _Lowering:
    """Appends the commands that compute each stage, inputs before what takes them. None stands for all rows."""

    report: Report
    inputs: tuple[Input, ...]
    commands: list[AnyCommand]
    shown: tuple[Aggregation, ...] = ()  # what rows of several events show of the rule's fields
    taken: int = field(default=0)

    def rows(self, stage: Stream, *, last: bool) -> _Rows | None:
        """Compute a stage. With `last`, all other rows may go."""
        for one in self.inputs:
            if one.stage is stage:
                return _Rows(TAG, Binary("==", Name(TAG), String(one.name))) if len(self.inputs) > 1 else None
        match stage:
            case stream.Where(Aggregate() as aggregate, condition):
                return self._counted(aggregate, condition, last)
            case Aggregate():
                return self._counted(stage, ir.TRUE, last)
            case stream.Where(input, condition):
                flag = self.rows(input, last=last)
                return self._keep(where(condition, self.report), flag, last)
            case Compute(input, columns):
                flag = self.rows(input, last=last)
                made = [
                    (one.name, _of(flag, compute(one.value), one.name), [each.name for each in value_fields(one.value)])
                    for one in columns
                ]
                self.commands.append(Eval(tuple(in_turn(made, Name))))
                return flag
            case Together():
                return self._together(stage, last)
            case Sequence():
                return self._sequence(stage, last)
            case stream.Events() | stream.Union() | stream.Join() | stream.OpaqueStage():
                self.report.refuse(codes.SPL021, what="rows of several stages as one stream")
                return None
            case _:
                assert_never(stage)

    def _number(self) -> int:
        self.taken += 1
        return self.taken

    def _keep(self, condition: EvalExpr, of: _Rows | None, last: bool) -> _Rows | None:
        """Keep the rows that pass, or mark them where others are still needed."""
        if of is not None:
            inner = condition.args if isinstance(condition, And) else (condition,)
            condition = And((of.condition, *inner))
        if last:
            self.commands.append(Where(condition))
            return None
        name = f"alert_{self._number()}"
        self.commands.append(Eval(((name, Call("if", (condition, ONE, NULL))),)))
        return _Rows(name, Binary("==", Name(name), ONE))

    # --- counts

    def _counted(self, stage: Aggregate, condition: ir.Expr, last: bool) -> _Rows | None:
        inner = stage.input
        while isinstance(inner, stream.Where | Compute):
            inner = inner.input
        if isinstance(inner, Sequence) and not {*stage.by, *(n for m in stage.measures for n in m.fields)} <= {
            *inner.by
        }:
            self.report.refuse(codes.SPL021, stage.span, what="measures of what a sequence does not keep")
        with self.report.inside(of_condition(condition, stage).turned):
            flag = self.rows(stage.input, last=last)
        if isinstance(inner, Aggregate) and self._is_fixed(inner.window):  # `stats` keeps no `_time` of its alerts
            self.commands += [Eval(((TIME, Name(LAST)),)), SORT]
        if not isinstance(inner, stream.Events | stream.Union) and any(one.kind in _EACH for one in stage.measures):
            self._once(inner, flag, stage)
        window = stage.window
        if self.report.windows == "buckets" and window is not None and window.kind is WindowKind.SLIDING:
            self.report.approximate(codes.SPL023, stage.span, wider=False)
            window = stream.Window(window.seconds, WindowKind.TUMBLING)
        if not last and (window is None or window.kind is not WindowKind.SLIDING):
            self.report.refuse(codes.SPL021, stage.span, what="fixed windows within another stage")
            return None
        by = stage.by if flag is None else (flag.column, *stage.by)
        commands, passed = counted(stage, window, condition, by, self.shown, self.report)
        self.commands += commands
        kept = self._keep(passed, flag, last) if passed is not None else flag
        if last and window is not None and window.kind is WindowKind.SLIDING:
            self.commands.append(Eval(((LAST, Name(TIME)),)))
        return kept

    def _is_fixed(self, window: stream.Window | None) -> bool:
        """Whether a group and window is one row, and not one for each event."""
        return window is None or window.kind is not WindowKind.SLIDING or self.report.windows == "buckets"

    def _once(self, inner: Stream, flag: _Rows | None, stage: Aggregate) -> None:
        """Keep one row of the inner alerts of a group at one time: each event that comes then gives a row."""
        if flag is not None:
            self.report.refuse(codes.SPL021, stage.span, what="a count of alerts beside other events")
        self.commands.append(Plain("dedup", (), (TIME, *group_of(inner))))

    # --- together

    def _together(self, stage: Together, last: bool) -> _Rows | None:
        if stage.within is None or stage.within.kind is not WindowKind.SLIDING:
            self.report.refuse(codes.SPL021, stage.span, what="events together without a sliding window")
            return None
        seconds = stage.within.seconds
        flags = []
        for one in stage.inputs:
            with self.report.inside(of_together(stage.holds, name_of(one)).turned):
                flags.append(self.rows(one, last=False))
        suffix = "" if last else f"_in_{self._number()}"
        times = [f"time_{i}{suffix}" for i in range(1, len(flags) + 1)]
        seen = [f"seen_{i}{suffix}" for i in range(1, len(flags) + 1)]
        self.commands.append(
            Eval(tuple((time, _if(flag, Name(TIME))) for time, flag in zip(times, flags, strict=True)))
        )
        self.commands.append(newest(times, seen, seconds, stage.by))
        if stage.holds is not None and _can_be_undone(
            stage.holds
        ):  # what must not be may come at the same time, in a row behind
            every = tuple(Aggregation("max", one, one) for one in seen)
            self.commands.append(Stats("eventstats", (), every, (TIME, *stage.by)))
        near = [And((Call("isnotnull", (Name(one),)), within(one, seconds))) for one in seen]
        condition = self._held(stage, near)
        kept = self._keep(condition, None, last)
        earliest: tuple[EvalExpr, ...] = tuple(map(Name, seen))
        if stage.holds is not None:  # some of them may be missing, or too old
            earliest = tuple(Call("if", (test, one, Name(TIME))) for test, one in zip(near, earliest, strict=True))
        self.commands.append(Eval(((FIRST, Call("min", earliest)), (LAST, Name(TIME)))))
        return kept

    def _held(self, stage: Together, near: list[And[EvalExpr]]) -> EvalExpr:
        """The condition over the inputs, each of which was seen within the window, or not."""
        if stage.holds is None:
            return And(tuple(part for one in near for part in one.args))
        names = {_name(one): test for one, test in zip(stage.inputs, near, strict=True)}
        return self._over(stage.holds, names, stage)

    def _over(self, holds: ir.Expr, names: dict[str, And[EvalExpr]], stage: Together) -> EvalExpr:
        match holds:
            case ir.And(args):
                return And(tuple(self._over(arg, names, stage) for arg in args))
            case ir.Or(args):
                return Or(tuple(self._over(arg, names, stage) for arg in args))
            case ir.Not(arg):
                self.report.approximate(codes.SPL022, stage.span, wider=False, what="NOT over several events")
                return Not(self._over(arg, names, stage))
            case ir.Match(Field(name), Exists()) if name in names:
                return names[name]
            case ir.Match(Field(name), Compare(order, value)) if name == MATCHED:
                if order.value.startswith("<"):
                    self.report.approximate(codes.SPL022, stage.span, wider=False, what="an upper bound")
                total: EvalExpr = Call("if", (next(iter(names.values())), ONE, Number("0")))
                for test in list(names.values())[1:]:
                    total = Binary("+", total, Call("if", (test, ONE, Number("0"))))
                return Binary(order.value, total, Number(str(value)))
            case _:
                self.report.refuse(codes.SPL021, stage.span, what="this condition over several events")
                return Call("false")

    # --- in order

    def _sequence(self, stage: Sequence, last: bool) -> _Rows | None:
        absent = any(step.absent for step in stage.steps)
        sliding = stage.within is not None and stage.within.kind is WindowKind.SLIDING
        if not last or absent or stage.until is not None or not sliding or stage.within is None:
            what = (
                "a sequence within another stage" if not last else "a sequence with what must not happen, or no window"
            )
            self.report.refuse(codes.SPL021, stage.span, what=what)
            return None
        seconds, count = stage.within.seconds, len(stage.steps)
        flags = [self.rows(step.input, last=False) for step in stage.steps]
        steps = [f"step_{i}" for i in range(1, count + 1)]
        self.commands.append(Eval(tuple((step, _if(flag, ONE)) for step, flag in zip(steps, flags, strict=True))))
        # One row for each moment: of two events at the same time, neither is later than the other.
        kept = tuple(Aggregation("max", step, step) for step in steps)
        self.commands += [Stats("stats", (), (*kept, *self.shown), (TIME, *stage.by)), SORT]
        start: EvalExpr = Name(TIME)
        for number, step in enumerate(steps[:-1], 1):
            begun, state, before = f"start_{number}", f"latest_{number}", f"before_{number}"
            passed: EvalExpr = Binary("==", Name(step), ONE)
            if number > 1:
                passed = And((passed, within(f"before_{number - 1}", seconds)))
            self.commands.append(Eval(((begun, Call("if", (passed, start, NULL))),)))
            self.commands.append(newest([begun], [state], seconds, stage.by))
            self.commands.append(_previous(state, before, stage.by))
            start = Name(before)
        final = f"before_{count - 1}"
        self.commands.append(Where(And((Binary("==", Name(steps[-1]), ONE), within(final, seconds)))))
        self.commands.append(Eval(((FIRST, Name(final)), (LAST, Name(TIME)))))
        return None


def _of(of: _Rows | None, value: EvalExpr, name: str) -> EvalExpr:
    """A column of some of the rows; the others keep what they have."""
    return value if of is None else Call("if", (of.condition, value, Name(name)))


def _if(of: _Rows | None, value: EvalExpr) -> EvalExpr:
    return value if of is None else Call("if", (of.condition, value, NULL))


def _can_be_undone(holds: ir.Expr) -> bool:
    """Whether a further event can make a condition over several inputs false."""
    match holds:
        case ir.And(args) | ir.Or(args):
            return any(map(_can_be_undone, args))
        case ir.Match(_, Exists()):
            return False
        case ir.Match(_, Compare(order)):
            return order.value.startswith("<")
        case _:
            return True


def _previous(state: str, name: str, by: tuple[str, ...]) -> Stats:
    """What the row before of the same group holds."""
    options = (Flag("current", "f"), Flag("window", "1"), *((Flag("global", "f"),) if by else ()))
    return Stats("streamstats", options, (Aggregation("last", state, name),), by)


def _name(stage: Stream) -> str:
    """What a condition over several inputs calls one of them."""
    match stage:
        case stream.Events():
            return stage.name
        case stream.Where(input) | Compute(input) | Aggregate(input):
            return _name(input)
        case _:
            return ""
