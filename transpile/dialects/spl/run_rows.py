"""Commands that look at several rows at once: `sort`, `dedup`, `bin`, `stats`, `eventstats`, `streamstats`."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from types import MappingProxyType
from typing import Any

from transpile.dialects.spl.run_facts import Facts
from transpile.dialects.spl.run_search import number, texts
from transpile.dialects.spl.run_stats import compile_aggregation
from transpile.dialects.spl.strings import unquote
from transpile.dialects.spl.tree import Flag, Plain, Stats
from transpile.evaluate import Unproven
from transpile.record import record

TIME = "_time"
_SORTED = 10_000  # rows that `sort` keeps unless a number says otherwise
_WINDOW = 10_000  # rows that `streamstats` holds (limits.conf, max_stream_window)
_SPAN = re.compile(r"(\d+)(s|sec|m|min|h|hr|d)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@record
class Result:
    """One row: its fields, and the positions of the events that it stands for."""

    facts: Facts
    positions: tuple[int, ...]


Step = Callable[[Iterable[Result]], Iterable[Result]]


def with_fields(row: Result, fields: Mapping[str, Any]) -> Result:
    """The row with these fields set; None clears one."""
    return Result(Facts({**row.facts.event, **fields}), row.positions)


def options_of(flags: Iterable[Flag]) -> dict[str, str]:
    """Options by name."""
    return {one.name.lower(): unquote(one.value) for one in flags}


def seconds(text: str) -> int:
    """The length of a span of time. Raises `Unproven` for months and the like."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise Unproven(f"the span {text}")
    return int(found[1]) * _SECONDS[(found[2] or "s")[0]]


def _one(facts: Facts, name: str) -> str | None:
    """The one value of a field, None if it has none. Raises `Unproven` for several."""
    found = texts(facts, name)
    if len(found) > 1:
        raise Unproven(f"several values of {name} where one is expected")
    return found[0] if found else None


def _time(row: Result) -> float:
    found = _one(row.facts, TIME)
    value = number(found) if found is not None else None
    if value is None:
        raise Unproven("a row without a time")
    return value


# --- sort, dedup, head, bin, fillnull


def sort(command: Plain) -> Step:
    """Ascending unless there is `-` before the field; numbers by size, texts in lexicographical order (`sort`)."""
    words = list(command.words)
    limit = int(words.pop(0)) if words and words[0].isdecimal() else _SORTED
    keys: list[tuple[str, bool]] = []
    descending = False
    for word in words:
        if word in "+-":
            descending = word == "-"
        else:
            keys.append((word.lstrip("+-"), descending or word.startswith("-")))
            descending = False

    def apply(rows: Iterable[Result]) -> Iterable[Result]:
        found = list(rows)
        if limit and len(found) > limit:
            raise Unproven(f"which rows `sort` keeps of more than {limit}")
        for name, reverse in reversed(keys):
            values = [_one(row.facts, name) for row in found]
            if any(value is None for value in values):
                raise Unproven(f"sorting rows without {name}")
            numbers = [number(str(value)) for value in values]
            numeric = all(value is not None for value in numbers)
            order: list[Any] = list(numbers if numeric else values)
            ranked = sorted(zip(order, range(len(found)), strict=True), key=lambda pair: pair[0], reverse=reverse)
            found = [found[at] for _, at in ranked]
        return found

    return apply


def dedup(command: Plain) -> Step:
    """The first row of each combination of values; rows that lack one of the fields go (`dedup`)."""
    if command.options or any(word.isdigit() for word in command.words):
        raise Unproven("options of dedup")

    def apply(rows: Iterable[Result]) -> Iterator[Result]:
        seen: set[tuple[str, ...]] = set()
        for row in rows:
            key = tuple(texts(row.facts, name) for name in command.words)
            if all(key) and (flat := tuple("\0".join(one) for one in key)) not in seen:
                seen.add(flat)
                yield row

    return apply


def bucket(command: Plain) -> Step:
    """`bin _time span=5m AS name`: the start of the bucket, which lies at a multiple of the span (`bin`)."""
    span = options_of(command.options).get("span")
    if span is None or not command.words or command.words[0] != TIME:
        raise Unproven("bin of other than _time, or without a span")
    length = seconds(span)
    name = command.words[2] if len(command.words) == 3 else TIME
    return lambda rows: (with_fields(row, {name: float(_time(row) // length * length)}) for row in rows)


def fillnull(command: Plain) -> Step:
    """Missing fields get the value, 0 by default; without a list of fields, every field that any row has."""
    filling = options_of(command.options).get("value", "0")

    def apply(rows: Iterable[Result]) -> Iterable[Result]:
        found = list(rows)
        names = command.words or tuple(dict.fromkeys(name for row in found for name in row.facts.event))
        return [with_fields(row, {n: filling for n in names if not texts(row.facts, n)}) for row in found]

    return apply


# --- stats


def grouped(rows: Iterable[Result], by: Sequence[str], fill: str | None = None) -> dict[tuple[str, ...], list[Result]]:
    """Rows by the values of some fields, once for each of several; rows that lack one are in no group (`stats`)."""
    groups: dict[tuple[str, ...], list[Result]] = defaultdict(list)
    for row in rows:
        values = [texts(row.facts, name) or ((fill,) if fill is not None else ()) for name in by]
        for key in product(*values):
            groups[key].append(row)
    return groups


def stats(command: Stats) -> Step:
    """A row for each group, with the aggregations and the fields after BY; the order is not documented."""
    found = [(one.name, compile_aggregation(one)) for one in command.aggregations]
    if command.options:
        raise Unproven("options of stats")

    def apply(rows: Iterable[Result]) -> Iterator[Result]:
        groups = grouped(rows, command.by)
        if not groups and not command.by:
            raise Unproven("statistics of no rows")
        for key, members in groups.items():
            facts = [row.facts for row in members]
            fields = dict(zip(command.by, key, strict=True)) | {name: apply(facts) for name, apply in found}
            yield Result(Facts(fields), tuple(sorted({at for row in members for at in row.positions})))

    return apply


def eventstats(command: Stats) -> Step:
    """The aggregations of its group, added to each row (`eventstats`)."""
    found = [(one.name, compile_aggregation(one)) for one in command.aggregations]

    def apply(rows: Iterable[Result]) -> Iterator[Result]:
        every = list(rows)
        groups = grouped(every, command.by)
        columns = {key: {n: f([row.facts for row in members]) for n, f in found} for key, members in groups.items()}
        for row in every:
            key = _key(row, command.by)
            yield row if key is None else with_fields(row, columns[key])

    return apply


def _key(row: Result, by: Sequence[str]) -> tuple[str, ...] | None:
    values = [_one(row.facts, name) for name in by]
    return None if any(value is None for value in values) else tuple(map(str, values))


# --- streamstats


def streamstats(command: Stats, *, edge: bool) -> Step:
    """The aggregations over the rows before and, unless `current=f`, the row itself (`streamstats`).

    `edge`: whether a `time_window` holds a row exactly its length ago, which is not documented.
    """
    options = options_of(command.options)
    unknown = options.keys() - {"current", "window", "global", "time_window"}
    if unknown:
        raise Unproven(f"the option {min(unknown)} of streamstats")
    current = options.get("current", "t")[:1].lower() in "t1"
    window = int(options.get("window", "0"))
    whole = options.get("global", "t")[:1].lower() in "t1"
    length = seconds(options["time_window"]) if "time_window" in options else None
    if length is not None and (window or not current):
        raise Unproven("time_window with window or with current=f")
    found = [(one.name, compile_aggregation(one)) for one in command.aggregations]

    def apply(rows: Iterable[Result]) -> Iterator[Result]:
        keys: list[tuple[str, ...] | None] = []
        groups: dict[tuple[str, ...], _Group] = defaultdict(_Group)
        for row in rows:
            key = _key(row, command.by)
            if key is None:
                keys.append(None)
                yield row
                continue
            group = groups[key]
            if current:
                keys.append(key)
                group.add(row, length)
            held = group.facts
            if length is not None:
                held = group.recent(length, edge)
            elif window:
                last = keys[-window:].count(key) if whole else window
                held = held[-last:] if last else []
            elif len(held) > _WINDOW:
                raise Unproven(f"streamstats over more than {_WINDOW} rows")
            yield with_fields(row, {name: f(held) for name, f in found})
            if not current:
                keys.append(key)
                group.add(row, length)

    return apply


class _Group:
    """The rows of a group so far, and their times where those are asked for."""

    def __init__(self) -> None:
        self.facts: list[Facts] = []
        self._times: list[float] = []

    def add(self, row: Result, length: int | None) -> None:
        """One more row; with a `length`, its time must not be before that of the last."""
        self.facts.append(row.facts)
        if length is not None:
            now = _time(row)
            if self._times and self._times[-1] > now:
                raise Unproven("time_window over rows that are not sorted by time")
            self._times.append(now)

    def recent(self, length: int, edge: bool) -> list[Facts]:
        """The rows that are at most so long before the last."""
        begin = self._times[-1] - length
        at = bisect_left(self._times, begin) if edge else bisect_right(self._times, begin)
        return self.facts[at:]


READERS: Mapping[str, Callable[[Plain], Step]] = MappingProxyType(
    {"sort": sort, "dedup": dedup, "bin": bucket, "bucket": bucket, "fillnull": fillnull}
)
