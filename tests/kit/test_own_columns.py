"""Fields with the names of columns that a query makes: the query calls them otherwise, or is refused."""

from __future__ import annotations

import pytest

from transpile.conversion import Options, Status, convert_source
from transpile.source import Source
from transpile.verify import Verdict, verify_conversions

RULES = """
title: A
name: a
logsource: {{category: test}}
detection: {{s: {{x: 1}}, condition: s}}
---
title: B
name: b
logsource: {{category: test}}
detection: {{s: {{x: 2}}, condition: s}}
---
title: C
correlation: {{rules: [a, b], group-by: ["{}"], timespan: 5m, {}}}
"""
KINDS = (
    "type: temporal",
    "type: temporal_ordered",
    "type: event_count, condition: {gte: 3}",
    "type: value_count, condition: {gte: 2, field: Host}",
)
NAMES = {
    "kql": ("FirstSeen", "Step", "Rule", "StartTime", "a_time", "s1", "TimeGenerated1", "event_count"),
    "spl": ("firstTime", "lastTime", "matched_rule", "step_1", "latest_1", "seen_1", "window", "value_count"),
    "esql": ("window", "first_time", "first_1", "value_count"),
}
TIMES = {"kql": "TimeGenerated", "spl": "_time", "esql": "@timestamp"}


@pytest.mark.parametrize(("language", "name"), [(one, name) for one, names in NAMES.items() for name in names])
def test_a_group_may_have_the_name_of_a_column(language: str, name: str) -> None:
    options = Options((language,), models=("none",), allow_approximate=True)
    for kind in KINDS:
        found = convert_source(Source(RULES.format(name, kind), "case.yml"), options)[-1]
        (proof,) = verify_conversions([found], options)
        assert proof.verdict is Verdict.PROVEN, (kind, proof.reason)


@pytest.mark.parametrize("language", TIMES)
def test_a_group_by_the_time_of_events_is_refused(language: str) -> None:
    options = Options((language,), models=("none",), allow_approximate=True)
    found = convert_source(Source(RULES.format(TIMES[language], KINDS[2]), "case.yml"), options)[-1]
    assert found.status is Status.REFUSED
