"""Measures of the rows of a window: counts, distinct values, sums, averages, percentiles."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import ceil, floor
from typing import assert_never

from transpile.evaluate.facts import members
from transpile.evaluate.numbers import as_number
from transpile.evaluate.open_points import Empty, Nothing, Rank, Readings, Shared, Tuples
from transpile.evaluate.rows import TimedRow, spelled
from transpile.evaluate.values import lookup
from transpile.ir.stream import Measure, MeasureKind


def measured(measure: Measure, rows: Sequence[TimedRow], readings: Readings) -> int | float | None:
    """What a measure is of these rows; None where no row has a number."""
    match measure.kind:
        case MeasureKind.COUNT:
            return len({row.events for row in rows}) if readings.shared is Shared.ONCE else len(rows)
        case MeasureKind.DISTINCT:
            return len(_distinct(measure.fields, rows, readings))
        case MeasureKind.SUM:
            numbers = _numbers(measure, rows)
            return sum(numbers) if numbers or readings.nothing is Nothing.ZERO else None
        case MeasureKind.AVERAGE:
            numbers = _numbers(measure, rows)
            return sum(numbers) / len(numbers) if numbers else None
        case MeasureKind.MINIMUM:
            return min(_numbers(measure, rows), default=None)
        case MeasureKind.MAXIMUM:
            return max(_numbers(measure, rows), default=None)
        case MeasureKind.PERCENTILE:
            return percentile(_numbers(measure, rows), 50 if measure.rank is None else measure.rank, readings.rank)
        case _:
            assert_never(measure.kind)


def _distinct(fields: Sequence[str], rows: Sequence[TimedRow], readings: Readings) -> set[tuple[str | None, ...]]:
    found: set[tuple[str | None, ...]] = set()
    for row in rows:
        values: list[tuple[str | None, ...]] = [spelled(lookup(row.columns, name), readings) for name in fields]
        if readings.empty is Empty.COUNTED:
            values = [texts or (None,) for texts in values]
        if readings.tuples is Tuples.POOLED:
            found.update((text,) for texts in values for text in texts)
        else:
            found.update(product(*values))
    return found


def _numbers(measure: Measure, rows: Sequence[TimedRow]) -> list[int | float]:
    """The numbers in the measure's field; of one event, the same number once."""
    found = [
        (row.events, number)
        for row in rows
        for name in measure.fields
        for member in members(lookup(row.columns, name))
        if (number := as_number(member)) is not None
    ]
    return [number for _, number in dict.fromkeys(found)]


def percentile(numbers: Sequence[int | float], rank: float, method: Rank = Rank.NEAREST) -> int | float | None:
    """The percentile of some numbers; None if there are none.

    >>> percentile([15, 20, 35, 40, 50], 30), percentile([15, 20, 35, 40, 50], 30, Rank.LINEAR)
    (20, 23.0)
    """
    if not numbers:
        return None
    ordered = sorted(numbers)
    if method is Rank.NEAREST:
        return ordered[max(ceil(rank * len(ordered) / 100), 1) - 1]
    at = rank * (len(ordered) - 1) / 100
    below = ordered[floor(at)]
    return below + (ordered[ceil(at)] - below) * (at - floor(at))
