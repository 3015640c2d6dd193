"""Witnesses: events made from a rule that put a query to the test.

Some must match, one for each way to satisfy the rule; the rest are near misses. Whether an event matches is never
assumed from how it was made: the reference meaning says so. The same rule always gives the same events.

Values suit columns that have one type each (`passes.infer_types`): a field is a number only where all of the rule's
tests of it are numeric.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, permutations, product
from typing import Any

from transpile.evaluate.facts import Facts
from transpile.evaluate.grounds import (
    Ground,
    Search,
    affordable,
    chosen,
    fields_of,
    has_list,
    key_of,
    kind_of,
    plain_events,
    search,
    single_valued,
)
from transpile.evaluate.mutate import FieldChange, changes, swap_case
from transpile.evaluate.solve import FILLS, UNRELATED, Solver, place, unrelated
from transpile.evaluate.values import MISSING
from transpile.evaluate.ways import Need, Way, negations, ways
from transpile.ir.expr import Expr, Keyword, Match
from transpile.ir.match import Call, Value
from transpile.ir.rule import Rule
from transpile.ir.walk import value_fields
from transpile.record import record

MOST_MISSES = 400  # near misses of one rule
MOST_GAPS = 30  # events from which each field is dropped in turn
FEW = 3  # changes, beside those at the edges, tried on a leaf that is much like one before it
MOST_NEARLY = 60  # events that miss what the rule excludes by one part
BASES = 6  # matching events tried as the ground for what the rule excludes
FULLER = 4  # matching events that are also tried with every other field of the rule present


@record
class Witness:
    """An event, why it was made, and whether the rule matches it."""

    event: Mapping[str, Any]
    why: str
    matches: bool


@record
class Witnesses:
    """The events of one rule, and the leaves for which no matching event was found."""

    events: tuple[Witness, ...]
    unreached: tuple[Match | Keyword, ...] = ()


def make_witnesses(rule: Rule) -> Witnesses:
    """The events that put a query for this rule to the test. Raises `Unproven` where a regex cannot be run."""
    found = search(rule)
    return Witnesses(tuple(_witnesses(found)), found.unreached)


def each_match(rule: Rule) -> Iterator[Mapping[str, Any]]:
    """The events of `make_witnesses` that the rule matches, made one by one as they are asked for."""
    return (one.event for one in _witnesses(search(rule)) if one.matches)


def _witnesses(found: Search) -> Iterator[Witness]:
    condition, check, solver, matching, _ = found
    single = single_valued(condition)
    matching = [ground for ground in matching if not has_list(ground.event, single)]
    made: set[str] = set()
    for event, why in _events(condition, solver, matching):
        if has_list(event, single):
            continue
        key = repr(sorted(event.items()))
        if key not in made:
            made.add(key)
            yield Witness(event, why, check(Facts(event)))


def _events(condition: Expr, solver: Solver, matching: list[Ground]) -> Iterator[tuple[dict[str, Any], str]]:
    fields = fields_of(condition)
    for ground in matching:
        yield ground.event, "a way to match"
        yield _in_other_case(ground.event), "a way to match, in the other case"
    if not matching:
        yield from _but_excluded(condition, solver)
    for ground, style in product(matching[:FULLER], range(len(FILLS))):
        event = solver.solve(ground.way, style)
        if event is not None:
            yield event, "a way to match, filled in another way"
    for number, ground in enumerate(matching[:FULLER]):
        rest = {name: unrelated(field, number) for name, field in fields.items() if name not in ground.event}
        yield {**ground.event, **rest}, "a way to match, all other fields present"
    excluded = list(_excluded(condition, solver, matching))
    for ground in excluded:
        yield ground.event, "what the rule excludes"
        yield _in_other_case(ground.event), "what the rule excludes, in the other case"
    for ground in islice(_nearly_excluded(condition, solver, matching), MOST_NEARLY):
        yield ground.event, "what the rule excludes, but for one part"
    yield from _moved(matching)
    yield from _lists(matching[:2] + excluded[:4])
    yield from _gaps(matching + excluded)
    for grounds in (matching, excluded):
        yield from _near_misses(grounds, min(MOST_MISSES, affordable(condition)))
    yield from zip(plain_events(condition), ("no field at all", "unrelated values", "every field empty"), strict=True)
    for ground in matching[:1]:
        nested = _nested(ground.event)
        if nested is not None:
            yield nested, "a way to match, fields nested"


def _but_excluded(condition: Expr, solver: Solver) -> Iterator[tuple[dict[str, Any], str]]:
    """Of a rule that no event was found for: events that meet what it asks for, whatever it excludes."""
    for number, way in enumerate(chosen(ways(condition), affordable(condition))):
        event = solver.solve(tuple(need for need in way if need.holds), number)
        if event is not None:
            yield event, "what the rule asks for, whatever it excludes"


def _excluded(condition: Expr, solver: Solver, matching: list[Ground]) -> Iterator[Ground]:
    """Events that would match if it were not for something that is under a NOT."""
    for number, against in enumerate(way for negated in negations(condition) for way in ways(negated)):
        found = _against(against, number, solver, matching)
        if found is not None:
            yield found


def _nearly_excluded(condition: Expr, solver: Solver, matching: list[Ground]) -> Iterator[Ground]:
    """Events that miss what is under a NOT by one of the parts that it takes."""
    number = 0
    for negated in negations(condition):
        for against in ways(negated):
            for at, need in enumerate(against) if len(against) > 1 else ():
                number += 1
                nearly = (*against[:at], Need(need.leaf, not need.holds), *against[at + 1 :])
                found = _against(nearly, number, solver, matching)
                if found is not None:
                    yield found


def _against(against: Way, number: int, solver: Solver, matching: list[Ground]) -> Ground | None:
    """An event that meets the positive needs of a way to match, and `against` too."""
    asked = {key_of(need.leaf) for need in against if need.holds}

    def alike(ground: Ground) -> tuple[bool, int]:
        """Best is a way to match that this very exclusion could spoil; then one that asks for the same."""
        spoilt = any(key_of(need.leaf) in asked for need in ground.way if not need.holds)
        return not spoilt, -sum(key_of(need.leaf) in asked for need in ground.way if need.holds)

    start = number % len(matching) if matching else 0
    for ground in sorted(matching[start:] + matching[:start], key=alike)[:BASES]:
        for way in _turned(ground.way, against):
            event = solver.solve(way, number)
            if event is not None:
                return Ground(way, event)
    return None


def _turned(way: Way, against: Way) -> Iterator[Way]:
    """The way to match with `against` in it; at best, nothing else that the rule excludes holds."""
    changed = {place(need.leaf) for need in against}
    yield (*(need for need in way if need.holds or place(need.leaf) not in changed), *against)
    yield (*(need for need in way if need.holds), *against)


def _moved(grounds: list[Ground]) -> Iterator[tuple[dict[str, Any], str]]:
    """What one of the fields of a computed value holds put into another of them, alone and beside something else."""
    tried: set[Value] = set()
    for way, event in grounds:
        for need in way:
            value = need.leaf.value if isinstance(need.leaf, Match) else None
            if not isinstance(value, Call) or value in tried or not need.holds:
                continue
            tried.add(value)
            names = dict.fromkeys(field.name for field in value_fields(value))
            for here, there in permutations(names, 2):
                if event.get(here):
                    rest = {name: kept for name, kept in event.items() if name not in names}
                    yield {**rest, there: event[here]}, f"{there}: holds what {here} held"
                    for other in (UNRELATED[0], "", event.get(there)):
                        yield {**rest, there: event[here], here: other}, f"{there} and {here}: exchanged"


def _lists(grounds: list[Ground]) -> Iterator[tuple[dict[str, Any], str]]:
    """A second value in one field, as platforms that keep lists may hold it."""
    for _, event in grounds:
        for name, value in event.items():
            if isinstance(value, str) and value:  # what an empty one among others means, no specification says
                yield {**event, name: [value, UNRELATED[0]]}, f"{name}: a second value"
                yield {**event, name: [UNRELATED[0], value]}, f"{name}: another value first"


def _gaps(grounds: list[Ground]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every field dropped from an even share of the events; emptied and set to null once for each set of fields."""
    tried: set[object] = set()
    step = len(grounds) // MOST_GAPS + 1
    # From the last event on: what lost its parentheses shows in an alternative that is not the first.
    for _, event in grounds[::-1][::step]:
        for name, value in event.items():
            yield {other: kept for other, kept in event.items() if other != name}, f"{name}: missing"
            if (key := (name, frozenset(event))) not in tried:
                tried.add(key)
                yield {**event, name: None}, f"{name}: null"
                if isinstance(value, str):
                    yield {**event, name: ""}, f"{name}: empty"


def _near_misses(grounds: list[Ground], most: int) -> Iterator[tuple[dict[str, Any], str]]:
    """Every telling change for the first leaf of each kind; for those like it the edges, and a few others in turn."""
    tried: set[object] = set()
    kinds: dict[object, int] = {}
    count = 0
    for way, event in grounds:
        for need in way:
            if not need.holds or (at := (key_of(need.leaf), need.leaf.span)) in tried:
                continue
            tried.add(at)
            possible = list(changes(need.leaf, place(need.leaf), event))
            turn = kinds.get(kind := kind_of(need.leaf), 0)
            kinds[kind] = turn + 1
            if turn:
                possible = _a_few(possible, turn, 0 if count > most else FEW)
            for change in possible:
                other = {name: value for name, value in event.items() if name != change.field}
                if change.value is not MISSING:
                    other[change.field] = change.value
                yield other, f"{change.field}: {change.why}"
            count += len(possible)
            if count > most * 2:
                return


def _a_few(possible: list[FieldChange], turn: int, few: int) -> list[FieldChange]:
    """The changes at the edges, and some of the others in turn."""
    edges = [change for change in possible if change.edge]
    rest = [change for change in possible if not change.edge]
    return edges + [rest[(turn * FEW + i) % len(rest)] for i in range(min(few, len(rest)))]


def _in_other_case(event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: swap_case(value) if isinstance(value, str) else value for name, value in event.items()}


def _nested(event: Mapping[str, Any]) -> dict[str, Any] | None:
    """The event with dotted names as maps in maps; None if it has none or they get into each other's way.

    Names with a key in brackets, which may hold a dot of its own, stay flat.
    """
    if not any("." in name for name in event) or any("['" in name for name in event):
        return None
    nested: dict[str, Any] = {}
    for name, value in event.items():
        *path, last = name.split(".")
        inner = nested
        for step in path:
            inner = inner.setdefault(step, {})
            if not isinstance(inner, dict):
                return None
        if last in inner:
            return None
        inner[last] = value
    return nested
