"""Events that make a stage of a rule give a row, from the single-event witnesses of its base rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice, zip_longest
from math import ceil, floor
from typing import Any, NamedTuple, assert_never

from transpile.evaluate import Unproven
from transpile.evaluate.facts import Facts
from transpile.evaluate.open_points import is_correlation, window_of
from transpile.evaluate.reference import Check, compile_check
from transpile.evaluate.undo import held_in
from transpile.evaluate.values import MISSING, lookup
from transpile.evaluate.witness import make_witnesses
from transpile.ir import stream as ir
from transpile.ir.expr import Match
from transpile.ir.match import Compare, Field, Number
from transpile.ir.rule import Rule
from transpile.ir.stream import (
    MATCHED,
    Aggregate,
    Compute,
    Events,
    Join,
    Measure,
    MeasureKind,
    OpaqueStage,
    Stream,
    Together,
)
from transpile.ir.stream import Sequence as InOrder
from transpile.ir.walk import all_events, group_by, inputs, leaves, name_of, stages
from transpile.record import record
from transpile.source import Source

Event = Mapping[str, Any]
Prepare = Callable[[Events, Event], Event | None]  # the event as its platform completes it; None if it cannot hold it

POOL = 8  # matching events of a base rule that are used in turn, and near misses
MOST_VALUES = 200  # of a field that the conditions are about
MOST = 2_500  # events that one stream may need
LENGTH = 600  # seconds that a stage without a window is spread over

# What may be put into a group's or a counted field: of texts, addresses, numbers and accounts the first that fits.
_STYLES: tuple[Callable[[int], Any], ...] = (
    lambda number: f"Zq{number}a",
    lambda number: f"10.{number // 250 % 250}.{number % 250}.7",
    lambda number: str(7001 + number),
    lambda number: 7001 + number,
    lambda number: f"Zq{number % 2}\\u{number // 2}a",
)


class MadeEvent(NamedTuple):
    """An event of a witness stream, and what it was made for.

    `fields` are the values that were put into it, `keys` the field of it that each column of the rule's group is in.
    `unit` numbers the rows of the outer stage that the event belongs to, `inner` is the window of such a row.
    """

    time: int
    event: Event
    origin: Events
    fields: Mapping[str, Any]
    keys: Mapping[str, str]
    number: int = 0
    unit: int = 0
    inner: int = 0


Stretch = list[MadeEvent]


@record
class Bases:
    """The single-event witnesses of a rule's base rules: of each, events that match and near misses."""

    matching: Mapping[int, Sequence[Event]]
    missing: Mapping[int, Sequence[Event]]
    checks: Mapping[int, Check]


def make_bases(body: Stream) -> Bases:
    """The witnesses of every `Events`, lists only where nothing else matches. Raises `Unproven` for what cannot run."""
    matching: dict[int, Sequence[Event]] = {}
    missing: dict[int, Sequence[Event]] = {}
    checks: dict[int, Check] = {}
    for one in all_events(body):
        found = make_witnesses(Rule("", one, Source(""))).events
        plain = [each for each in found if not any(v is None or isinstance(v, list) for v in each.event.values())]
        matching[id(one)] = [each.event for each in plain if each.matches] or [
            each.event for each in found if each.matches
        ]
        missing[id(one)] = [each.event for each in plain if not each.matches]
        checks[id(one)] = compile_check(one.condition)
    return Bases(matching, missing, checks)


@dataclass(slots=True)
class Maker:
    """Makes events for the stages of one rule on one platform; remembers what it made."""

    body: Stream
    bases: Bases
    prepare: Prepare
    _pools: dict[int, list[Event]] = field(default_factory=dict)
    _fitted: dict[object, Event | None] = field(default_factory=dict)
    _chosen: dict[str, Callable[[int], Any]] = field(default_factory=dict)

    def value(self, column: str, number: int) -> Any:
        """The value number `number` of a group's or a counted column, of a kind that every base rule can have in it."""
        if column not in self._chosen:
            places = list(places_of(self.body, column))
            self._chosen[column] = next(
                (style for style in _STYLES if self._fits(places, style)), self._from_pool(places)
            )
        return self._chosen[column](number)

    def _fits(self, places: Sequence[tuple[Events, str]], style: Callable[[int], Any]) -> bool:
        return all(self.fit(origin, {name: style(number)}) is not None for origin, name in places for number in (0, 1))

    def _from_pool(self, places: Sequence[tuple[Events, str]]) -> Callable[[int], Any]:
        """Values that the base rules' own witnesses have in the field, for one that the conditions are about."""
        values: dict[str, Any] = {}  # but for their case
        for origin, name in places:
            for event in self.bases.matching[id(origin)]:
                value = lookup(event, name)
                if isinstance(value, str | int) and value != "":
                    values.setdefault(str(value).casefold(), value)
        trials = islice(values.values(), MOST_VALUES)
        good = [v for v in trials if all(self.fit(origin, {name: v}) is not None for origin, name in places)]
        return lambda number: good[number % len(good)] if good else MISSING

    def pool(self, origin: Events) -> list[Event]:
        """The matching events of a base rule that the platform can hold."""
        found = self._pools.get(id(origin))
        if found is None:
            ready = (self.ready(origin, event) for event in self.bases.matching[id(origin)])
            found = self._pools[id(origin)] = [event for event in ready if event is not None][:POOL]
        return found

    def ready(self, origin: Events, event: Event, *, matching: bool = True) -> Event | None:
        """The event as the platform completes it, if it can hold it and it then does match, or does not."""
        prepared = self.prepare(origin, event)
        right = prepared is not None and self.bases.checks[id(origin)](Facts(prepared)) is matching
        return prepared if right else None

    def fit(self, origin: Events, fields: Mapping[str, Any], number: int = 0) -> Event | None:
        """A matching event of a base rule with these values in it; by `number`, one or another."""
        pool = self.pool(origin)
        key = (id(origin), tuple(fields.items()), number % len(pool) if pool else 0)
        if key not in self._fitted:
            start = number % len(pool) if pool else 0
            wanted = {name: value for name, value in fields.items() if value is not MISSING}
            turned = (self.ready(origin, {**event, **wanted}) for event in pool[start:] + pool[:start])
            self._fitted[key] = next((event for event in turned if event is not None), None)
        return self._fitted[key]

    def witnesses(self, origin: Events) -> Iterator[tuple[Event, bool]]:
        """Every witness of a base rule, and whether it matches, by turns."""
        matching, missing = self.bases.matching[id(origin)], self.bases.missing[id(origin)]
        for hit, miss in zip_longest(matching, missing):
            yield from ((one, matches) for one, matches in ((hit, True), (miss, False)) if one is not None)

    def misses(self, made: MadeEvent) -> Iterator[MadeEvent]:
        """The event replaced by ones that its base rule does not match, in the same group."""
        for event in self.bases.missing[id(made.origin)]:
            changed = self.ready(made.origin, {**event, **made.fields}, matching=False)
            if changed is not None:
                yield made._replace(event=changed)

    def regroup(self, made: MadeEvent, group: int) -> MadeEvent | None:
        """The event in another group."""
        return self.refill(made, {name: self.value(column, group) for column, name in made.keys.items()})

    def refill(self, made: MadeEvent, fields: Mapping[str, Any]) -> MadeEvent | None:
        """The event with other values in some fields; None if it would not match any more."""
        wanted = {**made.fields, **fields}
        event = self.fit(made.origin, wanted, made.number)
        return None if event is None else made._replace(event=event, fields=wanted)

    def make(
        self, stage: Stream, fields: Mapping[str, Any], keys: Mapping[str, str], start: int, number: int
    ) -> Stretch:
        """Events that should make one row of a stage, from `start` on, with these values in its columns.

        Raises `Unproven` if no such events were found.
        """
        match stage:
            case Events():
                event = self.fit(stage, fields, number)
                if event is None:
                    where = " in a group of its own" if self.pool(stage) else ""
                    raise Unproven(f"no event was found that {stage.name or 'the rule'} matches{where}")
                return [MadeEvent(start, event, stage, fields, keys, number)]
            case Compute(input, columns):
                names = {column.name: held_in(column.value).name for column in columns}
                inside = {names.get(name, name): value for name, value in fields.items()}
                return self.make(input, inside, {c: names.get(n, n) for c, n in keys.items()}, start, number)
            case ir.Where(Aggregate() as input):
                (way, *_) = ways(stage) or [0]
                return self.aggregate(input, way, fields, keys, start, number)
            case ir.Where(input):
                return self.make(input, fields, keys, start, number)
            case Aggregate():
                return self.aggregate(stage, 1, fields, keys, start, number)
            case ir.Union(streams):
                return self.make(streams[number % len(streams)], fields, keys, start, number)
            case Together():
                (chosen, *_) = ways(stage) or [tuple(range(len(stage.inputs)))]
                return self.several([stage.inputs[at] for at in chosen], stage, fields, keys, start, number)
            case InOrder(steps):
                streams = tuple(step.input for step in steps if not step.absent)
                return self.several(streams, stage, fields, keys, start, number)
            case Join(left, right):
                return self.several([left, right], stage, fields, keys, start, number)
            case OpaqueStage():
                raise Unproven("the meaning of a stage is not known")
            case _:
                assert_never(stage)

    def several(
        self,
        streams: Sequence[Stream],
        stage: Stream,
        fields: Mapping[str, Any],
        keys: Mapping[str, str],
        start: int,
        number: int,
    ) -> Stretch:
        """A row of each of some streams, one after the other, within half of the stage's window."""
        fields = {**self.own_keys(stage), **fields}
        offsets = spread(len(streams), length_of(stage) // 2, max(map(length_below, streams), default=0))
        return [
            made._replace(unit=unit, inner=length_below(stream))
            for unit, (stream, offset) in enumerate(zip(streams, offsets, strict=True))
            for made in self.make(stream, fields, keys, start + offset, number + unit)
        ]

    def aggregate(
        self,
        stage: Aggregate,
        target: Any,
        fields: Mapping[str, Any],
        keys: Mapping[str, str],
        start: int,
        number: int,
    ) -> Stretch:
        """Rows of the input of which the stage's first measure is `target`."""
        fields = {**self.own_keys(stage), **fields}
        rows = list(self.counted(stage.measures[0], target)) if stage.measures else [{}]
        if len(rows) > MOST:
            raise Unproven(f"a stream of more than {MOST:,} events would be needed")
        below = length_below(stage.input)
        found: Stretch = []
        for unit, (values, offset) in enumerate(
            zip(rows, spread(len(rows), length_of(stage) // 2, below), strict=True)
        ):
            for made in self.make(stage.input, {**fields, **values}, keys, start + offset, number + unit):
                found.append(made._replace(unit=unit, inner=below))
        return found

    def own_keys(self, stage: Stream) -> dict[str, Any]:
        """Values of a stage's own group."""
        return {name: self.value(name, 0) for name in group_by(stage)}

    def counted(self, measure: Measure, target: Any) -> Iterator[dict[str, Any]]:
        """The values of the measure's fields in each of the rows that make it `target`."""
        fields = measure.fields
        match measure.kind:
            case MeasureKind.COUNT:
                yield from ({} for _ in range(ceil(target)))
            case MeasureKind.DISTINCT:
                for number in range(ceil(target)):
                    yield {name: self.value(name, number) for name in fields}
            case _:
                yield from (dict.fromkeys(fields, one) for one in _numbers(measure, target))


def _numbers(measure: Measure, target: Any) -> list[Any]:
    """A few numbers whose sum, average, percentile ... is the target."""
    match measure.kind:
        case MeasureKind.SUM:
            third = floor(target / 3)
            return [third, third, target - 2 * third] if third > 0 else [target]
        case MeasureKind.AVERAGE:
            return [target - 1, target + 1, target]
        case MeasureKind.MINIMUM:
            return [target, target + 5]
        case MeasureKind.MAXIMUM:
            return [target, target - 5]
        case _:
            rank = 50 if measure.rank is None else measure.rank
            at = max(ceil(rank * 4 / 100), 1)
            return [*(target - 10 for _ in range(at - 1)), target, *(target + 10 for _ in range(4 - at))]


def spread(count: int, length: int, below: int) -> list[int]:
    """When `count` rows begin, in whole seconds: over `length`, further apart than `below` if they fit so."""
    if count < 2:
        return [0] * count
    for gap in (2 * below + 2, below + 2):
        if below and gap * (count - 1) + below < 2 * length:
            return [number * gap for number in range(count)]
    return [number * max(length, 1) // (count - 1) for number in range(count)]


def length_of(stage: Stream) -> int:
    """The length of a stage's window in seconds, or what stands for it."""
    window = window_of(stage)
    return window.seconds if window else LENGTH


def length_below(stream: Stream) -> int:
    """The window of a correlation that is the input of another; 0 for other streams."""
    if isinstance(stream, ir.Union):
        return max(map(length_below, stream.inputs), default=0)
    if not is_correlation(stream):
        return length_below(stream.input) if isinstance(stream, Compute) else 0
    while isinstance(stream, ir.Where):
        stream = stream.input
    return length_of(stream)


def ways(stage: Stream) -> list[Any]:
    """What may be aimed at so that a stage gives a row, then near misses of it; the nearest to the edge first.

    Of a condition on a measure, its values; of inputs in any order, the sets of inputs that there are rows of.
    """
    match stage:
        case ir.Where(Aggregate(_, measures), condition) if measures:
            name = measures[0].name
            bounds = {
                leaf.test.value
                for leaf in leaves(condition)
                if isinstance(leaf, Match)
                if isinstance(leaf.value, Field) and leaf.value.name == name
                if isinstance(leaf.test, Compare | Number)
            }
            whole = measures[0].kind in (MeasureKind.COUNT, MeasureKind.DISTINCT)
            near = sorted({value for bound in bounds for value in _around(bound) if value >= 1 or not whole})
            distances = {value: min(abs(value - bound) for bound in bounds) for value in near}
            return sorted(near, key=lambda value: (not reaches(stage, value), distances[value]))
        case Together(streams, holds=holds):
            found = sorted(_subsets(len(streams)), key=len, reverse=True)
            if holds is None:
                return [one for one in found if len(one) >= len(streams) - 1]
            return sorted(found, key=lambda one: not reaches(stage, one))
        case _:
            return []


def reaches(stage: Stream, aim: Any) -> bool:
    """Whether a stage gives a row if what `ways` says is aimed at is reached."""
    match stage:
        case ir.Where(Aggregate(_, measures), condition) if aim is not None:
            return compile_check(condition)(Facts({measures[0].name: aim}))
        case Together(streams, holds=holds) if aim is not None:
            if holds is None:
                return len(aim) == len(streams)
            present = {name_of(streams[at]): True for at in aim}
            return compile_check(holds)(Facts({**present, MATCHED: len(aim)}))
        case _:
            return True


def _around(value: int | float) -> Iterator[int]:
    yield from (floor(value) - 1, floor(value), ceil(value), ceil(value) + 1)


def _subsets(count: int) -> Iterator[tuple[int, ...]]:
    """Sets of inputs: all of them for a few inputs, otherwise those that lack few or have few."""
    sizes: Iterable[int] = range(1, count + 1) if count <= 5 else (1, 2, count - 1, count)
    for size in sizes:
        yield from combinations(range(count), size)


def places_of(stream: Stream, column: str) -> Iterator[tuple[Events, str]]:
    """The fields of base rules that a column of the whole stream, or of a stage in it, comes from."""
    for stage in stages(stream):
        asked = group_by(stage) if not isinstance(stage, ir.Where | Compute) else ()
        measured = [name for one in getattr(stage, "measures", ()) for name in one.fields]
        if column in asked or column in measured:
            for one in inputs(stage):
                yield from _sources(one, column)


def _sources(stream: Stream, column: str) -> Iterator[tuple[Events, str]]:
    match stream:
        case Events():
            yield stream, column
        case Compute(input, columns):
            values = [one.value for one in columns if one.name == column]
            yield from _sources(input, held_in(values[0]).name if values else column)
        case _:
            for one in inputs(stream):
                yield from _sources(one, column)
