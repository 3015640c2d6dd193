"""Where `transpile convert` puts queries, and what it says of that."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from transpile.batch import convert_files
from transpile.cli import Exit
from transpile.cli.main import main

RULE = """\
title: {title}
logsource: {{product: windows, category: process_creation}}
detection:
  selection: {{{detection}}}
  condition: selection
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "good.yml").write_text(RULE.format(title="Good", detection="Image: a.exe"))
    (folder / "empty.yml").write_text(RULE.format(title="Em```pty", detection="CommandLine: ''"))
    return folder


def convert(*arguments: object) -> int:
    return main(["convert", *map(str, arguments), "--model", "none"])


def test_an_approximate_query_says_so_alone_and_in_its_file(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (rules / "empty.yml", "-t", "kql", "--allow-approximate", "-q")
    assert convert(*arguments) == Exit.FINE
    shown = capsys.readouterr().out
    assert shown.startswith("// Em```pty -> kql (none): approximate\n//   warning KQL002W: ")
    assert convert(*arguments, "-o", rules.parent / "out") == Exit.FINE
    assert (rules.parent / "out" / "empty.approximate.kql").read_text() == shown


def test_a_title_does_not_end_a_comment(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert convert(rules, "-t", "spl", "-q") == Exit.FINE
    assert "``` Em'''pty -> spl (none): exact ```\n" in capsys.readouterr().out


def test_languages_given_one_by_one_add_up(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert convert(rules / "good.yml", "-t", "kql", "-t", "spl,eql") == Exit.FINE
    shown = capsys.readouterr().out
    assert shown.index("-> kql") < shown.index("-> spl") < shown.index("-> eql")


def test_one_file_for_all(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = rules.parent / "all.yml"
    assert convert(rules, "-t", "sigma", "--out-file", target) == Exit.FINE
    shown = capsys.readouterr()
    assert shown.out == "" and f"wrote 2 queries to {target}" in shown.err
    titles = [one["title"] for one in yaml.safe_load_all(target.read_text()) if one]
    assert titles == ["Em```pty", "Good"]


def test_a_folder_that_has_the_name_of_a_file(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert convert(rules, "-t", "spl", "-o", rules.parent / "out.spl") == Exit.USAGE_ERROR
    assert "--out-file" in capsys.readouterr().err
    assert not (rules.parent / "out.spl").exists()


@pytest.mark.parametrize("arguments", [["--prune"], ["-o", "x", "--out-file", "y"]])
def test_places_that_contradict(arguments: list[str], rules: Path) -> None:
    assert convert(rules, *arguments) == Exit.USAGE_ERROR


def test_queries_of_rules_that_are_gone(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = rules.parent / "out"
    assert convert(rules, "-t", "spl", "-o", out) == Exit.FINE
    assert f"wrote 2 queries to {out}, 2 new or changed\n" in capsys.readouterr().err
    (out / "mine.spl").write_text("index=x\n")
    (rules / "good.yml").unlink()
    assert convert(rules, "-t", "spl", "-o", out) == Exit.FINE
    assert "wrote 1 query" in (told := capsys.readouterr().err) and "1 of earlier runs left" in told
    assert convert(rules, "-t", "spl", "-o", out, "--prune") == Exit.FINE
    assert "removed 1 of earlier runs" in capsys.readouterr().err
    assert sorted(path.name for path in out.glob("*.spl")) == ["empty.spl", "mine.spl"]


def test_pruning_never_leaves_the_folder(rules: Path) -> None:
    out, outside = rules.parent / "out", rules.parent / "precious"
    outside.mkdir()
    (outside / "a.spl").write_text("x")
    out.mkdir()
    (out / "link").symlink_to(outside)
    (out / ".transpile-queries").write_text(f"../precious/a.spl\n{outside}/a.spl\nlink/a.spl\n")
    assert convert(rules, "-t", "spl", "-o", out, "--prune") == Exit.FINE
    assert (outside / "a.spl").exists()


def test_what_approximation_would_give(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert convert(rules, "-t", "kql") == Exit.FINE
    assert "1 refused query can be approximate: --allow-approximate writes them" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["good.yml", "link.yml", "same.yml"])
def test_no_rule_is_written_over_by_one_file_for_all(
    rules: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    before = (rules / "good.yml").read_text()
    (rules / "link.yml").symlink_to("good.yml")
    os.link(rules / "good.yml", rules / "same.yml")
    for option in ("--out-file", "--summary"):
        assert convert(rules / "good.yml", "-t", "sigma", option, rules / name) == Exit.USAGE_ERROR
        assert f"{option} {rules / name}: the run reads this file" in capsys.readouterr().err
    assert (rules / "good.yml").read_text() == before


def test_no_rule_is_written_over_or_removed_in_an_output_folder(
    rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (rules / "broken.yml").write_text(RULE.format(title="Broken", detection="{"))
    before = {path.name: path.read_text() for path in rules.iterdir()}
    assert convert(*sorted(rules.iterdir()), "-t", "sigma", "-o", rules, "--prune") == Exit.UNREADABLE
    shown = capsys.readouterr().err
    assert f"error IO006: the query cannot be written: {rules / 'good.yml'} is a file that this run reads" in shown
    assert "wrote 0 queries" in shown
    assert {path.name: path.read_text() for path in rules.iterdir()} == before


def test_queries_of_earlier_runs_are_not_read_as_rules(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert convert(rules / "*", "-t", "spl", "-o", rules) == Exit.FINE
    assert (rules / "good.spl").exists() and (rules / "empty.spl").exists()
    assert convert(rules / "*", "-t", "kql", "-o", rules) == Exit.FINE
    assert "wrote 1 query" in capsys.readouterr().err
    assert sorted(path.name for path in rules.glob("*.kql")) == ["good.kql"]
    assert convert(rules / "good.spl", "-t", "kql", "-o", rules) == Exit.USAGE_ERROR
    assert "earlier runs wrote all of these files" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_called_by_its_name(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = rules / "missing" / "all.kql"
    assert convert(rules, "-t", "kql", "--out-file", target) == Exit.USAGE_ERROR
    assert capsys.readouterr().err.splitlines()[-1] == f"transpile convert: {target}: No such file or directory"


def test_the_folder_of_the_rules_is_no_output_folder(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(rules.rglob("*"))
    assert main(["convert", str(rules), "-t", "kql", "-o", f"{rules}/../{rules.name}"]) == Exit.USAGE_ERROR
    assert "is the folder of the rules; name another output folder" in capsys.readouterr().err
    assert sorted(rules.rglob("*")) == before


def test_a_folder_that_cannot_be_made_is_told_once(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    for place in ("/proc/nowhere", f"{tmp_path}/file/out"):
        assert main(["convert", str(rules), "-t", "kql", "-o", place]) == Exit.USAGE_ERROR
        shown = capsys.readouterr()
        assert shown.err.startswith(f"transpile convert: {place}") and len(shown.err.splitlines()) == 1


@pytest.mark.parametrize("project", [False, True])
def test_an_interruption_says_how_far_it_came(
    project: bool, rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(files: Any, options: Any, **more: Any) -> Iterator[Any]:
        yield next(convert_files(files, options, **more))
        raise KeyboardInterrupt

    monkeypatch.setattr("transpile.cli.convert.convert_files", interrupted)
    if project:  # then Typer reads the arguments
        (tmp_path / "transpile.toml").write_text('to = ["kql"]\n')
        monkeypatch.chdir(tmp_path)
    out = tmp_path / "queries"
    assert main(["convert", str(rules), "-t", "spl", "-o", str(out), "-q"]) == Exit.INTERRUPTED
    count = len(list(rules.rglob("*.yml")))
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert told == f"transpile: interrupted; 1 of {count} rule files written"
    assert (out / ".transpile-queries").read_text()
