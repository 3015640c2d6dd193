"""Predicates in words."""

from __future__ import annotations

import pytest

from transpile.ir.expr import FALSE, And, Keyword, Match, Not, Or
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
from transpile.report.words import outline, phrase

A, B = Field("A"), Field("B")


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (Pattern.of("x"), ("is", "x")),
        (Pattern(()), ("is", "''")),
        (Pattern.of(" x"), ("is", "' x'")),
        (Pattern.of(ANY, "x", ANY), ("contains", "x")),
        (Pattern.of("x", ANY), ("starts with", "x")),
        (Pattern.of(ANY, "x", case=Case.SENSITIVE), ("ends with (case-sensitive)", "x")),
        (Pattern.of(ANY), ("has any value", "")),
        (Pattern.of("a", ONE, "b", ANY), ("is like", "a?b*")),
        (Regex("a+", case=Case.UNICODE, dotall=True), ("matches", "/a+/is")),
        (Number(4688), ("is", "4688")),
        (Boolean(True), ("is", "true")),
        (Compare(Order.GTE, 3), (">=", "3")),
        (Cidr("10.0.0.0/8"), ("is in network", "10.0.0.0/8")),
        (Exists(), ("is present", "")),
        (Null(), ("has no value", "")),
        (TimePart(TimeUnit.HOUR, 3), ("has as hour", "3")),
        (FieldRef(B), ("is the value of", "B")),
        (FieldRef(B, Shape.ENDS, case=Case.SENSITIVE), ("ends with (case-sensitive) the value of", "B")),
    ],
)
def test_each_kind_of_test(test: Test, said: tuple[str, str]) -> None:
    assert phrase(test) == said


def test_values_of_one_field_share_a_line() -> None:
    expr = And(
        (
            Or((Match(A, Pattern.of(ANY, "x")), Match(A, Pattern.of(ANY, "y")), Match(A, Null()))),
            Not(And((Match(B, Number(1)), Match(B, Number(2))))),
            Keyword(Pattern.of("k")),
        )
    )
    assert list(outline(expr).lines()) == [
        "all of",
        "  any of",
        "    A ends with x or y",
        "    A has no value",
        "  not: B is 1 and 2",
        "  anywhere: k",
    ]
    assert outline(FALSE).line == "never"
