"""Aggregations of `stats`, `eventstats` and `streamstats`, by Splunk's documentation.

A function passes over rows in which its field has no value (Search Reference, "Statistical and charting functions").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from transpile.dialects.spl.run_eval import compile_eval
from transpile.dialects.spl.run_facts import Facts
from transpile.dialects.spl.run_search import number, texts
from transpile.dialects.spl.tree import Aggregation
from transpile.evaluate import Unproven

_LISTED = 100  # values that `list()` keeps
_PERCENTILE = re.compile(r"(?:exactperc|perc|p)(\d+(?:\.\d+)?)")


def compile_aggregation(one: Aggregation) -> Callable[[Sequence[Facts]], Any]:
    """The function's value over rows, in their order; None where it has none. Raises `Unproven` for others."""
    function = one.function
    if function in ("count", "c") and one.argument is None:
        return lambda rows: float(len(rows))
    values = _values(one)
    if function in ("count", "c"):
        return lambda rows: float(sum(len(values(row)) for row in rows))
    if function == "first":
        return lambda rows: next((value for row in rows for value in values(row)), None)
    if function == "last":
        return lambda rows: next((value for row in reversed(rows) for value in reversed(values(row))), None)
    found = _FUNCTIONS.get(function)
    if found is not None:
        return lambda rows: found([value for row in rows for value in values(row)])
    rank = _PERCENTILE.fullmatch("exactperc50" if function == "median" else function)
    if rank is None:
        raise Unproven(f"the function {function}() is not run here")
    return lambda rows: _percentile([value for row in rows for value in values(row)], float(rank[1]))


def _values(one: Aggregation) -> Callable[[Facts], tuple[Any, ...]]:
    """The values of the argument in a row."""
    if isinstance(one.argument, str):
        name = one.argument
        if "*" in name:
            raise Unproven(f"a wildcard in {one.function}({name})")
        return lambda facts: texts(facts, name)
    if one.argument is None:
        raise Unproven(f"{one.function} without an argument")
    term = compile_eval(one.argument)

    def computed(facts: Facts) -> tuple[Any, ...]:
        """An expression that is true counts as 1; one that is false or NULL does not count."""
        value = term(facts)
        if value is None or value is False:
            return ()
        return value if isinstance(value, tuple) else ("1",) if value is True else (value,)

    return computed


def _numbers(values: Sequence[Any]) -> list[float]:
    """Those of the values that are numbers; others are skipped."""
    found = (value if isinstance(value, float) else number(str(value)) for value in values)
    return [value for value in found if value is not None]


def _sum(values: Sequence[Any]) -> float | None:
    found = _numbers(values)
    return sum(found) if found else None


def _average(values: Sequence[Any]) -> float | None:
    found = _numbers(values)
    return sum(found) / len(found) if found else None


def _extreme(choose: Callable[[Any], Any]) -> Callable[[Sequence[Any]], Any]:
    """Numbers by size if all are, else texts in lexicographical order (`max()`, `min()`)."""

    def apply(values: Sequence[Any]) -> Any:
        found = _numbers(values)
        if not values:
            return None
        return choose(found) if len(found) == len(values) else choose(list(map(str, values)))

    return apply


def _distinct(values: Sequence[Any]) -> float:
    return float(len(set(map(str, values))))


def _unique(values: Sequence[Any]) -> Any:
    """Every different value, in lexicographical order (`values()`)."""
    return _several(sorted(set(map(str, values))))


def _list(values: Sequence[Any]) -> Any:
    return _several(list(map(str, values))[:_LISTED])


def _several(values: list[str]) -> Any:
    return None if not values else values[0] if len(values) == 1 else values


def _percentile(values: Sequence[Any], rank: float) -> float | None:
    """The method is not documented: by the nearest rank and by interpolation it must come out the same."""
    found = sorted(_numbers(values))
    if not found:
        return None
    at = rank / 100 * (len(found) - 1)
    nearest = found[max(0, -(-len(found) * rank // 100).__int__() - 1)]
    if found[int(at)] != nearest or found[min(int(at) + 1, len(found) - 1)] != nearest:
        raise Unproven("how a percentile between two values is found")
    return nearest


_FUNCTIONS: Mapping[str, Callable[[Sequence[Any]], Any]] = MappingProxyType(
    {
        "dc": _distinct,
        "distinct_count": _distinct,
        "sum": _sum,
        "avg": _average,
        "mean": _average,
        "min": _extreme(min),
        "max": _extreme(max),
        "range": lambda values: max(_numbers(values)) - min(_numbers(values)) if _numbers(values) else None,
        "values": _unique,
        "list": _list,
    }
)
