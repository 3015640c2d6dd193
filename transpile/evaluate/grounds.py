"""Matching events of a rule: one for each leaf that can help to match, found by solving the ways to match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from transpile.evaluate.facts import Facts
from transpile.evaluate.reference import Check, compile_check
from transpile.evaluate.solve import Solver, place, subject, unrelated
from transpile.evaluate.ways import Way, has_open_alternatives, ways
from transpile.ir.expr import Expr, Keyword, Match
from transpile.ir.match import Cidr, Field, FieldRef, FieldType, Pattern, Regex
from transpile.ir.passes import infer_types
from transpile.ir.rule import Rule
from transpile.ir.walk import leaves, value_fields

MOST_WAYS = 500  # of satisfying one rule; only rules that list hundreds of values have more
WORK = 100_000  # leaves asked in all: rules with thousands of leaves get fewer events
SHIFTS = 8  # how often alternatives are paired off anew for leaves that no event has reached
ODD = frozenset("\\*?\"'%$^|`\n{}[]()<>. ")  # characters that some language has to escape, or might lose


class Ground(NamedTuple):
    """An event and the needs that it was made to meet."""

    way: Way
    event: dict[str, Any]


class Search(NamedTuple):
    """A condition with what was found of it: matching events, and leaves that none of them reaches."""

    condition: Expr
    check: Check
    solver: Solver
    matching: list[Ground]
    unreached: tuple[Match | Keyword, ...]


def search(rule: Rule) -> Search:
    """What is found of a rule's condition. Raises `Unproven` where a regex cannot be run."""
    condition = infer_types(rule).condition
    check, solver = compile_check(condition), Solver()
    matching, unreached = _satisfy(condition, check, solver)
    if has_open_alternatives(condition):
        matching = [*_settled(condition, check, solver), *matching]
    return Search(condition, check, solver, matching, unreached)


def find_match(rule: Rule) -> Mapping[str, Any] | None:
    """The first event that is found to match, None if none is: a search as wide as that of `make_witnesses`.

    Raises `Unproven` where a regex cannot be run.
    """
    condition = infer_types(rule).condition
    check, solver = compile_check(condition), Solver()
    single = single_valued(condition)
    found = _settled(condition, check, solver) if has_open_alternatives(condition) else iter(())
    solved = (one.event for one in chain(found, _grounds(condition, check, solver, set(), {})))
    for event in chain(solved, plain_events(condition)):
        if not has_list(event, single) and check(Facts(event)):
            return event
    return None


def single_valued(condition: Expr) -> list[str]:
    """Fields of which the platform holds one value: no event has a list there."""
    return [name for name, field in fields_of(condition).items() if field.mapped and not field.repeated]


def has_list(event: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Whether one of these fields holds several values."""
    return any(isinstance(event.get(name), list) for name in names)


def plain_events(condition: Expr) -> Iterator[dict[str, Any]]:
    """No field at all; unrelated values in all fields; every field empty."""
    fields = fields_of(condition)
    yield {}
    yield {name: unrelated(field, 0) for name, field in fields.items()}
    yield {name: "" for name, field in fields.items() if field.type is FieldType.STRING}


def _settled(condition: Expr, check: Check, solver: Solver) -> Iterator[Ground]:
    """Ways to match in which alternatives that hold of missing fields do not: only there the others can be at fault."""
    for number, way in enumerate(chosen(ways(condition, alone=True), min(MOST_WAYS, affordable(condition)))):
        event = solver.solve(way, number) or solver.solve(way, number + 1)
        if event is not None and check(Facts(event)):
            yield Ground(way, event)


def _satisfy(condition: Expr, check: Check, solver: Solver) -> tuple[list[Ground], tuple[Match | Keyword, ...]]:
    """Matching events such that each leaf that can help to match does in one; and the leaves that do in none."""
    reached: set[object] = set()
    wanted: dict[object, Match | Keyword] = {}
    found = list(_grounds(condition, check, solver, reached, wanted))
    return found, tuple(leaf for key, leaf in wanted.items() if key not in reached)


def _grounds(
    condition: Expr,
    check: Check,
    solver: Solver,
    reached: set[object],
    wanted: dict[object, Match | Keyword],
) -> Iterator[Ground]:
    """Matching events, until there is one for each leaf that can help; notes the leaves `wanted` and `reached`."""
    most = min(MOST_WAYS, affordable(condition))
    found = False
    for shift in range(SHIFTS):
        for number, way in enumerate(chosen(ways(condition, shift=shift), most)):
            helping = {key_of(need.leaf): need.leaf for need in way if need.holds}
            wanted.update(helping)
            if shift and helping.keys() <= reached:
                continue
            for turn, attempt in enumerate((way, way, _relaxed(way), _relaxed(way), way)):
                event = solver.solve(attempt, number, lists=turn == 4)
                if event is not None and check(Facts(event)):
                    reached.update(helping)
                    found = True
                    yield Ground(attempt, event)
                    break
                number += 1
        if wanted.keys() <= reached and found:
            break


def affordable(condition: Expr) -> int:
    """How many events of one sort a rule of this size may have."""
    return max(50, WORK // (1 + sum(1 for _ in leaves(condition))))


def chosen(all_ways: list[Way], most: int) -> list[Way]:
    """All of the ways; of very many, those that show a new kind of leaf and an even share of the rest."""
    if len(all_ways) <= most:
        return all_ways
    step = len(all_ways) // most + 1
    kinds: set[object] = set()
    kept = []
    for number, way in enumerate(all_ways):
        new = {kind_of(need.leaf) for need in way if need.holds} - kinds
        kinds |= new
        if new or number % step == 0:
            kept.append(way)
    return kept


def _relaxed(way: Way) -> Way:
    """The way without what must not hold of fields of which something must: left to luck."""
    asked = {place(need.leaf) for need in way if need.holds}
    return tuple(need for need in way if need.holds or place(need.leaf) not in asked)


def kind_of(leaf: Match | Keyword) -> object:
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


def key_of(leaf: Match | Keyword) -> object:
    """Equal for leaves that ask the same."""
    return subject(leaf), leaf.test


def fields_of(condition: Expr) -> dict[str, Field]:
    """The fields that the condition speaks of, in order."""
    fields: dict[str, Field] = {}
    for leaf in leaves(condition):
        if isinstance(leaf, Match):
            for field in value_fields(leaf.value):
                fields.setdefault(field.name, field)
            if isinstance(leaf.test, FieldRef):
                fields.setdefault(leaf.test.field.name, leaf.test.field)
    return fields
