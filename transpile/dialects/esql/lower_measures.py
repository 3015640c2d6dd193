"""What is measured of a group, and conditions on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from transpile.dialects.esql import tree as esql
from transpile.dialects.esql.tree import Call, Column, Comparison, Expr
from transpile.dialects.kit.writing.conditions import join
from transpile.ir.match import Compare, Number, Order
from transpile.ir.stream import Measure, MeasureKind

_TRUE = esql.Boolean(True)
_FUNCTIONS = {
    MeasureKind.SUM: "SUM",
    MeasureKind.AVERAGE: "AVG",
    MeasureKind.MINIMUM: "MIN",
    MeasureKind.MAXIMUM: "MAX",
}
_UP = (Order.GT, Order.GTE)


class NoMeasureError(ValueError):
    """What is measured has no function, for the reason given."""


def measured(measure: Measure, is_text: Callable[[str], bool] = lambda name: True) -> Expr:
    """The value of a measure; `is_text` says which columns hold text.

    Distinct values are counted one by one: COUNT_DISTINCT is an estimate.

    >>> measured(Measure("n", MeasureKind.COUNT))
    Call(name='COUNT', args=(Star(),), span=None)
    """
    fields = tuple(map(Column, measure.fields))
    match measure.kind:
        case MeasureKind.COUNT:
            return Call("COUNT", (esql.Star(),))
        case MeasureKind.DISTINCT:
            return Call("MV_COUNT", (Call("VALUES", (_tuple(fields, is_text),)),))
        case MeasureKind.PERCENTILE:
            if measure.rank is None:
                raise NoMeasureError("a percentile without a rank")
            return Call("PERCENTILE", (fields[0], esql.Number(measure.rank)))
        case _:
            return Call(_FUNCTIONS[measure.kind], (fields[0],))


def _tuple(fields: Sequence[Column], is_text: Callable[[str], bool]) -> Expr:
    """The values of several fields as one text, or of one as it is; null where one of them is missing or empty."""
    value: Expr = fields[0]
    if len(fields) > 1:
        parts: list[Expr] = []
        for field in fields:
            parts += [field if is_text(field.name) else Call("TO_STRING", (field,)), esql.String("\n")]
        value = Call("CONCAT", tuple(parts[:-1]))
    tests: list[Expr] = [
        esql.Compare(Comparison.NE, field, esql.String("")) for field in fields if is_text(field.name)
    ]  # CONCAT of null is null anyway
    return Call("CASE", (join(esql.And, tests, _TRUE), value)) if tests else value


def weakened(measure: Measure, test: Compare | Number, sliding: bool) -> tuple[Expr, dict[str, Expr]]:
    """The condition, and the columns that it needs beside the measure.

    In a sliding window it is what the condition on some part of the group's rows implies of all of them: a count that
    was reached is reached, and an average above a number means a value above it.
    """
    order = test.order if isinstance(test, Compare) else None
    name = measure.name
    if not sliding and measure.kind is not MeasureKind.PERCENTILE:
        operator = Comparison(order.value) if order else Comparison.EQ
        return esql.Compare(operator, Column(name), esql.Number(test.value)), {}
    if measure.kind in (MeasureKind.COUNT, MeasureKind.DISTINCT):
        if order in (Order.LT, Order.LTE):
            return _TRUE, {}
        operator = Comparison.GT if order is Order.GT else Comparison.GTE
        return esql.Compare(operator, Column(name), esql.Number(test.value)), {}
    field, zero = Column(measure.fields[0]), esql.Number(0)
    if measure.kind is MeasureKind.SUM:
        high: Expr = Call("SUM", (Call("GREATEST", (field, zero)),))
        low: Expr = Call("SUM", (Call("LEAST", (field, zero)),))
    else:
        high, low = Call("MAX", (field,)), Call("MIN", (field,))
    if order is None:
        tests = (
            esql.Compare(Comparison.GTE, Column(f"{name}_high"), esql.Number(test.value)),
            esql.Compare(Comparison.LTE, Column(f"{name}_low"), esql.Number(test.value)),
        )
        return esql.And(tests), {f"{name}_high": high, f"{name}_low": low}
    side, value = ("high", high) if order in _UP else ("low", low)
    return esql.Compare(Comparison(order.value), Column(f"{name}_{side}"), esql.Number(test.value)), {
        f"{name}_{side}": value
    }
