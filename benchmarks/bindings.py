"""Does a query bind to its platform? It parses, and every table and field that it names exists there.

Asked of the query's text alone, ours or another's. The schemas are those of the tests (tests/schemas): Microsoft's
tables by Microsoft's own parser, Elastic's and Google's field lists, and Splunk's Common Information Model. Of Splunk's
other fields nothing is known; there a search must say where its events are, by names that Splunk's add-ons have.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from parsers import PARSERS, PROJECT

sys.path.insert(0, str(PROJECT))

from tests.kql.microsoft import check
from tests.schemas import elastic, kusto, splunk, udm
from transpile.dialects.spl import tree as spl_tree
from transpile.dialects.spl.parse import parse as parse_spl
from transpile.dialects.yaral.parse import Parser as YaralParser
from transpile.dialects.yaral.tree import Key, Path, walk
from transpile.source import Source

Problems = list[str | None]

NOWHERE = "nothing says where the events are"  # of a Splunk search

# Where a Windows event log may be found in Splunk, by either way of collecting it.
_WINDOWS = re.compile(r"(?i)(Xml)?WinEventLog:|Syslog:Linux-Sysmon/")


def kql(model: str, queries: Sequence[str]) -> Problems:
    """By Microsoft's parser, which finds unknown tables, columns and functions."""
    tables = dict(kusto.tables(model))
    if model == "asim":  # as functions that a workspace has deployed are called, too
        tables |= {re.sub("^_I", "i", name).replace("_", "", 1): columns for name, columns in tables.items()}
        tables["imRegistry()"] = tables["imRegistryEvent()"]
    answers = check(queries, kusto.asked_for(tables, queries))
    return [answer[0] if answer else None for answer in answers]


def eql(queries: Sequence[str]) -> Problems:
    """By Elastic's field lists, and the categories that the schema has."""
    from eql import ast
    from eql.parser import (
        allow_runs,
        elasticsearch_syntax,
        elasticsearch_validate_optional_fields,
        ignore_missing_functions,
        parse_query,
    )

    def problem(query: str) -> str | None:
        try:
            # `with runs`, which Elasticsearch has had since 7.16, is off in the package unless asked for.
            with elasticsearch_syntax, ignore_missing_functions, elasticsearch_validate_optional_fields, allow_runs:
                parsed = parse_query(query)
        except Exception as error:
            return str(error).partition("\n")[0]
        for node in parsed:
            if isinstance(node, ast.EventQuery) and node.event_type not in categories:
                return f"no category {node.event_type}"
            if isinstance(node, ast.Field) and elastic.field_type(_eql_name(node)) is None:
                return f"no field {_eql_name(node)}"
        return None

    categories = {"any", *elastic.allowed_values("event.category")}
    return list(map(problem, queries))


def _eql_name(field: Any) -> str:
    return ".".join([field.base, *(str(part) for part in field.path)])


def yaral(queries: Sequence[str]) -> Problems:
    """By Google's field list. A search of events (`metadata.event_type = "..."`) is judged as the rule that has it."""

    def problem(query: str) -> str | None:
        for path in _paths(YaralParser(Source(query)).rule()):
            if udm.field_type(path) is None:
                return f"no field {path}"
        return None

    rules = [query if query.startswith("rule ") else _as_rule(query) for query in queries]
    parsed = PARSERS["yaral"](rules) or []
    return [found or problem(query) for query, found in zip(rules, parsed, strict=True)]


# Strings, regular expressions, and the paths that want an event's name before them.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|/(?:[^/\\]|\\.)*/|(?P<path>[A-Za-z_]\w*(?:\.\w+)+)')


def _as_rule(search: str) -> str:
    events = _TOKEN.sub(lambda found: f"$e.{found['path']}" if found["path"] else found[0], search)
    for word in ("and", "or", "not"):
        events = events.replace(f" {word.upper()} ", f" {word} ")
    return f"rule search {{ events: {events} condition: $e }}"


def _paths(rule: Any) -> Iterator[str]:
    for line in rule.events:
        for node in walk(line):
            if isinstance(node, Path):
                steps = (f'["{step.text}"]' if isinstance(step, Key) else f".{step}" for step in node.steps)
                yield "".join(steps).lstrip(".")


def spl(queries: Sequence[str]) -> Problems:
    """By the Common Information Model and the names of sources."""

    def problem(pipeline: spl_tree.Pipeline) -> str | None:
        first = pipeline.commands[0]
        if isinstance(first, spl_tree.Tstats):
            return _tstats_problem(first)
        if isinstance(first, spl_tree.Branch) and first.pipelines:  # `multisearch`: each search says where it looks
            return next(filter(None, map(problem, first.pipelines)), None)
        wheres = [node for node in _comparisons(first) if node[0] in ("source", "sourcetype", "tag", "eventtype")]
        if not wheres:
            return NOWHERE
        for name, value in wheres:
            if name == "sourcetype" and not splunk.is_source_type(value):
                return f"no source type {value}"
            if name == "source" and not _WINDOWS.match(value):
                return f"no source {value}"
        return None

    parsed = PARSERS["spl"](queries) or []
    return [found or problem(parse_spl(Source(query))) for query, found in zip(queries, parsed, strict=True)]


def _tstats_problem(command: spl_tree.Tstats) -> str | None:
    dataset = command.dataset
    if dataset not in splunk.data_sets():
        return f"no data set {dataset}"
    for name, _ in _comparisons(command.where):
        if not splunk.is_field(dataset, name):
            return f"no field {name} in {dataset}"
    return None


def _comparisons(node: Any) -> Iterator[tuple[str, str]]:
    """Each field that a search expression names, with a value."""
    match node:
        case spl_tree.Search(expr):
            yield from _comparisons(expr)
        case spl_tree.And(args) | spl_tree.Or(args):
            for arg in args:
                yield from _comparisons(arg)
        case spl_tree.Not(arg):
            yield from _comparisons(arg)
        case spl_tree.Comparison(field, _, value):
            yield field, getattr(value, "text", "")
        case spl_tree.In(field, values):
            yield from ((field, getattr(value, "text", "")) for value in values)
        case _:
            pass


BINDINGS: Mapping[str, Callable[[Sequence[str]], Problems]] = {
    "windows-xml": spl,
    "cim": spl,
    "ecs": eql,
    "sentinel": partial(kql, "sentinel"),
    "defender": partial(kql, "defender"),
    "asim": partial(kql, "asim"),
    "udm": yaral,
}
