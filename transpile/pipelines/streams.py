"""Puts a rule of any shape through a data model: each `Events` by its log source, then what is asked of its columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from transpile.diagnostics import Report
from transpile.ir.asked import asked_of
from transpile.ir.expr import Expr, Match
from transpile.ir.match import Call, Field, FieldRef, Value
from transpile.ir.polarity import Polarity, polarities
from transpile.ir.rule import Rule
from transpile.ir.stream import (
    Aggregate,
    Column,
    Compute,
    Events,
    Join,
    Measure,
    MeasureKind,
    OpaqueStage,
    Sequence,
    Step,
    Stream,
    Together,
    Union,
    Where,
)
from transpile.ir.walk import all_events, field_names, replace_leaves, stages, value_fields
from transpile.pipelines.apply import REFUSE, Applied, apply
from transpile.pipelines.columns import Wanted, pair_of
from transpile.pipelines.model import Model
from transpile.record import replace


def apply_rule(
    rule: Rule, model: Model, report: Report, *, unmapped: str = REFUSE, simple: Rule | None = None
) -> Applied:
    """The rule as `model`'s platform knows it; see `apply`. Never raises.

    In a rule on many events, the fields that it groups by, joins on, counts and takes aliases from are mapped like
    those of predicates: to the platform's name if all base rules have it under one name, to two columns if all have it
    in these (`pairs_of`), and otherwise to a computed column that keeps the rule's. What a data model widens in an
    input of which more events make fewer alerts is narrower. `simple` is the rule as `passes.simplify` leaves it, where
    that is known.
    """
    if rule.is_single:
        return apply(rule, model, report, unmapped=unmapped, simple=simple)
    if model.is_none:
        return Applied(rule)
    signs = polarities(rule.body)
    wanted = asked_of(rule.body)
    parts: list[Applied] = []
    for events in all_events(rule.body):
        single = replace(rule, body=events)
        sign = signs[events.name]
        inner = Report()
        columns = wanted.get(events.name, {})
        asked = [Wanted(name, span) for name, span in columns.items()]
        parts.append(apply(single, model, inner, unmapped=unmapped, columns=asked, negated=sign is Polarity.FEWER))
        report.diagnostics += inner.diagnostics
        if sign is Polarity.EITHER:  # what is wider for some events is narrower for others
            other = Report()
            apply(single, model, other, unmapped=unmapped, columns=asked, negated=True)
            report.diagnostics += [one for one in other.diagnostics if one not in inner.diagnostics]
    body = _Mapping(rule.body, parts).stream(rule.body)
    shown = tuple(dict.fromkeys(name for part in parts for name in part.rule.fields))
    steps = tuple(dict.fromkeys(step for part in parts for step in part.steps))
    needs = tuple(dict.fromkeys(need for part in parts for need in part.needs))
    return Applied(replace(rule, body=body, fields=shown), steps=steps, parts=tuple(parts), needs=needs)


Pair = tuple[tuple[Field, ...], str]


def pairs_of(body: Stream, parts: Iterable[Applied]) -> dict[str, Pair]:
    """The fields that all base rules keep in two columns, with those of the first rule and what parts the values.

    Two values are the same just where both columns are, so to group by, join on or count the field is to do so by both.
    """
    measures = [one for stage in stages(body) if isinstance(stage, Aggregate) for one in stage.measures]
    whole = {name for one in measures if one.kind is not MeasureKind.DISTINCT for name in one.fields}
    held = _held(body, parts)
    single = {value.name for values in held.values() for value in values if isinstance(value, Field)}
    found: dict[str, Pair] = {}
    for name, values in held.items():
        pairs = [pair for value in values if (pair := pair_of(value)) is not None]
        alike = len(pairs) == len(values) and len({at for _, at in pairs}) == 1
        if alike and name not in whole and (len(pairs) == 1 or single.isdisjoint(one.name for one in pairs[0][0])):
            found[name] = pairs[0]
    return found


def _held(body: Stream, parts: Iterable[Applied]) -> dict[str, list[Value]]:
    """What the rule calls a field, and all that holds it in a base rule, the first first."""
    computed = {column.name for one in stages(body) if isinstance(one, Compute) for column in one.columns}
    found: dict[str, dict[Value, None]] = {}
    for part in parts:
        for name, value in part.columns.items():
            found.setdefault(name, {})[value] = None
    return {name: list(values) for name, values in found.items() if name not in computed}


def _asked(body: Stream) -> Iterator[str]:
    for stage in stages(body):
        match stage:
            case Aggregate(_, measures, by):
                yield from (*by, *(name for one in measures for name in one.fields))
            case Sequence(by=by) | Together(by=by) | Join(on=by):
                yield from by
            case Where(condition=condition):
                yield from field_names(condition)
            case Events() | Compute() | Union() | OpaqueStage():
                pass
            case _:
                assert_never(stage)


def _resolved(value: Value, held: Mapping[str, Value]) -> Value:
    """A value with what columns hold in the place of their names."""
    match value:
        case Field(name):
            return held.get(name, value)
        case Call(args=args):
            return replace(value, args=tuple(_resolved(one, held) for one in args))
        case _:
            return value


@dataclass(slots=True)
class _Mapping:
    """Rebuilds a stream from its mapped `Events`. Lives as long as that."""

    parts: Mapping[str, Applied]
    asked: frozenset[str]  # what the rule groups by, joins on, counts and tests after the events
    names: Mapping[str, tuple[Field, ...]]  # what the rule calls a field, and what holds it in all base rules

    def __init__(self, body: Stream, parts: list[Applied]) -> None:
        self.parts = {events.name: part for events, part in zip(all_events(body), parts, strict=True)}
        self.asked = frozenset(_asked(body))
        held = _held(body, parts).items()
        same = {name: (value,) for name, (value, *rest) in held if isinstance(value, Field) and not rest}
        self.names = {**same, **{name: columns for name, (columns, _) in pairs_of(body, parts).items()}}

    def stream(self, stream: Stream) -> Stream:
        match stream:
            case Events(name=name):
                return self.events(self.parts[name])
            case Where(input, condition):
                return replace(stream, input=self.stream(input), condition=replace_leaves(condition, self.leaf))
            case Compute(input, columns):
                return self.computed(self.stream(input), columns)
            case Aggregate(input, measures, by):
                inside = tuple(map(self.measure, measures))
                return replace(stream, input=self.stream(input), measures=inside, by=self.all(by))
            case Sequence(steps, by, _, until):
                mapped = tuple(Step(self.stream(step.input), step.absent) for step in steps)
                ends = None if until is None else self.stream(until)
                return replace(stream, steps=mapped, by=self.all(by), until=ends)
            case Together(inputs, by):
                return replace(stream, inputs=tuple(map(self.stream, inputs)), by=self.all(by))
            case Union(inputs):
                return replace(stream, inputs=tuple(map(self.stream, inputs)))
            case Join(left, right, on):
                return replace(stream, left=self.stream(left), right=self.stream(right), on=self.all(on))
            case OpaqueStage(input):
                return stream if input is None else replace(stream, input=self.stream(input))
            case _:
                assert_never(stream)

    def events(self, part: Applied) -> Stream:
        """The mapped events, with a computed column for each field that other base rules have elsewhere."""
        own = tuple(column for name, value in part.columns.items() for column in self.renamed(name, value))
        return Compute(part.rule.body, own) if own else part.rule.body

    def computed(self, stream: Stream, columns: tuple[Column, ...]) -> Compute:
        """Computed columns, those of columns that the mapping computes as what these are computed of."""
        given = tuple(Column(one.name, self.value(one.value)) for one in columns)
        if not isinstance(stream, Compute) or not isinstance(stream.input, Events):
            return Compute(stream, given)
        held = {one.name: one.value for one in stream.columns}
        made = tuple(Column(one.name, _resolved(one.value, held)) for one in given)
        read = {field.name for one in given for field in value_fields(one.value)}
        others = tuple(one for one in stream.columns if one.name in self.asked or one.name not in read)
        names = {one.name for one in made}
        return Compute(stream.input, (*(one for one in others if one.name not in names), *made))

    def renamed(self, name: str, value: Value) -> Iterator[Column]:
        """The columns of a base rule in which later stages find a field that it keeps elsewhere."""
        if name not in self.names:
            yield Column(name, value)
        elif (pair := pair_of(value)) is not None:
            yield from (Column(one.name, own) for one, own in zip(self.names[name], pair[0], strict=True) if one != own)

    def measure(self, measure: Measure) -> Measure:
        return replace(measure, fields=self.all(measure.fields))

    def all(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one.name for name in names for one in self.names.get(name, (Field(name),)))

    def value(self, value: Value) -> Value:
        match value:
            case Field(name):
                columns = self.names.get(name, (value,))
                return columns[0] if len(columns) == 1 else self.joined(name)
            case Call(args=args):
                return replace(value, args=tuple(map(self.value, args)))
            case _:
                return value

    def joined(self, name: str) -> Value:
        """The value of a field that is kept in two columns."""
        return next(part.columns[name] for part in self.parts.values() if name in part.columns)

    def leaf(self, leaf: Expr) -> Expr:
        if not isinstance(leaf, Match):
            return leaf
        test = leaf.test
        if isinstance(test, FieldRef):
            test = replace(test, field=self.names.get(test.field.name, (test.field,))[0])
        return replace(leaf, value=self.value(leaf.value), test=test)
