"""Executes a query over events with a time, whatever its rows are made of ("STATS" in the ES|QL reference).

Rows with the same values of the BY columns are one group; null is a value of its own there, and a row with several
values is in the group of each. Aggregate functions leave nulls out, and look at each of several values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from itertools import product
from types import MappingProxyType
from typing import Any

from transpile.dialects.esql import tree as esql
from transpile.dialects.esql.run import compile_steps, through
from transpile.dialects.esql.run_columns import Line, Value, infer, pack
from transpile.dialects.esql.run_expressions import Compiler
from transpile.dialects.esql.run_functions import members
from transpile.evaluate import Unproven
from transpile.ir.timed import Row, Timed

Rows = list[tuple[Line, frozenset[int]]]


def _sum(values: list[Any]) -> Value:
    return sum(values) if values else None


_AGGREGATES: Mapping[str, Callable[[list[Any]], Value]] = MappingProxyType(
    {
        "AVG": lambda values: sum(values) / len(values) if values else None,
        "COUNT": len,
        "MAX": lambda values: max(values, default=None),
        "MIN": lambda values: min(values, default=None),
        "SUM": _sum,
        "VALUES": pack,
    }
)
_ESTIMATES = ("COUNT_DISTINCT", "PERCENTILE", "MEDIAN", "TOP", "SAMPLE")


def rows(query: esql.Query, events: Sequence[Timed]) -> list[Row]:
    """The rows that the query returns. Raises `Unproven` where the reference does not say, and for what is not run."""
    if not isinstance(query.source, esql.From):
        raise Unproven(f"{query.source.name} is not run here")
    found: Rows = [(Line(one.event, time=one.time), frozenset({number})) for number, one in enumerate(events)]
    compiler = Compiler(infer(query.commands))
    for command in query.commands:
        if isinstance(command, esql.Stats):
            if command.inline:
                raise Unproven("INLINE STATS is not run here")
            found = _stats(command, found, compiler)
        else:
            steps = compile_steps(query.source, (command,), compiler)
            found = [(line, of) for before, of in found if (line := through(steps, before)) is not None]
    return [Row({**(line.event or {}), **_columns(line)}, of) for line, of in found]


def _columns(line: Line) -> dict[str, Any]:
    return {name: _shown(value) for name, value in line.columns.items()}


def _shown(value: Value) -> Any:
    if isinstance(value, tuple):
        return [_shown(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _stats(stats: esql.Stats, found: Rows, compiler: Compiler) -> Rows:
    keys = [(one.column, compiler.value(one.value)) for one in stats.by]
    groups: dict[tuple[Value, ...], Rows] = {} if keys else {(): []}
    for line, of in found:
        values: list[tuple[Value, ...]] = [members(read(line)) or (None,) for _, read in keys]
        for key in dict.fromkeys(product(*values)):
            groups.setdefault(key, []).append((line, of))
    made: Rows = []
    for key, group in groups.items():
        columns: dict[str, Value] = {
            one.column: _measure(one, [line for line, _ in group], compiler) for one in stats.measures
        }
        columns |= {name: value for (name, _), value in zip(keys, key, strict=True)}
        made.append((Line(None, columns), frozenset[int]().union(*(of for _, of in group))))
    return made


def _measure(measure: esql.Assignment, lines: list[Line], compiler: Compiler) -> Value:
    """An expression of aggregate functions over the rows of a group."""
    if measure.condition is not None:
        holds = compiler.condition(measure.condition)
        lines = [line for line in lines if holds(line) is True]
    aggregates: dict[str, Value] = {}
    outer = _replace(measure.value, lines, compiler, aggregates)
    found: Value = compiler.value(outer)(Line(None, aggregates))
    return found


def _replace(expr: Any, lines: list[Line], compiler: Compiler, into: dict[str, Value]) -> Any:
    """The expression with each aggregate function as a column, whose value goes to `into`."""
    if isinstance(expr, esql.Call) and expr.name in _ESTIMATES:
        raise Unproven(f"{expr.name} is an estimate")
    if isinstance(expr, esql.Call) and expr.name in _AGGREGATES:
        name = f"#{len(into)}"
        into[name] = _aggregate(expr, lines, compiler)
        return esql.Column(name)
    if isinstance(expr, tuple):
        return tuple(_replace(one, lines, compiler, into) for one in expr)
    if not is_dataclass(expr) or isinstance(expr, type):
        return expr
    changed = {
        one.name: _replace(getattr(expr, one.name), lines, compiler, into) for one in fields(expr) if one.name != "span"
    }
    return replace(expr, **changed) if changed else expr


def _aggregate(call: esql.Call, lines: list[Line], compiler: Compiler) -> Value:
    if call.args in ((), (esql.Star(),)):
        return len(lines)
    value = compiler.value(call.args[0])
    return _AGGREGATES[call.name]([one for line in lines for one in members(value(line))])
