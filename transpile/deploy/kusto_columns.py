"""Whether the rows of a Kusto query have a column: what an alert can be raised on."""

from __future__ import annotations

from collections.abc import Mapping

from transpile.dialects.kql.parse import parse
from transpile.dialects.kql.tree import (
    Assignment,
    Call,
    Columns,
    Expr,
    Function,
    Let,
    Name,
    Operator,
    Partition,
    Pipeline,
    Script,
    Star,
    Summarize,
    Union,
)
from transpile.source import Source

Lets = Mapping[str, Expr | Function]


def lacking(query: str, columns: tuple[str, ...]) -> list[str]:
    """Those of the columns that the rows of the query do not have, if every table that it reads has them."""
    script = parse(Source(query))
    lets = {one.name: one.value for one in script.statements if isinstance(one, Let)}
    return [column for column in columns if not _in_script(script, column, lets)]


def _in_script(script: Script, column: str, lets: Lets) -> bool:
    last = script.statements[-1]
    return isinstance(last, Pipeline) and _in_rows(last, column, lets)


def _in_rows(rows: Expr | Operator | Function, column: str, lets: Lets) -> bool:
    match rows:
        case Pipeline(source, operators):
            kept = _after(operators, column, lets)
            return _in_rows(source, column, lets) if kept is None else kept
        case Union(tables):
            return all(_in_rows(table, column, lets) for table in tables)
        case Name(name) if name in lets:
            return _in_rows(lets[name], column, lets)
        case Function(body=body):
            return _in_script(body, column, lets)
        case Call(name) if name in lets:
            return _in_rows(lets[name], column, lets)
        case Name():
            return True
        case _:
            return False


def _after(operators: tuple[Operator, ...], column: str, lets: Lets) -> bool | None:
    """Whether the rows have the column after these operators; None if they have it where their input does."""
    for operator in reversed(operators):
        found: bool | None = None
        match operator:
            case Columns(kind, columns):
                names = {name for one in columns for name in _names(one)}
                if kind == "extend":
                    found = True if column in names else None
                elif kind == "project-away":
                    found = False if column in names else None
                elif kind in ("project", "project-keep", "distinct"):
                    found = column in names
            case Summarize(aggregates, by):
                kept = {name for one in (*by, *aggregates) for name in _names(one)}
                found = column in kept or any(_keeps_row(one) for one in aggregates)
            case Partition(body=body):
                found = _after(body, column, lets)
            case Union(tables):
                found = None if all(_in_rows(table, column, lets) for table in tables) else False
            case _:
                pass
        if found is not None:
            return found
    return None


def _names(expr: Expr) -> tuple[str, ...]:
    match expr:
        case Assignment(names):
            return names
        case Name(name):
            return (name,)
        case Call("arg_max" | "arg_min", args):
            return tuple(one.name for one in args if isinstance(one, Name))
        case _:
            return ()


def _keeps_row(expr: Expr) -> bool:
    """Whether an aggregate gives whole rows: `arg_max(Timestamp, *)`."""
    value = expr.value if isinstance(expr, Assignment) else expr
    return isinstance(value, Call) and value.name in ("arg_max", "arg_min") and Star() in value.args
