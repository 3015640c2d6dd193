"""Changes to streams of events, each of which a wrong query may take for no change, or for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from transpile.evaluate.mutate import swap_case
from transpile.evaluate.stream_make import MadeEvent, Maker, Stretch

Change = tuple[Stretch, str]

FEW = 5  # events of one stream that are changed in each way
AT_ONCE = 64  # events of a stream of several groups
MOST_SUBSTITUTED = 12  # streams in which an event of one base rule is replaced
MISSES = 2  # near misses that an event is replaced by


def retimed(made: Stretch, length: int) -> Iterator[Change]:
    """The same events at other times: at the window's edge, outside of it, across a bucket's boundary."""
    if not made:
        return
    first, last = made[0].time, made[-1].time
    boundary = (first // length + 2) * length
    for edge in (boundary, boundary + length):  # one of them is a boundary of buckets of twice the length, too
        yield moved(made, edge - (first + last + 1) // 2), "across a bucket's boundary"
    if last > first:
        yield scaled(made, length), "exactly one window long"
        yield scaled(made, length + 1), "a second longer than the window"
        yield scaled(made, length - 1), "a second shorter than the window"
        yield scaled(made, 3 * length), "three windows long"
        yield moved(scaled(made, length - 1), boundary - first - length // 2), "nearly a window, across a boundary"
        yield [one._replace(time=first) for one in made], "all at the same time"
        yield turned(made), "in reverse order"
        if any(one.origin is not made[0].origin for one in made):
            yield turned(scaled(made, length + 1)), "a second longer than the window, in reverse order"
            yield turned(scaled(made, length - 1)), "a second shorter than the window, in reverse order"
        for at in _some(len(made) - 1):
            together = made[at + 1]._replace(time=made[at].time)
            yield [*made[: at + 1], together, *made[at + 2 :]], "two at the same time"
        yield made[::-1], "stored in another order"
    yield from _moved_units(made, length)
    yield from _stretched_units(made)


def _moved_units(made: Stretch, length: int) -> Iterator[Change]:
    """Rows of inner rules, each as it is, so far apart that the last ends a window's length after the first."""
    first, last = made[0].unit, made[-1].unit
    if first == last or not any(one.inner for one in made):
        return
    end = max(one.time for one in made if one.unit == first)
    for seconds, why in ((length, "exactly"), (length + 1, "a second more than"), (length - 1, "a second less than")):
        by = end + seconds - made[-1].time
        changed = [one._replace(time=one.time + by) if one.unit == last else one for one in made]
        yield sorted(changed, key=_time), f"inner rules' rows {why} a window apart"


def _stretched_units(made: Stretch) -> Iterator[Change]:
    """One row of an inner rule exactly as long as its window, and a second longer."""
    inner = made[0].inner
    unit = [one for one in made if one.unit == made[0].unit]
    rest = [one for one in made if one.unit != made[0].unit]
    if inner and len(unit) > 1:
        for length, why in ((inner, "exactly"), (inner + 1, "a second longer than")):
            yield sorted([*scaled(unit, length), *rest], key=_time), f"an inner rule's events {why} its window"


def scaled(made: Stretch, length: int) -> Stretch:
    """The events spread over this many seconds, from the same start."""
    first, last = made[0].time, made[-1].time
    if first == last:
        return made
    return [one._replace(time=first + (one.time - first) * length // (last - first)) for one in made]


def turned(made: Stretch) -> Stretch:
    """The events in reverse order, as far apart as they were."""
    ends = made[0].time + made[-1].time
    return sorted((one._replace(time=ends - one.time) for one in made), key=_time)


def moved(made: Stretch, by: int) -> Stretch:
    """The events so many seconds later."""
    return [one._replace(time=one.time + by) for one in made]


def changes(made: Stretch, maker: Maker, length: int) -> Iterator[Change]:
    """One event or a few changed: left out, twice, elsewhere, without its key, or no longer matching."""
    for at in _some(len(made)):
        before, one, after = made[:at], made[at], made[at + 1 :]
        yield before + after, "one event fewer"
        yield [*before, one, one, *after], "one event twice at the same time"
        yield [*before, one, one._replace(time=one.time + 1), *after], "one event again a second later"
        for number, miss in enumerate(maker.misses(one)):
            if number == MISSES:
                break
            yield [*before, miss, *after], "one event that its base rule does not match"
        for changed, why in (*_changed(one, maker), *_misplaced(one, made, maker)):
            yield [*before, changed, *after], why
    yield from _all_changed(made, maker)
    yield from _units(made)
    yield from _merged(made, maker)
    if len(made) > 1:
        repeated = [maker.refill(one, {k: v for k, v in made[0].fields.items() if k in one.fields}) for one in made]
        if all(repeated):
            yield [one for one in repeated if one is not None], "the same values in each event"


def _changed(one: MadeEvent, maker: Maker) -> Iterator[tuple[MadeEvent, str]]:
    """An event in another group or without a value that the rule groups by or counts."""
    if one.keys and (other := maker.regroup(one, 1)) is not None:
        yield other, "one event in another group"
    for column, other in _regrouped(one, maker):
        yield other, f"one event in a group with another {column}"
    for name, value in one.fields.items():
        kind = "key" if name in one.keys.values() else "counted value"
        lacking = maker.ready(one.origin, {field: kept for field, kept in one.event.items() if field != name})
        if lacking is not None:
            yield one._replace(event=lacking), f"one event without its {kind}"
        if isinstance(value, str):
            for text, why in (("", "empty"), (swap_case(value), "in the other case")):
                changed = maker.ready(one.origin, {**one.event, name: text})
                if changed is not None:
                    yield one._replace(event=changed), f"the {kind} of one event {why}"


def _regrouped(one: MadeEvent, maker: Maker) -> Iterator[tuple[str, MadeEvent]]:
    """The event in groups that differ in one of several columns."""
    for column, name in one.keys.items() if len(one.keys) > 1 else ():
        other = maker.refill(one, {name: maker.value(column, 1)})
        if other is not None:
            yield column, other


def _misplaced(one: MadeEvent, made: Stretch, maker: Maker) -> Iterator[tuple[MadeEvent, str]]:
    """An event whose key is in the field in which other base rules have it."""
    for column, name in one.keys.items():
        for other in sorted({each.keys[column] for each in made if column in each.keys} - {name}):
            rest = {field: value for field, value in one.event.items() if field != name}
            event = maker.ready(one.origin, {**rest, other: one.fields.get(name)})
            if event is not None:
                yield one._replace(event=event), "the key of one event in another base rule's field"


def _all_changed(made: Stretch, maker: Maker) -> Iterator[Change]:
    """Every event without a key: whatever they are, they are of no group."""
    for column in made[0].keys if made else ():
        lacking = [_without(one, one.keys[column], maker) for one in made if column in one.keys]
        if len(lacking) == len(made) and all(lacking):
            yield [one for one in lacking if one is not None], "every event without its key"


def _without(made: MadeEvent, name: str, maker: Maker) -> MadeEvent | None:
    event = maker.ready(made.origin, {field: kept for field, kept in made.event.items() if field != name})
    return None if event is None else made._replace(event=event)


def _units(made: Stretch) -> Iterator[Change]:
    """One row of the inputs fewer, or only one."""
    units = sorted({one.unit for one in made})
    if len(units) < 2 or len(units) == len(made):
        return
    for unit in (units[0], units[-1]):
        yield [one for one in made if one.unit != unit], "one inner row fewer"
        yield [one for one in made if one.unit == unit], "one inner row alone"


def _merged(made: Stretch, maker: Maker) -> Iterator[Change]:
    """One event that two base rules match, in the place of an event of each."""
    for one, other in pairwise(made):
        if one.origin is other.origin:
            continue
        event = maker.ready(one.origin, {**other.event, **one.event})
        if event is not None and maker.ready(other.origin, event) is not None:
            both = one._replace(event=event)
            yield (
                sorted([both, *(each for each in made if each is not one and each is not other)], key=_time),
                ("one event that two base rules match"),
            )
            return


def mixtures(made: Stretch, maker: Maker, length: int) -> Iterator[Change]:
    """Several groups, and the same group again later."""
    again = moved(made, 5 * length + 1)
    yield [*made, *again], "again, much later"
    if not made or not made[0].keys:
        return
    others = [maker.regroup(one, 1) for one in made]
    if not all(others):
        return
    second = [one for one in others if one is not None]
    shifted = moved(second, 1)
    yield second, "another group"
    yield sorted([*made, *shifted], key=_time), "two groups interleaved"
    yield sorted([*made[:-1], *shifted[1:]], key=_time), "two groups interleaved, each one event short"
    yield sorted([*made, *shifted[1:]], key=_time), "two groups interleaved, one of them one event short"
    yield _by_turns(made, second), "every other event in another group"
    for column in made[0].keys:
        near = [other for one in made for name, other in _regrouped(one, maker) if name == column]
        if len(near) == len(made):
            yield _by_turns(made, near), f"every other event in a group with another {column}"


def _by_turns(made: Stretch, others: Stretch) -> Stretch:
    """Every other event replaced by the one of another group."""
    return [one if number % 2 else other for number, (one, other) in enumerate(zip(made, others, strict=True))]


def substituted(
    grounds: Sequence[Stretch], maker: Maker, alerts: Callable[[Stretch], bool]
) -> Iterator[tuple[Stretch, str]]:
    """An event that decides replaced by every witness of its base rule, each in a group of its own.

    What a query gets wrong in the condition of one base rule shows as an alert too many or too few, whether the rule
    asks for the event or is kept silent by it.
    """
    shortest = sorted(grounds, key=len)
    for origin in {id(one.origin): one.origin for made in grounds for one in made}.values():
        for made in shortest:
            at = next((number for number, one in enumerate(made) if one.origin is origin), None)
            if at is not None and alerts(made) != alerts(made[:at] + made[at + 1 :]):
                yield from _substituted(made, at, maker)
                break


def _substituted(made: Stretch, at: int, maker: Maker) -> Iterator[tuple[Stretch, str]]:
    copies: list[Stretch] = [made]
    for group in range(1, AT_ONCE // len(made) if made[at].keys else 0):
        regrouped = [other for one in made if (other := maker.regroup(one, group)) is not None]
        if len(regrouped) < len(made):
            break
        copies.append(regrouped)
    stream: Stretch = []
    used = streams = 0
    for event, matches in maker.witnesses(made[at].origin):
        copy = copies[used]
        one = copy[at]
        changed = maker.ready(one.origin, {**event, **one.fields}, matching=matches)
        if changed is None:
            continue
        stream += [*copy[:at], one._replace(event=changed), *copy[at + 1 :]]
        used += 1
        if used == len(copies):
            yield sorted(stream, key=_time), "other events in the place of one, each in a group of its own"
            stream, used, streams = [], 0, streams + 1
            if streams == MOST_SUBSTITUTED:
                return
    if stream:
        yield sorted(stream, key=_time), "other events in the place of one, each in a group of its own"


def _some(count: int) -> list[int]:
    """Positions among `count`: the first, the last, and an even share of those between."""
    if count <= FEW:
        return list(range(count))
    return sorted({number * (count - 1) // (FEW - 1) for number in range(FEW)})


def _time(made: MadeEvent) -> int:
    return made.time
