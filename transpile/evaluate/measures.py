"""Measures of the rows of a window: counts, distinct values, sums, averages, percentiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from itertools import product
from math import ceil, floor
from typing import Any, assert_never

from transpile.evaluate.facts import members
from transpile.evaluate.numbers import as_number
from transpile.evaluate.open_points import Empty, EmptySum, Rank, Readings, Shared, Tuples
from transpile.evaluate.rows import TimedRow, spelled
from transpile.evaluate.values import lookup
from transpile.ir.stream import Measure, MeasureKind
from transpile.record import record

Values = tuple[str | None, ...]


@record
class Measurer:
    """Measures windows of one group under one reading. `apart`: no two rows of the group have the same events."""

    readings: Readings
    apart: bool = False
    _distinct: dict[tuple[int, int], frozenset[Values]] = field(default_factory=dict)  # by measure and row

    def of(self, measure: Measure, rows: Sequence[TimedRow]) -> int | float | None:
        """What a measure is of these rows, which must stay alive; None where no row has a number."""
        match measure.kind:
            case MeasureKind.COUNT:
                each = self.apart or self.readings.shared is Shared.EACH
                return len(rows) if each else len({row.events for row in rows})
            case MeasureKind.DISTINCT:
                return len(frozenset().union(*(self.distinct(measure, row) for row in rows)))
            case MeasureKind.SUM:
                numbers = _numbers(measure, rows)
                return sum(numbers) if numbers or self.readings.nothing is EmptySum.ZERO else None
            case MeasureKind.AVERAGE:
                numbers = _numbers(measure, rows)
                return sum(numbers) / len(numbers) if numbers else None
            case MeasureKind.MINIMUM:
                return min(_numbers(measure, rows), default=None)
            case MeasureKind.MAXIMUM:
                return max(_numbers(measure, rows), default=None)
            case MeasureKind.PERCENTILE:
                rank = 50 if measure.rank is None else measure.rank
                return percentile(_numbers(measure, rows), rank, self.readings.rank)
            case _:
                assert_never(measure.kind)

    def distinct(self, measure: Measure, row: TimedRow) -> frozenset[Values]:
        """The values of one row that are counted, remembered."""
        found = self._distinct.get((id(measure), id(row)))
        if found is None:
            found = frozenset(counted_values(measure.fields, row.columns, self.readings))
            self._distinct[id(measure), id(row)] = found
        return found


def counted_values(fields: Sequence[str], columns: Mapping[str, Any], readings: Readings) -> Iterable[Values]:
    """The tuples of values of one row that a count of distinct ones counts: most often one, none if it lacks a value.

    >>> from transpile.evaluate.open_points import OURS
    >>> list(counted_values(("a", "b"), {"a": 1, "b": "x"}, OURS)), list(counted_values(("a", "b"), {"a": 1}, OURS))
    ([('1', 'x')], [])
    """
    values: list[Values] = [spelled(lookup(columns, name), readings) for name in fields]
    if readings.empty is Empty.COUNTED:
        values = [texts or (None,) for texts in values]
    if readings.tuples is Tuples.POOLED:
        return [(text,) for texts in values for text in texts]
    return product(*values)


def _numbers(measure: Measure, rows: Sequence[TimedRow]) -> list[int | float]:
    """The numbers in the measure's field; of rows with the same events, the same number once."""
    found = [(row.events, number) for row in rows for number in numbers_in(measure.fields, row.columns)]
    return [number for _, number in dict.fromkeys(found)]


def numbers_in(fields: Sequence[str], columns: Mapping[str, Any]) -> Iterable[int | float]:
    """The numbers that one row has in some fields, each once."""
    values = (member for name in fields for member in members(lookup(columns, name)))
    return dict.fromkeys(number for value in values if (number := as_number(value)) is not None)


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
