"""Measures of a window that moves on: rows are added at its end and dropped at its start."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, insort
from collections.abc import Iterable, Sized
from fractions import Fraction
from typing import Any, assert_never

from transpile.evaluate.measures import Values, counted_values, numbers_in, percentile
from transpile.evaluate.open_points import OURS
from transpile.evaluate.rows import TimedRow
from transpile.evaluate.values import MISSING
from transpile.ir.stream import Measure, MeasureKind


class Moving(ABC):
    """One measure of one group's window, kept up to date."""

    @abstractmethod
    def add(self, row: TimedRow) -> None:
        """Count a row in."""

    @abstractmethod
    def drop(self, row: TimedRow) -> None:
        """Count a row out that was counted in."""

    @property
    @abstractmethod
    def value(self) -> Any:
        """The measure now; `MISSING` where no row has a number."""


def moving(measure: Measure, rows: Sized, *, apart: bool) -> Moving:
    """A measure of `rows`, a window that is empty yet. `apart`: no two rows have the same events."""
    match measure.kind:
        case MeasureKind.COUNT:
            return Length(rows) if apart else _Events()
        case MeasureKind.DISTINCT:
            return _Distinct(measure.fields)
        case MeasureKind.SUM | MeasureKind.AVERAGE:
            return _Total(measure)
        case MeasureKind.MINIMUM | MeasureKind.MAXIMUM | MeasureKind.PERCENTILE:
            return _Ordered(measure)
        case _:
            assert_never(measure.kind)


class Length(Moving):
    """The number of rows of which each is an event of its own."""

    def __init__(self, rows: Sized) -> None:
        self.rows = rows

    def add(self, row: TimedRow) -> None:
        """The window itself has it."""

    def drop(self, row: TimedRow) -> None:
        """The window itself has lost it."""

    @property
    def value(self) -> int:
        """How many rows there are."""
        return len(self.rows)


class _Different(Moving):
    """How many different things the rows have, by how many rows have each."""

    def __init__(self) -> None:
        self.counts: dict[Any, int] = {}

    @abstractmethod
    def of(self, row: TimedRow) -> Iterable[Any]:
        """The values of a row that are counted."""

    def add(self, row: TimedRow) -> None:
        counts = self.counts
        for one in self.of(row):
            counts[one] = counts.get(one, 0) + 1

    def drop(self, row: TimedRow) -> None:
        counts = self.counts
        for one in self.of(row):
            if counts[one] == 1:
                del counts[one]
            else:
                counts[one] -= 1

    @property
    def value(self) -> int:
        return len(self.counts)


class _Events(_Different):
    """The number of rows, each set of events once."""

    def of(self, row: TimedRow) -> Iterable[frozenset[int]]:
        return (row.events,)


class _Distinct(_Different):
    """The number of different values."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__()
        self.fields = fields
        self.only = fields[0] if len(fields) == 1 else None

    def of(self, row: TimedRow) -> Iterable[Values]:
        if self.only is not None:
            value = row.columns.get(self.only)
            if type(value) is str and value:  # as nearly always
                return ((value,),)
        return counted_values(self.fields, row.columns, OURS)


class _Total(Moving):
    """A sum or an average, exact, so that what is dropped leaves nothing behind."""

    def __init__(self, measure: Measure) -> None:
        self.fields, self.averages = measure.fields, measure.kind is MeasureKind.AVERAGE
        self.total: int | Fraction = 0
        self.numbers = 0

    def add(self, row: TimedRow) -> None:
        for number in numbers_in(self.fields, row.columns):
            self.total += number if isinstance(number, int) else Fraction(number)
            self.numbers += 1

    def drop(self, row: TimedRow) -> None:
        for number in numbers_in(self.fields, row.columns):
            self.total -= number if isinstance(number, int) else Fraction(number)
            self.numbers -= 1

    @property
    def value(self) -> Any:
        if not self.numbers:
            return MISSING
        whole = Fraction(self.total) / self.numbers if self.averages else self.total
        return whole if isinstance(whole, int) else float(whole)


class _Ordered(Moving):
    """A minimum, a maximum or a percentile."""

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self.ordered: list[int | float] = []

    def add(self, row: TimedRow) -> None:
        for number in numbers_in(self.measure.fields, row.columns):
            insort(self.ordered, number)

    def drop(self, row: TimedRow) -> None:
        for number in numbers_in(self.measure.fields, row.columns):
            del self.ordered[bisect_left(self.ordered, number)]

    @property
    def value(self) -> Any:
        if not self.ordered:
            return MISSING
        match self.measure.kind:
            case MeasureKind.MINIMUM:
                return self.ordered[0]
            case MeasureKind.MAXIMUM:
                return self.ordered[-1]
            case _:
                return percentile(self.ordered, 50 if self.measure.rank is None else self.measure.rank)
