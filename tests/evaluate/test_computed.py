"""Witnesses of tests of computed values, and of alternatives that hold of missing fields, tell wrong rules apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from transpile.evaluate.reference import compile_rule
from transpile.evaluate.witness import make_witnesses
from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import (
    ANY,
    Call,
    Case,
    Cidr,
    Compare,
    Exists,
    Field,
    FieldType,
    Function,
    Literal,
    Null,
    Number,
    Order,
    Part,
    Pattern,
    Regex,
    Test,
    Value,
)
from transpile.ir.rule import Rule
from transpile.source import Source

A, B = Field("a"), Field("b")
N, M = Field("n", FieldType.NUMBER), Field("m", FieldType.NUMBER)


def call(function: Function, *args: Value | str | int) -> Call:
    return Call(function, tuple(Literal(one) if isinstance(one, str | int) else one for one in args))


def equals(text: str, case: Case = Case.SENSITIVE) -> Pattern:
    return Pattern.of(text, case=case)


VALUES: dict[str, tuple[Value, Test]] = {
    "lower": (call(Function.LOWER, A), equals("evil")),
    "upper": (call(Function.UPPER, A), Pattern.of(ANY, "EVIL", case=Case.SENSITIVE)),
    "trim": (call(Function.TRIM, A), equals("evil")),
    "length at least": (call(Function.LENGTH, A), Compare(Order.GTE, 45)),
    "length": (call(Function.LENGTH, A), Number(3)),
    "substring": (call(Function.SUBSTRING, A, 2, 4), equals("evil")),
    "substring to the end": (call(Function.SUBSTRING, A, 3), equals("evil")),
    "replace": (call(Function.REPLACE, A, "^", ""), Pattern.of(ANY, "power", ANY)),
    "concat": (call(Function.CONCAT, A, "-", B), equals("x-y")),
    "capture": (call(Function.CAPTURE, A, "id=([0-9a-z]+);", 1), equals("evil")),
    "split": (call(Function.SPLIT, A, "\\", 1), equals("evil")),
    "base64": (call(Function.BASE64_DECODE, A), Pattern.of(ANY, "iex", ANY)),
    "url": (call(Function.URL_DECODE, A), Pattern.of(ANY, "../", ANY)),
    "number": (call(Function.NUMBER, A), Compare(Order.GT, 44)),
    "text": (call(Function.TEXT, N), equals("44")),
    "add": (call(Function.ADD, N, 2), Number(44)),
    "subtract": (call(Function.SUBTRACT, N, M), Compare(Order.LT, 5)),
    "multiply": (call(Function.MULTIPLY, N, 4), Compare(Order.GTE, 44)),
    "divide": (call(Function.DIVIDE, N, M), Compare(Order.GT, 10)),
    "coalesce": (call(Function.COALESCE, A, B), equals("evil")),
    "nested": (call(Function.LENGTH, call(Function.REPLACE, call(Function.LOWER, A), "x", "")), Compare(Order.GT, 9)),
    "regex": (call(Function.LOWER, A), Regex("^evil[0-9]+$")),
    "no value": (call(Function.COALESCE, A, B), Null()),
}


def events_of(condition: Expr) -> list[tuple[dict[str, object], bool]]:
    return [(dict(one.event), one.matches) for one in make_witnesses(Rule.on_events("test", condition, SOURCE)).events]


SOURCE = Source("")


def survives(condition: Expr, mutant: Expr) -> bool:
    accepts = compile_rule(mutant)
    return all(accepts(event) is matches for event, matches in events_of(condition))


def mutants(value: Value, test: Test) -> Iterator[tuple[str, Expr]]:
    """What a bad writer might make of the test of a computed value."""
    yield "the function lost", Match(A if not isinstance(test, Number | Compare) else N, test)
    yield "a missing value matches", Or((Match(value, test), Not(Match(value, Exists()))))
    match test:
        case Pattern(parts):
            yield "first character lost", Match(value, Pattern.of(*_cut(parts), case=test.case))
            yield "end opened", Match(value, Pattern.of(*parts, ANY, case=test.case))
            other = Case.UNICODE if test.cased else Case.SENSITIVE
            yield "case", Match(value, replace(test, case=other))
        case Number(number):
            yield "number", Match(value, Number(number + 1))
            yield "compared", Match(value, Compare(Order.GTE, number))
        case Compare(order, number):
            yield "bound", Match(value, Compare(Order(order + "=" if len(order) == 1 else order[0]), number))
        case Regex(pattern):
            yield "pattern", Match(value, Regex(pattern.strip("^")))


def _cut(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    at = next(at for at, part in enumerate(parts) if isinstance(part, str))
    return (*parts[:at], ANY, str(parts[at])[1:], *parts[at + 1 :])


# Changes that make no difference, and why.
SAME = {
    ("lower", "case"): "no letter is lost in a small one",
    ("upper", "case"): "no letter is lost in a capital",
    ("capture", "case"): "the regex takes small letters alone",
    ("substring", "end opened"): "there are four characters at most",
    ("replace", "end opened"): "the end is open",
    ("base64", "end opened"): "the end is open",
    ("url", "end opened"): "the end is open",
    ("url", "case"): "there are no letters",
    ("text", "case"): "there are no letters",
    ("text", "the function lost"): "a number is its usual spelling",
    ("number", "the function lost"): "the field of numbers is another",
    ("no value", "a missing value matches"): "it does",
}


@pytest.mark.parametrize("name", VALUES)
def test_some_events_match_and_some_do_not(name: str) -> None:
    value, test = VALUES[name]
    assert {matches for _, matches in events_of(Match(value, test))} == {True, False}


@pytest.mark.parametrize("name", VALUES)
def test_wrong_tests_of_computed_values_are_told_apart(name: str) -> None:
    value, test = VALUES[name]
    found = [how for how, mutant in mutants(value, test) if survives(Match(value, test), mutant)]
    assert [how for how in found if (name, how) not in SAME] == []


def test_coalesce_shows_each_of_its_fields() -> None:
    value, test = VALUES["coalesce"]
    assert not survives(Match(value, test), Match(A, test))
    assert not survives(Match(value, test), Match(B, test))
    assert not survives(Match(value, test), Match(call(Function.COALESCE, B, A), test))
    assert not survives(Match(value, test), Or((Match(A, test), Match(B, test))))


def test_a_computed_value_beside_other_tests() -> None:
    long = Match(call(Function.LENGTH, A), Compare(Order.GT, 44))
    rule = And((Match(A, Pattern.of(ANY, "cmd", ANY)), long, Match(B, equals("x"))))
    assert {matches for _, matches in events_of(rule)} == {True, False}
    assert not survives(rule, And((rule.args[0], replace(long, test=Compare(Order.GT, 45)), rule.args[2])))
    assert not survives(rule, And((rule.args[0], rule.args[2])))


COUNT = Match(N, Compare(Order.GTE, 44))
OPEN: dict[str, Expr] = {
    "null": Match(B, Null()),
    "not a network": Not(Match(B, Cidr("10.0.0.0/8"))),
    "not a text": Not(Match(B, equals("x", Case.UNICODE))),
    "neither": And((Not(Match(B, equals("x", Case.UNICODE))), Not(Match(A, equals("y", Case.UNICODE))))),
}


@pytest.mark.parametrize("name", OPEN)
def test_alternatives_that_hold_of_missing_fields_do_not_hide_the_others(name: str) -> None:
    wrong = replace(COUNT, test=Compare(Order.GTE, 45))
    arounds: tuple[Callable[[Expr], Expr], ...] = (
        lambda one: one,
        lambda one: And((Match(Field("c"), equals("z")), one)),
        Not,
    )
    for around in arounds:
        for rule, mutant in (
            (Or((COUNT, OPEN[name])), Or((wrong, OPEN[name]))),
            (Or((OPEN[name], COUNT)), Or((OPEN[name], wrong))),
        ):
            assert not survives(around(rule), around(mutant))
            assert not survives(around(rule), around(OPEN[name]))
            assert not survives(around(rule), around(COUNT))


def test_two_alternatives_that_hold_of_missing_fields() -> None:
    one, other = Not(Match(A, equals("x", Case.UNICODE))), Not(Match(B, equals("y", Case.UNICODE)))
    assert not survives(Or((one, other)), one)
    assert not survives(Or((one, other)), other)
    assert not survives(Or((one, other)), Or((one, Not(Match(B, equals("yy", Case.UNICODE))))))
