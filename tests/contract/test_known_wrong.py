"""Queries as converters are known to get them wrong: each is disproven, and ours for the same rule is proven."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.parts import rows
from transpile.conversion import Options, Status, convert_source
from transpile.source import Source
from transpile.verify import Proof, Verdict, verify_conversions
from transpile.verify.proof import Counterexample

RULE = "title: Case\nlogsource: {{product: windows, category: process_creation}}\ndetection: {}\n"


def prove(detection: str, target: str, query: str | None = None) -> Proof:
    """The proof of our own query for a rule, or of another one."""
    options = Options((target,), models=("none",), allow_approximate=True)
    (conversion,) = convert_source(Source(RULE.format(detection), "case.yml"), options)
    if query is not None:
        conversion = replace(conversion, query=query, status=Status.EXACT, diagnostics=())
    (proof,) = verify_conversions([conversion], options)
    return proof


@pytest.mark.parametrize(("language", "row"), rows("known_wrong"))
def test_the_wrong_query_is_disproven(language: str, row: dict[str, str]) -> None:
    proof = prove(row["detection"], language, row["query"])
    assert proof.verdict is Verdict.DISPROVEN, (row["what"], proof)


@pytest.mark.parametrize(("language", "row"), rows("known_wrong"))
def test_our_query_is_proven(language: str, row: dict[str, str]) -> None:
    proof = prove(row["detection"], language)
    assert proof.verdict is Verdict.PROVEN, (row["what"], proof)
    assert proof.events > 6 and 0 < proof.matching < proof.events


def test_the_event_is_small_and_says_both_verdicts() -> None:
    proof = prove("{s: {A: 'a?c', B|contains: yes}, condition: s}", "spl", 'A="a*c" B="*yes*"')
    found = proof.counterexample
    assert isinstance(found, Counterexample)
    assert (found.rule_matches, found.query_matches) == (False, True)
    assert found.event == {"A": "ac", "B": "yes"}
    assert proof.reason == "the query matches an event that the rule does not"


def test_a_query_that_misses() -> None:
    proof = prove("{s: {A: [x, y]}, condition: s}", "spl", 'A="x"')
    assert isinstance(proof.counterexample, Counterexample)
    assert proof.counterexample.event == {"A": "y"}
    assert proof.reason == "the query misses an event that the rule matches"
