"""Selecting rules, in every command alike."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from transpile.cli import Exit
from transpile.cli.main import main

RULE = """\
title: {title}
id: {id}
level: {level}
status: stable
logsource: {{product: windows, category: process_creation}}
detection:
  selection: {{Image: a.exe}}
  condition: selection
"""
IDS = ["6f3e2987-db24-4c78-a860-b4f4095a7095", "7f3e2987-db24-4c78-a860-b4f4095a7095"]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    (folder / "old").mkdir(parents=True)
    (folder / "a.yml").write_text(RULE.format(title="A", id=IDS[0], level="high"))
    (folder / "old" / "b.yml").write_text(RULE.format(title="B", id=IDS[1], level="low"))
    return folder


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", folder, "-c", "user.email=a@b", "-c", "user.name=a", *arguments], check=True)


@pytest.fixture
def ways(rules: Path, tmp_path: Path) -> dict[str, list[str]]:
    """Each way to select rule A alone."""
    git(rules, "init", "-q")
    git(rules, "add", ".")
    git(rules, "commit", "-qm", "x")
    (rules / "a.yml").write_text((rules / "a.yml").read_text() + "# changed\n")
    ids = tmp_path / "ids.txt"
    ids.write_text(f"# ours\n{IDS[0].upper()}  # a\n")
    return {
        "where": ["--where", "level >= medium"],
        "exclude": ["--exclude", "old"],
        "changed": ["--changed-since", "HEAD"],
        "ids": ["--ids", str(ids)],
    }


WAYS = pytest.mark.parametrize("way", ["where", "exclude", "changed", "ids"])


@WAYS
def test_convert(way: str, ways: dict[str, list[str]], rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["convert", str(rules), "-t", "spl", "-f", "ndjson", *ways[way]])
    assert [json.loads(line)["title"] for line in capsys.readouterr().out.splitlines()] == ["A"]


@WAYS
def test_check(way: str, ways: dict[str, list[str]], rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", str(rules), "-t", "spl", "-f", "json", *ways[way]])
    assert {one["title"] for one in json.loads(capsys.readouterr().out)} == {"A"}


@WAYS
def test_verify(way: str, ways: dict[str, list[str]], rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["verify", str(rules), "-t", "kql", "-m", "none", "-f", "json", *ways[way]])
    assert [one["title"] for one in json.loads(capsys.readouterr().out)] == ["A"]


@WAYS
def test_test(way: str, ways: dict[str, list[str]], rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = rules.parent / "events.json"
    events.write_text('{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "a.exe"}\n')
    main(["test", str(rules), "-e", str(events), "-f", "ndjson", *ways[way]])
    assert [json.loads(line)["title"] for line in capsys.readouterr().out.splitlines()] == ["A"]


@WAYS
def test_deploy(way: str, ways: dict[str, list[str]], rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(rules.parent / "out")
    arguments = ["deploy", str(rules), "--platform", "secops", "-o", out, "--report", "ndjson", *ways[way]]
    assert main(arguments) == Exit.FINE
    assert [json.loads(line)["title"] for line in capsys.readouterr().out.splitlines()] == ["A"]
    again = main(arguments)
    assert again == (Exit.USAGE_ERROR if way == "changed" else Exit.FINE)  # it would remove what did not change


@WAYS
def test_migrate(way: str, ways: dict[str, list[str]], rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["migrate", str(rules), "-t", "splunk", "-o", str(rules.parent / "out"), "-f", "json", *ways[way]])
    report = json.loads((rules.parent / "out" / "report.json").read_text())
    assert [one["title"] for one in report] == ["A"]


def test_what_did_not_change_still_serves_what_did(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rules / "filter.yml").write_text(
        f"title: Not here\nlogsource: {{product: windows}}\nfilter:\n  rules: [{IDS[0]}]\n"
        "  selection: {Computer: a}\n  condition: not selection\n"
    )
    git(rules, "init", "-q")
    git(rules, "add", ".")
    git(rules, "commit", "-qm", "x")
    (rules / "a.yml").write_text((rules / "a.yml").read_text() + "# changed\n")
    main(["convert", str(rules), "-t", "kql", "-m", "none", "-q", "--changed-since", "HEAD"])
    assert "Computer" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--where", "levl == high"], "did you mean `level`?\n    levl == high\n    ^^^^"),
        (["--changed-since", "HEAD"], "not a git repository"),
        (["--changed-since", "--output=x"], "not a revision"),
        (["--ids", "nowhere.txt"], "nowhere.txt"),
    ],
)
def test_what_selects_nothing(arguments: list[str], said: str, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(rules), *arguments]) == Exit.USAGE_ERROR
    assert said in capsys.readouterr().err


def test_a_catalog_without_some_folders(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["catalog", "build", str(rules), "--db", str(tmp_path / "c.sqlite"), "--exclude", "old"]
    assert main(arguments) == Exit.FINE
    assert ": 1 rules;" in capsys.readouterr().out


@WAYS
def test_explain(way: str, ways: dict[str, list[str]], rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(rules), "-t", "spl", *ways[way]]) == Exit.FINE
    shown = capsys.readouterr().out
    assert "a.yml" in shown and "b.yml" not in shown


def test_explain_of_a_folder_asks_for_a_selection(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(rules), "-t", "spl"]) == Exit.USAGE_ERROR
    assert "--where" in capsys.readouterr().err


@WAYS
@pytest.mark.parametrize("command", ["coverage", "needs"])
def test_models(
    way: str, command: str, ways: dict[str, list[str]], rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", command, str(rules), "-m", "windows-xml", "-f", "json", *ways[way]]) == Exit.FINE
    assert {one["rules"] for one in json.loads(capsys.readouterr().out)} == {1}


@WAYS
def test_catalog(
    way: str, ways: dict[str, list[str]], rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db = str(tmp_path / "c.sqlite")
    assert main(["catalog", "build", str(rules), "--db", db, *ways[way]]) == Exit.FINE
    assert "1 rules" in capsys.readouterr().out
    assert main(["catalog", "build", str(rules), "--db", db]) == Exit.FINE  # another selection: read again
    assert "2 rules" in capsys.readouterr().out


def test_the_project_selects_for_commands_below_a_command(
    rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "transpile.toml").write_text('where = "level >= medium"\n')
    monkeypatch.chdir(tmp_path)
    assert main(["models", "coverage", "rules", "-m", "windows-xml", "-f", "json"]) == Exit.FINE
    assert [one["rules"] for one in json.loads(capsys.readouterr().out)] == [1]


def test_a_query_is_numbered_by_its_rules_place_in_the_file(tmp_path: Path) -> None:
    several = "---\n".join(
        RULE.format(title=f"R{n}", id=IDS[0], level=level) for n, level in enumerate(("low", "high"))
    )
    (tmp_path / "a.yml").write_text(several)
    out = tmp_path / "out"
    main(["convert", str(tmp_path / "a.yml"), "-t", "spl", "-o", str(out)])
    second = (out / "a-2.spl").read_text()
    main(["convert", str(tmp_path / "a.yml"), "-t", "spl", "-o", str(out), "--where", "level == high"])
    assert (out / "a-2.spl").read_text() == second
    assert (out / "a.spl").exists() and (out / "a.spl").read_text()
