"""The reference meaning, held to its conformance suite and to a few properties."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.yaml_files import read_beside
from transpile.dialects.sigma.read import read
from transpile.evaluate import Unproven
from transpile.evaluate.facts import fold
from transpile.evaluate.reference import compile_rule, matches
from transpile.ir.expr import And, Constant, Match, Not, Or
from transpile.ir.match import ANY, ONE, Field, Pattern, Regex
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.source import Source

CASES: list[dict[str, Any]] = read_beside(__file__, "conformance.yml")
quick = settings(derandomize=True, deadline=None, max_examples=200)


def rule_of(detection: dict[str, Any]) -> Rule:
    text = yaml.safe_dump(
        {"title": "Case", "logsource": {"product": "windows"}, "detection": detection}, allow_unicode=True
    )
    (reading,) = read(Source(text))
    assert reading.rule is not None, reading.diagnostics
    return reading.rule


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["fact"])
def test_conformance(case: dict[str, Any]) -> None:
    rule = rule_of(case.get("detection") or {"s": case["s"], "condition": "s"})
    for one in (rule, run_passes(rule)):
        compiled = compile_rule(one)
        assert [number for number, event in enumerate(case["events"]) if compiled(event)] == case["match"]


def test_there_are_cases_enough_and_each_has_a_source() -> None:
    assert len(CASES) >= 80
    assert all(case["source"] and case["fact"] for case in CASES)
    assert len({case["fact"] for case in CASES}) == len(CASES)


def test_a_regex_without_a_meaning_is_unproven() -> None:
    with pytest.raises(Unproven, match="cannot be run"):
        matches(Match(Field("f"), Regex("(?<=a+)b")), {"f": "ab"})


def test_constants() -> None:
    assert matches(And(()), {}) and not matches(Or(()), {})
    assert matches(Constant(True), {}) and not matches(Constant(False), {})


letters = st.text(alphabet="aAbB\\*?.\n éÉßıİσςΣ", max_size=6)
parts = st.lists(st.one_of(letters, st.sampled_from([ANY, ONE])), max_size=5)


def naive(pattern: tuple[Any, ...], text: str) -> bool:
    """Wildcard matching by definition."""
    if not pattern:
        return not text
    head, rest = pattern[0], pattern[1:]
    if head is ANY:
        return any(naive(rest, text[at:]) for at in range(len(text) + 1))
    if head is ONE:
        return bool(text) and naive(rest, text[1:])
    return fold(text[: len(head)]) == fold(head) and naive(rest, text[len(head) :])


@quick
@given(parts, letters)
def test_patterns_match_by_definition(given_parts: list[Any], text: str) -> None:
    pattern = Pattern.of(*given_parts)
    assert matches(Match(Field("f"), pattern), {"f": text}) is naive(pattern.parts, text)


@quick
@given(parts, letters)
def test_a_negation_is_the_opposite(given_parts: list[Any], text: str) -> None:
    leaf = Match(Field("f"), Pattern.of(*given_parts))
    assert matches(Not(leaf), {"f": text}) is not matches(leaf, {"f": text})


@quick
@given(st.text(max_size=20))
def test_folding_keeps_the_length_and_is_stable(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


def test_wildcards_do_not_blow_up() -> None:
    pattern = Pattern.of(*[part for _ in range(30) for part in (ANY, "a")], ANY, "b")
    assert not matches(Match(Field("f"), pattern), {"f": "a" * 5000})
