"""`transpile test --events`: what a hit says, why there is none, and the page."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from transpile.cli import Exit
from transpile.cli.main import main

RULE = """\
title: Encoded <command>
level: high
logsource: {product: windows, category: process_creation}
detection:
  selection:
    Image|endswith: '\\powershell.exe'
    CommandLine|contains: [' -enc ', ' -e ']
  filter_main_a:
    User: SYSTEM
  condition: selection and not filter_main_a
"""
EVENT = {
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "EventID": 1,
    "Computer": "pc-1",
    "UtcTime": "2026-01-01 00:00:01",
    "Image": "C:\\powershell.exe",
    "CommandLine": "powershell -enc <b>",
}


@pytest.fixture
def rule(tmp_path: Path) -> str:
    (tmp_path / "rule.yml").write_text(RULE)
    return str(tmp_path / "rule.yml")


def events(folder: Path, *some: object) -> str:
    (folder / "events.json").write_text("".join(json.dumps(one) + "\n" for one in some))
    return str(folder / "events.json")


def test_a_hit_says_when_where_and_what_decided(rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = events(tmp_path, EVENT)
    assert main(["test", rule, "-e", logs]) == Exit.FINE
    shown = capsys.readouterr()
    assert shown.out == (
        f"{logs}:1: 2026-01-01T00:00:01Z pc-1 high: Encoded <command>  "
        "[Image: C:\\powershell.exe; CommandLine: powershell -enc <b>]\n"
    )
    assert "1 hit (1 of 1 rule) in 1 event from 1 file" in shown.err
    assert main(["test", rule, "-e", logs, "-f", "ndjson", "--bare"]) == Exit.FINE
    found = json.loads(capsys.readouterr().out)
    assert (found["time"], found["host"]) == ("2026-01-01T00:00:01Z", "pc-1")
    assert found["fields"] == {"Image": "C:\\powershell.exe", "CommandLine": "powershell -enc <b>"}
    assert "event" not in found


def test_rules_see_their_own_events_unless_told_otherwise(
    rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = events(tmp_path, {**EVENT, "EventID": 3})
    for arguments, hits in ([], 0), (["--no-route"], 1):
        main(["test", rule, "-e", logs, *arguments])
        assert len(capsys.readouterr().out.splitlines()) == hits


def test_why_there_is_no_hit(rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    near = {**EVENT, "CommandLine": "powershell x", "User": "SYSTEM"}
    logs = events(tmp_path, {**EVENT, "Image": "a", "CommandLine": "b"}, near, {**EVENT, "EventID": 3})
    assert main(["test", rule, "-e", logs, "--why", "rule.yml"]) == Exit.FINE
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert lines[0].endswith("events.json:1: no match: Encoded <command>")
    assert lines[1] == "  condition: selection and not filter_main_a"
    assert any("yes  Image ends with \\powershell.exe   (Image is C:\\powershell.exe)" in line for line in lines)
    assert any("no   User is SYSTEM   (User is not there)" in line for line in lines)
    assert "1 events are of another log source" in shown.err
    assert main(["test", rule, "-e", logs, "--why", "nothing"]) == Exit.USAGE_ERROR


def test_a_file_of_which_nothing_can_be_read_is_an_error(
    rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.yml").write_text("hello\nworld\n")
    assert main(["test", rule, "-e", str(tmp_path / "notes.yml")]) == Exit.UNREADABLE
    assert "notes.yml: no events could be read" in capsys.readouterr().err
    (tmp_path / "empty.json").write_text("")
    assert main(["test", rule, "-e", str(tmp_path / "empty.json")]) == Exit.FINE


def test_a_missing_package_is_named_once(
    rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "evtx", None)
    for name in ("a.evtx", "b.evtx", "c.evtx"):
        (tmp_path / name).write_bytes(b"ElfFile\0rest")
    assert main(["test", rule, "-e", f"{tmp_path}/*.evtx"]) == Exit.UNREADABLE
    told = capsys.readouterr().err
    assert told.count("pip install") == 1 and "a.evtx and 2 more: " in told


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def test_the_page(rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    later = {**EVENT, "Computer": "pc-2", "UtcTime": "2026-01-02 00:00:01"}
    logs, page = events(tmp_path, EVENT, later, {**later, "CommandLine": "x"}), tmp_path / "r.html"
    assert main(["test", rule, "-e", logs, "--html", str(page)]) == Exit.FINE
    assert f"wrote {page}" in capsys.readouterr().err
    text = page.read_text()
    found = _Tags()
    found.feed(text)
    assert found.tags.count("svg") == 1 and found.tags.count("table") == 3 and "b" in found.tags
    assert "powershell -enc &lt;b&gt;" in text and "Encoded &lt;command&gt;" in text
    assert "2026-01-01 00:00:01 to 2026-01-02 00:00:01" in text and "pc-2" in text
    assert "Content-Security-Policy" in text and "http" not in text.replace("http-equiv", "")
    assert main(["test", rule, "--html", str(page)]) == Exit.USAGE_ERROR


def test_a_page_without_hits(rule: str, tmp_path: Path) -> None:
    page = tmp_path / "r.html"
    assert main(["test", rule, "-e", events(tmp_path, {"a": 1}), "--html", str(page), "-q"]) == Exit.FINE
    assert "No rule matches" in page.read_text()
