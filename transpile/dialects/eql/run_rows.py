"""Executes queries over events that have a time, by "EQL syntax reference" of Elasticsearch.

A sequence is a state machine for each group of join keys: one pending sequence a state, the most recent one overwrites
an older one, and what is complete is reported and gone ("How sequence queries handle matches"). `maxspan` counts from
the first event and includes its end; the expiration event of `until` ends what is pending; a missing event must not
occur between the events around it, within `maxspan` before the last event where it comes first, and within `maxspan`
after the first where it comes last. Events without a join key take part in nothing, but for the optional `?key`.

Events of one time are in an order that the documentation leaves to the index. `Unproven` is raised where that matters,
for samples (which of the matching events they return is not documented), and for pipes after a sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, groupby, pairwise
from typing import Any

from transpile.dialects.base import Row, Timed
from transpile.dialects.eql import tree as eql
from transpile.dialects.eql.run import compile_event
from transpile.dialects.kit.running.values import values as field_values
from transpile.evaluate import Unproven
from transpile.record import record

_SECONDS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "micros": 1e-6, "nanos": 1e-9}
_MOST_RUNS = 100

Key = tuple[str | None, ...]


@record
class _Hit:
    """An event as a state sees it: where it is in the order of events, its time, and its position."""

    order: int
    time: float
    position: int


@record
class _Item:
    """What one item of a sequence finds, by group."""

    hits: dict[Key, tuple[_Hit, ...]]


def rows(query: eql.Query, events: Sequence[Timed]) -> list[Row]:
    """The rows that the query returns: events, or sequences with their join keys. Raises `Unproven`; see the module."""
    ordered = sorted(range(len(events)), key=lambda number: events[number].time)
    match query.body:
        case eql.Event():
            keeps = compile_event(query.body)
            found = [number for number in ordered if keeps(events[number].event)]
            return [Row(events[number].event, frozenset((number,))) for number in _piped(query.pipes, found)]
        case eql.Sequence():
            if query.pipes:
                raise Unproven("the order of sequences, which a pipe depends on, is not documented")
            result = _sequences(query.body, events, ordered)
            other = _sequences(query.body, events, _ties_reversed(ordered, events))
            if _ends(result, events) != _ends(other, events):
                raise Unproven("the order of events at the same time depends on the index")
            names = _names(query.body)
            return [Row(dict(zip(names, key, strict=True)), taken) for key, taken in sorted(result, key=str)]
        case eql.Sample():
            raise Unproven("which of several events a sample returns is not documented")


def _ends(found: set[tuple[Key, frozenset[int]]], events: Sequence[Timed]) -> set[tuple[Key, float]]:
    """The groups of the sequences, and when each is complete: which of several events of one time it took is open."""
    return {(key, max(events[number].time for number in taken)) for key, taken in found}


def _ties_reversed(ordered: list[int], events: Sequence[Timed]) -> list[int]:
    return list(chain.from_iterable(reversed(list(tied)) for _, tied in groupby(ordered, lambda one: events[one].time)))


def _piped(pipes: tuple[eql.Pipe, ...], found: list[int]) -> list[int]:
    for pipe in pipes:
        match pipe:
            case eql.Pipe("head", (eql.Number(int() as count),)):
                found = found[:count]
            case eql.Pipe("tail", (eql.Number(int() as count),)):
                found = found[max(len(found) - count, 0) :]
            case _:
                raise Unproven(f"Elasticsearch has no pipe {pipe.name} with these arguments")
    return found


def _names(body: eql.Sequence) -> tuple[str, ...]:
    """The columns of the join keys: the fields that the first item has them in."""
    return tuple(key.name if isinstance(key, eql.Field) else "" for key in (*body.by, *body.terms[0].by))


def _sequences(body: eql.Sequence, events: Sequence[Timed], ordered: Iterable[int]) -> set[tuple[Key, frozenset[int]]]:
    in_order = list(ordered)
    known = {term: _item(term, body.by, events, in_order) for term in set(map(_once, body.terms))}
    found = [(known[_once(term)], term.missing) for term in _repeated(body.terms)]
    _check(body, [missing for _, missing in found])
    until = _item(body.until, body.by, events, in_order) if body.until else _Item({})
    span = _span(body.maxspan)
    keys = {key for item, missing in found if not missing for key in item.hits}
    return {
        (key, frozenset(hit.position for hit in chain_))
        for key in keys
        for chain_ in _complete(found, until.hits.get(key, ()), key, span)
    }


def _repeated(terms: tuple[eql.Term, ...]) -> Iterator[eql.Term]:
    """The items with `with runs` written out."""
    for term in terms:
        if term.runs is not None and not 1 <= term.runs <= _MOST_RUNS:
            raise Unproven(f"Elasticsearch rejects the query: runs go from 1 to {_MOST_RUNS}")
        if term.runs is not None and term.missing:
            raise Unproven("Elasticsearch rejects the query: a missing event has no runs")
        for _ in range(term.runs or 1):
            yield term


def _once(term: eql.Term) -> eql.Term:
    return replace(term, runs=None)


def _check(body: eql.Sequence, missing: list[bool]) -> None:
    if len(missing) < 2:
        raise Unproven("Elasticsearch rejects the query: a sequence has at least two items")
    if any(missing) and body.maxspan is None:
        raise Unproven("Elasticsearch rejects the query: a missing event needs maxspan")
    if all(missing):
        raise Unproven("Elasticsearch rejects the query: a sequence has at least one event that is not missing")
    lengths = {len(term.by) for term in (*body.terms, *((body.until,) if body.until else ()))}
    if len(lengths) > 1:
        raise Unproven("Elasticsearch rejects the query: items with different numbers of join keys")


def _span(maxspan: str | None) -> float | None:
    if maxspan is None:
        return None
    number, unit = maxspan.rstrip("abcdefghijklmnopqrstuvwxyz"), maxspan.lstrip("0123456789.")
    if unit not in _SECONDS:
        raise Unproven(f"{maxspan} is not a time value")
    return float(number) * _SECONDS[unit]


def _item(term: eql.Term, by: tuple[eql.Expr, ...], events: Sequence[Timed], ordered: list[int]) -> _Item:
    keeps, key_of = compile_event(term.event), _keys((*by, *term.by))
    hits: dict[Key, list[_Hit]] = {}
    for order, position in enumerate(ordered):
        time, event = events[position].time, events[position].event
        if keeps(event) and (key := key_of(event)) is not None:
            hits.setdefault(key, []).append(_Hit(order, time, position))
    return _Item({key: tuple(found) for key, found in hits.items()})


def _keys(keys: tuple[eql.Expr, ...]) -> Callable[[Any], Key | None]:
    """The join keys of an event, or None if it lacks one that is not optional."""

    def key_of(event: Any) -> Key | None:
        found: list[str | None] = []
        for key in keys:
            if not isinstance(key, eql.Field):
                raise Unproven("a join key other than a field is not documented")
            values = field_values(event, key.name)
            if len(values) > 1:
                raise Unproven(f"a join key with several values ({key.name}) is not documented")
            if not values and not key.optional:
                return None
            found.append(_spelled(values[0]) if values else None)
        return tuple(found)

    return key_of


def _spelled(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not value.is_integer():
        raise Unproven("whether fractions are equal depends on the mapping")
    return str(int(value)) if isinstance(value, float) else str(value)


_Chain = tuple[_Hit, ...]


def _complete(
    items: list[tuple[_Item, bool]], until: tuple[_Hit, ...], key: Key, span: float | None
) -> Iterator[_Chain]:
    """The complete sequences of one group.

    State by state: each event takes the latest pending sequence before it out of the state before; what was older there
    is overwritten, and lost.
    """
    if all(item is items[0][0] for item, _ in items) and not until:
        yield from _windows(items[0][0].hits.get(key, ()), len(items), span)
        return
    present = [number for number, (_, missing) in enumerate(items) if not missing]
    absent = {number: item.hits.get(key, ()) for number, (item, missing) in enumerate(items) if missing}
    pending: list[_Chain] = [(hit,) for hit in items[present[0]][0].hits.get(key, ())]
    for before, state in pairwise(present):
        between = tuple(hit for number in range(before + 1, state) for hit in absent[number])
        pending = list(_advance(pending, items[state][0].hits.get(key, ()), (*until, *between), span))
    first, last = present[0], present[-1]
    earlier = tuple(hit for number in range(first) for hit in absent[number])
    later = tuple(hit for number in range(last + 1, len(items)) for hit in absent[number])
    for found in pending:
        if span is not None and any(
            hit.order < found[0].order and found[-1].time - hit.time <= span for hit in earlier
        ):
            continue
        if span is not None and any(hit.order > found[-1].order and hit.time - found[0].time <= span for hit in later):
            continue
        yield found


def _windows(hits: tuple[_Hit, ...], count: int, span: float | None) -> Iterator[_Chain]:
    """The complete sequences of one item repeated: each event goes on with what the one just before it has begun."""
    for end in range(count, len(hits) + 1):
        if span is None or hits[end - 1].time - hits[end - count].time <= span:
            yield hits[end - count : end]


def _advance(
    pending: list[_Chain], hits: tuple[_Hit, ...], between: tuple[_Hit, ...], span: float | None
) -> Iterator[_Chain]:
    """The sequences that these events move to the next state."""
    waiting = sorted(pending, key=lambda found: found[-1].order)
    for hit in hits:
        before = [found for found in waiting if found[-1].order < hit.order]
        if not before:
            continue
        waiting = waiting[len(before) :]
        latest = before[-1]
        too_late = span is not None and hit.time - latest[0].time > span
        if not too_late and not any(latest[-1].order < one.order < hit.order for one in between):
            yield (*latest, hit)
