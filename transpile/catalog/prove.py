"""Relations between rules, proved by events, and each rule in every other language.

A rule is contained in another if every event made from either that the first matches is matched by the second, and so
is every event made from any other rule of the log source. Candidates are found by the events themselves, so that no
pair of rules is looked at that nothing speaks for.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from transpile import dialects
from transpile.batch.pool import Lost, run
from transpile.catalog.frozen import thaw
from transpile.codes import Effect
from transpile.conversion import Conversion, Options, convert_reading
from transpile.dialects.base import Reading
from transpile.evaluate import Unproven
from transpile.evaluate.witness import make_witnesses
from transpile.ir.expr import FALSE, TRUE, And, Not
from transpile.ir.rule import Rule
from transpile.matching.matcher import Matcher
from transpile.source import Source
from transpile.verify import verify_conversions
from transpile.verify.compare import Comparison, Relation, compare_rules

Event = Mapping[str, Any]
MOST_EVENTS = 40  # matching events of one rule that others are asked about
TIMEOUT = 20.0


class Pair(NamedTuple):
    """Two rules, of which the first seems to be contained in the second, or equal to it."""

    first: int
    second: int


class Relationship(NamedTuple):
    """How the first of two rules stands to the second, and what shows that they are not the same."""

    first: int
    second: int
    how: str  # equal, contained
    events: int
    witness: Event | None


def prove_relations(db: sqlite3.Connection, jobs: int | None = None) -> int:
    """Find and prove all relations between the rules of a catalog; the number of pairs."""
    db.execute("delete from relation")
    rules = _rules(db)
    texts = list(dict.fromkeys(text for _, text, _ in rules.values()))
    made = dict(zip(texts, run(_events_of, texts, jobs=jobs, timeout=TIMEOUT), strict=True))
    groups: dict[str, list[int]] = defaultdict(list)
    for id_, (logsource, _, _) in rules.items():
        groups[logsource].append(id_)
    pairs: list[Pair] = []
    for logsource, members in sorted(groups.items()):
        wider = [id_ for other in sorted(groups) if is_part(logsource, other) for id_ in groups[other]]
        usable = [
            (id_, thaw(rules[id_][1]), events)
            for id_ in (*members, *wider)
            if isinstance(events := made[rules[id_][1]], list) and events
        ]
        pairs += _candidates(usable, frozenset(members))
    work = partial(_compare, {id_: (text, title) for id_, (_, text, title) in rules.items()})
    found = [one for one in run(work, pairs, jobs=jobs, timeout=TIMEOUT) if isinstance(one, Relationship)]
    equal = {frozenset((one.first, one.second)) for one in found if one.how == "equal"}
    rows: dict[tuple[int, int], tuple[Any, ...]] = {}
    for one in found:
        witness = json.dumps(dict(one.witness), ensure_ascii=False, default=str) if one.witness is not None else None
        if frozenset((one.first, one.second)) in equal:
            rows[one.first, one.second] = (one.first, one.second, "equal", 1, one.events, None)
            rows[one.second, one.first] = (one.second, one.first, "equal", 1, one.events, None)
        else:
            rows[one.first, one.second] = (one.first, one.second, "contained", 1, one.events, witness)
            rows[one.second, one.first] = (one.second, one.first, "contains", 1, one.events, witness)
    db.executemany("insert into relation values (?,?,?,?,?,?)", [rows[key] for key in sorted(rows)])
    db.commit()
    return len(rows) // 2


def _rules(db: sqlite3.Connection) -> dict[int, tuple[str, str, str]]:
    query = "select id, logsource, frozen, title from rule where frozen is not null order by id"
    return {row["id"]: (row["logsource"], row["frozen"], row["title"]) for row in db.execute(query)}


def is_part(logsource: str, other: str) -> bool:
    """Whether all events of a log source are of another one, which names less.

    >>> is_part("category process_creation, product windows", "category process_creation")
    True
    """
    return other != logsource and "any" not in other and set(other.split(", ")) < set(logsource.split(", "))


def _candidates(usable: Sequence[tuple[int, Rule, list[Event]]], members: frozenset[int]) -> list[Pair]:
    """The pairs, the first of `members`, for which every event made from any of these rules speaks."""
    if len(usable) < 2:
        return []
    matcher = Matcher([rule for _, rule, _ in usable])
    wider: dict[int, set[int]] = {}
    for _, _, events in usable:
        for event in events:
            hits = matcher.match(event)
            for one in hits:
                others = wider.get(one)
                wider[one] = set(hits) if others is None else others & set(hits)
    return [
        Pair(usable[one][0], usable[other][0])
        for one, others in sorted(wider.items())
        for other in sorted(others)
        if other != one and usable[one][0] in members
    ]


def _events_of(text: str) -> list[Event]:
    """Events that a rule matches; none for a rule without a test, or one that events cannot be made from."""
    rule = thaw(text)
    if rule.condition in (TRUE, FALSE):
        return []
    try:
        made = make_witnesses(rule)
    except (Unproven, TypeError):
        return []
    return [one.event for one in made.events if one.matches][:MOST_EVENTS]


def _compare(rules: Mapping[int, tuple[str, str]], pair: Pair) -> Relationship | None:
    first, second = (thaw(*rules[id_]) for id_ in pair)
    return relate(first, second, pair)


def relate(first: Rule, second: Rule, pair: Pair | None = None) -> Relationship | None:
    """Whether the first rule is equal to the second or contained in it; None if it is not, or nothing shows it.

    Beside the events made from either, events are looked for that the first matches and the second does not.
    """
    try:
        compared = compare_rules(first, second)
        how, witness = _how(compared), compared.only_second
        if how is None or _apart(first, second) is not None:
            return None
        if how == "equal" and (witness := _apart(second, first)) is not None:
            how = "contained"
    except (TypeError, Unproven):
        return None
    return Relationship(*(pair or Pair(0, 0)), how, compared.events, witness)


def _apart(first: Rule, second: Rule) -> Event | None:
    """An event that the first rule matches and the second does not, if one is found. Raises `Unproven`."""
    both = first.with_events(condition=And((first.condition, Not(second.condition))))
    return next((one.event for one in make_witnesses(both).events if one.matches), None)


def _how(found: Comparison) -> str | None:
    match found.relation:
        case Relation.EQUAL:
            return "equal" if found.common else None
        case Relation.WIDER:
            return "contained" if found.common else None
        case _:
            return None


def prove_translations(db: sqlite3.Connection, jobs: int | None = None, rules: Iterable[int] | None = None) -> int:
    """Write the rules of a catalog in every other language, and prove the queries; the number of rules written.

    Rules that have translations already are not written again.
    """
    query = """select id, title, key, description, level, frozen, language from rule r where frozen is not null
      and not retired and not exists (select 1 from translation t where t.rule = r.id) order by id"""
    wanted = set(rules) if rules is not None else None
    todo = [tuple(row) for row in db.execute(query) if wanted is None or row["id"] in wanted]
    done = 0
    for one, result in zip(todo, run(_translate, todo, jobs=jobs, timeout=TIMEOUT), strict=True):
        if isinstance(result, Lost):
            continue
        done += 1
        db.executemany("insert into translation values (?,?,?,?,?,?,?)", [(one[0], *row) for row in result])
    db.commit()
    return done


def _translate(row: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The rows of one rule: language, data model, status, query, verdict, findings."""
    _, title, key, description, level, frozen, language = row
    rule = thaw(frozen, title)
    rule = Rule(title, rule.body, Source(""), id=key, description=description, level=level)
    targets = tuple(name for name in dialects.writers() if name != language)
    return [_row(one, proof) for one, proof in translations(rule, targets)]


def translations(rule: Rule, targets: tuple[str, ...]) -> list[tuple[Conversion, str]]:
    """A rule in Sigma's names in other languages, each with the verdict of its proof."""
    options = Options(targets, allow_approximate=True)
    made = convert_reading(Reading(rule, id=rule.id, title=rule.title), rule.source, options)
    try:
        verdicts = [one.verdict.value for one in verify_conversions(made, options)]
    except Exception:  # a fault in proving costs the proof, not the query
        verdicts = ["unproven"] * len(made)
    return list(zip(made, verdicts, strict=True))


_TELLING = frozenset({Effect.REFUSED, Effect.APPROXIMATE, Effect.FAILED})


def _row(one: Conversion, verdict: str) -> tuple[Any, ...]:
    said = [[diagnostic.code, diagnostic.message] for diagnostic in one.diagnostics if diagnostic.effect in _TELLING]
    query = one.query if verdict != "disproven" else None
    findings = json.dumps(list({tuple(pair): pair for pair in said}.values())[:6], ensure_ascii=False)
    return one.target, one.model, one.status.value, query, verdict, findings
