"""`deploy --plan`: what would change in what a platform runs, in its query, in its meaning, or in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from transpile.cli import Exit
from transpile.cli.main import main

RULE = """\
title: {title}
id: {id}
status: stable
level: {level}
logsource: {{product: windows, category: {category}}}
detection:
  selection:
    {detection}
  condition: selection
"""
IDS = [f"{digit}f3e2987-db24-4c78-a860-b4f4095a7095" for digit in range(5)]
FORMS = {
    "splunk": "conf",
    "elastic": "ndjson",
    "sentinel": "arm",
    "defender": "json",
    "secops": "yaral",
}


def rule(folder: Path, name: str, number: int, detection: str, level: str = "high", title: str = "") -> None:
    text = RULE.format(
        title=title or name, id=IDS[number], level=level, category="process_creation", detection=detection
    )
    (folder / f"{name}.yml").write_text(text)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    for number, name in enumerate(("Same", "Narrower", "Words", "Gone")):
        rule(folder, name, number, "CommandLine|contains: abc")
    return folder


def changed(folder: Path) -> None:
    rule(folder, "Narrower", 1, "CommandLine|contains: abcd")
    text = (folder / "Words.yml").read_text().replace("status: stable", "status: stable\ndescription: New words.")
    (folder / "Words.yml").write_text(text)
    (folder / "Gone.yml").unlink()
    rule(folder, "New", 4, "CommandLine|contains: new")


def deploy(rules: Path, platform: str, out: Path, *arguments: str) -> int:
    form = FORMS[platform]
    return main(["deploy", str(rules), "--platform", platform, "-f", form, "-o", str(out), "-q", *arguments])


def planned(
    rules: Path, platform: str, out: Path, capsys: pytest.CaptureFixture[str], *arguments: str
) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert deploy(rules, platform, out, "--plan", "--report", "json", *arguments) == Exit.FINE
    return {one["title"]: one for one in json.loads(capsys.readouterr().out)}


@pytest.mark.parametrize("platform", FORMS)
@pytest.mark.parametrize("live", [False, True])
def test_what_would_change(
    platform: str, live: bool, rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert deploy(rules, platform, out) == Exit.FINE
    where = (tmp_path / "none", "--live", str(out)) if live else (out,)
    assert planned(rules, platform, where[0], capsys, *where[1:]) == {}
    changed(rules)
    found = planned(rules, platform, where[0], capsys, *where[1:])
    kinds = {title: one["kind"] for title, one in found.items()}
    assert kinds == {
        "Narrower": "change meaning",
        "Words": "change text",
        "Gone": "only live" if live else "remove",
        "New": "create",
    }
    assert found["Narrower"]["detail"] == "matches less than what is live"
    assert any("abc" in str(value) for value in found["Narrower"]["event"].values())


def test_as_text(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    deploy(rules, "splunk", out)
    changed(rules)
    capsys.readouterr()
    assert deploy(rules, "splunk", out, "--plan") == Exit.FINE
    shown = capsys.readouterr().out
    assert "+ create: New\n" in shown and "- remove: Gone\n" in shown
    assert "! change meaning: Narrower: matches less than what is live\n    {" in shown


def test_a_query_written_otherwise_with_the_same_meaning(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live = tmp_path / "savedsearches.conf"
    live.write_text(
        '[Same]\nsearch = ((source="XmlWinEventLog:Microsoft-Windows-Sysmon/Operational" EventCode=1) '
        'OR (source="XmlWinEventLog:Security" EventCode=4688)) '
        'CommandLine="*abc*" CommandLine="*ab*"\ncron_schedule = * * * * *\n'
    )
    found = planned(rules, "splunk", tmp_path / "none", capsys, "--live", str(live), "--where", "title == Same")
    assert [(one["kind"], one["detail"]) for one in found.values()] in (
        [("change query", "with the same meaning")],
        [("change query", "not compared: the new query cannot be read whole")],
    )


def test_rest_exports_of_splunk(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live = tmp_path / "searches.json"
    live.write_text(
        json.dumps(
            {"entry": [{"name": "Same", "content": {"search": "index=main CommandLine=x", "cron_schedule": "*"}}]}
        )
    )
    found = planned(rules, "splunk", tmp_path / "none", capsys, "--live", str(live))
    assert found["Same"]["kind"] in ("change meaning", "change query") and found["Gone"]["kind"] == "create"


def test_what_is_no_export(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live, out = tmp_path / "notes.json", tmp_path / "out"
    live.write_text("{}")
    assert deploy(rules, "splunk", out, "--plan", "--live", str(live)) == Exit.USAGE_ERROR
    assert "no rules of a platform" in capsys.readouterr().err
    assert deploy(rules, "splunk", out, "--live", str(live)) == Exit.USAGE_ERROR


def test_reports_for_build_servers(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule(rules, "Bad", 4, "Imag: x")
    assert deploy(rules, "splunk", tmp_path / "out", "--report", "junit") == Exit.FINE
    suite = ElementTree.fromstring(capsys.readouterr().out)[0]
    failed = [one for one in suite if one.find("failure") is not None]
    assert len(suite) == 5 and [one.get("name") for one in failed] == ["Bad"]
    assert deploy(rules, "splunk", tmp_path / "out", "--report", "sarif") == Exit.FINE
    run = json.loads(capsys.readouterr().out)["runs"][0]
    assert [one["ruleId"] for one in run["results"] if one["level"] == "error"] == ["MAP002"]
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region["startLine"] == 8
