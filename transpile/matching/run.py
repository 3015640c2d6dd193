"""Rules against log files: a stream of hits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from transpile.ir.rule import Rule
from transpile.matching.logs import Broken, Unreadable, read_logs
from transpile.matching.matcher import Event, Matcher
from transpile.matching.route import route_of
from transpile.matching.shapes import EventOrigin, EventReader
from transpile.matching.times import FIELDS, as_text, time_of
from transpile.matching.why import Explained, Tracer, explain_event, host_of
from transpile.record import record

KEPT = 20  # broken places that are kept with their reason; all are counted


@record
class Hit:
    """A rule (by its position among the rules) that matches an event of a file."""

    rule: int
    path: str
    number: int
    event: Event

    def time(self, fields: Sequence[str] = FIELDS) -> str | None:
        """When the event happened, as text; None if it does not tell."""
        time = time_of(self.event, fields)
        return None if time is None else as_text(time)

    def to_dict(self, rules: Sequence[Rule], tracer: Tracer, *, with_event: bool = True) -> dict[str, Any]:
        """The hit as JSON-ready values: the object that `--format ndjson` writes on a line."""
        rule = rules[self.rule]
        found: dict[str, Any] = {
            "rule": rule.id,
            "title": rule.title,
            "level": rule.level,
            "rule_path": rule.source.path,
            "path": self.path,
            "record": self.number,
            "time": self.time(),
            "host": host_of(self.event),
            "fields": tracer.deciding(rule, self.event),
        }
        return {**found, "event": self.event} if with_event else found


@dataclass(slots=True)
class RunTally:
    """What a run has seen so far: `hits` by the rules' positions, places and files that could not be read."""

    events: int = 0
    broken: int = 0
    unreadable: int = 0
    problems: list[str] = field(default_factory=list)
    hits: Counter[int] = field(default_factory=Counter)
    files: int = 0
    empty: list[str] = field(default_factory=list)  # files of which nothing could be read
    untimed: int = 0  # events of rules on many events that do not say when they happened

    unread: dict[str, list[str]] = field(default_factory=dict)  # files that could not be opened, by the reason

    def note(self, path: Path, place: Broken) -> None:
        """Count a place that could not be read."""
        self.broken += 1
        if len(self.problems) < KEPT:
            self.problems.append(f"{path}:{place.number}: {place.reason}")

    def give_up(self, path: Path, reason: str) -> None:
        """Count a file that could not be read at all."""
        self.unreadable += 1
        self.unread.setdefault(reason, []).append(str(path))


class MatchedEvent(NamedTuple):
    """An event of a file, and the positions of the rules that match it."""

    path: str
    number: int
    event: Event
    matching: list[int]


def match_logs(
    matcher: Matcher, paths: Sequence[Path], tally: RunTally, progress: Callable[[int, int], None] | None = None
) -> Iterator[Hit]:
    """Every hit of every event in the files, in order, one event in memory at a time; `tally` counts along.

    What cannot be read, a file or a line of one, is counted and skipped. `progress` is called with the bytes read
    and the bytes there are.
    """
    for found in find_matches(matcher, paths, tally, progress):
        for rule in found.matching:
            tally.hits[rule] += 1
            yield Hit(rule, found.path, found.number, found.event)


def read_events(
    paths: Sequence[Path],
    tally: RunTally,
    progress: Callable[[int, int], None] | None = None,
    skips: Callable[[str], bool] | None = None,
) -> Iterator[tuple[str, int, Event, EventOrigin]]:
    """Every event of the files under Sigma's names: its path and number, itself, and what it tells of its origin.

    Lines that `skips` says yes to are only counted. Files of which nothing could be read are in `tally.empty`, and
    count as unreadable.
    """
    sizes = [path.stat().st_size if path.is_file() else 0 for path in paths]
    done = 0

    def moved(at: int, _: int) -> None:
        if progress:
            progress(done + at, sum(sizes))

    reader = EventReader()
    for path, size in zip(paths, sizes, strict=True):
        tally.files += 1
        events, broken, name = tally.events, tally.broken, str(path)
        try:
            for record in read_logs(path, moved, skips and _count(skips, tally)):
                if isinstance(record, Broken):
                    tally.note(path, record)
                    continue
                tally.events += 1
                try:
                    event, origin = reader.read(record.event, record.product)
                except RecursionError:
                    tally.note(path, Broken(record.number, "nested too deeply"))
                    tally.events -= 1
                    continue
                yield name, record.number, event, origin
        except Unreadable as error:
            tally.give_up(path, str(error))
        else:
            if tally.events == events and tally.broken > broken:
                tally.unreadable += 1
                tally.empty.append(str(path))
        done += size


def _count(skips: Callable[[str], bool], tally: RunTally) -> Callable[[str], bool]:
    """`skips`, with the lines that it skips counted as events."""

    def counted(line: str) -> bool:
        if skips(line):
            tally.events += 1
            return True
        return False

    return counted


def find_matches(
    matcher: Matcher, paths: Sequence[Path], tally: RunTally, progress: Callable[[int, int], None] | None = None
) -> Iterator[MatchedEvent]:
    """Every event that some rule matches, like `match_logs`."""
    for path, number, event, origin in read_events(paths, tally, progress, _skips(matcher)):
        try:
            matching = matcher.match(event, origin)
        except RecursionError:  # a reader may take deeper events than can be walked through
            tally.note(Path(path), Broken(number, "nested too deeply"))
            tally.events -= 1
            continue
        if matching:
            yield MatchedEvent(path, number, event, matching)


def _skips(matcher: Matcher) -> Callable[[str], bool] | None:
    """What tells lines that no rule can match; None where msgspec, which it is built on, is missing, as in browsers."""
    try:
        from transpile.matching.prefilter import Prefilter
    except ImportError:
        return None
    return Prefilter(matcher).skips


def nearest_events(
    rule: Rule, paths: Sequence[Path], tally: RunTally, *, routed: bool = True, most: int = 3
) -> tuple[list[Explained], int]:
    """The events that come nearest to a rule, with what holds of it; and how many are of another log source."""
    tracer, route = Tracer(), route_of(rule.logsource)
    nearest: list[Explained] = []
    others = 0
    for path, number, event, origin in read_events(paths, tally):
        if routed and not route.takes(origin):
            others += 1
            continue
        nearest.append(explain_event(tracer, rule, path, number, event))
        nearest.sort(key=lambda one: one.lacking)  # stable: of equals the first come first
        del nearest[most:]
    return nearest, others
