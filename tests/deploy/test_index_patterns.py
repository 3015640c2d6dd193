"""Rules for Elastic read the index patterns in which their log source is kept."""

from __future__ import annotations

import re

import pytest

from transpile.conversion import Options, read_source_rules
from transpile.deploy.elastic import index
from transpile.ir.rule import Rule
from transpile.pipelines import load
from transpile.source import Source


def windows_rule(service: str, number: int) -> Rule:
    text = f"""
title: One event
logsource: {{product: windows, service: {service}}}
detection:
  selection: {{EventID: {number}}}
  condition: selection
"""
    (reading,) = read_source_rules(Source(text), Options(("eql",)))
    assert reading.rule is not None
    return reading.rule


@pytest.mark.parametrize(
    ("service", "wanted"),
    [
        ("system", "logs-system.system-*"),
        ("application", "logs-system.application-*"),
        ("security", "logs-system.security-*"),
        ("taskscheduler", "logs-winlog.winlog-*"),
        ("bits-client", "logs-windows.*"),
        ("windefend", "logs-windows.windows_defender-*"),
    ],
)
def test_elastic_rules_read_where_their_log_source_is_kept(service: str, wanted: str) -> None:
    assert wanted in index(windows_rule(service, 1))


def test_every_index_pattern_of_the_model_is_one() -> None:
    model = load.load("ecs")
    patterns = {name for places in model.sources.values() for place in places for name in place.data}
    assert len(patterns) > 40
    assert [name for name in patterns if not re.fullmatch(r"[a-z0-9_.\-]*\*", name)] == []
