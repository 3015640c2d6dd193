"""What a team has: `--have` wins over the project file, and names that mean nothing are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from transpile.cli.main import main

RULE = """\
title: Program
id: 0e95725d-7320-415d-80f7-004da920fc20
logsource: {product: windows, category: process_creation}
detection:
  selection:
    Image|endswith: x.exe
  condition: selection
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("rule.yml").write_text(RULE, encoding="utf-8")
    return tmp_path


def settings(section: str, key: str, *names: str) -> None:
    Path("transpile.toml").write_text(f"[{section}]\n{key} = {list(names)}\n", encoding="utf-8")


@pytest.mark.parametrize("have", [[], ["--have", "SecurityEvent"]])
def test_the_command_line_wins(have: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    settings("sentinel", "tables", "Event")
    assert main(["convert", "rule.yml", "--to", "kql", *have]) == 0
    query = capsys.readouterr().out
    assert ("SecurityEvent" in query, "EventLog" in query) == (bool(have), not have)


@pytest.mark.parametrize(
    "command",
    [
        ["check", "rule.yml", "--to", "kql"],
        ["convert", "rule.yml", "--to", "kql"],
        ["deploy", "rule.yml", "--platform", "sentinel", "-o", "out", "-q"],
        ["deploy", "rule.yml", "--platform", "defender", "-o", "out", "-q"],
    ],
)
def test_a_misspelt_table_is_told_with_the_nearest(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    settings("sentinel", "tables", "SecurityEvnt", "SecurityEvent", "DeviceProcessEvents")
    main(command)
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning:")]
    assert len(told) == 1
    assert told[0].startswith("warning: no data model reads 'SecurityEvnt' (named in transpile.toml or by --have)")
    assert told[0].endswith("; did you mean SecurityEvent?")


@pytest.mark.parametrize(
    ("section", "key", "names", "target"),
    [
        ("sentinel", "tables", ("SecurityEvent", "Event", "Device*"), "kql"),
        ("elastic", "integrations", ("endpoint", "windows", "system"), "eql"),
        ("splunk", "sourcetypes", ("XmlWinEventLog", "aws:cloudtrail"), "spl"),
        ("secops", "log_types", ("AUDITD", "AZURE_AD"), "yaral"),
        ("sentinel", "tables", ("SecurityEvnt",), "spl"),  # not of a platform that is written for
    ],
)
def test_names_that_mean_something_are_not_told(
    section: str, key: str, names: tuple[str, ...], target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(section, key, *names)
    main(["convert", "rule.yml", "--to", target])
    assert "warning:" not in capsys.readouterr().err
