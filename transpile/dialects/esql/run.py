"""Executes a query over events, by the ES|QL reference of Elasticsearch.

A condition is true, false or null, and WHERE keeps rows for which it is true. Operators and most functions are null for
null. What the documentation leaves open, and where the mapping of a field would decide, is `Unproven`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import assert_never

from transpile.dialects.esql.run_columns import Line, infer
from transpile.dialects.esql.run_expressions import Compiler
from transpile.dialects.esql.tree import (
    Column,
    Command,
    Eval,
    Expand,
    From,
    Keep,
    Limit,
    Other,
    Query,
    Rename,
    Sort,
    Stats,
    Where,
)
from transpile.dialects.kit.running.values import Event
from transpile.evaluate import Unproven

Step = Callable[[Line], Line | None]


def run(query: Query, events: Iterable[Event]) -> Iterator[int]:
    """The positions (from 0) of the events that the query returns. Raises `Unproven`; see the module."""
    steps = compile_steps(query.source, query.commands)
    return (position for position, event in enumerate(events) if through(steps, Line(event)) is not None)


def compile_steps(source: From | Other, commands: tuple[Command, ...], compiler: Compiler | None = None) -> list[Step]:
    """What commands do to a row. Raises `Unproven` for those that look at several rows."""
    if not isinstance(source, From):
        raise Unproven(f"{source.name} is not run here")
    compiler = compiler or Compiler(infer(commands))
    return [step for command in commands if (step := _step(command, compiler)) is not None]


def through(steps: list[Step], line: Line) -> Line | None:
    """A row after the steps; None if one of them drops it."""
    for step in steps:
        found = step(line)
        if found is None:
            return None
        line = found
    return line


def _step(command: Command, compiler: Compiler) -> Step | None:
    match command:
        case Where(condition):
            holds = compiler.condition(condition)
            return lambda line: line if holds(line) is True else None
        case Eval(assignments):
            values = [(one.column, compiler.value(one.value)) for one in assignments]

            def assign(line: Line) -> Line:
                for name, value in values:
                    line = _with(line, {name: value(line)})
                return line

            return assign
        case Rename(pairs):
            readers = [(new, compiler.value(Column(old))) for old, new in pairs]
            return lambda line: _with(line, {new: value(line) for new, value in readers})
        case Keep() | Sort():
            return None  # which columns are shown, and in what order
        case Limit():
            raise Unproven("which rows LIMIT leaves depends on the other events")
        case Stats() | Expand() | Other():
            raise Unproven(f"{type(command).__name__} is not run here")
        case _:
            assert_never(command)


def _with(line: Line, columns: Mapping[str, object]) -> Line:
    return Line(line.event, {**line.columns, **columns}, line.time)  # type: ignore[dict-item]
