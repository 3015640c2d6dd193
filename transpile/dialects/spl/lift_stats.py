"""Aggregations as IR: what `stats` and `tstats` count, by which fields, in which window."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from transpile.dialects.spl import codes
from transpile.dialects.spl import tree as spl
from transpile.dialects.spl.lift_fields import through
from transpile.dialects.spl.lift_value import COLUMN, Choice, Computed, Nothing, Several, Unknown, unfilled
from transpile.ir.match import Call, Field, Function, Literal
from transpile.ir.stream import Aggregate, Column, Compute, Measure, MeasureKind, Stream, Window, WindowKind
from transpile.record import record

_COUNTS = ("count", "c")
_DISTINCT = ("dc", "distinct_count", "estdc")
_ANY_OF = ("values", "list")
_KINDS = {
    "sum": MeasureKind.SUM,
    "avg": MeasureKind.AVERAGE,
    "mean": MeasureKind.AVERAGE,
    "min": MeasureKind.MINIMUM,
    "max": MeasureKind.MAXIMUM,
}
_RANK = re.compile(r"(?:exactperc|perc|p)(\d+(?:\.\d+)?)")
_SPAN = re.compile(r"(\d+)?(s|sec|secs|second|seconds|m|min|mins|minute|minutes|h|hr|hrs|hour|hours|d|day|days)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(span: str) -> int | None:
    """The length of a span of time, if it is one of seconds to days.

    >>> seconds("5m"), seconds("h"), seconds("1mon")
    (300, 3600, None)
    """
    found = _SPAN.fullmatch(span)
    return int(found[1] or 1) * _SECONDS[found[2][0]] if found else None


@record
class Fold:
    """A `stats` or `tstats`: the values that its rows are told apart by, and its measures by column."""

    by: tuple[tuple[str, Computed], ...]
    measures: tuple[tuple[str, Measure], ...]
    columns: tuple[Column, ...]  # computed values that it counts
    window: Window | None
    each_time: bool  # rows are told apart by their very time

    def stage(self, input: Stream, used: Sequence[str]) -> Stream | None:
        """The aggregation with the measures that are used; None if a value that tells its rows apart has no form."""
        columns = {column.name: column for column in self.columns}
        by: list[str] = []
        for name, value in self.by:
            match value:
                case Field(field):
                    by.append(field)
                case Call():
                    columns[name] = Column(name, value)
                    by.append(name)
                case Literal():
                    pass
                case Choice(_, Literal() as fill) if isinstance(plain := unfilled(value), Field):
                    columns[name] = Column(name, Call(Function.COALESCE, (plain, fill)))
                    by.append(name)
                case _:
                    return None
        if self.each_time:
            return None
        measures = tuple(measure for name, measure in self.measures if name in used)
        needed = {field for measure in measures for field in measure.fields} | set(by)
        computed = tuple(column for name, column in columns.items() if name in needed)
        return Aggregate(Compute(input, computed) if computed else input, measures, tuple(by), self.window)


@dataclass(slots=True)
class Folding:
    """Collects what the aggregations of one command make."""

    by: tuple[tuple[str, Computed], ...]
    before: Fold | None  # an aggregation whose rows this one counts
    measures: dict[str, Measure]
    columns: dict[str, Column]

    def result(self, one: spl.Aggregation, argument: Computed | None, text: str) -> Computed:
        """What the column of an aggregation holds."""
        function = one.function.lower()
        unknown = Unknown(text or one.name, codes.SPL015)
        argument = None if argument is None else unfilled(argument)
        if isinstance(one.argument, str) and function in _ANY_OF and argument is not None:
            grouped = next((value for _, value in self.by if unfilled(value) == argument), None)
            return grouped if grouped is not None else marked(argument)
        if self.before is not None:
            return self._over_rows(one, function, argument, unknown)
        if function in _COUNTS:
            plain = one.argument is None or any(unfilled(value) == argument for _, value in self.by)
            return self._measure(one, MeasureKind.COUNT, ()) if plain else unknown
        kind = MeasureKind.DISTINCT if function in _DISTINCT else _KINDS.get(function)
        rank = _RANK.fullmatch("perc50" if function == "median" else function)
        if isinstance(argument, Field) and argument.name == "_time":
            return unknown
        name = self._name(one, argument)
        if name is None or (kind is None and rank is None):
            return unknown
        if kind is None and rank is not None:
            return self._measure(one, MeasureKind.PERCENTILE, (name,), float(rank[1]))
        assert kind is not None
        return self._measure(one, kind, (name,))

    def _over_rows(self, one: spl.Aggregation, function: str, argument: Computed | None, unknown: Unknown) -> Computed:
        """Counting the rows of an aggregation is counting what tells them apart."""
        assert self.before is not None
        apart = dict(self.before.by)
        fields = tuple(plain.name for value in apart.values() if isinstance(plain := unfilled(value), Field))
        whole = len(fields) == len(apart) and not self.before.each_time and self.before.window is None
        if function in _COUNTS and one.argument is None and whole:
            return self._measure(one, MeasureKind.DISTINCT, fields)
        if function in _DISTINCT and isinstance(argument, Field) and argument.name in fields and whole:
            return self._measure(one, MeasureKind.DISTINCT, (argument.name,))
        if function == "sum" and whole and self._counts(argument):
            return self._measure(one, MeasureKind.COUNT, ())
        return unknown

    def _counts(self, argument: Computed | None) -> bool:
        """Whether the column is a count of events."""
        measures = dict(self.before.measures) if self.before else {}
        name = argument.name.removeprefix(COLUMN) if isinstance(argument, Field) else ""
        return name in measures and measures[name].kind is MeasureKind.COUNT

    def _name(self, one: spl.Aggregation, argument: Computed | None) -> str | None:
        """The field that is counted; a computed value gets a column."""
        match argument:
            case Field(name) if not name.startswith(COLUMN):
                return name
            case Call():
                name = one.argument if isinstance(one.argument, str) else one.name
                self.columns[name] = Column(name, argument)
                return name
            case _:
                return None

    def _measure(
        self, one: spl.Aggregation, kind: MeasureKind, fields: tuple[str, ...], rank: float | None = None
    ) -> Computed:
        self.measures[one.name] = Measure(one.name, kind, fields, rank)
        return Field(COLUMN + one.name)


GROUPED = "\1"  # before the name of a field of which any value in the group may pass a test


def marked(value: Computed) -> Computed:
    """Every value among the events of a group."""
    match value:
        case Field(name) if not name.startswith((COLUMN, GROUPED)):
            return Several(Field(GROUPED + name))
        case Several() | Unknown():
            return value
        case _:
            return Unknown("the values of a group", codes.SPL015)


def spread(
    aggregations: Sequence[spl.Aggregation], before: Callable[[str], Computed], tested: bool
) -> Callable[[str], Computed] | None:
    """What other columns hold if an aggregation is one of many fields at once (`values(*) as *`), by their name.

    `before`: what each field held. `tested`: whether the rows are those of another aggregation that was tested.
    """
    found = [(one, one.argument) for one in aggregations if isinstance(one.argument, str) and "*" in one.argument]
    if not found:
        return None

    def held(name: str) -> Computed:
        for one, argument in found:
            field = through(name, one.alias or f"{one.function}({argument})", argument)
            if field is not None:
                plain = one.function.lower() in _ANY_OF and not tested
                return marked(unfilled(before(field))) if plain else Unknown(one.name, codes.SPL015)
        return Nothing()

    return held


def window_of(span: str | None) -> Window | None:
    """The fixed buckets that a span makes."""
    length = seconds(span) if span else None
    return Window(length, WindowKind.TUMBLING) if length else None


def used_columns(names: Iterator[str]) -> tuple[str, ...]:
    """The columns of an aggregation among the names of fields."""
    return tuple(dict.fromkeys(name.removeprefix(COLUMN) for name in names if name.startswith(COLUMN)))
