"""Rows of lookups that a search reads, where the tables are given; the groups by which `rex` fills fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from transpile.dialects.spl import tree as spl
from transpile.dialects.spl.lift_logic import either
from transpile.dialects.spl.lift_search import Scope, search
from transpile.dialects.spl.lift_value import Choice, Computed, Nothing
from transpile.ir.expr import Expr
from transpile.ir.match import Literal
from transpile.regex import RegexError, parse
from transpile.regex.tree import Capture, walk

Tables = Mapping[str, Sequence[Mapping[str, str]]]
_MOST = 2_000  # rows


def lookup_rows(table: str, tables: Tables) -> list[dict[str, str]] | None:
    """The rows of a table, by its name with or without `.csv`; None if it is not given or too long."""
    for name in (table, table.removesuffix(".csv"), f"{table}.csv"):
        if name in tables and len(tables[name]) <= _MOST:
            return [dict(row) for row in tables[name]]
    return None


def rows_found(pipeline: spl.Pipeline, tables: Tables) -> list[dict[str, str]] | None:
    """The rows that `inputlookup`, with `fields`, `table` and `rename` after it, gives; None for any other search."""
    first, *rest = pipeline.commands
    if not isinstance(first, spl.Plain) or first.name != "inputlookup" or len(first.words) != 1 or first.options:
        return None
    rows = lookup_rows(first.words[0], tables)
    for command in rest:
        if rows is None:
            return None
        match command:
            case spl.Fields(_, names, False):
                rows = [{name: row[name] for name in names if name in row} for row in rows]
            case spl.Rename(pairs):
                new = dict(pairs)
                rows = [{new.get(name, name): text for name, text in row.items()} for row in rows]
            case _:
                return None
    return rows


def any_row(rows: Sequence[Mapping[str, str]], scope: Scope) -> Expr:
    """The condition that all values of at least one row are those of the event."""
    found: list[Expr] = []
    for row in rows:
        tests = tuple(spl.Comparison(name, "=", spl.Literal(text)) for name, text in row.items())
        found.append(search(spl.And(tests), scope))
    return either(*found)


def looked_up(command: spl.Lookup, rows: Sequence[Mapping[str, str]], column: str, scope: Scope) -> Computed:
    """What a lookup puts into a field: the column of the first row whose inputs are those of the event."""
    branches: list[tuple[Expr, Computed]] = []
    for row in rows:
        tests = tuple(
            spl.Comparison(name, "=", spl.Literal(row.get(key, ""))) for key, name in command.inputs if key in row
        )
        if tests and column in row:
            branches.append((search(spl.And(tests), scope), Literal(row[column])))
    return Choice(tuple(branches), Nothing())


def named_groups(pattern: str) -> list[tuple[int, str]] | None:
    """The named groups of a regex with their numbers, from 1; None for a regex that cannot be read."""
    try:
        groups = [node for node in walk(parse(pattern)) if isinstance(node, Capture)]
    except (RegexError, RecursionError):
        return None
    return [(number, group.name) for number, group in enumerate(groups, 1) if group.name]
