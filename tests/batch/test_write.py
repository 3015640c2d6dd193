"""Queries as files: in their place, whole, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from transpile.batch import convert_files
from transpile.batch.files import safe_name, write_atomically
from transpile.batch.find import RuleFile, find
from transpile.batch.write import Tree
from transpile.conversion import Conversion, Options, Status

RULE = """\
title: {title}
logsource: {{product: windows, category: process_creation}}
detection:
  selection:
    Image: '{image}'
  condition: selection
"""


def result(
    target: str = "kql", query: str | None = "Events", status: Status = Status.EXACT, number: int = 1
) -> Conversion:
    outcome = status if query else Status.REFUSED
    return Conversion("rule.yml", None, "Rule", target, "none", outcome, query, number=number)


def content(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_mirrored_tree(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.write(RuleFile("/x/a/b.yml", "a/b.yml"), [result("kql", "one"), result("spl", "two")])
    assert content(tmp_path) == {"a/b.kql": "one\n", "a/b.spl": "two\n"}


def test_an_approximate_query_says_so_in_its_name(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.write(RuleFile("b.yml", "b.yml"), [result(status=Status.APPROXIMATE)])
    assert list(content(tmp_path)) == ["b.approximate.kql"]


def test_several_rules_of_one_file(tmp_path: Path) -> None:
    Tree(tmp_path).write(
        RuleFile("b.yml", "b.yml"),
        [result("kql", "1k"), result("spl", "1s"), result("kql", "2k", number=2), result("spl", "2s", number=2)],
    )
    assert content(tmp_path) == {"b.kql": "1k\n", "b.spl": "1s\n", "b-2.kql": "2k\n", "b-2.spl": "2s\n"}


def test_names_that_meet_are_told_apart(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    for number, name in enumerate(("b.yml", "b.yaml", "B.yml", "x/../b.yml", "b-2.yml")):
        tree.write(RuleFile(name, name), [result(query=str(number))])
    tree.write(RuleFile("b.yml", "b.yml"), [result(query="5"), result(query="6", number=2)])
    found = content(tmp_path)
    assert sorted(found.values()) == [f"{number}\n" for number in range(7)]
    assert len({name.casefold() for name in found}) == 7
    assert found["b.kql"] == "0\n" and found["b_2.kql"] == "1\n"


@pytest.mark.parametrize(
    "relative",
    [
        "../../up.yml",
        "/etc/passwd",
        "a/../../b.yml",
        "..",
        "con.yml",
        "a:b|c?.yml",
        "tail. .yml",
        "\x1b[31m.yml",
        "x" * 300,
        "aü" + "ü" * 300 + ".yml",
    ],
)
def test_nothing_leaves_the_folder(tmp_path: Path, relative: str) -> None:
    folder = tmp_path / "inner" / "out"
    written = Tree(folder).write(RuleFile("rule.yml", relative), [result()])
    assert [one.status for one in written] == [Status.EXACT]
    found = list(content(tmp_path))
    assert len(found) == 1 and found[0].startswith("inner/out/")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder, outside = tmp_path / "out", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (folder / "a").symlink_to(outside)
    tree = Tree(folder)
    (found,) = tree.write(RuleFile("b.yml", "a/b.yml"), [result()])
    assert found.status is Status.ERROR and found.query is None
    assert [one.code for one in found.diagnostics] == ["IO006"]
    (deeper,) = tree.write(RuleFile("b.yml", "a/deep/b.yml"), [result()])
    assert deeper.status is Status.ERROR
    assert content(outside) == {}


def test_a_link_in_the_place_of_the_file_is_replaced(tmp_path: Path) -> None:
    folder, outside = tmp_path / "out", tmp_path / "precious.txt"
    folder.mkdir()
    outside.write_text("precious")
    (folder / "b.kql").symlink_to(outside)
    Tree(folder).write(RuleFile("b.yml", "b.yml"), [result()])
    assert outside.read_text() == "precious"
    assert not (folder / "b.kql").is_symlink() and (folder / "b.kql").read_text() == "Events\n"


def test_a_query_that_no_longer_holds_is_removed(tmp_path: Path) -> None:
    file = RuleFile("b.yml", "b.yml")
    Tree(tmp_path).write(file, [result()])
    Tree(tmp_path).write(file, [result(status=Status.APPROXIMATE)])
    assert list(content(tmp_path)) == ["b.approximate.kql"]
    Tree(tmp_path).write(file, [result(query=None)])
    assert content(tmp_path) == {}


def test_a_file_in_the_way_is_an_error_of_that_rule(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("in the way")
    (found,) = Tree(tmp_path).write(RuleFile("b.yml", "a/b.yml"), [result()])
    assert found.status is Status.ERROR


def test_half_a_character_is_an_error_of_that_rule(tmp_path: Path) -> None:
    (found,) = Tree(tmp_path).write(RuleFile("b.yml", "b.yml"), [result(query="\ud800")])
    assert [one.code for one in found.diagnostics] == ["IO006"]
    assert content(tmp_path) == {}


def test_files_appear_whole_and_stay_when_they_are_the_same(tmp_path: Path) -> None:
    target = tmp_path / "q.kql"
    write_atomically(target, b"one")
    before = target.stat()
    write_atomically(target, b"one")
    assert target.stat().st_mtime_ns == before.st_mtime_ns and target.stat().st_ino == before.st_ino
    write_atomically(target, b"two")
    assert target.read_bytes() == b"two" and target.stat().st_ino != before.st_ino
    assert list(content(tmp_path)) == ["q.kql"]


def test_names_are_never_empty() -> None:
    assert all(safe_name(name) not in ("", ".", "..") for name in ("", ".", "..", " ", "...", "/", "\\"))


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_the_bytes_are_the_same_on_any_number_of_processes(tmp_path: Path, jobs: int) -> None:
    rules = tmp_path / "rules"
    for number in range(40):
        place = rules / f"group{number % 3}" / f"rule{number}.yml"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(RULE.format(title=f"Rule {number}", image=f"C:\\{number}.exe"))
    alone, together = tmp_path / "alone", tmp_path / "together"
    options = Options(("kql", "spl"), models=("none",))
    for folder, count in ((alone, 1), (together, jobs)):
        tree = Tree(folder)
        for file, conversions in convert_files(find([str(rules)]), options, jobs=count):
            tree.write(file, conversions)
    assert len(content(alone)) == 80
    assert content(alone) == content(together)


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems take no such name")
def test_names_that_are_not_utf8_are_remembered(tmp_path: Path) -> None:
    name = os.fsdecode(b"bad\xff")
    for present in (True, False):
        tree = Tree(tmp_path)
        if present:
            tree.write(RuleFile("b.yml", f"{name}.yml"), [result()])
        tree.finish(prune=True)
        assert (tmp_path / f"{name}.kql").exists() is present


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / f".a.kql.{ended.pid}").write_text("half")
    kept = {f".notes.txt.{ended.pid}", f".b.kql.{os.getpid()}", ".a.kql", f"a.kql.{ended.pid}"}
    for name in kept:
        (tmp_path / name).write_text("mine")
    Tree(tmp_path).write(RuleFile("c.yml", "c.yml"), [result()])
    assert {path.name for path in tmp_path.iterdir()} == {*kept, "c.kql"}


def test_an_interruption_while_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*names: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Tree(tmp_path).write(RuleFile("c.yml", "c.yml"), [result()])
    assert list(tmp_path.iterdir()) == []
