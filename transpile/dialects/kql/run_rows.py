"""Executes a query over events with a time, whatever its rows are made of."""

from __future__ import annotations

from collections.abc import Sequence

from transpile.dialects.base import Row, Timed
from transpile.dialects.kql.run_scalar import Compiler
from transpile.dialects.kql.run_tables import COMPUTED, Engine, all_kinds, plain, time_columns
from transpile.dialects.kql.tree import Call, Expr, Function, Let, Name, Pipeline, RawStatement, Script
from transpile.evaluate import Unproven


def rows(script: Script, events: Sequence[Timed]) -> list[Row]:
    """The rows that the query returns. Raises `Unproven` where the reference does not say, and for what is not run."""
    *before, query = script.statements
    if isinstance(query, Let | RawStatement):
        raise Unproven("there is no query, only statements before one")
    times = time_columns(script)
    engine = Engine(events, times, {name: kind for name, kind in all_kinds(script).items() if name not in times})
    for statement in before:
        if not isinstance(statement, Let) or isinstance(statement.value, Function):
            raise Unproven("only variables and tables are run before a query")
        if _is_table(statement.value, engine):
            engine.tables[statement.name] = statement.value
        else:
            engine.values[statement.name] = Compiler({}, dict(engine.values)).scalar(statement.value)
    found = engine.table(query)
    names = {plain(key) for key in found.computed}
    return [
        Row(
            {
                plain(key): value
                for key, value in line.cells.items()
                if not key.startswith("#") and (not key.startswith(COMPUTED) or plain(key) in names)
            },
            line.events,
        )
        for line in found.lines
    ]


def _is_table(value: Expr, engine: Engine) -> bool:
    match value:
        case Pipeline():
            return True
        case Name(name):
            return name in engine.tables
        case Call("materialize", (inner,), None):
            return _is_table(inner, engine)
        case _:
            return False
