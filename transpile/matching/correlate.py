"""Rules on many events against logs: their base rules' matches are kept in short, and evaluated in order of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from transpile.evaluate.open_points import OURS, window_of
from transpile.evaluate.rows import TimedRow, is_within
from transpile.evaluate.streams import StreamReference
from transpile.evaluate.values import MISSING, lookup
from transpile.garbage import no_garbage_collection
from transpile.ir.asked import asked_of
from transpile.ir.rule import Rule
from transpile.ir.stream import Events, Stream, Where
from transpile.ir.walk import all_events, group_by
from transpile.matching.engine import Compiled, compile_rule, is_incremental
from transpile.matching.groups import keys_of
from transpile.matching.matcher import Event, Matcher
from transpile.matching.run import Hit, RunTally, find_matches
from transpile.matching.spool import Spool
from transpile.matching.times import FIELDS, as_text, time_of
from transpile.matching.windowed import Alone, Stage
from transpile.record import record

Found = dict[int, list[TimedRow]]  # by base rule, or by the identity of each `Events`

SHOWN = 100  # events of one alert that are named
AT_ONCE = 5_000  # moments of which one rule is asked after the other


@record
class Alert:
    """A rule (by its position among the rules) that alerts on a group of events.

    Of the same group, one is given in each timespan. `events` are some of the events, by path and number.
    """

    rule: int
    group: Mapping[str, Any]
    first: float
    last: float
    count: int
    events: tuple[tuple[str, int], ...]

    def to_dict(self, rules: Sequence[Rule]) -> dict[str, Any]:
        """The alert as JSON-ready values: the object that `--format ndjson` writes on a line."""
        rule = rules[self.rule]
        return {
            "rule": rule.id,
            "title": rule.title,
            "level": rule.level,
            "rule_path": rule.source.path,
            "group": dict(self.group),
            "first": as_text(self.first),
            "last": as_text(self.last),
            "events": self.count,
            "records": [{"path": path, "record": number} for path, number in self.events],
        }


def match_rules(
    rules: Sequence[Rule],
    paths: Sequence[Path],
    tally: RunTally,
    progress: Callable[[int, int], None] | None = None,
    *,
    routed: bool = False,
    times: Sequence[str] = FIELDS,
) -> Iterator[Hit | Alert]:
    """The hits of rules on single events as they are found, then the alerts of the others in order of time.

    Rules that only serve others (`Rule.is_base`) have no hits or alerts of their own. `times` are the fields in
    which an event may say when it happened; `tally.untimed` counts matches without a time.
    """
    singles = [number for number, rule in enumerate(rules) if rule.is_single and not rule.is_base]
    many = {number: rule for number, rule in enumerate(rules) if not rule.is_single and not rule.is_base}
    bases = list(bases_of(many))
    matcher = Matcher([*(rules[number] for number in singles), *(base.single for base in bases)], routed=routed)
    correlator = Correlator(many, bases)
    for found in find_matches(matcher, paths, tally, progress):
        related = [at - len(singles) for at in found.matching if at >= len(singles)]
        for at in found.matching[: len(found.matching) - len(related)]:
            tally.hits[singles[at]] += 1
            yield Hit(singles[at], found.path, found.number, found.event)
        if related:
            time = time_of(found.event, times)
            if time is None:
                tally.untimed += 1
            else:
                correlator.add(related, time, found.event, found.path, found.number)
    with no_garbage_collection():
        for alert in correlator.alerts():
            tally.hits[alert.rule] += 1
            yield alert


@record
class Base:
    """A base rule alone, where it is used (a rule's position and the `Events`), and the fields asked of its events."""

    single: Rule
    uses: tuple[tuple[int, Events], ...]
    fields: tuple[str, ...]


def bases_of(rules: Mapping[int, Rule]) -> Iterator[Base]:
    """The base rules of rules on many events; those that ask for the same events are one."""
    uses: dict[object, list[tuple[int, Events]]] = {}
    fields: dict[object, dict[str, None]] = {}
    for number, rule in rules.items():
        asked = asked_of(rule.body)
        for events in all_events(rule.body):
            key = events.condition, events.logsource
            uses.setdefault(key, []).append((number, events))
            fields.setdefault(key, {}).update(dict.fromkeys(asked.get(events.name, ())))
    for one, used in uses.items():
        number, events = used[0]
        yield Base(replace(rules[number], body=events), tuple(used), tuple(fields[one]))


class Correlator:
    """Takes the matches of base rules in any order, then gives the alerts of all rules in order of time."""

    def __init__(self, rules: Mapping[int, Rule], bases: Sequence[Base]) -> None:
        self._rules, self._bases = rules, bases
        self._spool = Spool()
        self._fields: dict[tuple[int, ...], tuple[str, ...]] = {}  # what is kept of events, by the bases that match
        self._paths: dict[str, int] = {}
        self._added = 0

    def add(self, bases: Sequence[int], time: float, event: Event, path: str, number: int) -> None:
        """Keep an event that these base rules (by position) match."""
        matching = tuple(bases)
        fields = self._fields.get(matching)
        if fields is None:
            names = dict.fromkeys(name for base in matching for name in self._bases[base].fields)
            fields = self._fields[matching] = tuple(names)
        kept = {
            name: value
            for name in fields
            if (value := event[name] if name in event else lookup(event, name)) is not MISSING
        }
        place = self._paths.setdefault(path, len(self._paths)) << 80 | number << 40 | self._added
        self._added += 1
        self._spool.add((time, place, matching, kept))

    def alerts(self) -> Iterator[Alert]:
        """Every alert. Rules that are not incremental keep all of their rows in memory."""
        places = {id(events): at for at, base in enumerate(self._bases) for _, events in base.uses}
        compiled = {
            number: compile_rule(rule.body, places) for number, rule in self._rules.items() if is_incremental(rule.body)
        }
        quiet = _Quiet(self._rules, list(self._paths))
        rest = [[(rule, id(events)) for rule, events in base.uses if rule not in compiled] for base in self._bases]
        whole: dict[int, Found] = {}
        plans = _Plans(compiled, self._bases)
        count = 0
        for time, moment in groupby(self._spool.rows(), key=itemgetter(0)):
            together = [(_row((time, time, kept, frozenset((place,)))), bases) for _, place, bases, kept in moment]
            for row, bases in together:
                for base in bases:
                    for rule, used in rest[base]:
                        whole.setdefault(rule, {}).setdefault(used, []).append(row)
            plans.plan(time, together)
            count += 1
            if count == AT_ONCE:
                yield from _alerts_of(plans.calls, quiet)
                count = 0
        yield from _alerts_of(plans.calls, quiet)
        for rule, rows in sorted(whole.items()):
            for alert in StreamReference(self._rules[rule].body).rows_of(rows):
                yield from quiet.alert(rule, alert)


# By rule, what to call next: a function of a time, and of a row or all rows of that moment.
Calls = dict[int, list[tuple[Callable[[float, Any], Sequence[TimedRow]], float, Any]]]


class _Plans:
    """Which rules are to be called at a moment, and how: as nearly always, of one event that one base rule matches."""

    def __init__(self, compiled: Mapping[int, Compiled], bases: Sequence[Base]) -> None:
        self.calls: Calls = {rule: [] for rule in compiled}
        self._compiled = compiled
        self._uses = [{rule for rule, _ in base.uses} & compiled.keys() for base in bases]
        self._ways: dict[tuple[int, ...], list[tuple[Callable[[Any], None], Alone | None, Stage]]] = {}

    def plan(self, time: float, moment: Sequence[tuple[TimedRow, tuple[int, ...]]]) -> None:
        """Note what to call for the rows of a moment, each with the bases that match it."""
        if len(moment) == 1:
            row, bases = moment[0]
            for note, alone, step in self._ways.get(bases) or self._learn(bases):
                note((step, time, {base: [row] for base in bases}) if alone is None else (alone, time, row))
            return
        found: dict[int, list[TimedRow]] = {}
        for row, bases in moment:
            for base in bases:
                found.setdefault(base, []).append(row)
        for note, _, step in self._learn(tuple(found)):
            note((step, time, found))

    def _learn(self, bases: tuple[int, ...]) -> list[tuple[Callable[[Any], None], Alone | None, Stage]]:
        if bases not in self._ways:
            self._ways[bases] = list(self._of(bases))
        return self._ways[bases]

    def _of(self, bases: tuple[int, ...]) -> Iterator[tuple[Callable[[Any], None], Alone | None, Stage]]:
        """Of each rule that uses any of these bases: where to note what to call, and what."""
        for rule in sorted(set().union(*(self._uses[base] for base in bases))):
            own = [base for base in bases if rule in self._uses[base]]
            compiled = self._compiled[rule]
            yield self.calls[rule].append, compiled.alone.get(own[0]) if len(own) == 1 else None, compiled.step


def _alerts_of(calls: Calls, quiet: _Quiet) -> Iterator[Alert]:
    """The alerts of what is noted, in order of time, then of the rules. Empties the notes.

    Rule by rule, not moment by moment: what one rule keeps fits into a processor's cache.
    """
    made: list[tuple[float, int, TimedRow]] = []
    for rule, noted in calls.items():
        for call, time, given in noted:
            if rows := call(time, given):
                made += [(time, rule, row) for row in rows]
        noted.clear()
    made.sort(key=_when)
    for _, rule, row in made:
        yield from quiet.alert(rule, row)


_when = itemgetter(0, 1)


_row: Callable[[tuple[float, float, Mapping[str, Any], frozenset[int]]], TimedRow] = partial(tuple.__new__, TimedRow)


class _Quiet:
    """Makes alerts of rows, one for each group and timespan."""

    def __init__(self, rules: Mapping[int, Rule], paths: Sequence[str]) -> None:
        self._paths = paths
        self._by = {number: group_by(rule.body) for number, rule in rules.items()}
        self._keys = {number: keys_of(by) for number, by in self._by.items()}
        self._windows = {number: window_of(_core(rule.body)) for number, rule in rules.items()}
        self._last: dict[object, float] = {}

    def alert(self, rule: int, row: TimedRow) -> Iterator[Alert]:
        for key in self._keys[rule](row):
            last = self._last.get((rule, key))
            if last is not None and is_within(row.time - last, self._windows[rule], OURS):
                continue
            self._last[rule, key] = row.time
            group = dict(zip(self._by[rule], key, strict=True))
            shown = tuple((self._paths[at >> 80], at >> 40 & (1 << 40) - 1) for at in sorted(row.events)[:SHOWN])
            yield Alert(rule, group, row.first, row.time, len(row.events), shown)


def _core(body: Stream) -> Stream:
    while isinstance(body, Where):
        body = body.input
    return body
