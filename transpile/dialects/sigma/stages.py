"""The stream of a correlation, given the streams of the rules that it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, assert_never

from transpile.dialects.sigma.condition import AllOf, Condition, Name, Negation, OneOf, Quantified
from transpile.dialects.sigma.correlation import Bound, Correlation
from transpile.dialects.sigma.measures import compare, measure_of
from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import Exists, Field
from transpile.ir.stream import (
    MATCHED,
    Aggregate,
    Column,
    Compute,
    Events,
    Step,
    Stream,
    Together,
    Union,
    Where,
    Window,
)
from transpile.ir.stream import Sequence as Ordered
from transpile.ir.walk import name_of, replace_events
from transpile.record import record
from transpile.source import Source, Span

T = TypeVar("T")


@record
class StageInput:
    """A rule that a correlation names: the reference, the stream, and the field that each alias stands for."""

    reference: str
    stream: Stream
    aliases: Mapping[str, str]


class UndefinedError(ValueError):
    """What the correlation asks has no meaning in the specification."""


def stream_of(found: Correlation, inputs: Sequence[StageInput], name: str) -> Stream:
    """The stream of a correlation over its inputs, known as `name` to what is built on it.

    Raises `UndefinedError`.
    """
    counted = tuple(scalar.text for scalar in found.fields)
    for one in inputs:
        _check_columns(one, (*found.by, *counted))
    streams = tuple(_with_aliases(one) for one in distinct(inputs))
    window = Window(found.seconds)
    if found.kind == "temporal":
        names = {one.reference: name_of(stream) for one, stream in zip(inputs, streams, strict=True)}
        return Together(streams, found.by, window, _holds(found, names), found.span, name)
    if found.kind == "temporal_ordered":
        _check_order(found)
        return Ordered(tuple(map(Step, streams)), found.by, window, span=found.span, name=name)
    measure = measure_of(found.kind, counted, found.rank, found.fields[0].span if found.fields else found.span)
    while measure.name in (*found.by, *counted):
        measure = replace(measure, name=f"{measure.name}_")
    rows = Aggregate(streams[0] if len(streams) == 1 else Union(streams), (measure,), found.by, window, found.span)
    return Where(rows, _all_of(measure.name, found.bounds), found.condition_span, name)


def _check_columns(one: StageInput, names: Sequence[str]) -> None:
    """Raise `UndefinedError` for a field of an inner correlation that its alerts do not have.

    They have the fields that it groups by, and what it measures; of any other, each of its events has a value.
    """
    stream = one.stream
    while isinstance(stream, Where | Compute):
        stream = stream.input
    if not isinstance(stream, Aggregate | Together | Ordered):
        return
    known = {*stream.by, *(measure.name for measure in getattr(stream, "measures", ()))}
    for name in (one.aliases.get(name, name) for name in names):
        if name not in known:
            raise UndefinedError(f"the field `{name}` of `{one.reference}`, which does not group by it,")


def _with_aliases(one: StageInput) -> Stream:
    columns = tuple(Column(alias, Field(field)) for alias, field in one.aliases.items())
    return Compute(one.stream, columns) if columns else one.stream


def distinct(inputs: Sequence[StageInput]) -> list[StageInput]:
    """The inputs with their `Events` renamed so that no two have one name, nor two inputs."""
    taken: set[str] = set()
    found = []
    for one in inputs:

        def fresh(events: Events) -> Events:
            name, count = events.name, 1
            while name in taken:
                count += 1
                name = f"{events.name}_{count}"
            taken.add(name)
            return events if name == events.name else replace(events, name=name)

        stream = replace_events(one.stream, fresh)
        found.append(replace(one, stream=stream))
    return found


def _all_of(column: str, bounds: Sequence[Bound]) -> Expr:
    tests = tuple(compare(column, one.operator, one.value, one.span) for one in bounds)
    return tests[0] if len(tests) == 1 else And(tests)


def _holds(found: Correlation, names: Mapping[str, str]) -> Expr | None:
    """The condition over the inputs; None for all of them, however that is written."""
    if found.condition is not None:
        parts = _conjuncts(found.condition)
        if all(isinstance(part, Name) for part in parts) and len(set(parts)) >= len(names):
            return None
        return _expr(found.condition, names, found.condition_span)
    if all(_is_all(one, len(found.rules)) for one in found.bounds):
        return None
    return _all_of(MATCHED, found.bounds)


def _is_all(bound: Bound, rules: int) -> bool:
    """Whether a number of different rules can only be all of them."""
    return (bound.operator in ("gte", "eq") and bound.value == rules) or (
        bound.operator == "gt" and rules - 1 <= bound.value < rules
    )


def _check_order(found: Correlation) -> None:
    """Raise `UndefinedError` for an order of some of the rules: which of them, the specification does not say."""
    if found.condition is not None and not all(isinstance(part, Name) for part in _conjuncts(found.condition)):
        raise UndefinedError("an ordered correlation whose condition is more than names joined by `and`")
    if not all(_is_all(one, len(found.rules)) for one in found.bounds):
        raise UndefinedError("an ordered correlation of a number of its rules other than all")


def _conjuncts(tree: Condition) -> list[Condition]:
    return [one for arg in tree.args for one in _conjuncts(arg)] if isinstance(tree, AllOf) else [tree]


def _expr(tree: Condition, names: Mapping[str, str], span: Span | None) -> Expr:
    match tree:
        case Name(name):
            return Match(Field(names[name]), Exists(), "", span)
        case AllOf(args):
            return And(tuple(_expr(arg, names, span) for arg in args))
        case OneOf(args):
            return Or(tuple(_expr(arg, names, span) for arg in args))
        case Negation(arg):
            return Not(_expr(arg, names, span))
        case Quantified():
            raise UndefinedError("a quantifier over rules")
        case _:
            assert_never(tree)


def renamed(stream: Stream, name: str) -> Stream:
    """A rule's stream as an input of a correlation: known by the rule's name."""
    if isinstance(stream, Events | Where | Aggregate | Ordered | Together | Union):
        return replace(stream, name=name)
    return stream


def elsewhere(value: T, source: Source) -> T:
    """A part of IR from another file, with every place in it marked as of that file."""
    marked: Any = value
    if isinstance(value, Span):
        marked = value if value.source else value._replace(source=source)
    elif isinstance(value, tuple):
        marked = tuple(elsewhere(one, source) for one in value)
    elif is_dataclass(value) and not isinstance(value, type):
        old = {one.name: getattr(value, one.name) for one in fields(value)}
        marked = replace(value, **{name: elsewhere(one, source) for name, one in old.items()})
    found: T = marked
    return found
