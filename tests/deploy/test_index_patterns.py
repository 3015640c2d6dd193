"""Rules for Elastic read the index patterns in which their log source is kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from transpile.batch.find import find
from transpile.deploy.elastic import index
from transpile.deploy.plan import plan
from transpile.pipelines import load


def patterns_of(tmp_path: Path, logsource: str, selection: str) -> list[str]:
    """The index patterns of the deployed rule."""
    text = f"title: One\nlogsource: {logsource}\ndetection:\n  s: {selection}\n  condition: s\n"
    (tmp_path / "rule.yml").write_text(text)
    made = plan(find([str(tmp_path)]), "elastic")
    (outcome,) = made.outcomes
    assert outcome.item is not None
    return index(outcome.item)


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
def test_elastic_rules_read_where_their_log_source_is_kept(tmp_path: Path, service: str, wanted: str) -> None:
    found = patterns_of(tmp_path, f"{{product: windows, service: {service}}}", "{EventID: 1}")
    assert wanted in found


def test_the_patterns_are_those_of_the_place_that_serves_the_rule(tmp_path: Path) -> None:
    audited = patterns_of(tmp_path, "{product: windows, service: security}", "{EventID: 4688, CommandLine: a}")
    assert "logs-system.security-*" in audited and "logs-endpoint.events.process-*" not in audited
    renamed = patterns_of(tmp_path, "{product: windows, category: file_rename}", r"{SourceFilename: 'C:\a.exe'}")
    assert renamed == ["logs-endpoint.events.file-*"]


def test_every_index_pattern_of_the_model_is_one() -> None:
    model = load.load("ecs")
    patterns = {name for places in model.sources.values() for place in places for name in place.data}
    assert len(patterns) > 40
    assert [name for name in patterns if not re.fullmatch(r"[a-z0-9_.\-]*\*", name)] == []
