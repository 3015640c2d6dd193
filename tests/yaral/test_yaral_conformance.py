"""What rules match, case by case, from Google's documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from transpile.dialects.yaral.parse import parse
from transpile.dialects.yaral.print import print_rule
from transpile.dialects.yaral.run import run
from transpile.evaluate import Unproven
from transpile.source import Source

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("conformance.yml").read_text(encoding="utf-8"))


def text_of(case: dict[str, Any]) -> str:
    return case.get("rule") or f"rule conformance {{\n meta:\n events:\n{case['events']}\n condition:\n  $e\n}}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_rule_matches_as_documented(case: dict[str, Any]) -> None:
    rule = parse(Source(text_of(case)))
    if case.get("unproven"):
        with pytest.raises(Unproven):
            list(run(rule, case["data"]))
    else:
        assert list(run(rule, case["data"])) == case["returns"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_printing_keeps_the_rule(case: dict[str, Any]) -> None:
    rule = parse(Source(text_of(case)))
    assert parse(Source(print_rule(rule))) == rule


def test_every_case_names_its_source_and_stands_once() -> None:
    assert len(CASES) >= 80
    assert len({case["name"] for case in CASES}) == len(CASES)
    for case in CASES:
        assert case["source"]
        assert case["data"]
        assert ("returns" in case) != bool(case.get("unproven")), case["name"]
