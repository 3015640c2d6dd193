"""The output folder: only what was asked for, only inside of it, and the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transpile.deploy.output import MANIFEST, File, OutputError, compare, manifest, slug, unique, write


def deployed(*files: File) -> list[File]:
    return [*files, manifest([], files)]


def test_files_of_rules_that_are_gone_are_removed_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    write(tmp_path, deployed(File("a/one.txt", "1\n"), File("b/two.txt", "2\n")))
    changes = write(tmp_path, deployed(File("a/one.txt", "1\n")))
    assert [(change.kind, change.path) for change in changes] == [("removed", "b/two.txt"), ("changed", MANIFEST)]
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert left == ["a", "a/one.txt", MANIFEST, "mine.txt"]


def test_compare_says_what_write_does_and_then_nothing(tmp_path: Path) -> None:
    files = deployed(File("a.txt", "1\n"))
    assert [change.path for change in compare(tmp_path, files)] == ["a.txt", MANIFEST]
    write(tmp_path, files)
    assert compare(tmp_path, files) == []
    (tmp_path / "a.txt").write_text("0\n")
    (change,) = compare(tmp_path, files)
    assert change.kind == "changed"
    assert "-0" in change.diff
    assert "+1" in change.diff


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "", "a\\..\\x", "c:x"])
def test_nothing_is_written_outside(tmp_path: Path, path: str) -> None:
    with pytest.raises(OutputError):
        write(tmp_path / "out", [File(path, "x")])


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").symlink_to(tmp_path)
    with pytest.raises(OutputError):
        write(tmp_path / "out", [File("a/x", "x")])


def test_a_hostile_manifest_removes_nothing_outside(tmp_path: Path) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("x")
    out = tmp_path / "out"
    out.mkdir()
    (out / MANIFEST).write_text('{"files": {"../victim.txt": "", "/etc/passwd": ""}}')
    write(out, deployed(File("a.txt", "1")))
    assert victim.exists()


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.text(max_size=200), st.text(max_size=20)), max_size=8))
def test_names_are_plain_and_distinct(titles: list[tuple[str, str]]) -> None:
    names = list(unique([(slug(title), identity) for title, identity in titles]))
    assert len(set(names)) == len(titles)
    for name in names:
        assert name
        assert len(name) < 120
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")
