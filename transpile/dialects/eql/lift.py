"""Lifts an EQL query to IR: event queries, sequences and samples.

- A category is a test of `event.category`.
- Join keys that have one name in every item are grouped by that name; others get an alias in each item (`Compute`).
- `with runs=n` is n steps, or a count if the sequence has no other item.
- A sequence query reports the latest of the events that could take part ("How sequence queries handle matches"), which
  is what `Sequence` means.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from transpile.codes import Direction
from transpile.dialects.base import Left, Lifted, ReadOptions
from transpile.dialects.eql import codes
from transpile.dialects.eql import tree as eql
from transpile.dialects.eql.lift_condition import Lifting, lift_event, text_at
from transpile.dialects.eql.lift_values import UnliftableError, lift_value
from transpile.ir.expr import Match
from transpile.ir.match import Compare, Field, Order, Value
from transpile.ir.stream import (
    Aggregate,
    Column,
    Compute,
    Events,
    Measure,
    MeasureKind,
    Sequence,
    Step,
    Stream,
    Together,
    Where,
    Window,
)
from transpile.source import Source

_COUNT = "event_count"
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}  # EqlParser reads smaller ones too


def lift(tree: eql.Query, source: Source, options: ReadOptions) -> Lifted:
    """What a query means. Predicates without a form in IR are left out, so that the rule matches more, and reported."""
    lifting = Lifting(source)
    for pipe in tree.pipes:
        _leave_pipe(pipe, lifting)
    try:
        body = _body(tree.body, lifting)
    except UnliftableError as error:
        lifting.report.refuse(codes.EQL010, tree.body.span, reason=str(error))
        body = None
    return Lifted(body, left=tuple(lifting.left), diagnostics=tuple(lifting.report.diagnostics))


def _leave_pipe(pipe: eql.Pipe, lifting: Lifting) -> None:
    """`head` and `tail` keep some of the alerts; every other pipe is one of an older dialect."""
    text = f"| {text_at(lifting.source, pipe.span)}"
    lifting.left.append(Left(text, pipe.span, Direction.WIDER, codes.EQL011))
    lifting.report.approximate(codes.EQL011, pipe.span, wider=True, text=text)


def _body(body: eql.Event | eql.Sequence | eql.Sample, lifting: Lifting) -> Stream:
    match body:
        case eql.Event():
            return Events(lift_event(body, lifting))
        case eql.Sample(terms, by, span):
            names = _key_names(by, terms)
            lifting.report.approximate(codes.EQL018, span, wider=True)
            inputs = tuple(
                _input(term, by, names, f"step_{number}", lifting) for number, term in enumerate(terms, start=1)
            )
            return Together(inputs, names, span=span)
        case eql.Sequence():
            return _sequence(body, lifting)


def _sequence(body: eql.Sequence, lifting: Lifting) -> Stream:
    everything = (*body.terms, *(() if body.until is None else (body.until,)))
    names = _key_names(body.by, everything)
    window = _window(body.maxspan)
    first = body.terms[0]
    if len(body.terms) == 1 and first.runs is not None and not first.missing and body.until is None:
        counted = _input(first, body.by, names, "step_1", lifting)
        count = Aggregate(counted, (Measure(_COUNT, MeasureKind.COUNT, span=first.span),), names, window, body.span)
        return Where(count, Match(Field(_COUNT), Compare(Order.GTE, first.runs), span=first.span), body.span)
    steps: list[Step] = []
    for number, term in enumerate(body.terms, start=1):
        if term.missing and window is None:
            raise UnliftableError("a missing event without `with maxspan`")
        one = _input(term, body.by, names, f"step_{number}", lifting)
        steps += [Step(stream, term.missing) for stream in _runs(one, term.runs or 1)]
    until = None if body.until is None else _input(body.until, body.by, names, "until", lifting)
    return Sequence(tuple(steps), names, window, until, body.span)


def _runs(stream: Stream, count: int) -> Iterator[Stream]:
    """The stream `count` times, each under a name of its own."""
    yield stream
    for number in range(2, count + 1):
        yield _renamed(stream, f"_{number}")


def _renamed(stream: Stream, ending: str) -> Stream:
    match stream:
        case Events(name=name):
            return replace(stream, name=name + ending)
        case Compute(input):
            return replace(stream, input=_renamed(input, ending))
        case _:
            return stream


def _input(term: eql.Term, by: tuple[eql.Expr, ...], names: tuple[str, ...], name: str, lifting: Lifting) -> Stream:
    """The events of an item, with its join keys under the names of the groups."""
    events = Events(lift_event(term.event, lifting), name=name)
    keys = (*by, *term.by)
    for key in keys:
        if isinstance(key, eql.Field) and key.optional:
            lifting.report.approximate(codes.EQL012, key.span, wider=False, field=key.name)
    columns = tuple(
        Column(name, value) for name, value in zip(names, map(lift_value, keys), strict=True) if value != Field(name)
    )
    return Compute(events, columns) if columns else events


def _key_names(by: tuple[eql.Expr, ...], terms: tuple[eql.Term, ...]) -> tuple[str, ...]:
    """The names of the groups' columns. Raises `UnliftableError` if the items have different numbers of keys."""
    keys = [(*by, *term.by) for term in terms]
    if len({len(one) for one in keys}) != 1:
        raise UnliftableError("items with different numbers of join keys")
    names: list[str] = []
    for values in zip(*(map(lift_value, one) for one in keys), strict=True):
        name = _key_name(values)
        taken = names.count(name) + sum(other.startswith(f"{name}_") for other in names)
        names.append(f"{name}_{taken + 1}" if taken else name)
    return tuple(names)


def _key_name(values: tuple[Value, ...]) -> str:
    """The field's own name where all items have that, or an alias made of the first item's."""
    first = values[0]
    if isinstance(first, Field):
        return first.name if len(set(values)) == 1 else first.name.replace(".", "_").replace("@", "")
    return "key"


def _window(maxspan: str | None) -> Window | None:
    if maxspan is None:
        return None
    number, unit = maxspan.rstrip("abcdefghijklmnopqrstuvwxyz"), maxspan.lstrip("0123456789.")
    seconds = float(number) * _UNITS.get(unit, 0)
    if seconds < 1 or seconds != int(seconds):
        raise UnliftableError(f"a span of {maxspan}, which is not a whole number of seconds")
    return Window(int(seconds))
