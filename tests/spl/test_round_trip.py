"""What is printed reads back as the same tree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.spl.trees import commands, evals, searches
from transpile.dialects.spl import tree
from transpile.dialects.spl.parse import parse
from transpile.dialects.spl.print import print_pipeline
from transpile.dialects.spl.tree import Pipeline, Search, Where
from transpile.source import Source
from transpile.syntax.lexer import ParseError

quick = settings(derandomize=True, deadline=None, max_examples=80)


@quick
@given(searches)
def test_searches(expr: tree.SearchExpr) -> None:
    check(Pipeline((Search(expr),)))


@quick
@given(evals)
def test_conditions(expr: tree.EvalExpr) -> None:
    check(Pipeline((Search(tree.Literal("*", bare=True)), Where(expr))))


@quick
@given(st.lists(commands, min_size=1, max_size=4).map(tuple))
def test_pipelines(given_commands: tuple[tree.AnyCommand, ...]) -> None:
    check(Pipeline(given_commands))


@quick
@given(st.lists(commands, min_size=1, max_size=2).map(tuple))
def test_subsearches(given_commands: tuple[tree.AnyCommand, ...]) -> None:
    check(Pipeline((Search(tree.Not(tree.Subsearch(Pipeline(given_commands)))),)))


def check(pipeline: Pipeline) -> None:
    text = print_pipeline(pipeline)
    assert parse(Source(text)) == pipeline, text


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "1:1"),
        ("a=", "1:3"),
        ('a="x', "1:3"),
        ("(a=1", "1:5"),
        ("a=1) b=2", "1:4"),
        ("a IN (", "1:7"),
        ("* | where", "1:10"),
        ("* |\n where a=", "2:10"),
        ("* | where match(a", "1:18"),
        ("* | eval a", "1:11"),
        ("* | | b", "1:5"),
        ("a=1 [search b", "1:14"),
        ("(" * 300, "1:201"),
        ("* | where " + "(" * 300, "1:"),
        ("[search " * 60, "1:"),
    ],
)
def test_bad_text_is_an_error_with_its_place(text: str, place: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(Source(text))
    assert str(caught.value).startswith(place)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("search index=main a=1", "index=main a=1"),
        ("a=1 AND (b=2)", "a=1 b=2"),
        ("a=1 b=2 OR c=3", "a=1 (b=2 OR c=3)"),
        ("(a=1 b=2) OR c=3", "(a=1 b=2) OR c=3"),
        ("a==1", "a=1"),
        ("x=\"\\d\" | where y='a b'", "x=\"\\\\d\"\n| where y='a b'"),
        ("* | where a=1 OR b=2 AND c=3", "*\n| where a=1 OR (b=2 AND c=3)"),
        ("* | where (a-(b-c))*2>1", "*\n| where (a - (b - c)) * 2>1"),
        ("* | where a-b-c>1", "*\n| where a - b - c>1"),
        ("* | where !isnull(a)", "*\n| where NOT isnull(a)"),
        ("a=1 ```why``` b=2 | stats count by a ", "a=1 b=2\n| stats count by a"),
        ("`sysmon` a=1 [| inputlookup x | fields a]", "`sysmon` a=1 [| inputlookup x | fields a]"),
        ('a=b"c d"e', 'a="bc de"'),
    ],
)
def test_printed_plainly(text: str, printed: str) -> None:
    assert print_pipeline(parse(Source(text))) == printed


def test_long_lists_and_groups_stand_on_lines_of_their_own() -> None:
    values = tuple(tree.Literal(f"value number {n}") for n in range(8))
    text = print_pipeline(Pipeline((Search(tree.And((tree.In("a", values), tree.Comparison("b", "=", values[0])))),)))
    assert text.splitlines()[:3] == ["a IN (", '    "value number 0",', '    "value number 1",']
    assert text.splitlines()[-2:] == [")", 'b="value number 0"']
