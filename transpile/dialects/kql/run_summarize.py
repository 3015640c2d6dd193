"""`summarize` and `distinct`, by "summarize operator" and the pages of the aggregation functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from math import ceil
from typing import Any

from transpile.dialects.kql.logic import truth
from transpile.dialects.kql.run_tables import COMPUTED, Engine, Line, Table
from transpile.dialects.kql.tree import Assignment, Call, Columns, Expr, Name, Number, Operator, Star, Summarize
from transpile.evaluate import Unproven

Aggregate = Callable[[Sequence[Line]], Any]


def apply(engine: Engine, operator: Operator, table: Table) -> Table | None:
    """The rows after `summarize`; None for any other operator."""
    return summarize(engine, operator, table) if isinstance(operator, Summarize) else None


def distinct(engine: Engine, operator: Columns, table: Table) -> Table:
    """The different values of some columns."""
    if any(isinstance(one, Star) for one in operator.columns):
        raise Unproven("distinct of all columns is not run")
    return summarize(engine, Summarize((), operator.columns), table)


def summarize(engine: Engine, operator: Summarize, table: Table) -> Table:
    """A row for each group."""
    compiler = engine.compiler(table)
    keys = [(name, compiler.scalar(value)) for name, value in map(_named, operator.by)]
    groups: dict[Any, tuple[list[Any], list[Line]]] = {}
    for line in table.lines:
        values = [read(line.cells) for _, read in keys]
        if any(isinstance(value, list | dict) for value in values):
            raise Unproven("groups by lists and bags are not run")
        groups.setdefault(tuple((type(value).__name__, value) for value in values), (values, []))[1].append(line)
    if not operator.by and not groups:
        groups[()] = ([], [])
    aggregates = [
        (name, aggregate(engine, table, value))
        for one in operator.aggregates
        for name, value in (_latest(one) or [_named(one)])
    ]
    lines = []
    for values, members in groups.values():
        cells = {COMPUTED + name: value for (name, _), value in zip(keys, values, strict=True)}
        cells.update({COMPUTED + name: measure(members) for name, measure in aggregates})
        lines.append(Line(cells, frozenset().union(*(one.events for one in members))))
    names = frozenset((*(name for name, _ in keys), *(name for name, _ in aggregates)))
    return Table(lines, names, closed=True)


def _latest(column: Expr) -> list[tuple[str, Expr]]:
    """The columns of `arg_max(by, column, ...)`, each as one of its own; none for any other aggregate."""
    match column:
        case Call("arg_max", (Name(by), *values), None) if all(isinstance(one, Name) for one in values):
            named = [one.name for one in values if isinstance(one, Name)]
            return [
                (by, Call("max", (Name(by),))),
                *((name, Call("arg_max", (Name(by), Name(name)))) for name in named),
            ]
        case _:
            return []


def _named(column: Expr) -> tuple[str, Expr]:
    match column:
        case Assignment((name,), value):
            return name, value
        case Name(name):
            return name, column
        case Call("bin" | "bin_at", (Name(name), *_), None):
            return name, column
        case Call(function, args, None):
            first = next((arg.name for arg in args if isinstance(arg, Name)), "")
            return f"{function}_{first}", column
        case _:
            raise Unproven("a column without a name is not run")


def aggregate(engine: Engine, table: Table, call: Expr) -> Aggregate:
    """An aggregation function."""
    if not isinstance(call, Call) or call.scope is not None:
        raise Unproven("an expression of aggregates is not run")
    compiler = engine.compiler(table)
    match call:
        case Call("count", ()):
            return len
        case Call("countif", (condition,)):
            keeps = compiler.scalar(condition)
            return lambda lines: sum(truth(keeps(line.cells)) is True for line in lines)
        case Call("count_distinct", (value,)):
            read = compiler.scalar(value)
            return lambda lines: len({_hashable(read(line.cells)) for line in lines})
        case Call("count_distinctif", (value, condition)):
            read, keeps = compiler.scalar(value), compiler.scalar(condition)
            return lambda lines: len({_hashable(read(one.cells)) for one in lines if truth(keeps(one.cells)) is True})
        case Call("sum" | "avg" | "min" | "max" as name, (value,)):
            read = compiler.scalar(value)
            return lambda lines: _measure(name, [read(line.cells) for line in lines])
        case Call("coalesce", (Call("sum", (value,)), Number(default))):  # 0 or null, of no numbers it is the default
            if default != 0:
                raise Unproven("the sum of no numbers is not documented")
            read = compiler.scalar(value)
            return lambda lines: sum(_known([read(line.cells) for line in lines])) or 0
        case Call("arg_max", (by, value)):
            order, read = compiler.scalar(by), compiler.scalar(value)
            return lambda lines: _of_latest([(order(one.cells), read(one.cells)) for one in lines])
        case Call("percentile", (value, Number(rank))):
            read = compiler.scalar(value)
            return lambda lines: _percentile([read(line.cells) for line in lines], rank)
        case Call("make_set" | "make_list" as name, (value, *_)):
            read = compiler.scalar(value)
            return lambda lines: _collected([read(line.cells) for line in lines], once=name == "make_set")
        case _:
            raise Unproven(f"the aggregation function {call.name} is not run")


def _hashable(value: Any) -> Any:
    if value is None:
        raise Unproven("whether null counts as a value is not documented")
    if isinstance(value, list | dict):
        raise Unproven("distinct lists and bags are not run")
    return type(value).__name__, value


def _known(values: list[Any]) -> list[Any]:
    """The values that are not null ("null values are ignored and don't factor into the calculation")."""
    known = [value for value in values if value is not None]
    if any(not isinstance(value, int | float | datetime) or isinstance(value, bool) for value in known):
        raise Unproven("a measure of what is not a number")
    return known


def _measure(name: str, values: list[Any]) -> Any:
    known = _known(values)
    if not known:
        if name == "sum":
            raise Unproven("the sum of no numbers is not documented")
        return None
    match name:
        case "sum":
            return sum(known)
        case "avg":
            return sum(known) / len(known)
        case "min":
            return min(known)
        case _:
            return max(known)


def _of_latest(found: list[tuple[Any, Any]]) -> Any:
    """The value of the row with the greatest order ("arg_max()")."""
    known = [one for one in found if one[0] is not None]
    last = max((order for order, _ in known), default=None)
    values = [value for order, value in known if order == last]
    if any(value != values[0] for value in values):
        raise Unproven("which of equal rows `arg_max` takes is not documented")
    return values[0] if values else None


def _percentile(values: list[Any], rank: int | float) -> Any:
    """The nearest rank; on so few values the estimate is exact ("percentile()")."""
    known = sorted(_known(values))
    return known[max(ceil(rank * len(known) / 100), 1) - 1] if known else None


def _collected(values: list[Any], *, once: bool) -> list[Any]:
    known = [value for value in values if value is not None]
    return list(dict.fromkeys(known)) if once else known
