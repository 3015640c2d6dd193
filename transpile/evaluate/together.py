"""Rows of several inputs of one group: in any order, and in sequence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from transpile.evaluate.facts import Facts
from transpile.evaluate.open_points import Double, Readings, Ties
from transpile.evaluate.reference import Check
from transpile.evaluate.rows import Key, TimedRow, is_within, key_columns, made_columns, made_of, windows
from transpile.ir.stream import MATCHED, Window

Inputs = Sequence[Sequence[TimedRow]]  # the rows of each input, of one group, in order of time


def together(
    names: Sequence[str],
    inputs: Inputs,
    by: tuple[str, ...],
    key: Key,
    within: Window | None,
    holds: Check | None,
    readings: Readings,
) -> Iterator[TimedRow]:
    """The rows of a `Together` in one group. `holds` None asks for all inputs."""
    rows: dict[int, TimedRow] = {}
    serves: dict[int, list[int]] = {}
    for number, given in enumerate(inputs):
        for row in given:
            rows[id(row)] = row
            serves.setdefault(id(row), []).append(number)
    for window in windows(sorted(rows.values(), key=lambda row: row.time), within, readings):
        seen = {number: [row for row in window if number in serves[id(row)]] for number in range(len(inputs))}
        present = _distinct(seen) if readings.double is Double.DISTINCT else {n for n, found in seen.items() if found}
        facts: dict[str, Any] = {names[number]: True for number in present}
        if len(present) == len(inputs) if holds is None else holds(Facts({**facts, MATCHED: len(present)})):
            columns = {**key_columns(by, key, window[-1]), MATCHED: len(present)}
            yield made_of(window, made_columns(window, columns, readings))


def _distinct(seen: Mapping[int, Sequence[TimedRow]]) -> set[int]:
    """As many inputs as can each have a row of events that serves no other (a matching, by augmenting paths)."""
    taken: dict[frozenset[int], int] = {}

    def place(number: int, tried: set[frozenset[int]]) -> bool:
        for row in seen[number]:
            if row.events not in tried:
                tried.add(row.events)
                if row.events not in taken or place(taken[row.events], tried):
                    taken[row.events] = number
                    return True
        return False

    for number in seen:
        place(number, set())
    return set(taken.values())


class Steps(NamedTuple):
    """The steps of a sequence in one group: rows of those that must happen, and of what must not before each.

    `never[i]` are the rows that must not lie between step i - 1 and step i; the first entry is for what must not come
    before, one more at the end for what must not come after.
    """

    rows: Inputs
    never: Inputs
    until: Sequence[TimedRow]


Chain = tuple[TimedRow, ...]


def sequence(
    steps: Steps, by: tuple[str, ...], key: Key, within: Window | None, readings: Readings
) -> Iterator[TimedRow]:
    """The rows of a `Sequence` in one group: one for each row of the last step that ends one.

    Each row of a step continues the chain before it that began last: if any chain fits the window, this one does. Only
    what must not happen before or after all steps may spare a chain that began earlier; then all are kept.
    """
    every = bool(steps.never[0] or steps.never[-1])
    chains: list[Chain] = [(row,) for row in steps.rows[0]] if steps.rows else []
    for number, rows in enumerate(steps.rows[1:], start=1):
        follows = _follows(steps.never[number], readings)
        longer: list[Chain] = []
        for row in rows:
            before = sorted((chain for chain in chains if follows(chain[-1], row)), key=_start)
            kept = {id(chain[0]): chain for chain in before}.values() if every else before[-1:]
            longer += [(*chain, row) for chain in kept]
        chains = longer
    ends: dict[int, Chain] = {}
    for chain in sorted(chains, key=_start):
        if is_within(chain[-1].time - chain[0].time, within, readings) and not _is_ended(
            chain, steps, within, readings
        ):
            ends[id(chain[-1])] = chain
    for chain in ends.values():
        yield made_of(chain, made_columns(chain, key_columns(by, key, chain[-1]), readings))


def _start(chain: Chain) -> tuple[float, float]:
    return chain[0].time, chain[-1].time


def _follows(never: Sequence[TimedRow], readings: Readings) -> Callable[[TimedRow, TimedRow], bool]:
    ordered = readings.ties is Ties.ORDERED

    def follows(one: TimedRow, other: TimedRow) -> bool:
        later = one.time < other.time or (ordered and one.time == other.time and one.events != other.events)
        return later and not any(_is_between(one.time, row.time, other.time, readings) for row in never)

    return follows


def _is_between(one: float, at: float, other: float, readings: Readings) -> bool:
    return one < at < other if readings.ties is Ties.UNORDERED else one <= at <= other


def _is_ended(chain: Chain, steps: Steps, within: Window | None, readings: Readings) -> bool:
    """Whether something happened that must not: before the first step, after the last, or what ends a sequence."""
    first, last = chain[0].time, chain[-1].time
    if any(_is_between(first, row.time, last, readings) for row in steps.until):
        return True
    if any(row.time < first and is_within(last - row.time, within, readings) for row in steps.never[0]):
        return True
    return any(row.time > last and is_within(row.time - first, within, readings) for row in steps.never[-1])
