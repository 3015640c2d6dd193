"""What is printed reads back as the same tree, whatever it holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kql.microsoft import check, needs_microsoft
from tests.kql.trees import names, scalars, scripts, texts
from transpile.dialects.kql import DIALECT
from transpile.dialects.kql.literals import quote, spell_name, unquote
from transpile.dialects.kql.tree import And, Binary, Expr, Name, Or, Pipeline, Script, String, Where
from transpile.source import Source
from transpile.syntax.lexer import ParseError

QUICK = settings(derandomize=True, deadline=None, max_examples=80)


@QUICK
@given(scripts)
def test_scripts_read_back(script: Script) -> None:
    assert DIALECT.parse(Source(DIALECT.print(script))) == script


@QUICK
@given(st.lists(scalars, min_size=1, max_size=3))
def test_conditions_read_back(conditions: list[Expr]) -> None:
    script = Script((Pipeline(Name("T"), tuple(map(Where, conditions))),))
    assert DIALECT.parse(Source(DIALECT.print(script))) == script


@QUICK
@given(texts)
def test_a_string_never_leaves_its_quotes(value: str) -> None:
    literal = quote(value)
    assert unquote(literal) == value
    assert literal.isprintable()
    script = Script((Pipeline(Name("T"), (Where(Binary("==", Name("a"), String(value))),)),))
    text = DIALECT.print(script)
    assert text.count("\n") == 1
    assert DIALECT.parse(Source(text)) == script


@QUICK
@given(names)
def test_a_name_is_a_name(name: str) -> None:
    assert DIALECT.parse(Source(f"T | where {spell_name(name)} == 1")).statements[0].operators == (
        Where(Binary("==", Name(name), DIALECT.parse(Source("1")).statements[0])),
    )


@needs_microsoft
def test_a_crowd_of_alternatives_is_grouped() -> None:
    """Microsoft's parser gives up on a chain of five hundred; in groups it reads it, and to us it is the same."""
    many = tuple(Binary("contains", Name("CommandLine"), String(f"value number {i}")) for i in range(1101))
    script = Script((Pipeline(Name("T"), (Where(Or(many)),)),))
    text = DIALECT.print(script)
    assert check([text], {"T": {"CommandLine": "string"}}) == [[]]
    assert DIALECT.parse(Source(text)) == script


def test_long_conditions_are_broken_and_read_back() -> None:
    """Every break is blank to the parser, at any depth."""
    leaves = tuple(Binary("contains", Name("CommandLine"), String(f"value number {i}")) for i in range(8))
    condition = Or((And(leaves), And((Or(leaves), Binary("==", Name("a"), String("b"))))))
    script = Script((Pipeline(Name("T"), (Where(condition),)),))
    text = DIALECT.print(script)
    assert max(map(len, text.splitlines())) <= 120
    assert DIALECT.parse(Source(text)) == script


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("plain", '"plain"'),
        ("C:\\x", '@"C:\\x"'),
        ("ends\\", '@"ends\\"'),
        ('say "hi"', "'say \"hi\"'"),
        ("both \" and '", '"both \\" and \'"'),
        ('\\"', "@'\\\"'"),
        ("\\\"'", '@"\\""\'"'),
        ("a\nb\\c", '"a\\nb\\\\c"'),
        ("\x00", '"\\u0000"'),
        ("\U000e0001", '"\\udb40\\udc01"'),
        ("\u202e", '"\\u202e"'),
    ],
)
def test_strings_are_quoted_as_people_do(value: str, literal: str) -> None:
    assert quote(value) == literal


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("EventID", "EventID"),
        ("c-uri", "['c-uri']"),
        ("a.b", "['a.b']"),
        ("kind", "['kind']"),
        ("Kind", "Kind"),
        ("1d", "['1d']"),
    ],
)
def test_names_are_bracketed_where_they_must_be(name: str, spelled: str) -> None:
    assert spell_name(name) == spelled


@pytest.mark.parametrize(
    "text", ["", "T |", "T | where", "T | where (a == 1", "T | where a ==", "T | where and", "T | where a in ()x", "'a"]
)
def test_what_is_no_query_is_rejected(text: str) -> None:
    with pytest.raises(ParseError):
        DIALECT.parse(Source(text))


def test_deep_nesting_is_an_error_and_no_crash() -> None:
    with pytest.raises(ParseError):
        DIALECT.parse(Source("T | where " + "(" * 5000 + "a" + ")" * 5000))
