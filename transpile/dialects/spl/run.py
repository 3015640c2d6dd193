"""Runs an SPL search over events, by Splunk's documentation. Nothing here knows of IR."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from types import MappingProxyType
from typing import Any, assert_never

from transpile.dialects.spl.run_eval import Result, Term, compile_eval, compile_regex, holds
from transpile.dialects.spl.run_search import compile_search, has_network, texts
from transpile.dialects.spl.strings import RAW, unquote
from transpile.dialects.spl.tree import (
    AnyCommand,
    Branch,
    Command,
    Eval,
    Fields,
    Flag,
    Lookup,
    Macro,
    Pipeline,
    Plain,
    Regex,
    Rename,
    Rex,
    Search,
    Stats,
    Tstats,
    Where,
)
from transpile.evaluate import Unproven
from transpile.evaluate.facts import Facts


@dataclass(frozen=True, slots=True)
class Row:
    """One result: its fields, and the positions of the events that it stands for."""

    facts: Facts
    positions: tuple[int, ...]


Step = Callable[[Iterator[Row]], Iterator[Row]]


def run(tree: Pipeline, events: Iterable[Mapping[str, Any]]) -> Iterator[int]:
    """The positions of the events that the search returns, in order.

    Raises `Unproven` where that hangs on something that Splunk's documentation does not settle.
    """
    rows: Iterator[Row] = (Row(Facts(event), (position,)) for position, event in enumerate(events))
    for step in _compile(tree):
        rows = step(rows)
    positions = (position for row in rows for position in row.positions)
    if any(isinstance(command, Tstats) for command in tree.commands):
        yield from sorted(set(positions))
    else:
        yield from positions


@lru_cache(maxsize=64)
def _compile(tree: Pipeline) -> tuple[Step, ...]:
    if isinstance(tree.commands[0], Where | Regex | Eval):
        raise Unproven("a search begins with a command that generates events")
    last = len(tree.commands) - 1
    return tuple(_step(command, final=i == last) for i, command in enumerate(tree.commands))


def _step(command: AnyCommand, final: bool) -> Step:
    match command:
        case Search(expr):
            return _keep(compile_search(expr))
        case Where(expr):
            return _keep(holds(expr))
        case Regex(field, pattern, negated):
            return _keep(_regex(field or RAW, pattern, negated))
        case Eval(assignments):
            return _assign(tuple((name, compile_eval(expr)) for name, expr in assignments))
        case Tstats():
            return _tstats(command)
        case Fields(removed=False) if final:
            return lambda rows: rows
        case Macro(text) if final and text.startswith("drop_dm_object_name("):
            return lambda rows: rows  # renames `Processes.user` to `user`
        case Command(name) | Stats(name) | Fields(name) | Plain(name) | Branch(name):
            raise Unproven(f"the command {name} is not run here")
        case Rename() | Rex() | Lookup():
            raise Unproven("renaming")
        case Macro(text):
            raise Unproven(f"the macro `{text}` is defined elsewhere")
        case _:
            assert_never(command)


def _keep(check: Callable[[Facts], bool]) -> Step:
    return lambda rows: (row for row in rows if check(row.facts))


def _regex(field: str, pattern: str, negated: bool) -> Callable[[Facts], bool]:
    """`field!=` keeps events without a matching value, and those for which the field is null (`regex`)."""
    find = compile_regex(pattern).search

    def check(facts: Facts) -> bool:
        found = {find(text) is not None for text in texts(facts, field)}
        if len(found) > 1:
            raise Unproven("`regex` on several values of which some match")
        return (True in found) is not negated

    return check


def _assign(terms: tuple[tuple[str, Term], ...]) -> Step:
    """Expressions are processed left to right; NULL clears the field (`eval`, `null()`)."""

    def apply(row: Row) -> Row:
        facts = row.facts
        for name, term in terms:
            facts = Facts({**facts.event, name: _as_value(term(facts))})
        return Row(facts, row.positions)

    return lambda rows: map(apply, rows)


def _as_value(value: Result) -> Any:
    if isinstance(value, bool):
        raise Unproven("a field cannot hold a truth value")
    return list(value) if isinstance(value, tuple) else value


# --- tstats


def _tstats(command: Tstats) -> Step:
    """A row for each combination of values of the BY fields (`tstats`).

    Events that lack one of them are left out, unless `fillnull_value` says what to put there.
    """
    if command.where is not None and has_network(command.where):
        raise Unproven("networks in `tstats` (Search Reference, `tstats`, Limitations of CIDR matching)")
    check = compile_search(command.where) if command.where is not None else lambda facts: True
    names = command.by
    flags = {one.name: one.value for one in command.options if isinstance(one, Flag)}
    fill = unquote(flags["fillnull_value"]) if "fillnull_value" in flags else None

    def apply(rows: Iterator[Row]) -> Iterator[Row]:
        groups: dict[tuple[str, ...], list[int]] = {}
        for row in rows:
            if check(row.facts):
                values = [texts(row.facts, name) or ((fill,) if fill is not None else ()) for name in names]
                for key in product(*values):
                    groups.setdefault(key, []).extend(row.positions)
        for key, positions in groups.items():
            yield Row(Facts(MappingProxyType(dict(zip(names, key, strict=True)))), tuple(positions))

    return apply
