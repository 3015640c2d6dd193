"""Queries on several events broken in one place: the proof fails on each, with the smallest stream that shows it.

A mistake is a replacement in the query of one of the rules below. Each language's contract.yml lists those that its
writer could make (`stage_mutants`), and in which rules.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

import pytest

from tests.contract.parts import rows
from transpile.conversion import Conversion, Options, convert_source
from transpile.source import Source
from transpile.verify import StreamCounterexample, Verdict, verify_conversions

BASES = """\
title: Failed
name: failed
logsource: {product: windows, service: security}
detection: {selection: {EventID: 4625}, condition: selection}
---
title: Logon
name: logon
logsource: {product: windows, service: security}
detection: {selection: {EventID: 4624}, condition: selection}
"""
STAGES = {
    "count": "{type: event_count, rules: [failed], group-by: [User, Host], timespan: 5m, condition: {gte: 4}}",
    "values": "{type: value_count, rules: [failed], group-by: Host, timespan: 5m, condition: {field: User, gte: 3}}",
    "sum": "{type: value_sum, rules: [failed], group-by: Host, timespan: 5m, condition: {field: Bytes, gt: 1000}}",
    "together": "{type: temporal, rules: [failed, logon], group-by: User, timespan: 5m}",
    "order": "{type: temporal_ordered, rules: [failed, logon], group-by: User, timespan: 5m}",
}
MOST = 5  # events that show any of these mistakes


@lru_cache(maxsize=64)
def conversion(language: str, stage: str) -> Conversion:
    text = f"{BASES}---\ntitle: {stage}\ncorrelation: {STAGES[stage]}\n"
    return convert_source(Source(text, f"{stage}.yml"), options(language))[-1]


def options(language: str) -> Options:
    return Options((language,), models=("none",), allow_approximate=True)


@pytest.mark.parametrize(("language", "row"), rows("stage_mutants"))
def test_a_mistake_is_disproven_by_a_small_stream(language: str, row: dict[str, str]) -> None:
    for stage in row["rules"].split(", "):
        right = conversion(language, stage)
        assert right.query is not None
        broken, places = re.subn(row["find"], row["replace"], right.query, count=1, flags=re.MULTILINE)
        assert places, (stage, right.query)
        (proof,) = verify_conversions([replace(right, query=broken)], options(language))
        shown = proof.counterexample
        assert proof.verdict is Verdict.DISPROVEN and isinstance(shown, StreamCounterexample), (proof.reason, broken)
        assert 0 < len(shown.events) <= MOST
        times = [one.time for one in shown.events]
        assert times == sorted(times) and all(time > 1_700_000_000 for time in times)
        assert shown.rule_alerts != shown.query_alerts or "at a time" in proof.reason


@pytest.mark.parametrize("language", sorted({case.values[0] for case in rows("stage_mutants")}))
def test_the_right_query_is_proven(language: str) -> None:
    for case in rows("stage_mutants"):
        other, row = case.values
        if other == language:
            for stage in row["rules"].split(", "):
                (proof,) = verify_conversions([conversion(language, stage)], options(language))
                assert proof.verdict is Verdict.PROVEN, (stage, proof.reason)
