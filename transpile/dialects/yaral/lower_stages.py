"""Rules about many events as YARA-L rules with a window ("YARA-L 2.0 syntax, match section").

- A count looks ahead from a pivot: `$p` is an event like those counted, and `over 5m after $p` takes those within five
  minutes after it. Every interval that holds enough events begins with one, so no window is missed.
- Events of several rules share a window of twice the timespan, which some window of `over` holds whole wherever it
  begins, and their times are held to the timespan by differences.
- Times are compared in whole seconds, the finest that `metadata.event_timestamp.seconds` has.
- A variable of `match` that is unset in an event leaves the event out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import pairwise, permutations
from math import ceil, floor
from typing import assert_never

from transpile.diagnostics import Report
from transpile.dialects.base import Result
from transpile.dialects.yaral import codes, tree
from transpile.dialects.yaral.meta import meta_lines, outcome_lines, rule_name
from transpile.dialects.yaral.predicate import path_of
from transpile.ir import expr as ir
from transpile.ir.match import Compare, Exists, Field, FieldType, Order
from transpile.ir.polarity import polarities
from transpile.ir.rule import Rule
from transpile.ir.stream import (
    Aggregate,
    Compute,
    Events,
    Measure,
    MeasureKind,
    Sequence,
    Stream,
    Together,
    Union,
    Where,
    Window,
    WindowKind,
)
from transpile.ir.walk import column_of, group_by
from transpile.record import replace
from transpile.source import Span

LEAST, MOST = 60, 48 * 3600  # seconds of a window
MOST_INPUTS = 20  # whose times are compared, each with each
PIVOT, EVENT = "p", "e"
FIRST, LAST, COUNT = "first_seen", "last_seen", "event_count"
_TIME = ("metadata", "event_timestamp", "seconds")

Conditions = Callable[[ir.Expr, Report], tree.Expr]  # a condition on one event, about the variable `$e`

NOTHING = tree.Rule("nothing", (), (tree.Truth(False),), tree.Variable(EVENT))  # stands for what was refused


def lower_stages(rule: Rule, report: Report, condition: Conditions) -> tree.Rule:
    """The rule that means a rule on several events; what it cannot express goes to the report."""
    match rule.body:
        case Where(Aggregate(input, (measure,), by, window), test, span):
            return _aggregate(rule, report, condition, input, measure, by, window, test, span)
        case Together(inputs, by, window, holds, span):
            if not _asks_for_all(holds, len(inputs)):
                return _refuse(report, span, "a condition on which rules match")
            return _several(rule, report, condition, inputs, by, window, span, ordered=False)
        case Sequence(steps, by, window, None, span) if not any(step.absent for step in steps):
            inputs = tuple(step.input for step in steps)
            return _several(rule, report, condition, inputs, by, window, span, ordered=True)
        case Sequence():
            return _refuse(report, rule.body.span, "a sequence with events that must not happen")
        case _:
            return _refuse(report, getattr(rule.body, "span", None), "this combination of stages")


def result(rule: Rule) -> Result:
    """The columns of a detection that say what an alert is of."""
    value = COUNT if isinstance(rule.body, Where) else None
    if isinstance(rule.body, Where) and isinstance(rule.body.input, Aggregate):
        value = _value_name(rule.body.input.measures[0])
    return Result(tuple(map(_variable, group_by(rule.body))), value, FIRST, LAST)


def _value_name(measure: Measure) -> str:
    return COUNT if measure.kind is MeasureKind.COUNT else re.sub(r"\W", "_", measure.name)


def _refuse(report: Report, span: Span | None, what: str) -> tree.Rule:
    report.refuse(codes.YAR021, span, what=what)
    return NOTHING


def _asks_for_all(holds: ir.Expr | None, inputs: int) -> bool:
    """Whether a condition over inputs asks for all of them."""
    match holds:
        case None:
            return True
        case ir.And(args):
            return len(args) == inputs and all(
                isinstance(arg, ir.Match) and isinstance(arg.test, Exists) for arg in args
            )
        case _:
            return False


# --- counts, different values and sums


def _aggregate(
    rule: Rule,
    report: Report,
    condition: Conditions,
    input_: Stream,
    measure: Measure,
    by: tuple[str, ...],
    window: Window | None,
    test: ir.Expr,
    span: Span | None,
) -> tree.Rule:
    bound = _bound(test)
    events = _inputs(input_)
    if bound is None:
        return _refuse(report, span, "a condition that more events can undo")
    if events is None:
        return _refuse(report, span, "a correlation of correlations")
    if not _fits(by, window, 1, report, span):
        return NOTHING
    assert window is not None
    counted = _measured(measure, events, report, span)
    if counted is None:
        return NOTHING
    outcome, guard = counted
    lines: list[tree.Expr] = []
    for name in (PIVOT, EVENT):
        with report.inside(polarities(rule.body)[events[0][0].name].turned):
            alternatives = tuple(condition(one.condition, report) for one, _ in events)
        whole = alternatives[0] if len(alternatives) == 1 else tree.Or(alternatives)
        lines += [_renamed(line, name) for line in (whole.args if isinstance(whole, tree.And) else (whole,))]
        keys = _keys(by, events, report, span)
        if keys is None:
            return NOTHING
        lines += [tree.Compare(tree.Variable(_variable(key)), "=", _renamed(path, name)) for key, path in keys.items()]
    lines += [_renamed(line, EVENT) for line in guard]
    match_, held = _window(window.seconds, "after")
    if held:
        lines.append(_within(EVENT, PIVOT, window.seconds))
    operator, number = bound
    if measure.kind is MeasureKind.SUM and (operator, number) == (">=", 0):
        return _refuse(report, span, "a sum of at least 0, as that of no numbers")
    if measure.kind in (MeasureKind.COUNT, MeasureKind.DISTINCT):  # counts are whole, and written so
        operator, number = (">", floor(number)) if operator == ">" else (">=", ceil(number))
    value = _value_name(measure)
    asked: tree.Expr = tree.Count(EVENT) if measure.kind is MeasureKind.COUNT else tree.Variable(value)
    parts: list[tree.Expr] = [tree.Variable(PIVOT)]
    if measure.kind is not MeasureKind.COUNT:
        parts.append(tree.Variable(EVENT))
    parts.append(tree.Compare(asked, operator, tree.Number(number)))
    outcomes = (tree.Outcome(value, outcome), *_times(EVENT))
    window_ = tree.Match(tuple(map(_variable, by)), replace(match_, pivot=PIVOT))
    return _rule(rule, lines, window_, outcomes, tree.And(tuple(parts)))


def _bound(test: ir.Expr) -> tuple[str, int | float] | None:
    """The lower bound that a condition on a measure is; None for one that more events can undo."""
    match test:
        case ir.Match(_, Compare(Order.GT | Order.GTE as order, number)) if number >= 0:
            return order.value, number
        case _:
            return None


def _inputs(stream: Stream) -> list[tuple[Events, dict[str, Field]]] | None:
    """The events that a stage takes, each with the fields of its aliases; None for other stages."""
    match stream:
        case Events():
            return [(stream, {})]
        case Compute(Events() as events, columns) if all(isinstance(one.value, Field) for one in columns):
            return [(events, {one.name: one.value for one in columns if isinstance(one.value, Field)})]
        case Union(streams):
            found = [_inputs(one) for one in streams]
            return [pair for pairs in found for pair in pairs or ()] if all(found) else None
        case _:
            return None


def _fits(by: tuple[str, ...], window: Window | None, times: int, report: Report, span: Span | None) -> bool:
    """Whether there is a group and a window that the language can have."""
    if not by:
        report.refuse(codes.YAR019, span)
        return False
    if window is None or window.kind is WindowKind.SESSION:
        _refuse(report, span, "a rule without a timespan")
        return False
    if window.kind is WindowKind.TUMBLING:
        _refuse(report, span, "fixed windows that begin at a multiple of their length")
        return False
    if not 1 <= window.seconds <= MOST // times:
        report.refuse(codes.YAR020, span, length=f"{window.seconds * times} seconds")
        return False
    return True


def _measured(
    measure: Measure, events: list[tuple[Events, dict[str, Field]]], report: Report, span: Span | None
) -> tuple[tree.Expr, list[tree.Expr]] | None:
    """The outcome that measures, about `$e`, and what must hold of an event to be measured."""
    if measure.kind is MeasureKind.COUNT:
        return tree.Call("count", (tree.Path(EVENT, ("metadata", "id")),)), []
    if measure.kind not in (MeasureKind.DISTINCT, MeasureKind.SUM) or len(measure.fields) != 1:
        _refuse(
            report, span, "several fields counted together" if len(measure.fields) > 1 else f"the {measure.kind.value}"
        )
        return None
    paths = _paths(measure.fields[0], events)
    if len(paths) != 1 or None in paths:
        _refuse(report, span, "a value that its rules keep in different fields")
        return None
    (path,) = paths
    assert path is not None
    field = _field(measure.fields[0], events)
    if measure.kind is MeasureKind.DISTINCT:
        if field.type is FieldType.NUMBER:  # 0 and no value are the same to it
            _refuse(report, span, "the distinct values of a number")
            return None
        return tree.Call("count_distinct", (path,)), [tree.Compare(path, "!=", tree.String(""))]
    number = path if field.mapped and field.type is FieldType.NUMBER else tree.Call("cast.as_float", (path,))
    return tree.Call("sum", (number,)), []


def _field(name: str, events: list[tuple[Events, dict[str, Field]]]) -> Field:
    """The column of the inputs, with the type that its data model or its tests give it."""
    for one, columns in events:
        found = columns.get(name) or column_of(one, name)
        if isinstance(found, Field) and (name in columns or found.type is not FieldType.STRING):
            return found
    return Field(name)


def _paths(name: str, events: list[tuple[Events, dict[str, Field]]]) -> set[tree.Path | None]:
    """Where the inputs keep a column; one place, if they agree."""
    return {_single(columns.get(name, Field(name, mapped=_is_mapped(one)))) for one, columns in events}


def _is_mapped(events: Events) -> bool:
    """Whether a data model vouches for the names of these events' fields."""
    return events.dataset is not None or events.time is not None


def _single(field: Field) -> tree.Path | None:
    """The path of a field that holds one value."""
    return None if field.repeated else path_of(field)


def _keys(
    by: tuple[str, ...], events: list[tuple[Events, dict[str, Field]]], report: Report, span: Span | None
) -> dict[str, tree.Path] | None:
    """The fields that events are grouped by, about `$e`."""
    found: dict[str, tree.Path] = {}
    for key in by:
        paths = _paths(key, events)
        if len(paths) != 1 or None in paths:
            _refuse(report, span, f"the group {key}, which its rules keep in different fields or in a list,")
            return None
        if _variable(key) in map(_variable, found):
            _refuse(report, span, f"the group {key} beside another of the same letters")
            return None
        (path,) = paths
        assert path is not None
        found[key] = path
    return found


# --- events of several rules


def _several(
    rule: Rule,
    report: Report,
    condition: Conditions,
    inputs: tuple[Stream, ...],
    by: tuple[str, ...],
    window: Window | None,
    span: Span | None,
    *,
    ordered: bool,
) -> tree.Rule:
    """Events of each input, in order or not, with the same keys and within the timespan."""
    if not _fits(by, window, 2, report, span):
        return NOTHING
    if len(inputs) > MOST_INPUTS:
        return _refuse(report, span, f"more than {MOST_INPUTS} rules related")
    assert window is not None
    names = [f"e{number}" for number in range(1, len(inputs) + 1)]
    lines: list[tree.Expr] = []
    for name, one in zip(names, inputs, strict=True):
        events = _inputs(one)
        if events is None:
            return _refuse(report, span, "a correlation of correlations")
        keys = _keys(by, events, report, span)
        if keys is None:
            return NOTHING
        alternatives = tuple(condition(each.condition, report) for each, _ in events)
        whole = alternatives[0] if len(alternatives) == 1 else tree.Or(alternatives)
        lines += [_renamed(line, name) for line in (whole.args if isinstance(whole, tree.And) else (whole,))]
        lines += [tree.Compare(tree.Variable(_variable(key)), "=", _renamed(path, name)) for key, path in keys.items()]
    if ordered:
        lines += [_before(one, other) for one, other in pairwise(names)]
        lines.append(_within(names[-1], names[0], window.seconds))
    else:
        lines += [_within(one, other, window.seconds) for one, other in permutations(names, 2)]
    match_, _ = _window(2 * window.seconds, "over")
    asked = tuple(map(tree.Variable, names))
    outcomes = _times(names[0], names[-1]) if ordered else ()
    return _rule(rule, lines, tree.Match(tuple(map(_variable, by)), match_), outcomes, tree.And(asked))


def _time(name: str) -> tree.Path:
    return tree.Path(name, _TIME)


def _before(one: str, other: str) -> tree.Expr:
    return tree.Compare(_time(one), "<", _time(other))


def _within(later: str, earlier: str, seconds: int) -> tree.Expr:
    difference = tree.Arithmetic(_time(later), "-", _time(earlier))
    return tree.Compare(difference, "<=", tree.Number(seconds))


def _times(first: str, last: str | None = None) -> tuple[tree.Outcome, ...]:
    return (
        tree.Outcome(FIRST, tree.Call("min", (_time(first),))),
        tree.Outcome(LAST, tree.Call("max", (_time(last or first),))),
    )


def _window(seconds: int, kind: str) -> tuple[tree.Window, bool]:
    """The shortest window of whole minutes that holds a timespan, and whether it is longer."""
    minutes = max(LEAST, -(-seconds // 60) * 60) // 60
    length, unit = (minutes, "m") if minutes % 60 else (minutes // 60, "h")
    if unit == "h" and length % 24 == 0:
        length, unit = length // 24, "d"
    return tree.Window(length, unit, kind), minutes * 60 > seconds


def _variable(key: str) -> str:
    """The variable that events are grouped by, after the column that it holds."""
    name = re.sub(r"\W", "_", key, flags=re.ASCII)
    plain = name if name[:1].isalpha() or name.startswith("_") else f"_{name}"
    own = plain.lower() in tree.RESERVED or plain in (PIVOT, EVENT, FIRST, LAST, COUNT)
    return f"{plain}_" if own or re.fullmatch(r"e\d+", plain) else plain


def _rule(
    rule: Rule,
    lines: Iterable[tree.Expr],
    match_: tree.Match,
    outcomes: tuple[tree.Outcome, ...],
    condition: tree.Expr,
) -> tree.Rule:
    flat = tuple(part for line in lines for part in (line.args if isinstance(line, tree.And) else (line,)))
    return tree.Rule(rule_name(rule), meta_lines(rule), flat, condition, match_, (*outcome_lines(rule), *outcomes))


def _renamed(expr: tree.Expr, name: str) -> tree.Expr:
    """An expression about `$e` as one about another event variable."""

    def go(one: tree.Expr) -> tree.Expr:
        match one:
            case tree.Path(_, steps):
                return tree.Path(name, steps)
            case tree.Quantified(quantifier, path):
                return tree.Quantified(quantifier, tree.Path(name, path.steps))
            case tree.Call(function, args, nocase):
                return tree.Call(function, tuple(map(go, args)), nocase)
            case tree.Arithmetic(left, operator, right):
                return tree.Arithmetic(go(left), operator, go(right))
            case tree.Compare(left, operator, right, nocase):
                return tree.Compare(go(left), operator, go(right), nocase)
            case tree.InList(value, list_, kind, nocase):
                return tree.InList(go(value), list_, kind, nocase)
            case tree.And(args):
                return tree.And(tuple(map(go, args)))
            case tree.Or(args):
                return tree.Or(tuple(map(go, args)))
            case tree.Not(arg):
                return tree.Not(go(arg))
            case (
                tree.Variable()
                | tree.Count()
                | tree.Absent()
                | tree.String()
                | tree.Regex()
                | tree.Number()
                | tree.Truth()
            ):
                return one
            case _:
                assert_never(one)

    return go(expr)
