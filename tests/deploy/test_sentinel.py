"""Sentinel's rules of real Sigma rules: tactics beside techniques, and unions of tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from transpile.cli.main import main

RULE = """\
title: Program
id: 0e95725d-7320-415d-80f7-004da920fc20
tags: [{tags}]
logsource: {{product: windows, category: process_creation}}
detection:
  selection:
    Image|endswith: x.exe
  condition: selection
"""


def deployed(tmp_path: Path, tags: str = "", *arguments: str) -> dict[str, Any]:
    (tmp_path / "rule.yml").write_text(RULE.format(tags=tags), encoding="utf-8")
    run = ["deploy", str(tmp_path / "rule.yml"), "--platform", "sentinel", "-o", str(tmp_path / "out"), "-q"]
    assert main([*run, *arguments]) == 0
    found: dict[str, Any] = yaml.safe_load((tmp_path / "out/rules/program.yaml").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(
    ("tags", "tactics"),
    [
        ("attack.t1560.001", ["Collection"]),
        ("attack.collection, attack.t1560.001, attack.t1021.002", ["Collection", "LateralMovement"]),
        ("attack.persistence, attack.t1547.001", ["Persistence"]),  # not all tactics of the technique
    ],
)
def test_tactics_go_with_techniques(tags: str, tactics: list[str], tmp_path: Path) -> None:
    assert deployed(tmp_path, tags)["tactics"] == tactics


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("", "SecurityEvent", "! change meaning: Program (0e95725d-7320-415d-80f7-004da920fc20): matches less"),
        ("SecurityEvent", "", "! change meaning: Program (0e95725d-7320-415d-80f7-004da920fc20): matches more"),
        ("Event,SecurityEvent", "SecurityEvent", "! change meaning: Program (0e95725d-7320-415d-80f7-004da920fc20): m"),
        ("Event", "SecurityEvent", "! change meaning: Program (0e95725d-7320-415d-80f7-004da920fc20): matches other"),
        ("Event,SecurityEvent", "SecurityEvent,Event", "no rule would change"),
    ],
)
def test_a_plan_tells_tables_that_come_and_go(
    before: str, after: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed(tmp_path, "", *(["--have", before] if before else []))
    capsys.readouterr()
    deployed(tmp_path, "", "--plan", *(["--have", after] if after else []))
    assert capsys.readouterr().out.startswith(said)


@pytest.mark.parametrize(
    ("have", "mapped"),
    [
        ("Event,SecurityEvent,WindowsEvent", [("Host", "Computer")]),
        ("SecurityEvent", [("Host", "Computer"), ("Account", "SubjectUserName"), ("Account", "SubjectDomainName")]),
        ("SecurityEvent,DeviceProcessEvents", []),  # neither table has the other's column of the host
    ],
)
def test_entities_are_mapped_by_columns_of_every_table(
    have: str, mapped: list[tuple[str, str]], tmp_path: Path
) -> None:
    rule = deployed(tmp_path, "", "--have", have)
    found = [
        (entity["entityType"], field["columnName"])
        for entity in rule.get("entityMappings", [])
        for field in entity["fieldMappings"]
    ]
    assert found == mapped
