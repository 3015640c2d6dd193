"""Witness streams: timed events made from a rule on many events that put a query to the test.

Events that make the rule alert are made first (`stream_make`), then changed in every way that a query may get wrong:
one event fewer, in another group, outside of the window by a second, across a bucket's boundary, at the same time, with
its key missing. Whether a stream alerts is never assumed from how it was made: the reference says so. The same rule
always gives the same streams.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from transpile.evaluate import Unproven
from transpile.evaluate.mutate import swap_case
from transpile.evaluate.open_points import OURS
from transpile.evaluate.rows import Key
from transpile.evaluate.stream_changes import changes, mixtures, retimed, substituted, turned
from transpile.evaluate.stream_make import (
    Bases,
    Event,
    MadeEvent,
    Maker,
    Prepare,
    Stretch,
    length_of,
    make_bases,
    places_of,
    reaches,
    ways,
)
from transpile.evaluate.streams import Alerts, StreamReference
from transpile.ir import stream as ir
from transpile.ir.stream import Aggregate, Events, Stream, Together
from transpile.ir.stream import Sequence as InOrder
from transpile.ir.timed import Timed
from transpile.ir.walk import all_events, group_by
from transpile.record import record

WORK = 12_000_000  # pairs of events in all streams of one rule, which is what some queries take to run
FEWEST = 5  # streams that are made however many events they take
MOST_STREAMS = 240
START = 1_767_225_600  # 2026-01-01T00:00:00Z


@record
class WitnessStream:
    """Timed events, the base rule that each was made for, why they were made, and what the rule says of them."""

    events: tuple[Timed, ...]
    origins: tuple[Events, ...]
    why: str
    alerts: Alerts


class Remembered:
    """The streams of one rule, made as they are asked for, and kept for the next query."""

    def __init__(self, made: Iterator[WitnessStream]) -> None:
        self._made, self._kept = made, list[WitnessStream]()

    def __iter__(self) -> Iterator[WitnessStream]:
        yield from self._kept
        for one in self._made:
            self._kept.append(one)
            yield one


def make_streams(
    body: Stream,
    reference: StreamReference,
    bases: Bases | None = None,
    prepare: Prepare = lambda origin, event: event,
    *,
    never: bool = False,
) -> Iterator[WitnessStream]:
    """The streams that put a query for this rule to the test.

    `prepare` completes an event as its platform does, or says that it cannot hold it. Of a rule that can `never` alert,
    there is one. Raises `Unproven` where no events are found from which to make them.
    """
    maker = Maker(body, bases or make_bases(body), prepare)
    if never:
        yield _every_witness(body, maker, reference)
        return
    seen: set[object] = set()
    used = 0
    for stretch, why in _stretches(body, maker, reference):
        key = tuple((made.time, repr(made.event)) for made in stretch)
        if key in seen:
            continue
        if (used > WORK and len(seen) >= FEWEST) or len(seen) >= MOST_STREAMS:
            return
        seen.add(key)
        used += len(stretch) ** 2
        events = tuple(Timed(made.time, made.event) for made in stretch)
        yield WitnessStream(events, tuple(made.origin for made in stretch), why, reference.alerts(events))


def _every_witness(body: Stream, maker: Maker, reference: StreamReference) -> WitnessStream:
    """One stream of the base rules' witnesses, for a rule that never alerts: its query must not either."""
    keys = [one for column in group_by(body) for one in places_of(body, column)]
    made = [
        (event, origin)
        for origin in all_events(body)
        for witness, matches in maker.witnesses(origin)
        for fields in ({}, {name: "Zq" for there, name in keys if there is origin})
        if (event := maker.ready(origin, {**fields, **witness}, matching=matches)) is not None
    ]
    events = tuple(Timed(START + second, event) for second, (event, _) in enumerate(made))
    origins = tuple(origin for _, origin in made)
    return WitnessStream(events, origins, "what the base rules ask for, and near misses", reference.alerts(events))


def _stretches(body: Stream, maker: Maker, reference: StreamReference) -> Iterator[tuple[Stretch, str]]:
    """The streams, the most telling first: what a budget cuts off is more of the same."""
    columns = group_by(body)
    length = length_of(_core(body))
    start = (START // length + 1) * length + 1  # just after a bucket of the window's length begins
    grounds = []
    reason = ""
    for way in _ways(body):
        try:
            made = _made(body, way, maker, columns, start)
        except Unproven as error:
            reason = reason or str(error)
        else:
            if made:  # a count below nothing takes no events
                grounds.append((made, way))
    if not grounds:
        raise Unproven(reason or "the rule asks for no events")
    ground = grounds[0][0]
    nearest = grounds[_first_miss(body, [way for _, way in grounds])][0]
    yield ground, "what the rule asks for"
    yield nearest, "just short of what the rule asks for"
    yield from retimed(ground, length)
    for made, way in grounds:
        yield made, f"aimed at {way}"
    yield from mixtures(ground, maker, length)
    yield from _intruding(body, ground, maker)
    either_way = [one for made, _ in grounds for one in (made, turned(made))]
    yield from substituted(either_way, maker, lambda made: bool(_alerts(made, reference)))
    for made, _ in grounds[1:]:
        yield from retimed(made, length)
    yield from changes(ground, maker, length)
    yield from changes(nearest, maker, length)
    for made, _ in grounds[1:]:
        yield from mixtures(made, maker, length)
    yield from _cases(ground, maker)
    for made, _ in grounds[1:]:
        yield from changes(made, maker, length)


def _alerts(made: Stretch, reference: StreamReference) -> frozenset[Key]:
    return reference.groups_of(reference.rows([Timed(one.time, one.event) for one in made]), OURS)


def _first_miss(body: Stream, aims: Sequence[Any]) -> int:
    """The position of the first aim at which the rule should not alert; the last one if there is none."""
    for number, aim in enumerate(aims):
        if not reaches(body, aim):
            return number
    return len(aims) - 1


def _intruding(body: Stream, ground: Stretch, maker: Maker) -> Iterator[tuple[Stretch, str]]:
    """An event that must not happen: before, between and after those of a sequence, of its group and of another."""
    core = _core(body)
    if not isinstance(core, InOrder) or not ground:
        return
    unwanted = [step.input for step in core.steps if step.absent] + ([core.until] if core.until else [])
    times = sorted({made.time for made in ground})
    places = [times[0] - 1, times[0], *((one + other) // 2 for one, other in pairwise(times)), times[-1], times[-1] + 1]
    for stream in unwanted:
        for group in (0, 1):
            fields = {name: maker.value(name, group) for name in core.by}
            for at in places:
                try:
                    intruder = maker.make(stream, fields, {name: name for name in core.by}, at, 0)
                except Unproven:
                    return
                yield sorted([*ground, *intruder], key=lambda made: made.time), "an event that ends or forbids it"


def _core(body: Stream) -> Stream:
    while isinstance(body, ir.Where | ir.Compute):
        body = body.input
    return body


def _ways(body: Stream) -> Sequence[Any]:
    return ways(body) or [None]


def _made(body: Stream, way: Any, maker: Maker, columns: Sequence[str], start: int) -> Stretch:
    fields = {name: maker.value(name, 0) for name in columns}
    keys = {name: name for name in columns}
    match body:
        case ir.Where(Aggregate() as stage) if way is not None:
            made = maker.aggregate(stage, way, fields, keys, start, 0)
        case Together(streams) if way is not None:
            made = maker.several([streams[at] for at in way], body, fields, keys, start, 0)
        case _:
            made = maker.make(body, fields, keys, start, 0)
    return sorted(made, key=lambda one: one.time)


def _cases(ground: Stretch, maker: Maker) -> Iterator[tuple[Stretch, str]]:
    """Values in the other case: of the group in one event, and of every field in all."""
    if not ground:
        return
    turned = {
        name: swap_case(value)
        for name in ground[-1].keys.values()
        if isinstance(value := ground[-1].fields.get(name), str)
    }
    changed = maker.refill(ground[-1], turned)
    if turned and changed is not None:
        yield [*ground[:-1], changed], "the key of the last event in the other case"
    whole = [maker.ready(made.origin, _in_other_case(made)) for made in ground]
    if None not in whole:
        yield (
            [made._replace(event=event) for made, event in zip(ground, whole, strict=True) if event is not None],
            ("what the conditions ask for in the other case"),
        )


def _in_other_case(made: MadeEvent) -> Event:
    return {
        name: swap_case(value) if isinstance(value, str) and name not in made.fields else value
        for name, value in made.event.items()
    }
