"""Facts that runner and reference once took from one function, each asked of both now that they are written apart."""

from __future__ import annotations

from typing import Any

import pytest

from transpile.dialects.kit.running.values import MISSING, at, spell
from transpile.dialects.kql.columns import column
from transpile.evaluate import facts
from transpile.evaluate.reference import matches
from transpile.evaluate.values import MISSING as NOTHING
from transpile.evaluate.values import lookup
from transpile.ir.expr import Match
from transpile.ir.match import Field, Pattern

EVENTS: list[tuple[dict[str, Any], str, object]] = [
    ({"a.b": 1}, "a.b", 1),
    ({"a": {"b": 1}}, "a.b", 1),
    ({"a": {"b.c": 1}}, "a.b.c", 1),
    ({"a.b": {"c": 1}}, "a.b.c", 1),
    ({"a": [{"b": 1}, {"c": 2}, {"b": 3}]}, "a.b", [1, 3]),
    ({"a": [{"b": [1]}]}, "a.b", [[1]]),
    ({"a": None}, "a", None),
    ({"a": {"b": None}}, "a.b", None),
    ({"a": None}, "a.b", None),
    ({"a": "text"}, "a.b", None),
    ({}, "a.b", None),
]


@pytest.mark.parametrize(("event", "name", "value"), EVENTS, ids=str)
def test_a_field_is_found(event: dict[str, Any], name: str, value: object) -> None:
    ours, theirs = at(event, name), lookup(event, name)
    assert (None if ours is MISSING else ours) == (None if theirs is NOTHING else theirs) == value
    assert (ours is MISSING) == (theirs is NOTHING)


def test_a_key_that_holds_a_dot_is_found() -> None:
    """Both sides missed it, and so did the proof."""
    event, name = {"AdditionalFields": {"TO.GROUP": "admins"}}, "AdditionalFields['TO.GROUP']"
    assert column(event, name) == "admins"
    assert matches(Match(Field(name), Pattern.of("admins")), event)


@pytest.mark.parametrize("value", ["a", "", True, False, 0, -1, 1.0, 0.5, 1e300, 4688])
def test_a_value_is_spelled(value: str | float) -> None:
    assert spell(value) == facts.spell(value)
