"""Rows of streams: their keys and windows, under a reading of the open points."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, product
from typing import Any, NamedTuple

from transpile.evaluate.facts import fold, members, spell
from transpile.evaluate.open_points import Edge, InnerFields, Keys, Letters, Lists, Readings, Windows
from transpile.evaluate.values import MISSING, lookup
from transpile.ir.stream import Window, WindowKind

Key = tuple[str | None, ...]


class TimedRow(NamedTuple):
    """A row of a stream: its time, the time of its first event, its columns, and the positions of its events."""

    time: float
    first: float
    columns: Mapping[str, Any]
    events: frozenset[int]


def row_keys(row: TimedRow, by: Sequence[str], readings: Readings) -> Iterator[Key]:
    """The groups that a row is in: one, none where a column has no value, or one for each of several values."""
    return product(*(_key_values(lookup(row.columns, name), readings) for name in by))


def _key_values(value: Any, readings: Readings) -> tuple[str | None, ...]:
    texts = spelled(value, readings)
    if len(texts) > 1 and readings.lists is Lists.WHOLE:
        texts = (", ".join(texts),)
    return texts or ((None,) if readings.keys is Keys.NULL else ())


def spelled(value: Any, readings: Readings) -> tuple[str, ...]:
    """The values of a column as text, each once, without empty ones."""
    texts = dict.fromkeys(text for member in members(value) if (text := spell(member)))
    return tuple(dict.fromkeys(map(fold, texts))) if readings.letters is Letters.FOLDED else tuple(texts)


def grouped(rows: Iterable[TimedRow], by: Sequence[str], readings: Readings) -> dict[Key, list[TimedRow]]:
    """The rows of each group, in order of time."""
    groups: dict[Key, list[TimedRow]] = {}
    for row in sorted(rows, key=lambda row: row.time):
        for key in row_keys(row, by, readings):
            groups.setdefault(key, []).append(row)
    return groups


def windows(rows: Sequence[TimedRow], window: Window | None, readings: Readings) -> Iterator[Sequence[TimedRow]]:
    """The windows of one group, whose rows are in order of time, each with at least one row."""
    if not rows:
        return
    if window is None:
        yield rows
        return
    match window.kind:
        case WindowKind.SLIDING:
            yield from _sliding(rows, window.seconds, readings)
        case WindowKind.TUMBLING:
            buckets: dict[int, list[TimedRow]] = {}
            for row in rows:
                buckets.setdefault(int(row.time // window.seconds), []).append(row)
            yield from buckets.values()
        case WindowKind.SESSION:
            session = [rows[0]]
            for before, row in pairwise(rows):
                if not is_within(row.time - before.time, window, readings):
                    yield session
                    session = []
                session.append(row)
            yield session


def _sliding(rows: Sequence[TimedRow], seconds: float, readings: Readings) -> Iterator[Sequence[TimedRow]]:
    times = [round(row.time, 6) for row in rows]  # as exact as floats of our time are
    distinct = list(dict.fromkeys(times))
    match readings.windows:
        case Windows.END:
            starts = [round(time - seconds, 6) for time in distinct]
        case Windows.START:
            starts = distinct
        case Windows.ANY:
            edges = sorted({round(time - shift, 6) for time in distinct for shift in (0, seconds)})
            starts = sorted([*edges, *((one + other) / 2 for one, other in pairwise(edges))])
    outside = readings.edge is Edge.OUTSIDE
    first = bisect_right if outside and readings.windows is not Windows.START else bisect_left
    last = bisect_left if outside and readings.windows is Windows.START else bisect_right
    for start in starts:
        inside = rows[first(times, start) : last(times, round(start + seconds, 6))]
        if inside:
            yield inside


def is_within(apart: float, window: Window | None, readings: Readings) -> bool:
    """Whether two rows this many seconds apart share a window."""
    if window is None:
        return True
    apart = round(apart, 6)
    return apart < window.seconds or (apart == window.seconds and readings.edge is Edge.INSIDE)


def made_columns(
    rows: Sequence[TimedRow], columns: Mapping[str, Any], readings: Readings, *, instant: bool = False
) -> dict[str, Any]:
    """The columns of a row made of several in order of time: `first` and `last` beside those given.

    `instant` says that each of them begins when it ends.
    """
    below = rows[-1].columns if readings.inner_fields is InnerFields.LAST else {}
    first = rows[0].time if instant else min(row.first for row in rows)
    return {**below, **columns, "first": first, "last": rows[-1].time}


def made_of(rows: Sequence[TimedRow], columns: Mapping[str, Any]) -> TimedRow:
    """A row made of several in order of time, at the time of the last; `columns` as `made_columns` returns them."""
    return TimedRow(rows[-1].time, columns["first"], columns, frozenset().union(*(row.events for row in rows)))


def key_columns(by: Sequence[str], key: Key, last: TimedRow) -> dict[str, Any]:
    """The group's columns: values as the last row has them, but one of a list that is a key by itself."""
    found: dict[str, Any] = {}
    for name, text in zip(by, key, strict=True):
        value = lookup(last.columns, name)
        found[name] = text if isinstance(value, list | tuple) or value is MISSING else value
    return found
