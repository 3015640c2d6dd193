"""Executes a query over events, by the Kusto Query Language reference: its operators, its null, its strings.

Every event is a row of whatever table the query names. `Unproven` is raised where the reference does not say what
happens, where Kusto would reject the query, and for what is not run here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from transpile.dialects.kql.columns import Event, Kind, kinds
from transpile.dialects.kql.run_scalar import Compiler
from transpile.dialects.kql.schema import string_columns
from transpile.dialects.kql.tree import (
    Assignment,
    Call,
    Columns,
    Expr,
    Function,
    Let,
    Name,
    Operator,
    Path,
    Pipeline,
    Raw,
    RawStatement,
    Script,
    Sort,
    Statement,
    Union,
    Where,
    Wildcard,
)
from transpile.evaluate import Unproven

TABLE = "Type"  # the column of Azure Monitor that has the name of a row's table
_SAME_ROWS = frozenset({"render", "project-reorder", "as"})


def run(script: Script, events: Iterable[Event]) -> Iterator[int]:
    """The positions (from 0) of the events that the query returns. Raises `Unproven`; see the module."""
    keeps = None
    for position, event in enumerate(events):
        keeps = keeps or compile_script(script)
        if keeps(event):
            yield position


def compile_script(script: Script) -> Callable[[Event], bool]:
    """Whether the query returns an event."""
    *before, query = script.statements
    if isinstance(query, Let | RawStatement):
        raise Unproven("there is no query, only statements before one")
    pipelines = _branches(query)
    branches = [_compile_branch(before, one) for one in pipelines]
    if len(branches) == 1:
        return branches[0]
    named = [(one.source.name if isinstance(one.source, Name) else None) for one in pipelines]

    def keeps(event: Event) -> bool:
        table = event.get(TABLE)
        return any(each(event) for name, each in zip(named, branches, strict=True) if table in (None, name) or not name)

    return keeps


def _branches(query: Expr | Pipeline) -> list[Pipeline]:
    """A query of a union of pipelines as one pipeline for each: what comes behind it looks at one row at a time."""
    match query:
        case Pipeline(Union(tables), operators) if any(isinstance(table, Pipeline) for table in tables):
            each = [one for table in tables for one in _branches(table)]
            return [Pipeline(one.source, (*one.operators, *operators)) for one in each]
        case Pipeline():
            return [query]
        case _:
            return [Pipeline(query)]


def _compile_branch(before: Iterable[Statement], pipeline: Pipeline) -> Callable[[Event], bool]:
    """Whether a pipeline over one table returns an event."""
    _check_source(pipeline.source)
    source = pipeline.source
    tables = source.tables if isinstance(source, Union) else (source,)
    strings = string_columns(table.name for table in tables if isinstance(table, Name))
    compiler = Compiler({**dict.fromkeys(strings, Kind.STRING), **kinds(pipeline.operators)}, {})
    for statement in before:
        if not isinstance(statement, Let) or isinstance(statement.value, Function):
            raise Unproven("only variables are run before a query")
        compiler.variables[statement.name] = compiler.scalar(statement.value)
    predicates = [check for one in pipeline.operators if (check := _compile(one, compiler)) is not None]

    def keeps(event: Event) -> bool:
        for check in predicates:  # noqa: SIM110 - all() of a generator costs twice as much
            if not check(event):
                return False
        return True

    return keeps


def _check_source(source: Expr | Operator) -> None:
    """Every row of every table is an event; anything that computes rows is not run."""
    match source:
        case Name() | Call() | Path():
            return
        case Union(tables) if all(isinstance(table, Name | Call | Path | Wildcard) for table in tables):
            return
        case _:
            raise Unproven("only tables, functions and unions of them are run as the source of events")


def _compile(operator: Operator, compiler: Compiler) -> Callable[[Event], bool] | None:
    """What the operator keeps; None for one that keeps every row."""
    match operator:
        case Where(predicate):
            return compiler.predicate(predicate)
        case Columns("extend" | "project" | "project-rename", columns):
            computed = {
                column.names[0]: compiler.scalar(column.value)
                for column in columns
                if isinstance(column, Assignment) and len(column.names) == 1
            }
            compiler.variables.update(computed)
            return None
        case Sort() | Columns("project-away" | "project-keep" | "project-reorder" | "serialize"):
            return None
        case Raw(name) if name in _SAME_ROWS:
            return None
        case _:
            raise Unproven("of the operators, only where, extend, project and those that keep all rows are run")
