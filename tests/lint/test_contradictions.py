"""What can never hold: the analysis beside the reference meaning of rules."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transpile.evaluate.reference import matches
from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import ANY, Boolean, Compare, Exists, Field, Null, Number, Order, Pattern, Test
from transpile.ir.meaning import form
from transpile.lint.contradictions import exclude, impossible

FIELDS = (Field("a"), Field("b"))
TESTS: tuple[Test, ...] = (
    Pattern.of("x"),
    Pattern.of("X"),
    Pattern.of("xy"),
    Pattern.of("x", ANY),
    Pattern.of("y", ANY),
    Pattern.of(ANY, "y"),
    Pattern.of(ANY, "x"),
    Pattern.of(ANY, "z", ANY),
    Pattern.of(ANY),
    Pattern.of(""),
    Pattern.of("3"),
    Number(3),
    Number(4),
    Compare(Order.LT, 3),
    Compare(Order.GTE, 3),
    Compare(Order.GT, 7),
    Boolean(True),
    Null(),
    Exists(),
)
VALUES: tuple[Any, ...] = ("x", "X", "xy", "y", "yx", "xzy", "", "3", 3, 4, 2, 8, True, "true", None, "zzz", "yy")
MISSING = object()

leaf = st.builds(Match, st.sampled_from(FIELDS), st.sampled_from(TESTS))
exprs: st.SearchStrategy[Expr] = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda args: And(tuple(args))),
        st.lists(inner, min_size=2, max_size=3).map(lambda args: Or(tuple(args))),
        inner.map(Not),
    ),
    max_leaves=6,
)


def events(*, lists: bool) -> list[Mapping[str, Any]]:
    """Every event of two fields with these values, or with pairs of them."""
    values: list[Any] = [MISSING, *VALUES]
    if lists:
        values = [MISSING, None, [], *([one, other] for one in VALUES[:6] for other in VALUES[:12])]
    pairs = product(values, values) if not lists else zip(values, reversed(values), strict=True)
    return [{name: value for name, value in zip("ab", pair, strict=True) if value is not MISSING} for pair in pairs]


ONE_VALUE, SEVERAL = events(lists=False), events(lists=True)


@pytest.mark.parametrize("one", TESTS)
def test_tests_that_exclude_each_other_share_no_value(one: Test) -> None:
    for other in TESTS:
        if exclude(one, other):
            both = And((Match(FIELDS[0], one), Match(FIELDS[0], other)))
            assert not any(matches(both, event) for event in ONE_VALUE), other
        assert exclude(one, other) == exclude(other, one), other


@settings(max_examples=80, deadline=None)
@given(exprs)
def test_what_is_called_impossible_never_matches(expr: Expr) -> None:
    clash = impossible(expr, [])
    if clash is not None:
        assert not any(matches(expr, event) for event in ONE_VALUE)
        if clash.by_logic:
            assert not any(matches(expr, event) for event in SEVERAL)


@settings(max_examples=80, deadline=None)
@given(exprs, exprs)
def test_equal_forms_match_the_same_events(one: Expr, other: Expr) -> None:
    for left, right in ((one, other), (And((one, Or((one, other)))), one), (Or((other, one)), Or((one, other, one)))):
        if form(left) == form(right):
            assert all(matches(left, event) == matches(right, event) for event in ONE_VALUE[::3] + SEVERAL)


def test_forms_see_through_order_repetition_and_absorption() -> None:
    a, b, c = (Match(Field(name), Pattern.of("x")) for name in "abc")
    assert form(And((a, And((b, a))))) == form(And((b, a)))
    assert form(Or((a, And((a, b))))) == form(a)
    assert form(And((a, b, Or((And((a, b)), c))))) == form(And((b, a)))
    assert form(Not(Not(a))) == form(a)
    assert form(And((a, b))) != form(Or((a, b)))
