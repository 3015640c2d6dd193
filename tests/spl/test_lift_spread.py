"""An aggregation of many fields at once (`stats values(*) as *`) keeps them all."""

from __future__ import annotations

import pytest

from transpile.dialects.base import Lifted, ReadOptions
from transpile.dialects.spl.lift import lift
from transpile.dialects.spl.parse import parse
from transpile.evaluate.reference import compile_rule
from transpile.ir.stream import Events
from transpile.source import Source


def read(text: str) -> Lifted:
    source = Source(text)
    return lift(parse(source), source, ReadOptions())


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("a=1 | stats values(*) as * by b | search c=x", {"c": "x"}),
        ("a=1 | stats values(*) as * by b | where isnotnull(c)", {"c": "x"}),
        ("a=1 | stats values(*) as * by b | rename c as d | search d=x", {"c": "x"}),
        ("a=1 | stats list(c_*) as d_* by b | search d_e=x", {"c_e": "x"}),
    ],
)
def test_a_field_that_is_aggregated_with_the_others_is_there(text: str, fields: dict[str, str]) -> None:
    lifted = read(text)
    assert isinstance(lifted.body, Events)
    matches = compile_rule(lifted.body.condition)
    assert matches({"a": "1", "b": "y", **fields})
    assert not matches({"a": "1", "b": "y"})
    assert not matches({"a": "1", **fields})


def test_a_field_that_is_not_among_them_is_gone() -> None:
    lifted = read("a=1 | stats list(c_*) as d_* by b | search c_e=x")
    assert isinstance(lifted.body, Events)
    assert not compile_rule(lifted.body.condition)({"a": "1", "b": "y", "c_e": "x"})


def test_what_only_a_statistic_of_many_fields_tells_is_left_out() -> None:
    assert [one.code for one in read("a=1 | stats latest(*) as * by b | search c=x").diagnostics] == [
        "SPL027",
        "SPL015W",
    ]


@pytest.mark.parametrize("test", ["len(c)>0", "lower(c)=b", 'c.b="xy"', 'coalesce(c, b)="x"', "if(c=b, c, b)=b", "c=d"])
def test_a_test_of_all_the_values_of_a_group_is_read(test: str) -> None:
    lifted = read(f"a=1 | stats values(*) as * by b | where {test}")
    assert isinstance(lifted.body, Events)
    assert compile_rule(lifted.body.condition)({"a": "1", "b": "y", "c": "x", "d": "x"})
