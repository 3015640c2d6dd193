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
from transpile.matching.windows import normalise
from transpile.record import record

KEPT = 20  # broken places that are kept with their reason; all are counted


@record
class Hit:
    """A rule (by its position among the rules) that matches an event of a file."""

    rule: int
    path: str
    number: int
    event: Event

    def to_dict(self, rules: Sequence[Rule], *, with_event: bool = True) -> dict[str, Any]:
        """The hit as JSON-ready values: the object that `--format ndjson` writes on a line."""
        rule = rules[self.rule]
        found: dict[str, Any] = {
            "rule": rule.id,
            "title": rule.title,
            "level": rule.level,
            "rule_path": rule.source.path,
            "path": self.path,
            "record": self.number,
        }
        return {**found, "event": self.event} if with_event else found


@dataclass(slots=True)
class Tally:
    """What a run has seen so far: `hits` by the rules' positions, places and files that could not be read."""

    events: int = 0
    broken: int = 0
    unreadable: int = 0
    problems: list[str] = field(default_factory=list)
    hits: Counter[int] = field(default_factory=Counter)
    files: int = 0
    untimed: int = 0  # events of rules on many events that do not say when they happened

    def note(self, path: Path, place: Broken | str) -> None:
        """Count a place that could not be read."""
        self.broken += 1
        if len(self.problems) < KEPT:
            where = f"{path}:{place.number}: {place.reason}" if isinstance(place, Broken) else f"{path}: {place}"
            self.problems.append(where)


class Found(NamedTuple):
    """An event of a file, and the positions of the rules that match it."""

    path: str
    number: int
    event: Event
    matching: list[int]


def match_logs(
    matcher: Matcher, paths: Sequence[Path], tally: Tally, progress: Callable[[int, int], None] | None = None
) -> Iterator[Hit]:
    """Every hit of every event in the files, in order, one event in memory at a time; `tally` counts along.

    What cannot be read, a file or a line of one, is counted and skipped. `progress` is called with the bytes read
    and the bytes there are.
    """
    for found in find_matches(matcher, paths, tally, progress):
        for rule in found.matching:
            tally.hits[rule] += 1
            yield Hit(rule, found.path, found.number, found.event)


def find_matches(
    matcher: Matcher, paths: Sequence[Path], tally: Tally, progress: Callable[[int, int], None] | None = None
) -> Iterator[Found]:
    """Every event that some rule matches, like `match_logs`."""
    sizes = [path.stat().st_size if path.is_file() else 0 for path in paths]
    done = 0

    def moved(at: int, _: int) -> None:
        if progress:
            progress(done + at, sum(sizes))

    for path, size in zip(paths, sizes, strict=True):
        tally.files += 1
        try:
            for record in read_logs(path, moved):
                if isinstance(record, Broken):
                    tally.note(path, record)
                    continue
                try:
                    event = normalise(record.event)
                    matching = matcher.match(event)
                except RecursionError:  # a reader may take deeper events than can be walked through
                    tally.note(path, Broken(record.number, "nested too deeply"))
                    continue
                tally.events += 1
                if matching:
                    yield Found(str(path), record.number, event, matching)
        except Unreadable as error:
            tally.unreadable += 1
            tally.note(path, str(error))
        done += size
