"""Witnesses: events made from a rule that put a query to the test.

Some must match, one for each way to satisfy the rule; the rest are near misses. Whether an event matches is never
assumed from how it was made: the reference meaning says so. The same rule always gives the same events.

Values suit columns that have one type each (`passes.infer_types`): a field is a number only where all of the rule's
tests of it are numeric.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, permutations, product
from typing import Any, NamedTuple

from transpile.evaluate.facts import Facts
from transpile.evaluate.mutate import FieldChange, changes, swap_case
from transpile.evaluate.reference import Check, compile_check
from transpile.evaluate.solve import FILLS, UNRELATED, Solver, place, subject, unrelated
from transpile.evaluate.values import MISSING
from transpile.evaluate.ways import Need, Way, has_open_alternatives, negations, ways
from transpile.ir.expr import Expr, Keyword, Match
from transpile.ir.match import Call, Cidr, Field, FieldRef, FieldType, Pattern, Regex, Value
from transpile.ir.passes import infer_types
from transpile.ir.rule import Rule
from transpile.ir.walk import leaves, value_fields
from transpile.record import record

MOST_WAYS = 500  # of satisfying one rule; only rules that list hundreds of values have more
MOST_MISSES = 400  # near misses of one rule
WORK = 100_000  # leaves asked in all: rules with thousands of leaves get fewer events
MOST_GAPS = 30  # events from which each field is dropped in turn
FEW = 3  # changes, beside those at the edges, tried on a leaf that is much like one before it
SHIFTS = 8  # how often alternatives are paired off anew for leaves that no event has reached
MOST_NEARLY = 60  # events that miss what the rule excludes by one part
BASES = 6  # matching events tried as the ground for what the rule excludes
ODD = frozenset("\\*?\"'%$^|`\n{}[]()<>. ")  # characters that some language has to escape, or might lose
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


class _Ground(NamedTuple):
    """An event and the needs that it was made to meet."""

    way: Way
    event: dict[str, Any]


def make_witnesses(rule: Rule) -> Witnesses:
    """The events that put a query for this rule to the test. Raises `Unproven` where a regex cannot be run."""
    condition = infer_types(rule).condition
    check = compile_check(condition)
    solver = Solver()
    matching, unreached = _satisfy(condition, check, solver)
    if has_open_alternatives(condition):
        matching = [*_settled(condition, check, solver), *matching]
    made: dict[str, Witness] = {}
    # Fields of which the platform holds one value: no event has a list there.
    single = [name for name, field in _fields(condition).items() if field.mapped and not field.repeated]
    matching = [ground for ground in matching if not _has_list(ground.event, single)]
    for event, why in _events(condition, solver, matching):
        if _has_list(event, single):
            continue
        key = repr(sorted(event.items()))
        if key not in made:
            made[key] = Witness(event, why, check(Facts(event)))
    return Witnesses(tuple(made.values()), unreached)


def _has_list(event: Mapping[str, Any], names: Iterable[str]) -> bool:
    return any(isinstance(event.get(name), list) for name in names)


def _events(condition: Expr, solver: Solver, matching: list[_Ground]) -> Iterator[tuple[dict[str, Any], str]]:
    fields = _fields(condition)
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
        yield from _near_misses(grounds, min(MOST_MISSES, _affordable(condition)))
    yield {}, "no field at all"
    yield {name: unrelated(field, 0) for name, field in fields.items()}, "unrelated values"
    yield {name: "" for name, field in fields.items() if field.type is FieldType.STRING}, "every field empty"
    for ground in matching[:1]:
        nested = _nested(ground.event)
        if nested is not None:
            yield nested, "a way to match, fields nested"


def _but_excluded(condition: Expr, solver: Solver) -> Iterator[tuple[dict[str, Any], str]]:
    """Of a rule that no event was found for: events that meet what it asks for, whatever it excludes."""
    for number, way in enumerate(_chosen(ways(condition), _affordable(condition))):
        event = solver.solve(tuple(need for need in way if need.holds), number)
        if event is not None:
            yield event, "what the rule asks for, whatever it excludes"


def _settled(condition: Expr, check: Check, solver: Solver) -> Iterator[_Ground]:
    """Ways to match in which alternatives that hold of missing fields do not: only there the others can be at fault."""
    for number, way in enumerate(_chosen(ways(condition, alone=True), min(MOST_WAYS, _affordable(condition)))):
        event = solver.solve(way, number) or solver.solve(way, number + 1)
        if event is not None and check(Facts(event)):
            yield _Ground(way, event)


def _satisfy(condition: Expr, check: Check, solver: Solver) -> tuple[list[_Ground], tuple[Match | Keyword, ...]]:
    """Matching events such that each leaf that can help to match does in one; and the leaves that do in none."""
    found: list[_Ground] = []
    reached: set[object] = set()
    wanted: dict[object, Match | Keyword] = {}
    most = min(MOST_WAYS, _affordable(condition))
    for shift in range(SHIFTS):
        for number, way in enumerate(_chosen(ways(condition, shift=shift), most)):
            helping = {_key(need.leaf): need.leaf for need in way if need.holds}
            wanted.update(helping)
            if shift and helping.keys() <= reached:
                continue
            for turn, attempt in enumerate((way, way, _relaxed(way), _relaxed(way), way)):
                event = solver.solve(attempt, number, lists=turn == 4)
                if event is not None and check(Facts(event)):
                    reached |= helping.keys()
                    found.append(_Ground(attempt, event))
                    break
                number += 1
        if wanted.keys() <= reached and found:
            break
    return found, tuple(leaf for key, leaf in wanted.items() if key not in reached)


def _affordable(condition: Expr) -> int:
    """How many events of one sort a rule of this size may have."""
    return max(50, WORK // (1 + sum(1 for _ in leaves(condition))))


def _chosen(all_ways: list[Way], most: int) -> list[Way]:
    """All of the ways; of very many, those that show a new kind of leaf and an even share of the rest."""
    if len(all_ways) <= most:
        return all_ways
    step = len(all_ways) // most + 1
    kinds: set[object] = set()
    chosen = []
    for number, way in enumerate(all_ways):
        new = {_kind(need.leaf) for need in way if need.holds} - kinds
        kinds |= new
        if new or number % step == 0:
            chosen.append(way)
    return chosen


def _relaxed(way: Way) -> Way:
    """The way without what must not hold of fields of which something must: left to luck."""
    asked = {place(need.leaf) for need in way if need.holds}
    return tuple(need for need in way if need.holds or place(need.leaf) not in asked)


def _excluded(condition: Expr, solver: Solver, matching: list[_Ground]) -> Iterator[_Ground]:
    """Events that would match if it were not for something that is under a NOT."""
    for number, against in enumerate(way for negated in negations(condition) for way in ways(negated)):
        found = _against(against, number, solver, matching)
        if found is not None:
            yield found


def _nearly_excluded(condition: Expr, solver: Solver, matching: list[_Ground]) -> Iterator[_Ground]:
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


def _against(against: Way, number: int, solver: Solver, matching: list[_Ground]) -> _Ground | None:
    """An event that meets the positive needs of a way to match, and `against` too."""
    asked = {_key(need.leaf) for need in against if need.holds}

    def alike(ground: _Ground) -> tuple[bool, int]:
        """Best is a way to match that this very exclusion could spoil; then one that asks for the same."""
        spoilt = any(_key(need.leaf) in asked for need in ground.way if not need.holds)
        return not spoilt, -sum(_key(need.leaf) in asked for need in ground.way if need.holds)

    start = number % len(matching) if matching else 0
    for ground in sorted(matching[start:] + matching[:start], key=alike)[:BASES]:
        for way in _turned(ground.way, against):
            event = solver.solve(way, number)
            if event is not None:
                return _Ground(way, event)
    return None


def _turned(way: Way, against: Way) -> Iterator[Way]:
    """The way to match with `against` in it; at best, nothing else that the rule excludes holds."""
    changed = {place(need.leaf) for need in against}
    yield (*(need for need in way if need.holds or place(need.leaf) not in changed), *against)
    yield (*(need for need in way if need.holds), *against)


def _moved(grounds: list[_Ground]) -> Iterator[tuple[dict[str, Any], str]]:
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


def _lists(grounds: list[_Ground]) -> Iterator[tuple[dict[str, Any], str]]:
    """A second value in one field, as platforms that keep lists may hold it."""
    for _, event in grounds:
        for name, value in event.items():
            if isinstance(value, str) and value:  # what an empty one among others means, no specification says
                yield {**event, name: [value, UNRELATED[0]]}, f"{name}: a second value"
                yield {**event, name: [UNRELATED[0], value]}, f"{name}: another value first"


def _gaps(grounds: list[_Ground]) -> Iterator[tuple[dict[str, Any], str]]:
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


def _near_misses(grounds: list[_Ground], most: int) -> Iterator[tuple[dict[str, Any], str]]:
    """Every telling change for the first leaf of each kind; for those like it the edges, and a few others in turn."""
    tried: set[object] = set()
    kinds: dict[object, int] = {}
    count = 0
    for way, event in grounds:
        for need in way:
            if not need.holds or (at := (_key(need.leaf), need.leaf.span)) in tried:
                continue
            tried.add(at)
            possible = list(changes(need.leaf, place(need.leaf), event))
            turn = kinds.get(kind := _kind(need.leaf), 0)
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


def _kind(leaf: Match | Keyword) -> object:
    """What makes two leaves likely to be written alike: the test's kind and the odd characters in it."""
    test = leaf.test
    if isinstance(test, Pattern):
        literal = test.literal
        odd = frozenset(char for char in literal if not char.isalnum()) & ODD
        wildcards = tuple(None if isinstance(part, str) else part for part in test.parts)
        sort: object = (wildcards, test.cased, odd, literal[-1:] == "\\", literal.isascii(), literal.isdigit())
    elif isinstance(test, Regex | Cidr):
        sort = test
    else:
        sort = None
    if isinstance(leaf, Match) and not isinstance(leaf.value, Field):
        return type(test), sort, leaf.value
    return type(test), sort, leaf.field.type if isinstance(leaf, Match) else None


def _key(leaf: Match | Keyword) -> object:
    return subject(leaf), leaf.test


def _fields(condition: Expr) -> dict[str, Field]:
    """The fields that the condition speaks of, in order."""
    fields: dict[str, Field] = {}
    for leaf in leaves(condition):
        if isinstance(leaf, Match):
            for field in value_fields(leaf.value):
                fields.setdefault(field.name, field)
            if isinstance(leaf.test, FieldRef):
                fields.setdefault(leaf.test.field.name, leaf.test.field)
    return fields


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
