"""The aggregations of Sigma 1, which correlation rules replaced: `selection | count() by user > 5`, `a | near b`.

They become the same streams as correlations. `count()` is `event_count`, `count(field)` `value_count`, `near`
`temporal` without a group.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from transpile.dialects.sigma import condition as conditions
from transpile.dialects.sigma.condition import AllOf, Condition, Name, Negation
from transpile.dialects.sigma.measures import compare, measure_of
from transpile.ir.expr import And, Expr, Match, Not
from transpile.ir.match import Exists, Field
from transpile.ir.stream import Aggregate, Events, Measure, Stream, Together, Where, Window
from transpile.record import record
from transpile.source import Span
from transpile.syntax.lexer import ParseError

_KINDS: Mapping[str, str] = MappingProxyType(
    {"count": "value_count", "sum": "value_sum", "avg": "value_avg", "min": "value_min", "max": "value_max"}
)
_OPERATORS: Mapping[str, str] = MappingProxyType(
    {">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "=": "eq", "==": "eq", "!=": "neq"}
)
_COUNT = re.compile(
    r"(?P<function>\w+)\s*\(\s*(?P<field>[^\s()]*)\s*\)\s*(?:by\s+(?P<by>[^<>=!]+?)\s*)?"
    r"(?P<operator>[<>=!]{1,2})\s*(?P<value>-?\d{1,15}(?:\.\d{1,15})?)",
    re.IGNORECASE,
)
_NEAR = re.compile(r"near\s+(?P<rest>.+)", re.IGNORECASE | re.DOTALL)


class AggregationError(ValueError):
    """An aggregation that cannot be read, and why."""


@record
class Aggregation:
    """`count(field) by group > value` and its like, within a time."""

    kind: str  # the type of the correlation that means the same
    measure: Measure
    by: tuple[str, ...]
    operator: str
    value: int | float
    seconds: int
    span: Span
    conditions: tuple[str, ...] = ()


@record
class Near:
    """`near a and b and not c`, within a time: the conditions that must hold, or not hold, of other events."""

    conditions: tuple[str, ...]
    negated: tuple[bool, ...]
    seconds: int
    span: Span
    kind: str = "temporal"


def parse_aggregation(text: str, length: int, span: Span) -> Aggregation | Near:
    """The aggregation behind `|`. Raises `AggregationError`."""
    near = _NEAR.fullmatch(text)
    if near:
        return _near(near["rest"], length, span)
    found = _COUNT.fullmatch(text)
    if not found or found["operator"] not in _OPERATORS:
        raise AggregationError("expected `count() by field > number`, or `near` and the names of selections")
    function, field = found["function"].lower(), found["field"]
    if function not in _KINDS:
        raise AggregationError(f"`{function}` is not one of {', '.join(_KINDS)}")
    if not field and function != "count":
        raise AggregationError(f"`{function}` needs a field")
    kind = _KINDS[function] if field else "event_count"
    by = tuple(name.strip() for name in (found["by"] or "").split(",") if name.strip())
    if any(" " in name for name in by):
        raise AggregationError("the fields behind `by` must be separated by commas")
    number = float(found["value"])
    value = int(number) if number.is_integer() else number
    measure = measure_of(kind, (field,) if field else (), None, span)
    return Aggregation(kind, measure, by, _OPERATORS[found["operator"]], value, length, span)


def _near(text: str, length: int, span: Span) -> Near:
    """Names of selections, joined by `and`, each perhaps behind `not`."""
    try:
        tree = conditions.parse(text)
    except ParseError as error:
        raise AggregationError(error.message) from error
    names: list[str] = []
    negated: list[bool] = []
    for arg in _flat(tree):
        inner = arg.arg if isinstance(arg, Negation) else arg
        if not isinstance(inner, Name):
            raise AggregationError("`near` takes names of selections, joined by `and` and `not`")
        names.append(inner.name)
        negated.append(isinstance(arg, Negation))
    return Near(tuple(names), tuple(negated), length, span)


def _flat(tree: Condition) -> list[Condition]:
    return [one for arg in tree.args for one in _flat(arg)] if isinstance(tree, AllOf) else [tree]


def stream(found: Aggregation | Near, events: Sequence[Events], texts: Sequence[str], name: str) -> Stream:
    """The stream of an aggregation over events: those of the condition before `|`, and those that `near` names."""
    if isinstance(found, Aggregation):
        counted = replace(events[0], name=name)
        rows = Aggregate(counted, (found.measure,), found.by, Window(found.seconds), found.span)
        return Where(rows, compare(found.measure.name, found.operator, found.value, found.span), found.span)
    names = [text if re.fullmatch(r"[\w-]+", text) else name for text in texts]
    named = tuple(replace(one, name=label) for one, label in zip(events, names, strict=True))
    holds: Expr | None = None
    if any(found.negated):
        tests = [Match(Field(label), Exists(), span=found.span) for label in names]
        signs = (False, *found.negated)
        holds = And(tuple(Not(test) if sign else test for test, sign in zip(tests, signs, strict=True)))
    return Together(named, (), Window(found.seconds), holds, found.span)
