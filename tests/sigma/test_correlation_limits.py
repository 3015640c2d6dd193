"""Chains of correlations: those that grow out of hand or ask for what an inner one does not have are refused."""

from __future__ import annotations

import pytest

from tests.sigma.sigma_rules import readings
from tests.sigma.test_correlations import base, correlation
from transpile.evaluate.streams import StreamReference
from transpile.ir.stream import Aggregate, Where
from transpile.ir.timed import Timed


def link(name: str, *rules: str) -> str:
    block = f"type: event_count\nrules: [{', '.join(rules)}]\ntimespan: 5m\ncondition: {{gte: 2}}"
    return correlation(block, f"title: Link {name}\nname: {name}\n")


@pytest.mark.parametrize("reverse", [False, True])
def test_a_chain_of_too_many_links_is_refused_at_its_root(reverse: bool) -> None:
    links = [base("a"), link("c0", "a"), *(link(f"c{number}", f"c{number - 1}") for number in range(1, 150))]
    found = {one.title: one for one in readings("---\n".join(links[::-1] if reverse else links))}
    assert found["Link c19"].rule is not None
    assert [one.code for one in found["Link c20"].diagnostics] == ["SIG107"]
    (why,) = found["Link c140"].diagnostics
    assert "SIG107" in f"{why.code}: {why.message}" and len(why.message) < 200


def test_correlations_that_double_are_refused_before_they_grow_out_of_hand() -> None:
    links = [base("a"), link("l0", "a"), link("r0", "a")]
    for number in range(1, 19):
        both = (f"l{number - 1}", f"r{number - 1}")
        links += [link(f"l{number}", *both), link(f"r{number}", *both)]
    found = readings("---\n".join(links))
    assert [one.rule is not None for one in found[-6:]] == [False] * 6
    assert found[-20].rule is not None


INNER = correlation(
    "type: event_count\nrules: [a]\ngroup-by: [user]\ntimespan: 5m\ncondition: {gte: 3}", "title: Inner\nname: inner\n"
)


@pytest.mark.parametrize(
    ("block", "refused"),
    [
        ("type: value_count\nrules: [inner]\ntimespan: 1h\ncondition: {field: host, gte: 2}", True),
        ("type: value_count\nrules: [inner]\ntimespan: 1h\ncondition: {field: user, gte: 2}", False),
        ("type: value_sum\nrules: [inner]\ntimespan: 1h\ncondition: {field: event_count, gte: 2}", False),
        ("type: temporal\nrules: [inner, b]\ngroup-by: [host]\ntimespan: 1h", True),
        ("type: temporal\nrules: [inner, b]\ngroup-by: [user]\ntimespan: 1h", False),
        ("type: temporal\nrules: [inner, b]\ngroup-by: [u]\naliases: {u: {inner: user, b: who}}\ntimespan: 1h", False),
        ("type: temporal\nrules: [inner, b]\ngroup-by: [u]\naliases: {u: {inner: host, b: who}}\ntimespan: 1h", True),
    ],
)
def test_a_field_that_an_inner_correlation_does_not_group_by_is_refused(block: str, refused: bool) -> None:
    found = readings("---\n".join((base("a"), base("b"), INNER, correlation(block))))[-1]
    assert ("SIG096" in [one.code for one in found.diagnostics]) is refused is (found.rule is None)


def test_a_field_named_twice_groups_once() -> None:
    block = "type: event_count\nrules: [a]\ngroup-by: [user, user]\ntimespan: 5m\ncondition: {gte: 3}"
    rule = readings("---\n".join((base("a"), correlation(block))))[-1].rule
    assert rule is not None and isinstance(rule.body, Where) and isinstance(rule.body.input, Aggregate)
    assert rule.body.input.by == ("user",)


def test_a_measure_is_not_called_as_a_field_of_the_group() -> None:
    block = "type: event_count\nrules: [a]\ngroup-by: [event_count]\ntimespan: 5m\ncondition: {gte: 2}"
    rule = readings("---\n".join((base("a"), correlation(block))))[-1].rule
    assert rule is not None
    rows = [Timed(float(time), {"field": "a", "event_count": "x"}) for time in range(2)]
    assert StreamReference(rule.body).alerts(rows).groups == {("x",)}
