"""Every modifier of the specification, alone and with others."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sigma.sigma_rules import all_tests, expr_of, negated, one_test, reading, rule_text, selection_codes
from transpile.dialects.sigma.modifiers import MODIFIERS
from transpile.ir.expr import And, Keyword, Match, Not, Or
from transpile.ir.match import (
    ANY,
    ONE,
    Boolean,
    Case,
    Cidr,
    Compare,
    Exists,
    Field,
    FieldRef,
    Null,
    Number,
    Order,
    Pattern,
    Regex,
    Shape,
    Test,
    TimePart,
    TimeUnit,
)

SPECIFICATION = {
    *("all", "startswith", "endswith", "contains", "exists", "cased", "neq", "windash", "re", "i", "m", "s"),
    *("base64", "base64offset", "utf16le", "utf16be", "utf16", "wide", "lt", "lte", "gt", "gte"),
    *("minute", "hour", "day", "week", "month", "year", "cidr", "expand", "fieldref"),
}


def test_every_modifier_of_the_specification_is_known() -> None:
    assert set(MODIFIERS) >= SPECIFICATION


@pytest.mark.parametrize(
    ("item", "test"),
    [
        ("contains: x", Pattern.of(ANY, "x", ANY)),
        ("startswith: x", Pattern.of("x", ANY)),
        ("endswith: x", Pattern.of(ANY, "x")),
        ("contains: 'a*b'", Pattern.of(ANY, "a", ANY, "b", ANY)),
        ("contains: '*x*'", Pattern.of(ANY, "x", ANY)),
        ("contains: ''", Pattern.of(ANY)),
        ("endswith: '?.exe'", Pattern.of(ANY, ONE, ".exe")),
        (r"contains: 'C:\'", Pattern.of(ANY, "C:\\", ANY)),
        (r"startswith: 'C:\'", Pattern.of("C:\\", ANY)),
        (r"startswith: 'C:\\'", Pattern.of("C:\\", ANY)),
        (r"contains: '\\*'", Pattern.of(ANY, "\\", ANY)),
        (r"endswith: '\*'", Pattern.of(ANY, "*")),
        (r"startswith: '\\\*'", Pattern.of("\\*", ANY)),
        ("contains: 4688", Pattern.of(ANY, "4688", ANY)),
        ("contains: 0x17", Pattern.of(ANY, "0x17", ANY)),
        ("contains: true", Pattern.of(ANY, "true", ANY)),
        ("endswith: 2024-01-31", Pattern.of(ANY, "2024-01-31")),
        ("cased: Abc", Pattern.of("Abc", case=Case.SENSITIVE)),
        ("cased|contains: Abc", Pattern.of(ANY, "Abc", ANY, case=Case.SENSITIVE)),
        ("contains|cased: Abc", Pattern.of(ANY, "Abc", ANY, case=Case.SENSITIVE)),
        ("cased|base64: Abc", Pattern.of("QWJj", case=Case.SENSITIVE)),
        ("exists: true", Exists()),
        ("exists: yes", Exists()),
        ("exists: 'true'", Exists()),
        ("lt: 5", Compare(Order.LT, 5)),
        ("lte: -5", Compare(Order.LTE, -5)),
        ("gt: 0.5", Compare(Order.GT, 0.5)),
        ("gte: '5'", Compare(Order.GTE, 5)),
        ("gt: 0x10", Compare(Order.GT, 16)),
        ("gt: 010", Compare(Order.GT, 10)),
        ("minute: 5", TimePart(TimeUnit.MINUTE, 5)),
        ("hour: 5", TimePart(TimeUnit.HOUR, 5)),
        ("day: 5", TimePart(TimeUnit.DAY, 5)),
        ("week: 5", TimePart(TimeUnit.WEEK, 5)),
        ("month: 05", TimePart(TimeUnit.MONTH, 5)),
        ("year: 2026", TimePart(TimeUnit.YEAR, 2026)),
        ("cidr: 10.0.0.0/8", Cidr("10.0.0.0/8")),
        ("cidr: 10.1.2.3", Cidr("10.1.2.3/32")),
        ("cidr: fe80::/10", Cidr("fe80::/10")),
        ("cidr: 10.0.0.0/255.0.0.0", Cidr("10.0.0.0/8")),
        ("all|cidr: 10.0.0.0/8", Cidr("10.0.0.0/8")),
        ("fieldref: other", FieldRef(Field("other"))),
        ("fieldref|startswith: other", FieldRef(Field("other"), Shape.STARTS)),
        ("fieldref|endswith: other", FieldRef(Field("other"), Shape.ENDS)),
        ("fieldref|contains: other", FieldRef(Field("other"), Shape.CONTAINS)),
        ("fieldref|cased: other", FieldRef(Field("other"), case=Case.SENSITIVE)),
        ("cased|fieldref: other", FieldRef(Field("other"), case=Case.SENSITIVE)),
        (r"fieldref: 'odd\*name'", FieldRef(Field("odd*name"))),
        (r"base64: 'a\*b'", Pattern.of(b64encode(b"a*b").decode())),
        ("base64|contains: ab", Pattern.of(ANY, "YWI=", ANY)),
        ("base64: é", Pattern.of(b64encode("é".encode()).decode())),
        ("base64: 123", Pattern.of(b64encode(b"123").decode())),
        ("wide: ab", Pattern.of("a\0b\0")),
        ("wide|contains: 'a*b'", Pattern.of(ANY, "a\0", ANY, "b\0", ANY)),
        ("utf16be: ab", Pattern.of("\0a\0b")),
        ("wide|base64: ab", Pattern.of(b64encode("ab".encode("utf-16-le")).decode())),
        ("utf16le|base64: é", Pattern.of(b64encode("é".encode("utf-16-le")).decode())),
        ("utf16be|base64: é", Pattern.of(b64encode("é".encode("utf-16-be")).decode())),
        ("utf16|base64: cmd", Pattern.of(b64encode(b"\xff\xfec\0m\0d\0").decode())),
    ],
)
def test_one_value_makes_one_test(item: str, test: Test) -> None:
    assert one_test(f"field|{item}") == test


@pytest.mark.parametrize(
    ("item", "regex"),
    [
        (r"re: 'a.*\\b?'", Regex(r"a.*\\b?")),
        ("re|i: x", Regex("x", case=Case.UNICODE)),
        ("re|m: ^x", Regex("^x", multiline=True)),
        ("re|s: a.b", Regex("a.b", dotall=True)),
        ("re|i|m|s: x", Regex("x", Case.UNICODE, True, True)),
        ("re|ignorecase: x", Regex("x", case=Case.UNICODE)),
        ("re: 4688", Regex("4688")),
        ("re|contains: ^x$", Regex("^x$")),
        ("re|startswith: a|b", Regex("^(?:a|b)")),
        ("re|endswith: a|b", Regex("(?:a|b)$")),
        ("all|re: x", Regex("x")),
        ("re: '(?<name>x)'", Regex("(?<name>x)")),
        ("re: '[[:digit:]]+'", Regex("[[:digit:]]+")),
    ],
)
def test_regexes(item: str, regex: Regex) -> None:
    assert one_test(f"field|{item}") == regex


def test_a_keyword_may_be_a_regex_or_cased() -> None:
    assert expr_of("'|re': a.b") == Keyword(Regex("a.b"), expr_of("'|re': a.b").span)  # type: ignore[union-attr]
    assert one_test("'|cased': Evil") == Pattern.of("Evil", case=Case.SENSITIVE)
    assert one_test("'|contains': evil") == Pattern.of("evil")
    assert all_tests("'|windash': ' -x'")[1] == Pattern.of(" /x")


def test_exists_false_is_a_negation() -> None:
    for written in ("false", "no", "off"):
        assert negated(expr_of(f"field|exists: {written}")).test == Exists()


def test_neq_negates_all_values_together() -> None:
    expr = expr_of("field|neq: [a, 1]")
    assert isinstance(expr, Not) and isinstance(expr.arg, Or)
    expr = expr_of("field|contains|all|neq: [a, b]")
    assert isinstance(expr, Not) and isinstance(expr.arg, And)
    assert negated(expr_of("field|neq: a")).test == Pattern.of("a")
    assert negated(expr_of("field|neq: null")).test == Null()
    assert negated(expr_of("field|lt|neq: 5")).test == Compare(Order.LT, 5)
    assert negated(expr_of("field|fieldref|neq: b")).test == FieldRef(Field("b"))
    assert negated(expr_of("field|neq|re: x")).test == Regex("x")
    assert negated(expr_of("field|re|neq: x")).test == Regex("x")


def test_all_links_values_by_and() -> None:
    expr = expr_of("field|contains|all: [a, b]")
    assert isinstance(expr, And) and len(expr.args) == 2
    expr = expr_of("field|all|contains: [a, b]")
    assert isinstance(expr, And)


def test_all_with_one_value_changes_nothing() -> None:
    assert isinstance(expr_of("field|all: x"), Match)
    assert selection_codes("field|contains|all: [x]") == ["SIG080"]


def test_what_one_value_became_is_or_even_under_all() -> None:
    expr = expr_of("field|contains|all|windash: [' -a', b]")
    assert isinstance(expr, And)
    forms, plain = expr.args
    assert isinstance(forms, Or) and len(forms.args) == 5
    assert isinstance(plain, Match)


@pytest.mark.parametrize("dash", ["-", "/", "\u2013", "\u2014", "\u2015"])
def test_windash_covers_all_dashes_whichever_the_author_wrote(dash: str) -> None:
    tests = all_tests(f"field|windash: ' {dash}x-y'")
    assert tests == [Pattern.of(f" {other}x-y") for other in "-/\u2013\u2014\u2015"]


def test_windash_leaves_dashes_inside_of_words() -> None:
    assert all_tests("field|windash: 'a-b'") == [Pattern.of("a-b")]
    assert all_tests("field|windash: '* /x'")[0] == Pattern.of(ANY, " -x")


def test_windash_tries_every_combination() -> None:
    tests = all_tests("field|windash|contains: '-a -b'")
    assert len(set(tests)) == 25
    assert Pattern.of(ANY, "/a \u2013b", ANY) in tests
    assert selection_codes("field|windash: '-a -b -c -d'") == []
    assert selection_codes("field|windash: '-a -b -c -d -e -f'") == ["SIG036"]
    assert selection_codes(f"field|windash: [{', '.join(['-a -b -c -d'] * 17)}]")[0] == "SIG036"


def test_windash_keeps_case() -> None:
    assert all_tests("field|cased|windash: '-A'")[1] == Pattern.of("/A", case=Case.SENSITIVE)


@given(
    value=st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="*?\\'"), min_size=2),
    before=st.binary(max_size=6),
    after=st.binary(max_size=6),
    encoding=st.sampled_from(["", "wide|", "utf16be|"]),
)
@settings(deadline=None, derandomize=True, max_examples=150)
def test_base64offset_finds_the_value_wherever_it_stands(
    value: str, before: bytes, after: bytes, encoding: str
) -> None:
    data = value.encode({"": "utf-8", "wide|": "utf-16-le", "utf16be|": "utf-16-be"}[encoding])
    forms = all_tests(f"field|{encoding}base64offset: '{value}'")
    assert len(forms) == 3
    encoded = b64encode(before + data + after).decode()
    form = forms[len(before) % 3]
    assert isinstance(form, Pattern) and form.literal in encoded
    assert b64decode(b64encode(data)) == data


@pytest.mark.parametrize(
    ("item", "hours"),
    [
        ("hour|gte: 20", range(20, 24)),
        ("hour|gt: 20", range(21, 24)),
        ("hour|lt: 3", range(3)),
        ("hour|lte: 3", range(4)),
    ],
)
def test_orderings_of_parts_of_a_timestamp_are_lists(item: str, hours: range) -> None:
    assert all_tests(f"field|{item}") == [TimePart(TimeUnit.HOUR, hour) for hour in hours]


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ("contain: x", "SIG030"),
        ("Contains: x", "SIG030"),
        (": x", "SIG030"),
        ("contains: null", "SIG031"),
        ("re: null", "SIG031"),
        ("gt: x", "SIG031"),
        ("gt: null", "SIG031"),
        ("gt: 1e999", "SIG031"),
        ("hour: 1.5", "SIG031"),
        ("hour|gt: 23", "SIG031"),
        ("exists: 1", "SIG031"),
        ("exists: null", "SIG031"),
        ("i: x", "SIG032"),
        ("contains|re: x", "SIG032"),
        ("contains|cidr: 10.0.0.0/8", "SIG032"),
        ("contains|exists: true", "SIG032"),
        ("re|m|startswith: x", "SIG032"),
        ("base64: 'a*'", "SIG032"),
        ("base64offset: ''", "SIG032"),
        ("base64offset: x", "SIG032"),
        ("expand|base64: '%x%'", "SIG032"),
        ("fieldref: 'a*'", "SIG032"),
        ("fieldref: ''", "SIG032"),
        ("contains|gt: 5", "SIG032"),
        ("gte|hour: 5", "SIG032"),
        ("re: '(x'", "SIG033"),
        ("re: 'x{2,1}'", "SIG033"),
        (f"re: {'x' * 20_001}", "SIG033"),
        ("cidr: 10.0.0", "SIG034"),
        ("cidr: 'fe80::%eth0/64'", "SIG034"),
        ("cidr: 10.0.0.0/33", "SIG034"),
        ("cidr: '*'", "SIG034"),
        ("wide: é", "SIG035"),
        ("utf16: ab", "SIG035"),
        ("utf16|contains: ab", "SIG035"),
        ("year|gt: 2020", "SIG040"),
        ("expand: '%x%'", "SIG039"),
        ("re|expand: '%x%'", "SIG039"),
    ],
)
def test_what_modifiers_cannot_work_on(item: str, code: str) -> None:
    found = reading(rule_text(f"field|{item}"))
    assert found.rule is None
    assert [diagnostic.code for diagnostic in found.diagnostics] == [code]
    span = found.diagnostics[0].span
    assert span is not None and span.line == 7


@pytest.mark.parametrize(
    "key", ["|startswith", "|endswith", "|exists", "|fieldref", "|cidr", "|gt", "|hour", "|neq|startswith"]
)
def test_keywords_have_no_beginning_and_no_field(key: str) -> None:
    assert selection_codes(f"'{key}': 10.0.0.0") == ["SIG038"]


def test_each_bad_value_is_told_where_it_stands() -> None:
    found = reading(rule_text("field|re: [ok, '(x', fine, 'y)']"))
    assert [(diagnostic.code, diagnostic.span and diagnostic.span.column) for diagnostic in found.diagnostics] == [
        ("SIG033", 20),
        ("SIG033", 32),
    ]


def test_unknown_modifiers_come_with_a_guess() -> None:
    (found,) = reading(rule_text("field|endwith: x")).diagnostics
    assert "endswith" in found.hint
    (found,) = reading(rule_text("field|qqqq: x")).diagnostics
    assert "windash" in found.hint


def test_host_bits_of_a_network_do_no_harm() -> None:
    assert one_test("field|cidr: 10.1.2.3/8") == Cidr("10.0.0.0/8")
    assert selection_codes("field|cidr: 10.1.2.3/8") == ["SIG083"]
    assert selection_codes("field|cidr: ['10.1.2.3', '::1', 'fe80:0::/10', '0.0.0.0/0']") == []


VALUES = {"admins": ("root", "adm*"), "ports": (22, 3389), "one": ("x",)}


class TestExpand:
    def test_placeholders_become_values_with_their_wildcards(self) -> None:
        assert all_tests("field|expand: '%admins%'", values=VALUES) == [Pattern.of("root"), Pattern.of("adm", ANY)]
        assert all_tests("field|expand: '%ports%'", values=VALUES) == [Pattern.of("22"), Pattern.of("3389")]

    def test_around_placeholders_and_with_other_modifiers(self) -> None:
        assert all_tests("field|contains|expand: '%one%'", values=VALUES) == [Pattern.of(ANY, "x", ANY)]
        assert all_tests("field|expand|endswith: 'a%one%b'", values=VALUES) == [Pattern.of(ANY, "axb")]
        assert all_tests("field|cased|expand: '%one%'", values=VALUES) == [Pattern.of("x", case=Case.SENSITIVE)]
        assert len(all_tests("field|expand: '%admins%:%ports%'", values=VALUES)) == 4

    def test_values_of_one_placeholder_are_or_even_under_all(self) -> None:
        expr = expr_of("field|contains|all|expand: ['%admins%', '%one%']", values=VALUES)
        assert isinstance(expr, And) and isinstance(expr.args[0], Or) and isinstance(expr.args[1], Match)

    def test_in_a_regex_values_are_literal_but_for_their_wildcards(self) -> None:
        values = {"x": ("a.b*c?",)}
        assert all_tests("field|re|expand: '^%x%$'", values=values) == [Regex(r"^a\.b.*c.$")]

    def test_without_expand_percent_signs_are_plain(self) -> None:
        assert one_test("field: '%admins%'", values=VALUES) == Pattern.of("%admins%")
        assert one_test(r"field|expand: '\%plain%one%'", values=VALUES) == Pattern.of("%plainx")

    def test_what_is_not_given_is_refused_by_name(self) -> None:
        (found,) = reading(rule_text("field|expand: '%admins% %other%'"), values=VALUES).diagnostics
        assert found.code == "SIG039" and "%other%" in found.message and "--values" in found.message
        (found,) = reading(rule_text("field|expand: '%none%'"), values={"none": ()}).diagnostics
        assert found.code == "SIG039" and "%none%" in found.message

    def test_networks(self) -> None:
        values = {"internal": ["10.0.0.0/8", "192.168.0.0/16"]}
        found = all_tests("field|expand|cidr: ['%internal%', '172.16.0.0/12']", values=values)
        assert found == [Cidr("10.0.0.0/8"), Cidr("192.168.0.0/16"), Cidr("172.16.0.0/12")]
        assert selection_codes("field|expand|cidr: '%internal%'") == ["SIG039"]
        assert selection_codes("field|expand|cidr: '%internal%'", values={"internal": []}) == ["SIG039"]
        (found_,) = reading(rule_text("field|cidr|expand: '%internal%'"), values=values).diagnostics
        assert found_.code == "SIG032" and "`expand` before `cidr`" in found_.message

    def test_too_many_combinations_are_refused(self) -> None:
        values = {"x": tuple(range(101))}
        assert selection_codes("field|expand: '%x%%x%%x%'", values=values) == ["SIG041"]

    def test_keywords(self) -> None:
        assert all_tests("'|expand': '%admins%'", values=VALUES) == [Pattern.of("root"), Pattern.of("adm")]


def test_numbers_and_truth_values_keep_their_kind_under_all_and_neq() -> None:
    assert all_tests("field|all: [1, true, null]") == [Number(1), Boolean(True), Null()]


def test_the_operator_is_kept_as_written() -> None:
    def operator(item: str) -> str:
        expr = expr_of(item)
        leaf = expr.args[0] if isinstance(expr, And | Or) else expr
        assert isinstance(leaf, Match)
        return leaf.operator

    assert operator("field|contains|all: [a, b]") == "contains|all"
    assert operator("field: [a, b]") == "in"
    assert operator("field: a") == "equals"


@given(
    st.lists(st.sampled_from(sorted(MODIFIERS)), max_size=4),
    st.lists(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)), max_size=3),
    st.sampled_from(["field", ""]),
)
@settings(deadline=None, derandomize=True, max_examples=400)
def test_any_modifiers_on_any_values_never_raise(modifiers: list[str], values: list[object], field: str) -> None:
    selection = yaml.safe_dump({"|".join([field, *modifiers]): values})
    found = reading(rule_text(selection), values={"x": ("y", 1)})
    assert (found.rule is None) == any(diagnostic.severity == "error" for diagnostic in found.diagnostics)
    assert all(diagnostic.span is not None for diagnostic in found.diagnostics)


@pytest.mark.parametrize("modifier", ["contains", "startswith", "endswith"])
def test_what_comes_behind_a_reference_to_a_field_is_told(modifier: str) -> None:
    (error,) = reading(rule_text(f"field|{modifier}|fieldref: b")).diagnostics
    assert error.code == "SIG032" and "write fieldref|contains" in error.message
