"""The runner against what Splunk documents: every case of `conformance.yml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from transpile.dialects.spl.parse import parse
from transpile.dialects.spl.print import print_pipeline
from transpile.dialects.spl.run import run
from transpile.evaluate import Unproven
from transpile.source import Source

CASES = yaml.safe_load(Path(__file__).with_name("conformance.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["fact"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    tree = parse(Source(case["query"]))
    if case["match"] == "unproven":
        with pytest.raises(Unproven):
            list(run(tree, case["events"]))
    else:
        assert list(run(tree, case["events"])) == case["match"]


@pytest.mark.parametrize("case", CASES, ids=[case["fact"] for case in CASES])
def test_a_case_reads_back_from_print(case: dict[str, Any]) -> None:
    tree = parse(Source(case["query"]))
    assert parse(Source(print_pipeline(tree))) == tree


def test_there_are_enough_cases_and_each_names_its_source() -> None:
    assert len(CASES) >= 80
    assert all(case["source"] for case in CASES)
    assert len({case["fact"] for case in CASES}) == len(CASES)
