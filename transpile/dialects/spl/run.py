"""Runs an SPL search over events, by Splunk's documentation. Nothing here knows of IR."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from types import MappingProxyType
from typing import Any, assert_never

from transpile.dialects.base import Row, Timed
from transpile.dialects.spl.run_eval import Term, compile_eval, compile_regex, holds
from transpile.dialects.spl.run_facts import Facts
from transpile.dialects.spl.run_operators import Result as Value
from transpile.dialects.spl.run_rows import (
    READERS,
    Result,
    Step,
    eventstats,
    options_of,
    stats,
    streamstats,
    with_fields,
)
from transpile.dialects.spl.run_search import compile_search, has_network, texts
from transpile.dialects.spl.strings import RAW
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

_INTERNAL = ("_time", "_raw")  # fields that `fields` keeps


def run(tree: Pipeline, events: Iterable[Mapping[str, Any]]) -> Iterator[int]:
    """The positions of the events that the search returns, in order.

    Raises `Unproven` where Splunk's documentation does not define it.
    """
    found = [Result(Facts(event), (position,)) for position, event in enumerate(events)]
    positions = (position for row in _through(tree, found, edge=True) for position in row.positions)
    if any(isinstance(command, Tstats | Stats) for command in tree.commands):
        yield from sorted(set(positions))
    else:
        yield from positions


def rows(tree: Pipeline, events: Sequence[Timed]) -> list[Row]:
    """The rows that the search returns over events with their times, newest first as Splunk hands them out.

    Raises `Unproven` where they hang on something that Splunk's documentation does not settle.
    """
    times = sorted(enumerate(events), key=lambda pair: -pair[1].time)
    found = [Result(Facts({**one.event, "_time": one.time}), (position,)) for position, one in times]
    results = list(map(_row, _through(tree, found, edge=True)))
    if _hangs_on_edges(tree):
        others = list(map(_row, _through(tree, found, edge=False)))
        if sorted(map(repr, results)) != sorted(map(repr, others)):
            raise Unproven("whether a time_window holds an event exactly its length ago")
    return results


def _hangs_on_edges(tree: Pipeline) -> bool:
    """Whether the search has a `time_window`, whose edge is not documented."""
    stats = [command for command in tree.commands if isinstance(command, Stats)]
    return any(option.name == "time_window" for command in stats for option in command.options)


def _row(row: Result) -> Row:
    columns = {name: value for name, value in row.facts.event.items() if value is not None}
    return Row(columns, frozenset(row.positions))


def _through(tree: Pipeline, found: Iterable[Result], *, edge: bool) -> Iterable[Result]:
    first, *rest = tree.commands
    if isinstance(first, Branch) and first.name in ("multisearch", "union"):
        events = list(found)
        found = [row for pipeline in first.pipelines for row in _through(pipeline, events, edge=edge)]
        steps = _compile(Pipeline((*rest,)), edge, True) if rest else ()
    else:
        steps = _compile(tree, edge, False)
    for step in steps:
        found = step(found)
    return found


@lru_cache(maxsize=64)
def _compile(tree: Pipeline, edge: bool, begun: bool) -> tuple[Step, ...]:
    if not begun and not isinstance(tree.commands[0], Search | Tstats | Macro):
        raise Unproven("a search begins with a command that generates events")
    return tuple(_step(command, edge) for command in tree.commands)


def _step(command: AnyCommand, edge: bool) -> Step:
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
        case Stats("stats"):
            return stats(command)
        case Stats("eventstats"):
            return eventstats(command)
        case Stats():
            return streamstats(command, edge=edge)
        case Fields():
            return _fields(command)
        case Rename(pairs):
            return _rename(pairs)
        case Rex():
            return _rex(command)
        case Plain(name) if name in READERS:
            return READERS[name](command)
        case Macro(text):
            return _macro(text)
        case Command(name) | Plain(name) | Branch(name):
            raise Unproven(f"the command {name} is not run here")
        case Lookup(_, table):
            raise Unproven(f"the lookup {table} is a table of its own")
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


# --- fields


def _assign(terms: tuple[tuple[str, Term], ...]) -> Step:
    """Expressions are processed left to right; NULL clears the field (`eval`, `null()`)."""

    def apply(row: Result) -> Result:
        for name, term in terms:
            row = with_fields(row, {name: _as_value(term(row.facts))})
        return row

    return lambda rows: map(apply, rows)


def _as_value(value: Value) -> Any:
    if isinstance(value, bool):
        raise Unproven("a field cannot hold a truth value")
    return list(value) if isinstance(value, tuple) else value


def _fields(command: Fields) -> Step:
    """`fields` keeps the internal fields too; `fields -` and names with `*` change nothing that is tested here."""
    if any("*" in name for name in command.fields):
        return lambda rows: rows
    if command.removed:
        return lambda rows: (with_fields(row, dict.fromkeys(command.fields)) for row in rows)
    names = (*command.fields, *(_INTERNAL if command.name == "fields" else ()))
    return lambda rows: (Result(Facts(_only(row.facts, names)), row.positions) for row in rows)


def _only(facts: Facts, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: list(found) if len(found) > 1 else found[0] for name in names if (found := facts.values(name))}


def _rename(pairs: tuple[tuple[str, str], ...]) -> Step:
    """A field that does not exist leaves the other as it is, as far as is documented (`rename`)."""

    def apply(row: Result) -> Result:
        for old, new in pairs:
            row = _moved(row, old, new)
        return row

    return lambda rows: map(apply, rows)


def _moved(row: Result, old: str, new: str) -> Result:
    pattern = re.compile("(.+)".join(map(re.escape, old.split("*"))))
    changes: dict[str, Any] = {}
    names = list(row.facts.event) if "*" in old else [old]
    for name in names:
        found = pattern.fullmatch(name)
        values = row.facts.values(name)
        if found is None or not values or name == new:
            continue
        groups = iter(found.groups())
        target = "".join(next(groups, "") if piece == "*" else piece for piece in re.split(r"(\*)", new))
        changes[name] = None
        changes[target] = list(values) if len(values) > 1 else values[0]
    return with_fields(row, changes) if changes else row


def _rex(command: Rex) -> Step:
    """Named groups fill fields from the first match; without one, fields stay as they are (`rex`)."""
    options = options_of(command.options)
    if options.keys() - {"field", "max_match"} or options.get("max_match", "1") != "1":
        raise Unproven("options of rex")
    field = options.get("field", RAW)
    find = compile_regex(command.pattern).search

    def apply(row: Result) -> Result:
        values = texts(row.facts, field)
        if len(values) > 1:
            raise Unproven("rex on several values")
        found = find(values[0]) if values else None
        groups = found.groupdict() if found else {}
        return with_fields(row, {name: text for name, text in groups.items() if text is not None})

    return lambda rows: map(apply, rows)


_IDENTITY = ("ctime", "security_content_ctime")  # format times


def _macro(text: str) -> Step:
    name, _, rest = text.partition("(")
    if name == "drop_dm_object_name":
        node = rest.rstrip(")").strip().strip('"')
        return _rename(((f"{node}.*", "*"),))
    if name in _IDENTITY:
        return lambda rows: rows
    raise Unproven(f"the macro `{text}` is defined elsewhere")


# --- tstats


def _tstats(command: Tstats) -> Step:
    """A row for each combination of values of the BY fields (`tstats`).

    Events that lack one of them are left out, unless `fillnull_value` says what to put there.
    """
    if command.where is not None and has_network(command.where):
        raise Unproven("networks in `tstats` (Search Reference, `tstats`, Limitations of CIDR matching)")
    check = compile_search(command.where) if command.where is not None else lambda facts: True
    fill = options_of(one for one in command.options if isinstance(one, Flag)).get("fillnull_value")

    def apply(rows: Iterable[Result]) -> Iterator[Result]:
        groups: dict[tuple[str, ...], list[int]] = {}
        for row in rows:
            if check(row.facts):
                values = [texts(row.facts, name) or ((fill,) if fill is not None else ()) for name in command.by]
                for key in product(*values):
                    groups.setdefault(key, []).extend(row.positions)
        for key, positions in groups.items():
            yield Result(Facts(MappingProxyType(dict(zip(command.by, key, strict=True)))), tuple(positions))

    return apply
