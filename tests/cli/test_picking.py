"""`--to elastic`: for each rule the first of a platform's languages that is exact."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from transpile.cli.main import main

RULES = """\
title: Failed logon
name: failed
logsource: {product: windows, service: security}
detection: {selection: {EventID: 4625}, condition: selection}
---
title: Many
correlation: {type: event_count, rules: failed, group-by: User, timespan: 5m, condition: {gte: 5}}
---
title: Different
correlation: {type: value_count, rules: failed, group-by: User, timespan: 5m, condition: {gte: 5, field: Host}}
"""


@pytest.mark.parametrize(
    ("to", "written"),
    [
        ("elastic", [("Failed logon", "eql"), ("Many", "eql"), ("Different", "esql")]),
        ("elastic,kql", [("Many", "kql"), ("Many", "eql"), ("Different", "esql")]),
        ("Elastic,esql", [("Many", "eql"), ("Many", "esql"), ("Different", "esql")]),
    ],
)
def test_the_first_language_that_is_exact(
    to: str, written: list[tuple[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(RULES)
    main(["convert", str(path), "--to", to, "--model", "none", "--allow-approximate", "-f", "ndjson"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = [(row["title"], row["target"]) for row in rows]
    assert set(written) <= set(found)
    assert ("Different", "eql") not in found or to != "elastic"
    if to == "elastic":
        assert found == written


def test_events_of_a_collector_are_sought_in_its_log(capsys: pytest.CaptureFixture[str]) -> None:
    project = Path(__file__).parent.parent.parent
    model = str(project / "examples" / "models" / "our-collector.yml")
    assert main(["convert", str(project / "rules" / "windows"), "--to", "spl", "--model", model, "-f", "ndjson"]) == 0
    queries = [json.loads(line)["query"] or "" for line in capsys.readouterr().out.splitlines()]
    named = {name for query in queries for name in re.findall(r'source="XmlWinEventLog:[^"]*"', query)}
    assert named == {'source="XmlWinEventLog:ForwardedEvents"'}


@pytest.mark.parametrize("name", ["splunk", "sentinel", "defender", "secops"])
def test_a_platform_of_one_language_is_told_by_its_language(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(RULES)
    assert main(["convert", str(path), "--to", name]) == 3
    before, _, told = capsys.readouterr().err.strip().partition("; for the platform write ")
    assert before == f"transpile convert: no language {name!r}"
    assert main(["convert", str(path), *told.split()]) == 0
    assert capsys.readouterr().out
