"""Expectations beside rules, and the command that holds rules to them or to log files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from transpile.batch import find
from transpile.cli import Exit
from transpile.cli.main import main

RULE = """\
title: Net
id: 6f3e2987-db24-4c78-a860-b4f4095a7095
level: high
logsource: {product: windows, category: process_creation}
detection:
  selection: {Image|endswith: '\\net.exe'}
  condition: selection
"""
MET = """\
match:
  - Image: C:\\Windows\\NET.EXE
  - {Event: {System: {EventID: 1}, EventData: {Image: 'C:\\net.exe'}}}
  - events.json
no_match:
  - Image: C:\\Windows\\net1.exe
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "net.yml").write_text(RULE)
    (tmp_path / "events.json").write_text('{"Image": "a\\\\net.exe"}\n{"Image": "b\\\\net.exe"}\n')
    return tmp_path


def run(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(["test", *arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_side_files_are_no_rules(rules: Path) -> None:
    (rules / "net.tests.yml").write_text(MET)
    assert [file.relative for file in find([str(rules), str(rules / "*.yml")])] == ["net.yml"]


def test_expectations_that_are_met(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rules / "net.tests.yml").write_text(MET)
    code, out, err = run([str(rules)], capsys)
    assert (code, out) == (Exit.FINE, "")
    assert "5 expectations, 0 not met" in err


def test_expectations_that_are_not_met(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rules / "net.tests.yml").write_text("match:\n  - Image: x\nno_match:\n  - events.json\n")
    code, out, _ = run([str(rules), "--format", "ndjson"], capsys)
    assert code == Exit.FINDINGS
    outcomes = [json.loads(line) for line in out.splitlines()]
    assert [(one["expectation"], one["met"]) for one in outcomes] == [
        ("match 1", False),
        ("no_match 1 (events.json:1)", False),
        ("no_match 1 (events.json:2)", False),
    ]
    assert outcomes[0]["event"] == {"Image": "x"} and outcomes[0]["problem"] == "the rule does not match the event"


def test_junit(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rules / "net.tests.yml").write_text("match:\n  - Image: x\n  - Image: \\net.exe\n")
    code, out, _ = run([str(rules), "--format", "junit"], capsys)
    (suite,) = Xml.fromstring(out.encode())
    assert (code, suite.get("tests"), suite.get("failures")) == (Exit.FINDINGS, "2", "1")


def test_several_rules_in_a_file_are_told_apart_by_name(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    second = RULE.replace("title: Net", "title: Sc").replace("net.exe", "sc.exe").replace("6f3e", "7f3e")
    (rules / "net.yml").write_text(f"{RULE}---\n{second}")
    side = rules / "net.tests.yml"
    side.write_text(
        "rule: Sc\nmatch: [{Image: \\sc.exe}]\n"
        "---\nrule: 6f3e2987-db24-4c78-a860-b4f4095a7095\nmatch: [{Image: \\net.exe}]\n"
    )
    assert run([str(rules)], capsys)[0] == Exit.FINE
    side.write_text("match: [{Image: \\sc.exe}]\n")
    code, out, _ = run([str(rules)], capsys)
    assert code == Exit.FINDINGS and "say which with `rule:" in out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("match: [", "flow node"),
        ("- a\n", "is a map"),
        ("match: [{A: 1}]\nmathc: []\n", "unknown key mathc"),
        ("match: [5]\n", "neither"),
        ("match: [none.json]\n", "No such file"),
        ("rule: Other\nmatch: [{A: 1}]\n", "no rule 'Other'"),
    ],
)
def test_wrong_side_files_are_findings(rules: Path, capsys: pytest.CaptureFixture[str], text: str, says: str) -> None:
    (rules / "net.tests.yml").write_text(text)
    code, out, _ = run([str(rules)], capsys)
    assert code == Exit.FINDINGS
    assert says in out and "Traceback" not in out


def test_no_expectations_yet_are_no_fault(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run([str(rules)], capsys)
    assert (code, out) == (Exit.FINE, "") and "\nno expectations yet (rule.tests.yml beside rule.yml)" in err


# --- log files


def test_hits_as_text_and_a_summary(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run([str(rules / "net.yml"), "--events", str(rules / "events.json"), "--bare"], capsys)
    assert code == Exit.FINE
    assert out.splitlines() == [f"{rules}/events.json:{line}: high: Net" for line in (1, 2)]
    assert "2 hits (1 of 1 rule) in 2 events from 1 file" in err


def test_hits_as_ndjson_over_globs(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rules / "more.json").write_text('{"Image": "c\\\\net.exe", "x": [1]}\nbroken\n{"Image": "d"}\n')
    code, out, err = run([str(rules), "--events", str(rules / "*.json"), "--format", "ndjson"], capsys)
    hits = [json.loads(line) for line in out.splitlines()]
    assert code == Exit.FINE
    assert [(Path(hit["path"]).name, hit["record"]) for hit in hits] == [
        ("events.json", 1),
        ("events.json", 2),
        ("more.json", 1),
    ]
    assert hits[2]["event"] == {"Image": "c\\net.exe", "x": [1]}
    assert hits[0]["rule"] == "6f3e2987-db24-4c78-a860-b4f4095a7095" and hits[0]["level"] == "high"
    assert "skipped" in err and "more.json:2" in err


def test_events_from_standard_input(
    rules: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "transpile", "test", str(rules / "net.yml"), "--events", "-", "--format", "ndjson"],
        input=b'{"Image": "\\\\net.exe"}\n',
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["path"] == "-"


def test_rules_are_kept_to_their_log_source_unless_told_otherwise(
    rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (rules / "events.json").write_text(
        '{"Image": "\\\\net.exe", "EventID": 3, "Channel": "Microsoft-Windows-Sysmon/Operational"}\n'
        '{"Image": "\\\\net.exe", "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational"}\n'
    )
    arguments = [str(rules / "net.yml"), "--events", str(rules / "events.json"), "--bare", "--quiet"]
    assert len(run(arguments, capsys)[1].splitlines()) == 1
    assert len(run([*arguments, "--no-route"], capsys)[1].splitlines()) == 2


def test_unreadable_rules_and_logs_are_said(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rules / "bad.yml").write_text("title: [")
    code, _, err = run([str(rules), "--events", str(rules / "events.json")], capsys)
    assert code == Exit.UNREADABLE and "bad.yml" in err
    (rules / "cut.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    code, out, err = run(
        [str(rules / "net.yml"), "--events", str(rules / "cut.gz"), "--events", str(rules / "events.json"), "--bare"],
        capsys,
    )
    assert code == Exit.UNREADABLE and "cut.gz" in err and len(out.splitlines()) == 2


@pytest.mark.parametrize("arguments", [["--events", "none.json"], ["--events", "x.json", "--format", "junit"]])
def test_wrong_use(rules: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert run([str(rules / "net.yml"), *arguments], capsys)[0] == Exit.USAGE_ERROR
