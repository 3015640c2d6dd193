"""What runners share."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from transpile.dialects.kit.running.addresses import in_network
from transpile.dialects.kit.running.logic import Truth, conjunction, disjunction, negate
from transpile.dialects.kit.running.lucene import compile_regex
from transpile.dialects.kit.running.values import all_values, values
from transpile.dialects.kit.running.wildcards import matcher, plain
from transpile.evaluate import Unproven


@pytest.mark.parametrize(("one", "other"), list(product((True, False, None), repeat=2)))
def test_and_and_or_are_dual(one: Truth, other: Truth) -> None:
    both = conjunction([lambda _: one, lambda _: other])(0)
    either = disjunction([lambda _: negate(one), lambda _: negate(other)])(0)
    assert both is negate(either)
    assert both is (False if False in (one, other) else None if None in (one, other) else True)


def always(truth: Truth) -> Callable[[int], Truth]:
    return lambda _: truth


def test_doubt_counts_only_where_it_decides() -> None:
    def doubt(_: int) -> bool:
        raise Unproven("doubt")

    assert conjunction([doubt, lambda _: False])(0) is False
    assert disjunction([doubt, lambda _: True])(0) is True
    for junction, other in ((conjunction, True), (disjunction, False)):
        with pytest.raises(Unproven, match="doubt"):
            junction([doubt, always(other)])(0)


@pytest.mark.parametrize(
    ("event", "name", "found"),
    [
        ({"a.b": 1, "a": {"b": 2}}, "a.b", [1]),
        ({"a": {"b.c": [1, [2, None]]}}, "a.b.c", [1, 2]),
        ({"a.b": {"c": 1}}, "a.b.c", [1]),
        ({"a": [{"b": 1}, {"c": 2}, "x"]}, "a.b", [1]),
        ({"a": 1}, "a.b", []),
        ({"a": ""}, "a", [""]),
    ],
)
def test_values(event: dict[str, Any], name: str, found: list[Any]) -> None:
    assert values(event, name) == found


def test_an_object_is_not_a_value() -> None:
    with pytest.raises(Unproven):
        values({"a": {"b": 1}}, "a")


def test_all_values_have_their_paths() -> None:
    assert list(all_values({"a": [{"b": 1}, 2], "c": None})) == [("a.b", 1), ("a", 2)]


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("a*c", "abc", True),
        ("*", "", True),
        ("?", "", False),
        ("a*b*c", "a\nbxc", True),
        ("[a]", "a", False),
        ("*a", "ab", False),
    ],
)
def test_wildcards(pattern: str, text: str, found: bool) -> None:
    assert matcher(plain(pattern))(text) is found


def test_networks() -> None:
    assert in_network("fe80::1", "fe80::/10")
    assert not in_network("x", "10.0.0.0/8")
    assert in_network("10.0.0.1", "10.0.0.1")
    for text, network, wide in (
        ("::ffff:10.0.0.1", "10.0.0.0/8", False),
        ("10.0.0.1", "x", False),
        ("10.0.0.1", "::ffff:0:0/96", True),
    ):
        with pytest.raises(Unproven):
            in_network(text, network, wide=wide)


def test_lucene_ignores_the_case_of_ascii_alone() -> None:
    assert compile_regex("é.A", True)("éxa")
    assert not compile_regex("é", True)("É")
