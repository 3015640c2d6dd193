"""The aggregations of Sigma 1 are the same streams as correlations."""

from __future__ import annotations

import pytest

from tests.sigma.sigma_rules import codes_of, detection_text, rule_of
from transpile.ir.expr import And, Match, Not
from transpile.ir.match import Compare, Field, Number, Order
from transpile.ir.stream import Aggregate, MeasureKind, Together, Where, Window
from transpile.ir.walk import name_of

SELECTIONS = "a: {f: 1}\nb: {f: 2}\nc: {f: 3}\n"


def counting(condition: str, timeframe: str = "timeframe: 24h\n") -> str:
    return detection_text(f"{SELECTIONS}{timeframe}condition: {condition}")


@pytest.mark.parametrize(
    ("condition", "kind", "fields", "by", "test"),
    [
        ("a | count() > 5", MeasureKind.COUNT, (), (), Compare(Order.GT, 5)),
        ("a and not b | count() by src_ip >= 5", MeasureKind.COUNT, (), ("src_ip",), Compare(Order.GTE, 5)),
        ("a|count(user) by src, dst < 3", MeasureKind.DISTINCT, ("user",), ("src", "dst"), Compare(Order.LT, 3)),
        ("a | sum(bytes) by src <= 1.5", MeasureKind.SUM, ("bytes",), ("src",), Compare(Order.LTE, 1.5)),
        ("a | avg(bytes) = 3", MeasureKind.AVERAGE, ("bytes",), (), Number(3)),
        ("a | min(bytes) == 3", MeasureKind.MINIMUM, ("bytes",), (), Number(3)),
        ("a | MAX(bytes) BY src > 3", MeasureKind.MAXIMUM, ("bytes",), ("src",), Compare(Order.GT, 3)),
    ],
)
def test_counting(condition: str, kind: MeasureKind, fields: object, by: object, test: object) -> None:
    body = rule_of(counting(condition)).body
    assert isinstance(body, Where) and isinstance(body.input, Aggregate) and isinstance(body.condition, Match)
    (measure,) = body.input.measures
    assert (measure.kind, measure.fields, body.input.by, body.input.window) == (kind, fields, by, Window(86400))
    assert (body.condition.value, body.condition.test) == (Field(measure.name), test)
    assert "SIG105" in codes_of(counting(condition))


def test_near() -> None:
    body = rule_of(counting("a | near b and c")).body
    assert isinstance(body, Together)
    assert (body.by, body.within, body.holds) == ((), Window(86400), None)
    assert [name_of(one) for one in body.inputs] == ["a", "b", "c"]


def test_near_without() -> None:
    body = rule_of(counting("( a or b ) | near b and not c")).body
    assert isinstance(body, Together) and isinstance(body.holds, And)
    assert [isinstance(arg, Not) for arg in body.holds.args] == [False, False, True]
    assert len({name_of(one) for one in body.inputs}) == 3


@pytest.mark.parametrize(
    "condition",
    [
        "a | count() by src",
        "a | count > 5",
        "a | mode(x) > 5",
        "a | sum() > 5",
        "a | count() by src dst > 5",
        "a | near (b or c)",
        "a | near",
        "[a | count() > 5, b]",
    ],
)
def test_what_cannot_be_read(condition: str) -> None:
    assert codes_of(counting(condition))[0] == "SIG054"


def test_no_time() -> None:
    assert codes_of(counting("a | count() > 5", "")) == ["SIG054"]
    assert codes_of(counting("a | count() > 5", "timeframe: long\n")) == ["SIG089"]


def test_names_in_the_condition_are_checked() -> None:
    assert "SIG051" in codes_of(counting("x | count() > 5"))
    assert "SIG051" in codes_of(counting("a | near x"))
