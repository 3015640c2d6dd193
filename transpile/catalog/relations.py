"""Relations between the rules of a catalog, proved by events.

A rule is contained in another if every event made from either that the first matches is matched by the second, and so
is every event made from any other rule of the log source. Candidates are found by the events themselves, so that no
pair of rules is looked at that nothing speaks for.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import islice
from typing import Any, NamedTuple

from transpile.batch.pool import Lost, run
from transpile.catalog.frozen import thaw
from transpile.evaluate import Unproven
from transpile.evaluate.grounds import find_match
from transpile.evaluate.witness import each_match
from transpile.ir.expr import FALSE, TRUE, And, Not
from transpile.ir.rule import Rule
from transpile.matching.matcher import Matcher
from transpile.verify.compare import Side, containment, side_of

Event = Mapping[str, Any]
MOST_EVENTS = 40  # matching events of one rule that others are asked about
MANY_EVENTS = 5_000  # of a log source, from which on several processes share them
CHUNK = 500  # events that a process takes at a time
TIMEOUT = 20.0  # seconds for the events of one rule, for one pair, or for one chunk
KEPT = 64  # rules whose events a process keeps for their next pair


class Pair(NamedTuple):
    """Two rules, of which the first seems to be contained in the second, or equal to it."""

    first: int
    second: int


class Relationship(NamedTuple):
    """How the first of two rules relates to the second, and what shows that they are not the same."""

    first: int
    second: int
    how: str  # equal, contained
    events: int
    witness: Event | None


class _Usable(NamedTuple):
    """A rule that others are compared with, and events that it matches."""

    id: int
    rule: Rule
    events: list[Event]


def prove_relations(db: sqlite3.Connection, jobs: int | None = None) -> int:
    """Find and prove all relations between the rules of a catalog; the number of pairs."""
    rules = {row["id"]: (row["logsource"], row["frozen"]) for row in db.execute(_RULES)}
    texts = {id_: text for id_, (_, text) in rules.items()}
    pairs = list(_pairs(rules, jobs))
    found = [one for one in run(partial(_relate, texts), pairs, jobs=jobs, timeout=TIMEOUT) if isinstance(one, tuple)]
    rows = _rows([Relationship(*one) for one in found])
    db.execute("delete from relation")
    db.executemany("insert into relation values (?,?,?,1,?,?)", rows)
    db.commit()
    return len(rows) // 2


_RULES = "select id, logsource, frozen from rule where frozen is not null order by id"


def _pairs(rules: Mapping[int, tuple[str, str]], jobs: int | None) -> Iterator[Pair]:
    """The pairs to prove, log source by log source."""
    unique = list(dict.fromkeys(text for _, text in rules.values()))
    done = run(_events_of, unique, jobs=jobs, timeout=TIMEOUT)
    made = {text: events for text, events in zip(unique, done, strict=True) if not isinstance(events, Lost) and events}
    groups: dict[str, list[int]] = defaultdict(list)
    for id_, (logsource, text) in rules.items():
        if text in made:
            groups[logsource].append(id_)
    for logsource, members in sorted(groups.items()):
        wider = [id_ for other in sorted(groups) if is_part(logsource, other) for id_ in groups[other]]
        usable = [_Usable(id_, thaw(rules[id_][1]), made[rules[id_][1]]) for id_ in (*members, *wider)]
        yield from _candidates(usable, len(members), jobs)


def is_part(logsource: str, other: str) -> bool:
    """Whether all events of a log source are of another one, which names less.

    >>> is_part("category process_creation, product windows", "category process_creation")
    True
    """
    return other != logsource and "any" not in other and set(other.split(", ")) < set(logsource.split(", "))


def _candidates(usable: Sequence[_Usable], members: int, jobs: int | None) -> Iterator[Pair]:
    """The pairs, the first among so many `members`, for which every event made from any of these rules speaks."""
    if len(usable) < 2:
        return
    matcher = Matcher([one.rule for one in usable])
    events = [event for one in usable for event in one.events]
    chunks = [events[start : start + CHUNK] for start in range(0, len(events), CHUNK)]
    work = partial(_matched_with, matcher)
    done = run(work, chunks, jobs=jobs, timeout=TIMEOUT) if len(events) > MANY_EVENTS else map(work, chunks)
    wider: dict[int, frozenset[int]] = {}
    for part in done:
        if isinstance(part, Lost):
            continue
        for one, others in part.items():
            wider[one] = wider[one] & others if one in wider else others
    for one in sorted(wider):
        if one < members:
            yield from (Pair(usable[one].id, usable[other].id) for other in sorted(wider[one] - {one}))


def _matched_with(matcher: Matcher, events: Sequence[Event]) -> dict[int, frozenset[int]]:
    """For each rule that matches some of the events, the rules that match all of those."""
    wider: dict[int, frozenset[int]] = {}
    for event in events:
        hits = frozenset(matcher.match(event))
        for one in hits:
            wider[one] = wider[one] & hits if one in wider else hits
    return wider


def _events_of(text: str) -> list[Event]:
    """Events that a rule matches; none for a rule without a test, or one that events cannot be made from."""
    rule = thaw(text)
    if rule.condition in (TRUE, FALSE):
        return []
    try:
        return list(islice(each_match(rule), MOST_EVENTS))
    except (Unproven, TypeError):
        return []


def _relate(texts: Mapping[int, str], pair: Pair) -> Relationship | None:
    try:
        return _related(*_side(texts[pair.first]), *_side(texts[pair.second]), pair)
    except (TypeError, Unproven):
        return None


@lru_cache(maxsize=KEPT)
def _side(text: str) -> tuple[Rule, Side]:
    """A rule and what comparing it takes. Raises `Unproven`, `TypeError`."""
    rule = thaw(text)
    return rule, side_of(rule)


def relate(first: Rule, second: Rule) -> Relationship | None:
    """Whether the first rule is equal to the second or contained in it; None if it is not, or nothing shows it.

    Beside the events made from either, events are looked for that the first matches and the second does not.
    """
    try:
        return _related(first, side_of(first), second, side_of(second), Pair(0, 0))
    except (TypeError, Unproven):
        return None


def _related(first: Rule, side: Side, second: Rule, other: Side, pair: Pair) -> Relationship | None:
    found = containment(side, other)
    if found is None or _apart(first, second) is not None:
        return None
    witness = _apart(second, first) if found.witness is None else found.witness
    return Relationship(*pair, "equal" if witness is None else "contained", found.events, witness)


def _apart(first: Rule, second: Rule) -> Event | None:
    """An event that the first rule matches and the second does not, if one is found. Raises `Unproven`."""
    return find_match(first.with_events(condition=And((first.condition, Not(second.condition)))))


def _rows(found: Iterable[Relationship]) -> list[tuple[Any, ...]]:
    """The table's rows, two a pair: one for each direction."""
    equal = {frozenset((one.first, one.second)) for one in found if one.how == "equal"}
    rows: dict[tuple[int, int], tuple[Any, ...]] = {}
    for one in found:
        same = frozenset((one.first, one.second)) in equal
        shown = None if same or one.witness is None else json.dumps(dict(one.witness), ensure_ascii=False, default=str)
        for pair, how in (((one.first, one.second), "contained"), ((one.second, one.first), "contains")):
            rows[pair] = (*pair, "equal" if same else how, one.events, shown)
    return [rows[pair] for pair in sorted(rows)]
