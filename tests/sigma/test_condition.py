"""Conditions: their grammar, what they name, and what several of them mean together."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sigma.sigma_rules import codes_of, detection_text, reading, rule_of
from transpile.dialects.sigma.condition import AllOf, Condition, Name, Negation, OneOf, Quantified, parse, references
from transpile.ir.expr import And, Expr, Keyword, Match, Not, Or
from transpile.source import Source
from transpile.syntax.lexer import ParseError

NAMED = ("a", "b", "sel_x", "sel_y", "_hidden", "_sel_z", "notepad", "andy")
DETECTION = "".join(f"{name}: {{f: {number}}}\n" for number, name in enumerate(NAMED, 1))


def shape(expr: Expr) -> str:
    """An expression in few letters: each match by its number."""
    match expr:
        case And(args):
            return "(" + " & ".join(map(shape, args)) + ")"
        case Or(args):
            return "(" + " | ".join(map(shape, args)) + ")"
        case Not(arg):
            return "!" + shape(arg)
        case Match(_, test):
            return str(getattr(test, "value", test))
        case Keyword(test):
            return str(test)
        case _:
            return str(expr)


def meaning(condition: str) -> str:
    return shape(rule_of(detection_text(DETECTION + f"condition: {condition}")).condition)


@pytest.mark.parametrize(
    ("condition", "meant"),
    [
        ("a", "1"),
        ("a and b", "(1 & 2)"),
        ("a or b", "(1 | 2)"),
        ("not a", "!1"),
        ("not not a", "!!1"),
        ("a or b and sel_x", "(1 | (2 & 3))"),
        ("(a or b) and sel_x", "((1 | 2) & 3)"),
        ("not a and b", "(!1 & 2)"),
        ("not (a and b)", "!(1 & 2)"),
        ("not(a)and(b)", "(!1 & 2)"),
        ("a and b or not sel_x and sel_y", "((1 & 2) | (!3 & 4))"),
        ("1 of sel_*", "(3 | 4)"),
        ("any of sel_*", "(3 | 4)"),
        ("all of sel_*", "(3 & 4)"),
        ("not 1 of sel_*", "!(3 | 4)"),
        ("1 of sel_x", "3"),
        ("1 of *_y", "4"),
        ("1 of *el*", "(3 | 4)"),
        ("1 of _*", "(5 | 6)"),
        ("all of _sel*", "6"),
        ("1 of them", "(1 | 2 | 3 | 4 | 7 | 8)"),
        ("all of them", "(1 & 2 & 3 & 4 & 7 & 8)"),
        ("notepad", "7"),
        ("not notepad and andy", "(!7 & 8)"),
        ("a and 1 of sel_* and not b", "(1 & (3 | 4) & !2)"),
        ("a AND NOT b", "(1 & !2)"),
    ],
)
def test_what_conditions_mean(condition: str, meant: str) -> None:
    assert meaning(condition) == meant


def test_names_that_are_also_words_of_the_grammar() -> None:
    text = detection_text("all: {f: 1}\n'1': {f: 2}\nany: {f: 3}\ncondition: all and 1 or any")
    assert shape(rule_of(text).condition) == "((1 & 2) | 3)"
    text = detection_text("sel.one: {f: 1}\nsel-two: {f: 2}\nsél: {f: 3}\ncondition: sel.one or sel-two or sél")
    assert shape(rule_of(text).condition) == "(1 | 2 | 3)"
    text = detection_text("sel-one: {f: 1}\nsel-two: {f: 2}\ncondition: 1 of sel-*")
    assert shape(rule_of(text).condition) == "(1 | 2)"


def test_several_conditions_are_linked_by_or() -> None:
    assert meaning("[a and b, sel_x]") == "((1 & 2) | 3)"
    assert meaning("[a]") == "1"
    assert rule_of(detection_text(DETECTION + "condition: [a, b]")).conditions == ("a", "b")


def test_the_text_may_stretch_over_lines() -> None:
    assert meaning(">\n    a\n    and b") == "(1 & 2)"
    assert meaning("|\n    a\n    and b") == "(1 & 2)"


@pytest.mark.parametrize(
    ("condition", "column"),
    [
        ("a and", 19),
        ("and a", 14),
        ("a b", 16),
        ("(a", 16),
        ("a)", 15),
        ("()", 15),
        ("not", 17),
        ("1 of", 18),
        ("1 of (a)", 19),
        ("2 of sel_*", 16),
        ("a and or b", 20),
        ("'a and and b'", 21),
        ('"a and and b"', 21),
    ],
)
def test_what_is_no_condition_is_told_at_its_place(condition: str, column: int) -> None:
    text = detection_text(DETECTION + f"condition: {condition}")
    found = reading(text)
    assert found.rule is None
    (diagnostic,) = found.diagnostics
    assert diagnostic.code == "SIG050"
    assert diagnostic.span is not None
    assert (diagnostic.span.line, diagnostic.span.column) == (14, column)


def test_faults_in_folded_text_point_at_the_whole() -> None:
    (diagnostic,) = reading(detection_text(DETECTION + "condition: >\n    a\n    and and b")).diagnostics
    assert diagnostic.span is not None and diagnostic.span.line == 14


def test_patterns_with_many_stars_take_no_time() -> None:
    name = "a" * 900
    text = detection_text(f"{name}: {{f: 1}}\ncondition: 1 of {'*a' * 400}*b")
    assert codes_of(text)[0] == "SIG053"
    assert Quantified("1", "*a" * 400, 0, 0).choose({name: 0}) == [name]


@pytest.mark.parametrize(
    ("pattern", "fits"), [("a*c", True), ("a*bc*c", False), ("abc", True), ("*", True), ("a*a", False), ("*b*", True)]
)
def test_patterns(pattern: str, fits: bool) -> None:
    assert Quantified("1", pattern, 0, 0).choose({"abc": 0}) == (["abc"] if fits else [])


def test_thousands_of_unknown_names_take_no_time() -> None:
    text = detection_text("a: {f: 1}\ncondition: " + " or ".join(f"name{number}" for number in range(3000)))
    assert codes_of(text) == ["SIG051"] * 20


@pytest.mark.parametrize("condition", ["(" * 5000 + "a" + ")" * 5000, "not " * 5000 + "a"])
def test_deep_nesting_is_refused(condition: str) -> None:
    assert codes_of(detection_text(DETECTION + f"condition: {condition}")) == ["SIG050"]


def test_conditions_longer_than_anyone_writes() -> None:
    assert codes_of(detection_text(DETECTION + "condition: a" + " or a" * 100_000)) == ["SIG050"]


def test_long_conditions_are_not_deep() -> None:
    assert meaning(" or ".join(["a"] * 3000)).count("1") == 3000


def test_unknown_names_come_with_a_guess() -> None:
    found = reading(detection_text("selection: {f: 1}\nfilter: {f: 2}\ncondition: selektion and not filtre"))
    assert found.rule is None
    assert [(d.code, d.span and d.span.column) for d in found.diagnostics][:2] == [("SIG051", 14), ("SIG051", 32)]
    assert "`selection`" in found.diagnostics[0].hint and "`filter`" in found.diagnostics[1].hint


def test_names_are_case_sensitive() -> None:
    assert codes_of(detection_text("Selection: {f: 1}\ncondition: selection")) == ["SIG051"]


def test_one_of_nothing_is_false() -> None:
    text = detection_text("selection: {f: 1}\ncondition: selection and not 1 of filter_*")
    assert shape(rule_of(text).condition) == "1"
    assert codes_of(text) == ["SIG053"]
    text = detection_text("selection: {f: 1}\ncondition: selection or 1 of filter_*")
    assert shape(rule_of(text).condition) == "1"


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ("selection and 1 of filter_*", ["SIG053", "SIG055"]),
        ("selection or not 1 of filter_*", ["SIG053", "SIG055"]),
        ("selection and all of filter_*", ["SIG052"]),
        ("selection and not all of filter_*", ["SIG052"]),
    ],
)
def test_conditions_that_name_nothing(condition: str, codes: list[str]) -> None:
    text = detection_text(f"selection: {{f: 1}}\ncondition: {condition}")
    assert reading(text).rule is None
    assert codes_of(text) == codes


def test_them_without_anything_visible() -> None:
    assert codes_of(detection_text("_one: {f: 1}\ncondition: all of them")) == ["SIG052"]


def test_unused_selections_are_noted() -> None:
    text = detection_text("a: {f: 1}\nb: {f: 2}\ncondition: a")
    (note,) = reading(text).diagnostics
    assert note.code == "SIG056" and note.span is not None and note.span.line == 7
    assert codes_of(detection_text("a: {f: 1}\nb: {f: 2}\ncondition: [a, b]")) == []


def test_operators_in_capitals_are_noted() -> None:
    text = detection_text("a: {f: 1}\nb: {f: 2}\ncondition: a AND Not b")
    assert [(d.code, d.span and d.span.column) for d in reading(text).diagnostics] == [("SIG057", 16), ("SIG057", 20)]


@pytest.mark.parametrize("condition", ["selection | count() by host", "selection |near 1 of other", "selection | b"])
def test_aggregations_that_cannot_be_read(condition: str) -> None:
    found = reading(detection_text(f"selection: {{f: 1}}\ntimeframe: 5m\ncondition: {condition}"))
    assert found.rule is None
    (diagnostic,) = found.diagnostics
    assert diagnostic.code == "SIG054" and diagnostic.severity == "error"


def test_timeframe_is_no_selection() -> None:
    text = detection_text("a: {f: 1}\ntimeframe: 5m\ncondition: 1 of them")
    assert shape(rule_of(text).condition) == "1"
    assert codes_of(text) == ["SIG082"]


@pytest.mark.parametrize(
    ("detection", "code"),
    [
        ("a: {f: 1}", "SIG022"),
        ("a: {f: 1}\ncondition:", "SIG022"),
        ("a: {f: 1}\ncondition: ''", "SIG022"),
        ("a: {f: 1}\ncondition: []", "SIG022"),
        ("a: {f: 1}\ncondition: {b: c}", "SIG022"),
        ("a: {f: 1}\ncondition: [[a]]", "SIG022"),
        ("condition: a", "SIG021"),
        ("condition: 1 of them", "SIG021"),
    ],
)
def test_missing_parts(detection: str, code: str) -> None:
    found = reading(detection_text(detection))
    assert found.rule is None
    assert found.diagnostics[0].code == code


NAMES = st.sampled_from(["a", "b", "sel_x"])
REFERENCES = NAMES | st.sampled_from(["1 of sel_*", "all of them", "any of *"])
CONDITIONS = st.recursive(
    REFERENCES,
    lambda inner: st.one_of(
        inner.map("not {}".format),
        inner.map("({})".format),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join),
    ),
    max_leaves=12,
)


def truth(condition: Condition, true: frozenset[str]) -> bool:
    """Whether a condition holds if just these selections match."""
    match condition:
        case Name(name):
            return name in true
        case Quantified():
            chosen = [name in true for name in condition.choose(dict.fromkeys(("a", "b", "sel_x")))]
            return all(chosen) if condition.all else any(chosen)
        case Negation(arg):
            return not truth(arg, true)
        case AllOf(args):
            return all(truth(arg, true) for arg in args)
        case OneOf(args):
            return any(truth(arg, true) for arg in args)


@given(CONDITIONS, st.frozensets(NAMES))
@settings(deadline=None, derandomize=True, max_examples=200)
def test_precedence_is_pythons(text: str, true: frozenset[str]) -> None:
    python = text
    for pattern, value in (
        ("1 of sel_*", "sel_x" in true),
        ("all of them", len(true) == 3),
        ("any of *", bool(true)),
    ):
        python = python.replace(pattern, str(value))
    expected = eval(python, {name: name in true for name in ("a", "b", "sel_x")})
    assert truth(parse(text), true) == bool(expected)


@given(CONDITIONS)
@settings(deadline=None, derandomize=True, max_examples=50)
def test_references_know_their_place(text: str) -> None:
    for reference in references(parse(text)):
        name = reference.name if isinstance(reference, Name) else f"{reference.quantifier} of {reference.pattern}"
        assert text[reference.start : reference.end] == name


@given(st.text(alphabet="ab1*() not and or of them|", max_size=30))
@settings(deadline=None, derandomize=True, max_examples=300)
def test_any_text_is_a_condition_or_a_parse_error(text: str) -> None:
    try:
        parse(text)
    except ParseError as error:
        assert Source(text).span(0, 0).line <= error.span.line
