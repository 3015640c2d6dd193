"""What a run notes about the files it wrote: whatever changes in one of them, the next run sees it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from transpile import user_cache
from transpile.batch import notes, write
from transpile.batch.files import write_atomically
from transpile.batch.find import RuleFile
from transpile.batch.write import Tree
from transpile.conversion import Conversion, Status

FILE = RuleFile("rule.yml", "rule.yml")


@pytest.fixture(autouse=True)
def _folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(user_cache.OFF, raising=False)
    monkeypatch.setenv(user_cache.FOLDER, str(tmp_path / "cache"))
    monkeypatch.setattr(notes, "_MOMENT", -1)  # as if the files had been written a while ago


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files whose contents were looked at, or that were written over."""
    found: list[str] = []

    def noting(target: Path, content: bytes) -> bool:
        found.append(target.name)
        return write_atomically(target, content)

    monkeypatch.setattr(write, "write_atomically", noting)
    return found


def run(folder: Path, query: str = "one", *, noted: bool = True) -> str:
    tree = Tree(folder, noted=noted)
    tree.write(FILE, [Conversion("rule.yml", None, "Rule", "kql", "none", Status.EXACT, query)])
    return tree.finish()


def test_a_file_that_is_as_it_was_is_not_read(tmp_path: Path, read: list[str]) -> None:
    run(tmp_path / "out")
    read.clear()
    assert "0 new or changed" in run(tmp_path / "out")
    assert "rule.kql" not in read
    assert "0 new or changed" in run(tmp_path / "out", noted=False)
    assert "rule.kql" in read


def other_text(path: Path) -> None:
    before = path.stat()
    path.write_text("two\n")  # as long as before, and as old
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def another_file(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("two\n")
    other.replace(path)


def link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("elsewhere"))
    path.with_name("elsewhere").write_text("one\n")


@pytest.mark.parametrize("change", [other_text, another_file, link, Path.unlink])
def test_a_file_that_somebody_changed_is_written_again(tmp_path: Path, change: Callable[[Path], None]) -> None:
    run(tmp_path / "out")
    path = tmp_path / "out" / "rule.kql"
    change(path)
    assert "1 new or changed" in run(tmp_path / "out")
    assert (path.read_text(), path.is_symlink()) == ("one\n", False)


def test_another_query_is_written(tmp_path: Path) -> None:
    run(tmp_path / "out")
    assert "1 new or changed" in run(tmp_path / "out", "two")
    assert (tmp_path / "out" / "rule.kql").read_text() == "two\n"
    assert "1 new or changed" in run(tmp_path / "out", "one")


def test_a_file_that_was_written_just_now_is_not_noted(
    tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "_MOMENT", 3_600_000_000_000)
    run(tmp_path / "out")
    run(tmp_path / "out")
    assert "rule.kql" in read


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x81\xa1x\x01"])
def test_notes_that_are_damaged_are_none(tmp_path: Path, content: bytes) -> None:
    run(tmp_path / "out")
    for path in (tmp_path / "cache" / "notes").iterdir():
        path.write_bytes(content)
    assert "0 new or changed" in run(tmp_path / "out")


def test_old_notes_go(tmp_path: Path) -> None:
    for number in range(60):
        run(tmp_path / str(number))
    assert len(list((tmp_path / "cache" / "notes").iterdir())) == 50
