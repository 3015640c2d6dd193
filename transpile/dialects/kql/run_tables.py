"""Executes tabular operators over rows, by the pages of the Kusto Query Language reference.

A row is a mapping: the event's own fields, and each column that an operator computed under its name behind `COMPUTED`.
What the reference leaves open, and what is not run here, is `Unproven`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cmp_to_key
from typing import Any

from transpile.dialects.base import Timed
from transpile.dialects.kql.columns import Kind, Reader, kinds, reader
from transpile.dialects.kql.run_scalar import Compiler
from transpile.dialects.kql.schema import string_columns
from transpile.dialects.kql.tree import (
    Assignment,
    Binary,
    Call,
    Columns,
    Duration,
    Expr,
    Key,
    Name,
    Number,
    Operator,
    Path,
    Pipeline,
    Script,
    Sort,
    Top,
    Union,
    Where,
    Wildcard,
)
from transpile.evaluate import Unproven

COMPUTED = "\0"
TIMES = frozenset({"TimeGenerated", "Timestamp"})

Cells = dict[str, Any]


@dataclass(slots=True)
class Line:
    """A row, and the positions of the events that it was made of."""

    cells: Cells
    events: frozenset[int]


@dataclass(slots=True)
class Table:
    """Rows with the names of their computed columns; `closed` if there are no others, `ordered` after a sort."""

    lines: list[Line]
    computed: frozenset[str] = frozenset()
    closed: bool = False
    ordered: bool = False


@dataclass(slots=True)
class Engine:
    """Runs the pipelines of one query over events with a time."""

    events: Sequence[Timed]
    times: frozenset[str] = TIMES
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    tables: dict[str, Expr] = field(default_factory=dict)
    values: dict[str, Reader] = field(default_factory=dict)

    # --- sources

    def table(self, source: Expr | Operator) -> Table:
        """The rows of a table expression."""
        match source:
            case Pipeline(first, operators):
                found = self.table(first)
                for operator in operators:
                    found = self.apply(operator, found)
                return found
            case Name(name) if name in self.tables:
                return self.table(self.tables[name])
            case Call("materialize", (inner,), None):
                return self.table(inner)
            case Union(tables):
                return self.union(tables)
            case Name() | Path() | Call() | Wildcard():
                return self.source(source)
            case _:
                raise Unproven("only tables, functions and unions of them are run as the source of events")

    def source(self, *tables: Expr) -> Table:
        """The events of some tables; one that says nothing of its table is a row of whatever table a query names."""
        lines = []
        for number, (time, event, dataset) in enumerate(self.events):
            if dataset is not None and not any(_is_in(dataset, table) for table in tables):
                continue
            cells = dict(event)
            moment = datetime.fromtimestamp(time, UTC)
            cells.update((COMPUTED + name, moment) for name in self.times)
            lines.append(Line(cells, frozenset({number})))
        return Table(lines, self.times)

    def union(self, tables: Iterable[Expr]) -> Table:
        """The rows of several tables; a column that one of them lacks is null there.

        Where one computes a column and another is a table of events, the other may have a column of that name.
        """
        if all(isinstance(one, Name | Path | Call | Wildcard) and not self.is_defined(one) for one in tables):
            return self.source(*tables)
        found = [self.table(one) for one in tables]
        computed = frozenset().union(*(one.computed for one in found))
        lines = [line for one in found for line in self.completed(one, computed)]
        return Table(lines, computed, all(one.closed for one in found))

    def completed(self, table: Table, names: frozenset[str]) -> Iterator[Line]:
        """The rows of a table, its own columns of these names among the computed ones."""
        own = [] if table.closed else [(name, reader(name, self.kinds.get(name))) for name in names - table.computed]
        for line in table.lines:
            yield Line(line.cells | {COMPUTED + name: read(line.cells) for name, read in own}, line.events)

    def is_defined(self, table: Expr) -> bool:
        """Whether the query itself says what the table is."""
        return (isinstance(table, Name) and table.name in self.tables) or isinstance(table, Call)

    # --- operators

    def apply(self, operator: Operator, table: Table) -> Table:
        """The rows after an operator."""
        from transpile.dialects.kql import run_joins, run_scan, run_summarize

        match operator:
            case Where(predicate):
                keeps = self.compiler(table).predicate(predicate)
                return replace(table, lines=[line for line in table.lines if keeps(line.cells)])
            case Columns():
                return self.columns(operator, table)
            case Sort(_, keys):
                return self.sort(keys, table)
            case Top(Number(int(count)), keys):
                ordered = self.sort(keys, table)
                if len(ordered.lines) > count:
                    raise Unproven("which of equal rows `top` keeps is not documented")
                return ordered
            case _:
                for module in (run_summarize, run_joins, run_scan):
                    found: Table | None = module.apply(self, operator, table)
                    if found is not None:
                        return found
        raise Unproven(f"the operator {getattr(operator, 'operator', type(operator).__name__)} is not run")

    def compiler(self, table: Table, more: Mapping[str, Reader] | None = None) -> Compiler:
        """A compiler that knows the columns of a table."""
        known = {name: cell(name) for name in table.computed}
        if table.closed:
            known = _Closed(known)
        known.update(self.values)
        known.update({name: cell(name) for name in table.computed})
        known.update(more or {})
        return Compiler(self.kinds, known)

    def columns(self, operator: Columns, table: Table) -> Table:
        """`extend`, `project` and their like."""
        match operator.operator:
            case "extend" | "serialize":
                return self.extend(operator.columns, table, ordered=operator.operator == "serialize" or table.ordered)
            case "project":
                made = self.extend(_assigned(operator.columns), table, ordered=table.ordered)
                return _only(made, frozenset(name for one in _assigned(operator.columns) for name in one.names))
            case "project-away":
                gone = {one.name for one in operator.columns if isinstance(one, Name)}
                lines = [
                    Line({k: v for k, v in one.cells.items() if plain(k) not in gone}, one.events)
                    for one in table.lines
                ]
                return replace(table, lines=lines, computed=table.computed - gone)
            case "project-rename":
                made = self.extend(operator.columns, table, ordered=table.ordered)
                old = {
                    one.value.name
                    for one in operator.columns
                    if isinstance(one, Assignment) and isinstance(one.value, Name)
                }
                return replace(made, computed=made.computed - old)
            case "project-reorder" | "project-keep":
                return table
            case "distinct":
                from transpile.dialects.kql.run_summarize import distinct

                return distinct(self, operator, table)
            case _:
                raise Unproven(f"the operator {operator.operator} is not run")

    def extend(self, columns: Iterable[Expr], table: Table, *, ordered: bool) -> Table:
        """Computed columns, each from the row as it was."""
        lines = [Line(dict(one.cells), one.events) for one in table.lines]
        compute: list[tuple[str, Reader]] = []
        for number, column in enumerate(columns):
            if not isinstance(column, Assignment) or len(column.names) != 1:
                if isinstance(column, Name):
                    continue
                raise Unproven("a column without a name is not run")
            value, more = self.windowed(column.value, table, lines, number, ordered=ordered)
            compute.append((column.names[0], self.compiler(table, more).scalar(value)))
        for line in lines:
            line.cells.update([(COMPUTED + name, read(line.cells)) for name, read in compute])
        return replace(table, lines=lines, computed=table.computed | {name for name, _ in compute}, ordered=ordered)

    def windowed(
        self, expr: Expr, table: Table, lines: list[Line], number: int, *, ordered: bool
    ) -> tuple[Expr, dict[str, Reader]]:
        """An expression with `prev` and `next` computed for each row ("prev()": rows must be serialized)."""
        more: dict[str, Reader] = {}

        def change(node: Expr) -> Expr | None:
            match node:
                case Call("prev" | "next" as name, (value, *rest), None):
                    if not ordered:
                        raise Unproven(f"{name}() of rows in no order")
                    back = rest[0].value if rest and isinstance(rest[0], Number) else 1
                    if len(rest) > 1 or not isinstance(back, int):
                        raise Unproven(f"{name}() with a default is not run")
                    read = self.compiler(table).scalar(value)
                    key = f"#window{number}.{len(more)}"
                    step = -back if name == "prev" else back
                    for at, line in enumerate(lines):
                        there = at + step
                        inside = 0 <= there < len(table.lines)
                        line.cells[key] = read(table.lines[there].cells) if inside else None
                    more[key] = lambda cells: cells[key]
                    return Name(key)
                case _:
                    return None

        return rewrite(expr, change), more

    def sort(self, keys: Sequence[Key], table: Table) -> Table:
        """Rows in order. Nulls come first in ascending order, last in descending ("sort operator")."""
        readers = [(self.compiler(table).scalar(key.value), key) for key in keys]

        def compare(one: Line, other: Line) -> int:
            for read, key in readers:
                found = _ordered(read(one.cells), read(other.cells), key)
                if found:
                    return found
            return 0

        return replace(table, lines=sorted(table.lines, key=cmp_to_key(compare)), ordered=True)


class _Closed(dict[str, Reader]):
    """The columns of a table that has no others. A query that asks for another is rejected."""

    def __contains__(self, name: object) -> bool:
        if not dict.__contains__(self, name):
            raise Unproven(f"there is no column {name}")
        return True


def _is_in(dataset: str, table: Expr) -> bool:
    """Whether the events of a data set, which may be the beginning of a query, are in a table."""
    match table:
        case Name(name) | Path(_, name) | Call(name):
            return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", dataset) is not None
        case Wildcard(pattern):
            return re.search(re.escape(pattern).replace(r"\*", r"\w*"), dataset) is not None
        case _:
            return True


def cell(name: str) -> Reader:
    """Reads a computed column."""
    key = COMPUTED + name
    return lambda cells: cells.get(key)


def plain(key: str) -> str:
    """The name of a column."""
    return key.removeprefix(COMPUTED)


def _assigned(columns: Iterable[Expr]) -> list[Assignment]:
    """The columns of `project`, each with its name."""
    found = []
    for column in columns:
        match column:
            case Assignment():
                found.append(column)
            case Name(name):
                found.append(Assignment((name,), column))
            case Path(_, member):
                found.append(Assignment((member,), column))
            case _:
                raise Unproven("a column without a name is not run")
    return found


def _only(table: Table, names: frozenset[str]) -> Table:
    """A table with these computed columns alone."""
    lines = [
        Line({COMPUTED + name: one.cells.get(COMPUTED + name) for name in names}, one.events) for one in table.lines
    ]
    return replace(table, lines=lines, computed=names, closed=True)


def _ordered(one: Any, other: Any, key: Key) -> int:
    descending = key.direction != "asc"
    if one is None or other is None:
        if one is other:
            return 0
        last = key.nulls == "last" or (not key.nulls and descending)
        return (1 if last else -1) if one is None else (-1 if last else 1)
    if type(one) is not type(other) and not (isinstance(one, int | float) and isinstance(other, int | float)):
        raise Unproven(f"Kusto puts {one!r} and {other!r} in no order")
    if isinstance(one, list | dict):
        raise Unproven("Kusto puts lists and bags in no order")
    if one == other:
        return 0
    return (-1 if one < other else 1) * (-1 if descending else 1)


def rewrite(node: Any, change: Callable[[Expr], Expr | None]) -> Any:
    """A tree with each node put through `change`, outermost first; None goes on into it."""
    from dataclasses import fields, is_dataclass

    if isinstance(node, tuple):
        return tuple(rewrite(one, change) for one in node)
    if not is_dataclass(node) or isinstance(node, type):
        return node
    found = change(node)  # type: ignore[arg-type]
    if found is not None:
        return found
    new = {one.name: rewrite(getattr(node, one.name), change) for one in fields(node) if one.name != "at"}
    return replace(node, **new)


def nodes(tree: Any) -> Iterator[Any]:
    """Every node of a tree."""
    if isinstance(tree, tuple):
        for one in tree:
            yield from nodes(one)
    elif hasattr(tree, "__dataclass_fields__"):
        yield tree
        for one in tree.__dataclass_fields__:
            yield from nodes(getattr(tree, one))


def time_columns(script: Script) -> frozenset[str]:
    """The columns that a query uses as the time of an event: those it puts in buckets or measures spans between."""
    found = set(TIMES)
    for node in nodes(script.statements):
        match node:
            case Binary("-", Name(name), Duration() | Name() | Path() | Call("prev")) | Call(
                "bin", (Name(name), Duration())
            ):
                found.add(name)
            case _:
                pass
    return frozenset(found)


def chains(source: Expr | Operator, after: tuple[Operator, ...] = ()) -> Iterator[tuple[Operator, ...]]:
    """What the rows of each table at the bottom of a pipeline go through, those of unions too."""
    match source:
        case Pipeline(first, operators):
            yield from chains(first, (*operators, *after))
        case Union(tables):
            for table in tables:
                yield from chains(table, after)
        case _:
            yield after


def all_kinds(script: Script) -> dict[str, Kind]:
    """The types of the columns of a query's tables, by all the conditions in it."""
    found: dict[str, Kind] = {}
    for node in nodes(script.statements):
        for operators in chains(node) if isinstance(node, Pipeline) else ():
            for name, kind in kinds(operators).items():
                if found.setdefault(name, kind) is not kind:
                    raise Unproven(f"the column {name} is used as {found[name].value} and as {kind.value}")
    strings = string_columns(node.name for node in nodes(script.statements) if isinstance(node, Name))
    return {**dict.fromkeys(strings, Kind.STRING), **found}
