"""What is printed is read back as the same tree, by our parser and by Elastic's own."""

from __future__ import annotations

import tomllib
from pathlib import Path

import eql
import pytest
from eql.parser import elasticsearch_syntax, ignore_missing_functions
from hypothesis import given, settings
from hypothesis import strategies as st

from transpile.dialects.eql.parse import parse
from transpile.dialects.eql.print import print_query
from transpile.dialects.eql.tree import (
    And,
    Arithmetic,
    Boolean,
    Call,
    Compare,
    Comparison,
    Event,
    Expr,
    Field,
    Lookup,
    Negative,
    Not,
    Null,
    Number,
    Or,
    Pipe,
    Query,
    Sample,
    Search,
    Sequence,
    Sign,
    String,
    Term,
)
from transpile.source import Source
from transpile.syntax.lexer import ParseError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ['"', '"""', "\\", "a\\", 'q"', "\n\r\t", "\u202e", "*?", "'", "C:\\a*", "`", "\x00", "{", "\\u{41}"]
)
PART = st.from_regex(r"[a-z_@][a-zA-Z0-9_]{0,6}", fullmatch=True) | st.sampled_from(
    ["by", "in", "not", "true", "c-uri", "1a", "a b", "a`b", "é", "any", "Where", "like~", "\\", '"']
)
NAME = st.lists(PART, min_size=1, max_size=3).map(".".join)
FIELD = st.builds(Field, NAME, st.booleans())
NUMBER = st.builds(
    Number,
    st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0),
).filter(lambda number: str(number.value) != "-0.0")
STRING = st.builds(String, TEXT)
LITERAL = st.one_of(STRING, NUMBER, st.builds(Boolean, st.booleans()), st.just(Null()))
FUNCTION = st.sampled_from(["string", "length", "startsWith", "cidrMatch", "between"])


def operands(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    negated = inner.filter(lambda one: not isinstance(one, Number) or one.value < 0)
    return st.one_of(
        st.builds(Call, FUNCTION, st.lists(inner, max_size=3).map(tuple), st.booleans()),
        st.builds(Arithmetic, st.sampled_from(Sign), inner, inner),
        st.builds(Negative, negated),
    )


OPERAND = st.recursive(FIELD | LITERAL, operands, max_leaves=5)
MATCHES = st.builds(
    Lookup,
    st.sampled_from([search for search in Search if search not in (Search.IN, Search.IN_FOLD)]),
    OPERAND,
    st.lists(LITERAL, min_size=1, max_size=4).map(tuple),
)
MEMBERSHIPS = st.builds(
    Lookup,
    st.sampled_from([Search.IN, Search.IN_FOLD]),
    OPERAND,
    st.lists(OPERAND, min_size=1, max_size=4).map(tuple),
    st.booleans(),
)
LEAF = st.one_of(MATCHES, MEMBERSHIPS, st.builds(Compare, st.sampled_from(Comparison), OPERAND, OPERAND), OPERAND)


def combined(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, inner))


CONDITION = st.recursive(LEAF, combined, max_leaves=8)
EVENT = st.builds(Event, st.none() | TEXT, CONDITION)
KEYS = st.lists(FIELD, max_size=2).map(tuple)
TERM = st.builds(Term, EVENT, KEYS, st.booleans(), st.none() | st.integers(1, 99))
TERMS = st.lists(TERM, min_size=1, max_size=3).map(tuple)
BODY = st.one_of(
    EVENT,
    st.builds(Sequence, TERMS, KEYS, st.sampled_from([None, "30s", "5m"]), st.none() | TERM),
    st.builds(Sample, TERMS, st.lists(FIELD, min_size=1, max_size=2).map(tuple)),
)
PIPES = st.lists(
    st.builds(Pipe, st.sampled_from(["head", "tail"]), st.lists(NUMBER, max_size=1).map(tuple)), max_size=2
)
QUERY = st.builds(Query, BODY, PIPES.map(tuple))


@settings(max_examples=300, derandomize=True, deadline=None)
@given(QUERY)
def test_what_is_printed_is_read_back(query: Query) -> None:
    text = print_query(query)
    assert parse(Source(text)) == query, text
    assert all(line == line.rstrip() for line in text.split("\n"))


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
            with elasticsearch_syntax, ignore_missing_functions:
                try:
                    wanted = eql.parse_query(rule["query"])
                except eql.EqlError:  # samples and repeats are beyond it
                    continue
                assert eql.parse_query(printed) == wanted
                same += 1
    assert read > 400
    assert same > 40
