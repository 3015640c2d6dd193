"""Chains of correlations that grow out of hand are refused, with their root."""

from __future__ import annotations

import pytest

from tests.sigma.sigma_rules import readings
from tests.sigma.test_correlations import base, correlation


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
