"""From what the user names to files and their text."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from transpile.batch.find import RuleFile, choose, find, read_source
from transpile.diagnostics import Diagnostic
from transpile.source import Source


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b.yml", "a.yaml", "sub/c.YML", "sub/.hidden/d.yml", ".git/e.yml", "notes.txt", "sub/deep/f.yml"):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("title: x\n")
    return tmp_path


def names(found: list[RuleFile]) -> list[str]:
    return [file.relative for file in found]


def test_a_folder_gives_its_rules_sorted(tree: Path) -> None:
    found = find([str(tree)])
    assert names(found) == ["a.yaml", "b.yml", "sub/c.YML", "sub/deep/f.yml"]
    assert found[2].path == str(tree / "sub" / "c.YML")


def test_a_file_is_taken_whatever_its_name(tree: Path) -> None:
    assert names(find([str(tree / "notes.txt")])) == ["notes.txt"]


def test_globs(tree: Path) -> None:
    assert names(find([str(tree / "*.y*ml")])) == ["a.yaml", "b.yml"]
    assert names(find([str(tree / "**" / "f.yml")])) == ["f.yml"]
    with pytest.raises(FileNotFoundError):
        find([str(tree / "*.nope")])


def test_each_file_once(tree: Path) -> None:
    assert names(find([str(tree / "b.yml"), str(tree), f"{tree}/./b.yml"])) == [
        "b.yml",
        "a.yaml",
        "sub/c.YML",
        "sub/deep/f.yml",
    ]


def test_links_to_folders_are_not_followed_within_a_folder(tree: Path) -> None:
    (tree / "sub" / "loop").symlink_to(tree)
    assert "sub/loop/b.yml" not in names(find([str(tree)]))


def test_a_link_to_itself_and_a_closed_folder_hold_up_no_other(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "b0.yml").symlink_to(tree / "b0.yml")
    scandir = os.scandir

    def closed(folder: str) -> os._ScandirIterator[str]:
        if Path(folder).name == "deep":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", closed)
    found = find([str(tree)])
    assert names(found) == ["a.yaml", "b.yml", "b0.yml", "sub/c.YML", "sub/deep"]
    for place, reason in ((2, "Too many levels"), (4, "Permission denied")):
        problem = read_source(found[place])
        assert isinstance(problem, Diagnostic) and problem.code == "IO002" and reason in problem.message


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        ("services:\n  db:\n    image: postgres\n", False),
        ("name: build\non: push\njobs: {}\n", False),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  title: x\n", False),
        ("rules:\n  - title: x\n    detection: {}\n", True),
        ("title: x\n", True),
        ("title: [\n", True),
        ("title: x\nlevel: high\nlogsorce: {}\ndetecton: {}\n", True),
        ("title: x\ntype: object\nproperties: {}\n", False),
        ("title: THOR\norder: 20\nlogsources:\n  process_creation_1: {}\n", False),
        ("validators: [all, -sigmahq_logsource_unknown]\n", False),
        ("action: global\nlevel: high\n", True),
        ("{title: x}\n", True),
        ("  logsource: {}\n", True),
        ("name: win\ntransformations: []\n", False),
        ("", True),
    ],
)
def test_yaml_that_holds_no_rules_is_skipped_in_folders(tmp_path: Path, text: str, is_taken: bool) -> None:
    (tmp_path / "a.yml").write_text(text)
    (tmp_path / "a.tests.yml").write_text("title: x\n")
    chosen = choose([str(tmp_path)])
    assert [file.relative for file in chosen.files] == (["a.yml"] if is_taken else [])
    assert len(chosen.skipped) == (1 if is_taken else 2)
    assert names(find([str(tmp_path / "a.yml")])) == ["a.yml"]  # named by itself it is taken


def test_what_deployments_wrote_below_is_skipped(tree: Path) -> None:
    manifest = '{"rules": [], "needs": [], "files": {"deep/f.yml": "", "../b.yml": ""}}'
    (tree / "sub" / "manifest.json").write_text(manifest)
    assert names(find([str(tree)])) == ["a.yaml", "b.yml", "sub/c.YML"]
    assert names(find([str(tree / "sub")])) == ["c.YML", "deep/f.yml"]  # named by itself it is taken
    (tree / "sub" / "manifest.json").write_text('{"files": {"deep/f.yml": ""}}')  # of something else
    assert "sub/deep/f.yml" in names(find([str(tree)]))


def test_what_is_not_there(tree: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        find([str(tree / "nowhere")])


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"title: x\n")))
    (found,) = find(["-"])
    assert found == RuleFile("<stdin>", "stdin", b"title: x\n")
    assert read_source(found) == Source("title: x\n", "<stdin>")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"title: \xc3\xbc\n", "title: ü\n"),
        (b"\xef\xbb\xbftitle: x\n", "title: x\n"),
        ("title: ü\n".encode("utf-16"), "title: ü\n"),
        ("title: ü\n".encode("utf-16-be").join([b"\xfe\xff", b""]), "title: ü\n"),
    ],
)
def test_encodings(tmp_path: Path, raw: bytes, text: str) -> None:
    place = tmp_path / "rule.yml"
    place.write_bytes(raw)
    assert read_source(RuleFile(str(place), "rule.yml")) == Source(text, str(place))


@pytest.mark.parametrize(
    ("raw", "code"), [(b"a\0b", "IO003"), (b"title: \xff\n", "IO003"), (b"\xff\xfea", "IO003"), (b"\xff\xfe", "IO003")]
)
def test_what_is_no_text(tmp_path: Path, raw: bytes, code: str) -> None:
    place = tmp_path / "rule.yml"
    place.write_bytes(raw)
    found = read_source(RuleFile(str(place), "rule.yml"))
    assert isinstance(found, Diagnostic) and found.code == code


def test_what_is_no_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yml"
    os.mkfifo(pipe)
    for place in (pipe, tmp_path, tmp_path / "gone.yml"):
        found = read_source(RuleFile(str(place), "x.yml"))
        assert isinstance(found, Diagnostic) and found.code == "IO002"


def test_a_file_too_large_is_not_even_opened(tmp_path: Path) -> None:
    place = tmp_path / "dump.yml"
    with place.open("wb") as stream:
        stream.truncate(50_000_000)
    found = read_source(RuleFile(str(place), "dump.yml"))
    assert isinstance(found, Diagnostic) and found.code == "IO007"
    assert found.message == "the file has 50,000,000 bytes; more than 10,000,000 are not read"
