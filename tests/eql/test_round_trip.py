"""What is printed is read back as the same tree, by our parser and by Elastic's own."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.eql.outside import elastic
from tests.eql.trees import TEXT
from transpile.dialects.eql.parse import parse
from transpile.dialects.eql.print import print_query
from transpile.dialects.eql.tree import (
    And,
    Boolean,
    Compare,
    Comparison,
    Event,
    Field,
    Lookup,
    Not,
    Null,
    Number,
    Or,
    Query,
    Search,
    String,
)
from transpile.source import Source
from transpile.syntax.lexer import ParseError


@settings(max_examples=120, derandomize=True, deadline=None)
@given(TEXT)
def test_no_text_breaks_out_of_its_quotes(text: str) -> None:
    for search in (Search.WILDCARD, Search.REGEX):
        query = Query(Event(None, Lookup(search, Field("a"), (String(text),))))
        printed = print_query(query)
        assert "\n" not in printed
        assert parse(Source(printed)) == query


def test_long_conditions_take_a_line_each() -> None:
    values = tuple(String(f"*\\program{number}.exe") for number in range(8))
    either = Or((Lookup(Search.WILDCARD, Field("Image"), values), Compare(Comparison.EQ, Field("a"), Number(1))))
    both = And((either, Not(And((Compare(Comparison.NE, Field("b"), Null()), Boolean(True))))))
    assert print_query(Query(Event("process", both))) == "\n".join(
        [
            "process where",
            "  (",
            "    Image : (",
            *(f'      "*\\\\program{number}.exe"{"," * (number < 7)}' for number in range(8)),
            "    ) or",
            "    a == 1",
            "  ) and",
            "  not (b != null and true)",
        ]
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("process where", (1, 14)),
        ("where a == 1", (1, 1)),
        ('any where a == "x', (1, 16)),
        ("any where (a == 1", (1, 18)),
        ("any where a == 1 b", (1, 18)),
        ("any where a in ()", (1, 17)),
        ("any where\n  a == 'x'", (2, 8)),
        ("any where " + "not " * 300 + "a", (1, 811)),
    ],
)
def test_errors_have_a_place(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(ParseError) as caught:
        parse(Source(text))
    assert (caught.value.span.line, caught.value.span.column) == place


def test_real_rules_are_read_and_printed(corpora: Path) -> None:
    """Every EQL rule of Elastic's; where Elastic's parser takes them, it finds the same in what we print."""
    read = same = 0
    for path in sorted((corpora / "elastic").rglob("*.toml")):
        rule = tomllib.loads(path.read_text(encoding="utf-8")).get("rule", {})
        if rule.get("language") != "eql":
            continue
        tree = parse(Source(rule["query"], str(path)))
        printed = print_query(tree)
        assert parse(Source(printed)) == tree
        read += 1
        if read % 8 == 0:
            with elastic() as eql:
                try:
                    wanted = eql.parse_query(rule["query"])
                except eql.EqlError:  # samples and repeats are beyond it
                    continue
                assert eql.parse_query(printed) == wanted
                same += 1
    assert read > 400
    assert same > 40
