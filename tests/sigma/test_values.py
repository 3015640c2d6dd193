"""What values mean: wildcards and escapes, numbers, truth values, null, and spellings that YAML would change."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma.types import SigmaString, SpecialChars

from tests.sigma.sigma_rules import (
    all_tests,
    codes_of,
    detection_text,
    expr_of,
    one_test,
    reading,
    rule_of,
    rule_text,
    selection_codes,
)
from transpile.dialects.sigma.parse import parse_string
from transpile.ir.expr import And, Keyword, Match, Or
from transpile.ir.match import ANY, ONE, Boolean, Null, Number, Pattern, Test
from transpile.ir.walk import leaves


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("abc", ("abc",)),
        ("", ()),
        ("*", (ANY,)),
        ("a*b", ("a", ANY, "b")),
        ("a?b", ("a", ONE, "b")),
        (r"a\*b", ("a*b",)),
        (r"a\?b", ("a?b",)),
        (r"a\\b", ("a\\b",)),
        (r"a\b", ("a\\b",)),
        (r"\\*", ("\\", ANY)),
        (r"\\\*", ("\\*",)),
        (r"\\\\", ("\\\\",)),
        (r"\\\x", ("\\\\x",)),
        ("C:\\", ("C:\\",)),
        (r"\\server\share", ("\\server\\share",)),
        ("**", (ANY,)),
    ],
)
def test_wildcards_and_escapes(written: str, parts: tuple[object, ...]) -> None:
    assert one_test(f"field: '{written}'") == Pattern(parts)  # type: ignore[arg-type]


@given(st.text(alphabet="\\*?ab", max_size=12))
@settings(deadline=None, derandomize=True, max_examples=400)
def test_strings_are_parsed_as_pysigma_parses_them(text: str) -> None:
    assert parse_string(text).s == SigmaString(text).s


def test_escapes_do_not_reach_the_next_string() -> None:
    assert parse_string("\\*?").s == ["*", SpecialChars.WILDCARD_SINGLE]


@pytest.mark.parametrize(
    ("written", "test"),
    [
        ("4688", Number(4688)),
        ("-1", Number(-1)),
        ("0", Number(0)),
        ("0.5", Number(0.5)),
        ("'4688'", Pattern.of("4688")),
        ('"4688"', Pattern.of("4688")),
        ("!!str 4688", Pattern.of("4688")),
        ("!!int '4688'", Number(4688)),
        ("true", Boolean(True)),
        ("False", Boolean(False)),
        ("'true'", Pattern.of("true")),
        ("null", Null()),
        ("~", Null()),
        ("", Null()),
        ("''", Pattern(())),
        ("'null'", Pattern.of("null")),
        ("=", Pattern.of("=")),
        ("[4688]", Number(4688)),
    ],
)
def test_kinds_of_values(written: str, test: Test) -> None:
    assert one_test(f"field: {written}") == test
    assert selection_codes(f"field: {written}") == []


@pytest.mark.parametrize(
    "written",
    ["0x17", "0755", "1.10", "1.0", "1_000", "12:30", "+5", "0b11", ".5", "yes", "No", "on", "2024-01-31", ".inf"],
)
def test_what_yaml_would_change_stays_as_the_author_wrote_it(written: str) -> None:
    assert one_test(f"field: {written}") == Pattern.of(written)
    found = reading(rule_text(f"field: {written}"))
    assert [diagnostic.code for diagnostic in found.diagnostics] == ["SIG081"]
    assert written in found.diagnostics[0].message and "quotes" in found.diagnostics[0].hint


@pytest.mark.parametrize("written", ["9" * 19, "9" * 5000, "-" + "9" * 400])
def test_huge_numbers_are_text(written: str) -> None:
    assert one_test(f"field: {written}") == Pattern.of(written)


def test_a_list_is_or_and_a_map_is_and() -> None:
    expr = expr_of("one: [a, b]\ntwo: c")
    assert isinstance(expr, And)
    first, second = expr.args
    assert isinstance(first, Or) and len(first.args) == 2
    assert isinstance(second, Match) and second.field.name == "two"


def test_a_list_of_maps_is_or_of_ands() -> None:
    expr = expr_of("- one: a\n  two: b\n- three: c")
    assert isinstance(expr, Or)
    assert isinstance(expr.args[0], And) and isinstance(expr.args[1], Match)


def test_a_list_may_mix_maps_and_keywords() -> None:
    expr = expr_of("- one: a\n- evil")
    assert isinstance(expr, Or)
    assert isinstance(expr.args[0], Match) and isinstance(expr.args[1], Keyword)


def test_lists_of_lists() -> None:
    assert [leaf.test for leaf in leaves(expr_of("- [a, b]\n- [c]"))] == [
        Pattern.of("a"),
        Pattern.of("b"),
        Pattern.of("c"),
    ]


def test_null_and_the_empty_string_in_a_list() -> None:
    assert all_tests("field: [null, '', x]") == [Null(), Pattern(()), Pattern.of("x")]


def test_dates_do_not_lose_the_rule() -> None:
    assert all_tests("field: [2024-01-31, x]") == [Pattern.of("2024-01-31"), Pattern.of("x")]
    assert all_tests("- 2024-01-31\n- x") == [Pattern.of("2024-01-31"), Pattern.of("x")]


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("evil", ("evil",)),
        ("'*evil*'", ("evil",)),
        ("'e*l'", ("e", ANY, "l")),
        ("'?'", (ONE,)),
        ("4688", ("4688",)),
        ("true", ("true",)),
        ("yes", ("yes",)),
        (r"'\*'", ("*",)),
    ],
)
def test_keywords(written: str, parts: tuple[object, ...]) -> None:
    assert one_test(f"- {written}") == Pattern(parts)  # type: ignore[arg-type]
    assert one_test(written) == Pattern(parts)  # type: ignore[arg-type]


def test_keywords_are_or_and_with_all_they_are_and() -> None:
    assert isinstance(expr_of("- a\n- b"), Or)
    expr = expr_of("'|all': [a, b]")
    assert isinstance(expr, And) and all(isinstance(arg, Keyword) for arg in expr.args)
    assert isinstance(expr_of("'|all': [a, b]\nfield: c"), And)
    assert isinstance(expr_of("'': [a, b]"), Or)


@pytest.mark.parametrize("written", ["''", "'*'", "null", "~"])
def test_keywords_that_ask_for_nothing(written: str) -> None:
    assert selection_codes(f"- {written}") == ["SIG037"]


@pytest.mark.parametrize(
    ("selection", "code"),
    [
        ("{}", "SIG023"),
        ("[]", "SIG023"),
        ("field: []", "SIG023"),
        ("- field: x\n- []", "SIG023"),
        ("field: {inner: x}", "SIG024"),
        ("field: [[x]]", "SIG024"),
        ("field: [{inner: x}, y]", "SIG024"),
        ("null: x", "SIG024"),
        ("[a]: x", "SIG007"),
        ("field: !!binary aGk=", "SIG006"),
        ("field: !custom x", "SIG006"),
    ],
)
def test_what_is_no_value(selection: str, code: str) -> None:
    found = reading(rule_text(selection))
    assert found.rule is None
    assert [diagnostic.code for diagnostic in found.diagnostics] == [code]
    assert found.diagnostics[0].span is not None


def test_numbers_as_names_of_fields() -> None:
    expr = expr_of("0: x")
    assert isinstance(expr, Match) and expr.field.name == "0"


def test_every_fault_of_a_selection_is_told_at_once() -> None:
    assert selection_codes("one: []\ntwo|contain: x\nthree|gt: x\nfour: {}") == ["SIG023", "SIG030", "SIG031", "SIG024"]


def test_a_repeated_key_loses_the_rule() -> None:
    text = rule_text("field|contains: a\nfield|contains: b")
    assert reading(text).rule is None
    assert codes_of(text) == ["SIG008"]


def test_merge_keys() -> None:
    text = "title: t\nlogsource: &log {category: c}\ndetection:\n  base: &base {a: 1, b: 2}\n"
    text += "  other: {<<: *base, b: 3}\n  condition: other or base\n"
    (_, other) = rule_of(text).parts
    assert [leaf.test for leaf in leaves(other.expr)] == [Number(1), Number(3)]


def test_networks_without_cidr_are_noted() -> None:
    assert selection_codes("field: ['10.0.0.0/8', 'fe80::/10', 'a/b', '1.2.3.4']") == ["SIG106", "SIG106"]
    assert selection_codes("field|cidr: '10.0.0.0/8'") == []


def test_selections_whose_values_are_commented_out() -> None:
    (found,) = reading(detection_text("a: {f: 1}\nb:\n  # f: 2\ncondition: a and not b")).diagnostics
    assert (found.code, found.message) == ("SIG023", "`b` is empty")
    assert found.span is not None and found.span.column == 3


def test_values_that_begin_with_a_star() -> None:
    text = detection_text("a:\n  f:\n    - *foo & bar*\ncondition: a")
    (found,) = reading(text).diagnostics
    assert found.code == "SIG001" and "quotes" in found.hint and found.span is not None
    line = text.splitlines()[found.span.line - 1]
    assert line[found.span.column - 1 : found.span.end_column - 1] == "*foo & bar*"
    assert "quotes" in reading(detection_text("a:\n  f: *foo\ncondition: a")).diagnostics[0].hint
