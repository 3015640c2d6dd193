"""Lowers rules on many events: sequences, counts as runs of one item, and samples.

A sequence query follows each group through the items, keeps the latest events that fit, and reports each event of the
last item that completes a sequence within `maxspan` of its first ("How sequence queries handle matches"). That is what
`Sequence` means. `with runs=n` asks for n events in a row, and so for a count of at least n in a sliding window; more
than a hundred are several such items, one after the other.
"""

from __future__ import annotations

from itertools import groupby, pairwise

from transpile.codes import Code
from transpile.diagnostics import Report
from transpile.dialects.base import Result
from transpile.dialects.eql import codes
from transpile.dialects.eql import tree as eql
from transpile.dialects.eql.lower_events import lower_events
from transpile.dialects.eql.tree import Event, Query, Sample, Term
from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import Call, Case, Compare, Field, Function, Null, Number, Order, Pattern, Value
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
from transpile.record import record, replace
from transpile.source import Span

_CATEGORY = Field("event.category")
_NESTED = "a rule on many events as a part of another"
_MOST_RUNS = 100  # "EQL syntax reference", with runs
_MOST_EVENTS = 2_500  # of one sequence: Elasticsearch documents no limit, but keeps a state and runs a search for each
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60))


class _RefusedError(Exception):
    """EQL cannot express the stage."""

    def __init__(self, code: Code, span: Span | None, reason: str = "") -> None:
        super().__init__(code.id)
        self.code, self.span, self.reason = code, span, reason


def lower_stages(rule: Rule, report: Report) -> Query:
    """The query of a rule on many events; what EQL cannot express goes to the report."""
    try:
        return Query(_lower(rule.body, report))
    except _RefusedError as refused:
        report.refuse(refused.code, refused.span, reason=refused.reason)
        return Query(Event(None, eql.Boolean(False)))


def result(rule: Rule) -> Result:
    """The columns of the query's rows: the join keys, by the names that the first item has for them."""
    for stream in _inputs(rule.body):
        try:
            keys = [tuple(field.name for field in key) for key in _keys(stream, _by(rule.body))]
        except _RefusedError:
            break
        group = tuple(name for names in keys for name in names)
        return Result(group, None, None, None, tuple(names for names in keys if len(names) > 1))
    return Result((), None, None, None)


def _by(stream: Stream) -> tuple[str, ...]:
    match stream:
        case Where(input):
            return _by(input)
        case Aggregate(by=by) | Sequence(by=by) | Together(by=by):
            return by
        case _:
            return ()


def _inputs(stream: Stream) -> tuple[Stream, ...]:
    match stream:
        case Where(input):
            return _inputs(input)
        case Aggregate(input):
            return (input,)
        case Sequence(steps):
            return tuple(step.input for step in steps if not step.absent)
        case Together(inputs):
            return inputs
        case _:
            return (stream,)


def _lower(body: Stream, report: Report) -> Event | eql.Sequence | Sample:
    match body:
        case Where(Aggregate() as aggregate, condition, span):
            return _count(aggregate, condition, span, report)
        case Sequence():
            return _sequence(body, report)
        case Together():
            return _sample(body, report)
        case Events() | Union():
            return lower_events(_one_item(body), report)
        case _:
            raise _RefusedError(codes.EQL014, getattr(body, "span", None), "this combination of stages")


# --- items


Key = tuple[Field, ...]  # the field that holds a group's column; of several, an event has one


@record
class _Item:
    """An event query with a value for each of the groups' columns."""

    event: Event
    keys: tuple[Key, ...]
    absent: bool = False


def _item(stream: Stream, by: tuple[str, ...], report: Report, absent: bool = False) -> _Item:
    events, keys = _one_item(stream), _keys(stream, by)
    present = tuple(map(_present, (key for key in keys if len(key) > 1)))  # a join key of several is optional
    if present:
        events = replace(events, condition=And((events.condition, *present)))
    with report.inside({absent}):
        return _Item(lower_events(events, report), keys, absent)


def _present(key: Key) -> Expr:
    tests: tuple[Expr, ...] = tuple(Not(Match(field, Null())) for field in key)
    return tests[0] if len(tests) == 1 else Or(tests)


def _one_item(stream: Stream) -> Events:
    """The events that an item asks for: those of one input, or of any of several."""
    match stream:
        case Events():
            return stream
        case Compute(input):
            return _one_item(input)
        case Union(inputs):
            events = [_one_item(one) for one in inputs]
            if len({one.dataset for one in events}) == 1:
                return replace(events[0], condition=Or(tuple(one.condition for one in events)))
            return replace(events[0], condition=Or(tuple(map(_categorised, events))), dataset=None)
        case _:
            raise _RefusedError(codes.EQL014, getattr(stream, "span", None), _NESTED)


def _categorised(events: Events) -> Expr:
    if events.dataset is None or events.dataset == "any":
        return events.condition
    return And((Match(_CATEGORY, Pattern.of(events.dataset, case=Case.SENSITIVE)), events.condition))


def _keys(stream: Stream, by: tuple[str, ...]) -> tuple[Key, ...]:
    """The fields that hold the groups' columns in the events of an input."""
    match stream:
        case Events():
            return tuple((Field(name),) for name in by)
        case Compute(input, columns):
            named = {column.name: column.value for column in columns}
            found_keys = zip(by, _keys(input, by), strict=True)
            return tuple(_key(named[name]) if name in named else inner for name, inner in found_keys)
        case Union(inputs):
            found = {_keys(one, by) for one in inputs}
            if len(found) != 1:
                raise _RefusedError(codes.EQL014, None, "several names of a join key in one item")
            return found.pop()
        case _:
            raise _RefusedError(codes.EQL014, getattr(stream, "span", None), _NESTED)


def _key(value: Value) -> Key:
    """The fields that hold a computed column as it is: one, or several of which an event has one."""
    match value:
        case Field():
            return (value,)
        case Call(Function.COALESCE, args, True):
            fields = tuple(arg for arg in args if isinstance(arg, Field))
            if len(fields) == len(args):
                return fields
    raise _RefusedError(codes.EQL014, None, "a computed join key")


def _terms(
    items: list[_Item], until: _Item | None = None
) -> tuple[tuple[eql.Expr, ...], tuple[Term, ...], Term | None]:
    """The join keys that all items share, the items with the keys in which they differ, and `until` likewise.

    Equal items in a row are runs of one, of as many as one may have.
    """
    columns = list(zip(*(item.keys for item in (*items, *((until,) if until else ()))), strict=True))
    if any(len(set(map(len, column))) > 1 for column in columns):
        raise _RefusedError(codes.EQL014, None, "a join key that only some items keep in several fields")
    shared = [len({tuple(field.name for field in key) for key in column}) == 1 for column in columns]
    by = tuple(one for column, same in zip(columns, shared, strict=True) if same for one in _written(column[0]))

    def term(item: _Item) -> Term:
        different = (key for key, same in zip(item.keys, shared, strict=True) if not same)
        return Term(item.event, tuple(one for key in different for one in _written(key)), item.absent)

    terms: list[Term] = []
    for one, group in groupby(map(term, items)):
        count = len(list(group))
        while count > 0:
            runs = 1 if one.missing else min(count, _MOST_RUNS)
            terms.append(replace(one, runs=runs) if runs > 1 else one)
            count -= count if one.missing else runs
    return by, tuple(terms), term(until) if until else None


def _written(key: Key) -> tuple[eql.Field, ...]:
    return tuple(eql.Field(field.name, optional=len(key) > 1) for field in key)


# --- stages


def _count(aggregate: Aggregate, condition: Expr, span: Span | None, report: Report) -> Event | eql.Sequence:
    match aggregate.measures:
        case (Measure(name, MeasureKind.COUNT),):
            least = _least(name, condition, span)
        case (measure, *_):
            raise _RefusedError(codes.EQL015, measure.span, f"{measure.kind.value} of several events")
        case _:
            raise _RefusedError(codes.EQL015, aggregate.span, "groups without a count")
    if least > _MOST_EVENTS:
        raise _RefusedError(codes.EQL015, span, f"more than {_MOST_EVENTS:,} events")
    maxspan = _maxspan(aggregate.window, aggregate.span)
    item = _item(aggregate.input, aggregate.by, report)
    if least <= 1:
        events = _one_item(aggregate.input)
        present = tuple(map(_present, item.keys))
        return lower_events(replace(events, condition=And((events.condition, *present))), report)
    if least > _MOST_RUNS:
        report.note(codes.EQL019, span, count=least)
    by, terms, _ = _terms([item] * least)
    return eql.Sequence(terms, by, maxspan)


def _least(name: str, condition: Expr, span: Span | None) -> int:
    """The least count with which the condition is true. Raises `_RefusedError` if more events can undo it."""
    match condition:
        case Match(Field(column), Compare(Order.GTE, value)) if column == name:
            return -int(-value // 1)
        case Match(Field(column), Compare(Order.GT, value)) if column == name:
            return int(value // 1) + 1
        case And(args):
            return max(_least(name, arg, span) for arg in args)
        case Match(_, Number() | Compare()) | Not() | Or():
            raise _RefusedError(codes.EQL015, span, "a count with an upper bound")
        case _:
            raise _RefusedError(codes.EQL015, span, "a condition other than a least count")


def _sequence(body: Sequence, report: Report) -> eql.Sequence:
    maxspan = _maxspan(body.within, body.span)
    items = [_item(step.input, body.by, report, step.absent) for step in body.steps]
    if len(items) < 2:
        raise _RefusedError(codes.EQL014, body.span, "a sequence of one event")
    if maxspan is None and any(step.absent for step in body.steps):
        raise _RefusedError(codes.EQL014, body.span, "a missing event without a time span")
    _check_absences(body, report)
    until = None
    if body.until is not None:
        with report.inside({True}):
            until = _item(body.until, body.by, report)
    by, terms, last = _terms(items, until)
    return eql.Sequence(terms, by, maxspan, last)


def _check_absences(body: Sequence, report: Report) -> None:
    """Missing events are exact between two others, and beside a single one."""
    absent = [step.absent for step in body.steps]
    if all(absent) or any(one and two for one, two in pairwise(absent)):
        raise _RefusedError(codes.EQL014, body.span, "missing events that follow each other")
    if (absent[0] or absent[-1]) and absent.count(False) > 1:
        report.approximate(codes.EQL017, body.span, wider=False)


def _sample(body: Together, report: Report) -> Sample:
    if body.within is not None or body.holds is not None:
        raise _RefusedError(codes.EQL016, body.span)
    if not body.by or len(body.inputs) < 2:
        raise _RefusedError(codes.EQL014, body.span, "events in any order without a group")
    by, terms, _ = _terms([_item(one, body.by, report) for one in body.inputs])
    return Sample(terms, by)


def _maxspan(window: Window | None, span: Span | None) -> str | None:
    """The window as EQL writes it, in the greatest unit that holds it whole."""
    if window is None:
        return None
    if window.kind is not WindowKind.SLIDING:
        raise _RefusedError(codes.EQL014, span, f"a {window.kind.value} window")
    for unit, seconds in _UNITS:
        if window.seconds % seconds == 0:
            return f"{window.seconds // seconds}{unit}"
    return f"{window.seconds}s"
