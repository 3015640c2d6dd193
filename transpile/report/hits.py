"""`test --html`: hits over time, by host and by rule, as one page that needs nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from transpile.ir.rule import Rule
from transpile.matching.correlate import Alert
from transpile.matching.run import Hit, RunTally
from transpile.matching.times import FIELDS, as_text, time_of
from transpile.matching.why import Tracer, host_of
from transpile.report.matches import shown
from transpile.report.page import page

LEVELS = ("critical", "high", "medium", "low", "informational", "unset")
MOST_ROWS = 5_000  # hits that are listed; all are counted
_BARS, _WIDTH, _HEIGHT = 60, 1200, 150


@dataclass(slots=True)
class _Group:
    """The hits of one host or one rule."""

    name: str
    path: str = ""
    hits: int = 0
    levels: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    first: float | None = None
    last: float | None = None

    def add(self, level: str, other: str, time: float | None) -> None:
        self.hits += 1
        self.levels.add(level)
        self.others.add(other)
        if time is not None:
            self.first = time if self.first is None else min(self.first, time)
            self.last = time if self.last is None else max(self.last, time)

    def row(self) -> dict[str, Any]:
        level = min(self.levels, key=LEVELS.index)
        return {
            "name": self.name,
            "path": self.path,
            "hits": self.hits,
            "others": len(self.others),
            "level": level,
            "order": LEVELS.index(level),
            "first": _short(self.first),
            "last": _short(self.last),
        }


class HitPage:
    """Collects hits and alerts as they come; `html` makes the page of them."""

    def __init__(self, rules: Sequence[Rule], times: Sequence[str] = FIELDS) -> None:
        self._rules, self._times = rules, times
        self._tracer = Tracer()
        self._hosts: dict[str, _Group] = {}
        self._by_rule: dict[int, _Group] = {}
        self._levels: Counter[str] = Counter()
        self._moments: Counter[tuple[int, str]] = Counter()  # whole seconds and levels
        self._rows: dict[str, list[dict[str, Any]]] = {level: [] for level in LEVELS}
        self._hits = 0

    def add(self, hit: Hit | Alert) -> None:
        """Count a hit."""
        rule = self._rules[hit.rule]
        level = rule.level if rule.level in LEVELS else "unset"
        if isinstance(hit, Alert):
            time: float | None = hit.last
            host = next((str(value) for value in hit.group.values() if value), "-")
            path, number = hit.events[-1]
            fields = {**hit.group, "events": hit.count}
        else:
            time, host, path, number = time_of(hit.event, self._times), host_of(hit.event) or "-", hit.path, hit.number
            fields = {}
        self._hits += 1
        self._levels[level] += 1
        self._hosts.setdefault(host, _Group(host)).add(level, str(hit.rule), time)
        self._by_rule.setdefault(hit.rule, _Group(rule.title, rule.source.path)).add(level, host, time)
        if time is not None:
            self._moments[int(time), level] += 1
        if len(self._rows[level]) < MOST_ROWS:
            if isinstance(hit, Hit):
                fields = self._tracer.deciding(rule, hit.event)
            self._rows[level].append(
                {
                    "time": _short(time),
                    "host": host,
                    "level": level,
                    "order": LEVELS.index(level),
                    "rule": rule.title,
                    "fields": [(name, shown(value)) for name, value in fields.items()],
                    "place": f"{path}:{number}",
                }
            )

    def html(self, tally: RunTally) -> str:
        """The page."""
        rows = [row for level in LEVELS for row in self._rows[level]][:MOST_ROWS]
        if len(rows) == self._hits:
            rows.sort(key=lambda row: row["time"] or "~")
        groups = sorted(self._hosts.values(), key=_rank), sorted(self._by_rule.values(), key=_rank)
        moments = [second for second, _ in self._moments]
        report = {
            "hits": self._hits,
            "rules": len(self._rules),
            "events": tally.events,
            "files": tally.files,
            "first": _short(min(moments)) if moments else "",
            "last": _short(max(moments)) if moments else "",
            "levels": {level: self._levels[level] for level in LEVELS if self._levels[level]},
            "by_host": [one.row() for one in groups[0]],
            "by_rule": [one.row() for one in groups[1]],
            "rows": rows,
            "problems": [f"No events could be read from {path}" for path in tally.empty],
            "width": _WIDTH,
            **_timeline(self._moments),
        }
        return page("testing", report)


def _rank(group: _Group) -> tuple[int, int, str]:
    return min(map(LEVELS.index, group.levels)), -group.hits, group.name


def _short(time: float | None) -> str:
    """A time to the second, as the page shows it."""
    return "" if time is None else as_text(int(time)).replace("T", " ").removesuffix("Z")


def _timeline(moments: Mapping[tuple[int, str], int]) -> dict[str, Any]:
    """The bars of the timeline and the labels below them."""
    if not moments:
        return {"bars": [], "ticks": []}
    seconds = [second for second, _ in moments]
    start, length = min(seconds), max(max(seconds) - min(seconds), 1) + 1
    counts: list[Counter[str]] = [Counter() for _ in range(_BARS)]
    for (second, level), count in moments.items():
        counts[min((second - start) * _BARS // length, _BARS - 1)][level] += count
    highest = max(sum(one.values()) for one in counts)
    step = _WIDTH // _BARS
    bars = [
        {
            "x": at * step,
            "step": step,
            "label": _short(start + at * length / _BARS),
            "count": sum(one.values()),
            "parts": list(_parts(one, highest)),
        }
        for at, one in enumerate(counts)
        if one
    ]
    places = ((0, "start"), (_BARS // 2, "middle"), (_BARS, "end"))
    ticks = [
        {"x": at * step, "anchor": anchor, "label": _short(start + at * (length - 1) / _BARS)} for at, anchor in places
    ]
    return {"bars": bars, "ticks": ticks}


def _parts(counts: Mapping[str, int], highest: int) -> Iterable[dict[str, Any]]:
    """The pieces of one bar, the most severe on top."""
    below = 160.0
    for level in reversed(LEVELS):
        if counts.get(level):
            height = max(counts[level] / highest * _HEIGHT, 2)
            below -= height
            yield {"level": level, "y": round(below, 1), "height": round(height, 1)}
