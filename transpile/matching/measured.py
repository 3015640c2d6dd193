"""A measure of a window that moves on: rows are added at its end and dropped at its start."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, assert_never

from transpile.evaluate.measures import Values, counted_values, numbers_in, percentile
from transpile.evaluate.open_points import OURS
from transpile.evaluate.rows import TimedRow
from transpile.evaluate.values import MISSING
from transpile.ir.stream import Measure, MeasureKind


class Measured:
    """One measure of one group's window, kept up to date. `apart`: no two rows have the same events."""

    def __init__(self, measure: Measure, apart: bool) -> None:
        self.measure, self.apart = measure, apart and measure.kind is MeasureKind.COUNT
        self.rows = self.numbers = 0
        self.total: int | Fraction = 0  # exact, so that what is dropped leaves nothing behind
        self.counts: Counter[frozenset[int] | Values] = Counter()
        self.ordered: list[int | float] = []

    def add(self, row: TimedRow) -> None:
        """Count a row in."""
        self.rows += 1
        match self.measure.kind:
            case MeasureKind.COUNT | MeasureKind.DISTINCT:
                for one in self.counted(row):
                    self.counts[one] += 1
            case MeasureKind.SUM | MeasureKind.AVERAGE:
                for number in numbers_in(self.measure.fields, row.columns):
                    self.total += number if isinstance(number, int) else Fraction(number)
                    self.numbers += 1
            case _:
                for number in numbers_in(self.measure.fields, row.columns):
                    insort(self.ordered, number)

    def drop(self, row: TimedRow) -> None:
        """Count a row out that was counted in."""
        self.rows -= 1
        match self.measure.kind:
            case MeasureKind.COUNT | MeasureKind.DISTINCT:
                for one in self.counted(row):
                    self.counts[one] -= 1
                    if not self.counts[one]:
                        del self.counts[one]
            case MeasureKind.SUM | MeasureKind.AVERAGE:
                for number in numbers_in(self.measure.fields, row.columns):
                    self.total -= number if isinstance(number, int) else Fraction(number)
                    self.numbers -= 1
            case _:
                for number in numbers_in(self.measure.fields, row.columns):
                    del self.ordered[bisect_left(self.ordered, number)]

    def counted(self, row: TimedRow) -> Iterable[frozenset[int] | Values]:
        """What a count counts of a row."""
        if self.apart:
            return ()
        if self.measure.kind is MeasureKind.COUNT:
            return (row.events,)
        return counted_values(self.measure.fields, row.columns, OURS)

    @property
    def value(self) -> Any:
        """The measure now; `MISSING` where no row has a number."""
        match self.measure.kind:
            case MeasureKind.COUNT | MeasureKind.DISTINCT:
                return self.rows if self.apart else len(self.counts)
            case MeasureKind.SUM | MeasureKind.AVERAGE:
                if not self.numbers:
                    return MISSING
                whole = self.total if self.measure.kind is MeasureKind.SUM else Fraction(self.total) / self.numbers
                return whole if isinstance(whole, int) else float(whole)
            case _ if not self.ordered:
                return MISSING
            case MeasureKind.MINIMUM:
                return self.ordered[0]
            case MeasureKind.MAXIMUM:
                return self.ordered[-1]
            case MeasureKind.PERCENTILE:
                return percentile(self.ordered, 50 if self.measure.rank is None else self.measure.rank)
            case _:
                assert_never(self.measure.kind)
