"""What correlations measure of the events of a window, and how the result is compared."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from transpile.ir.expr import Expr, Match, Not
from transpile.ir.match import Compare, Field, Number, Order
from transpile.ir.stream import Measure, MeasureKind
from transpile.source import Span

KINDS: Mapping[str, MeasureKind] = MappingProxyType(
    {
        "event_count": MeasureKind.COUNT,
        "value_count": MeasureKind.DISTINCT,
        "value_sum": MeasureKind.SUM,
        "value_avg": MeasureKind.AVERAGE,
        "value_min": MeasureKind.MINIMUM,  # of Sigma 1 only, as is the next
        "value_max": MeasureKind.MAXIMUM,
        "value_percentile": MeasureKind.PERCENTILE,
        "value_median": MeasureKind.PERCENTILE,
    }
)
MEDIAN = 50.0
ORDERS: Mapping[str, Order] = MappingProxyType({order.name.lower(): order for order in Order})
OPERATORS = (*ORDERS, "eq", "neq")


def measure_of(kind: str, fields: tuple[str, ...], rank: float | None, span: Span | None) -> Measure:
    """The measure of a type of correlation; its column is named after the type."""
    return Measure(kind, KINDS[kind], fields, MEDIAN if kind == "value_median" else rank, span)


def compare(column: str, operator: str, value: int | float, span: Span | None) -> Expr:
    """The comparison of a column with a number, by Sigma's name of the operator."""
    field = Field(column)
    if operator in ORDERS:
        return Match(field, Compare(ORDERS[operator], value), operator, span)
    equal = Match(field, Number(value), operator, span)
    return Not(equal) if operator == "neq" else equal
