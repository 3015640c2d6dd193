"""Lifts STATS: keys, windows and measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from transpile.codes import Direction
from transpile.dialects.esql import codes
from transpile.dialects.esql import tree as esql
from transpile.dialects.esql.lift_condition import Lifting
from transpile.dialects.esql.lift_time import window_of
from transpile.dialects.esql.lift_values import UnliftableError, lift_value, substitute
from transpile.ir.expr import And, Expr, Match
from transpile.ir.match import Call, Field, Literal, Value
from transpile.ir.stream import Aggregate, Column, Compute, Events, Measure, MeasureKind, Stream, Window, WindowKind
from transpile.source import Span

_KINDS = {
    "COUNT_DISTINCT": MeasureKind.DISTINCT,
    "SUM": MeasureKind.SUM,
    "AVG": MeasureKind.AVERAGE,
    "MIN": MeasureKind.MINIMUM,
    "MAX": MeasureKind.MAXIMUM,
    "MEDIAN": MeasureKind.PERCENTILE,
    "PERCENTILE": MeasureKind.PERCENTILE,
}


@dataclass(slots=True)
class Grouping:
    """What one STATS computes. `keys`: the columns of BY, as expressions of events; `opaque`: what is not known."""

    keys: dict[str, esql.Expr] = field(default_factory=dict)
    window: Window | None = None
    measures: dict[str, Measure] = field(default_factory=dict)
    computed: dict[str, Value] = field(default_factory=dict)
    opaque: set[str] = field(default_factory=set)
    needed: set[str] = field(default_factory=set)
    span: Span | None = None

    def need(self, names: set[str]) -> None:
        """A condition asks for these columns."""
        self.needed |= names

    def stream(self, events: Events, lifting: Lifting) -> Stream:
        """The groups of the events, with the measures that conditions ask for."""
        wanted = tuple(one for name, one in self.measures.items() if name in self.needed)
        columns: list[Column] = []
        for name, expr in self.keys.items():
            value = self.computed.get(name) or _value(expr)
            if value is not None and value != Field(name):
                columns.append(Column(name, value))
        fields = {name for one in wanted for name in one.fields}
        columns += [Column(name, value) for name, value in self.computed.items() if name in fields]
        for name, expr in self.keys.items():
            if isinstance(expr, esql.Column) and not _requires(events.condition, expr.name):
                lifting.report.approximate(codes.ESQ012, self.span, wider=False, field=name)
        return Aggregate(
            Compute(events, tuple(columns)) if columns else events, wanted, tuple(self.keys), self.window, self.span
        )


def group_of(stats: esql.Stats, known: Mapping[str, esql.Expr], lifting: Lifting) -> Grouping:
    """What STATS groups by and computes. Keys that have no form in IR are left out."""
    found = Grouping(span=stats.span)
    for one in stats.by:
        value = substitute(one.value, known)
        seconds = window_of(value)
        if seconds is not None:
            found.window = Window(seconds, WindowKind.TUMBLING)
            found.opaque.add(one.column)
        elif lifting.is_opaque(value) or _value(value) is None:
            lifting.leave(f"BY {one.column}", stats.span, Direction.WIDER)
            found.opaque.add(one.column)
        else:
            found.keys[one.column] = value
    for one in stats.measures:
        try:
            if one.condition is not None:
                raise UnliftableError("a measure of some rows")
            found.measures[one.column] = _measure(one.column, substitute(one.value, known), stats.span, found, lifting)
        except UnliftableError:
            found.opaque.add(one.column)
    return found


def _measure(name: str, value: esql.Expr, span: Span | None, found: Grouping, lifting: Lifting) -> Measure:
    match value:
        case esql.Call("COUNT", () | (esql.Star(),)):
            return Measure(name, MeasureKind.COUNT, span=span)
        case esql.Call(function, (operand, *rest)) if function in _KINDS and not lifting.is_opaque(operand):
            rank = 50.0 if function == "MEDIAN" else None
            if function == "PERCENTILE":
                if not rest or not isinstance(rest[0], esql.Number):
                    raise UnliftableError("a percentile that is not a constant")
                rank = float(rest[0].value)
            return Measure(name, _KINDS[function], (_column(operand, found),), rank, span)
        case _:
            raise UnliftableError("a measure without a counterpart")


def _column(operand: esql.Expr, found: Grouping) -> str:
    """The name of the column that holds what is measured, which may have to be computed first."""
    value = lift_value(operand)
    if isinstance(value, Field):
        return value.name
    if isinstance(value, Literal):
        raise UnliftableError("a measure of a constant")
    name = f"measured_{len(found.computed) + 1}"
    found.computed[name] = value
    return name


def _value(expr: esql.Expr) -> Field | Call | Literal | None:
    try:
        return lift_value(expr)
    except UnliftableError:
        return None


def _requires(condition: Expr, name: str) -> bool:
    """Whether every event that meets the condition has the field."""
    parts = condition.args if isinstance(condition, And) else (condition,)
    return any(isinstance(one, Match) and one.value == Field(name) for one in parts)
