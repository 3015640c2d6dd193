"""Our queries, read by a parser that is not ours, and free of what Elasticsearch refuses."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings

from tests.esql.outside import problems
from tests.esql.trees import TREES
from transpile.conversion import convert_all
from transpile.dialects.esql.parse import parse
from transpile.dialects.esql.print import print_query
from transpile.dialects.esql.tree import Like, Query
from transpile.source import Source
from transpile.syntax.lexer import ParseError

PROJECT = Path(__file__).parent.parent.parent


def elastic_queries(corpora: Path) -> list[str]:
    """The ES|QL queries of Elastic's public rules and hunts."""
    found: list[str] = []
    for path in sorted((corpora / "elastic").rglob("*.toml")):
        document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        rule = document.get("rule", {})
        if rule.get("language") == "esql":
            found.append(rule["query"])
        hunts = document.get("hunt", {}).get("query", [])
        found += [query for query in hunts if re.match(r"(?:\s|//.*\n)*(?:from|set)\b", query, re.IGNORECASE)]
    return found


def converted(folder: Path, model: str) -> Iterator[str]:
    for path in sorted(folder.rglob("*.yml")):
        for one in convert_all(path.read_text(encoding="utf-8"), write="esql", model=model, allow_approximate=True):
            if one.query is not None:
                yield one.query


def test_queries_of_the_projects_rules_parse_with_esql_py() -> None:
    queries = [*converted(PROJECT / "rules", "none"), *converted(PROJECT / "rules", "ecs")]
    queries += [path.read_text(encoding="utf-8") for path in (PROJECT / "tests/golden").glob("*/*.esql")]
    assert len(queries) > 150
    assert [(why, query) for why, query in zip(problems(queries), queries, strict=True) if why] == []


def test_public_rules_in_esql_parse_with_esql_py_and_hold_no_escape_that_like_refuses(corpora: Path) -> None:
    queries = list(converted(corpora / "sigma" / "rules", "none"))
    assert len(queries) > 3000
    assert [(why, query) for why, query in zip(problems(queries), queries, strict=True) if why] == []
    patterns = [pattern for query in queries for pattern in like_patterns(parse(Source(query)))]
    assert len(patterns) > 10_000
    assert [pattern for pattern in patterns if re.search(r"(?<!\\)(?:\\\\)*\\(?:[^*?\\]|$)", pattern)] == []


def like_patterns(tree: Any) -> Iterator[str]:
    if isinstance(tree, Like) and not tree.regex:
        yield from tree.patterns
    if isinstance(tree, tuple):
        for one in tree:
            yield from like_patterns(one)
    elif hasattr(tree, "__slots__"):
        for name in tree.__slots__:
            yield from like_patterns(getattr(tree, name))


def test_public_queries_are_read_as_esql_py_reads_them(corpora: Path) -> None:
    queries = elastic_queries(corpora)
    ours = [parsed(query) for query in queries]
    theirs = problems(queries)
    assert [tree is not None for tree in ours] == [why is None for why in theirs]
    assert sum(tree is not None for tree in ours) > 150
    printed = [print_query(tree) for tree in ours if tree is not None]
    assert [why for why in problems(printed) if why] == []
    assert [parse(Source(text)) for text in printed] == [tree for tree in ours if tree is not None]


def parsed(query: str) -> Query | None:
    try:
        return parse(Source(query))
    except ParseError:
        return None


def test_no_text_fails_but_by_a_parse_error(corpora: Path) -> None:
    queries = elastic_queries(corpora)[:40]
    for query in queries:
        for end in range(0, len(query), 97):
            parsed(query[:end])
            parsed(query[:end] + "\x00(" + query[end:])
    parsed("FROM x | WHERE " + "(" * 10_000)
    parsed("FROM x | WHERE " + "NOT " * 10_000)


@settings(max_examples=30, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TREES)
def test_printed_trees_have_no_trailing_blanks(tree: Query) -> None:
    assert not print_query(tree).endswith((" ", "\n"))
