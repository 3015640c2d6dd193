"""Rows of lookups that a search reads, where the tables are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from transpile.dialects.spl import tree as spl

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
