"""Queries as files: a tree that mirrors the rules' own, written atomically and never outside of its folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile

from transpile import dialects
from transpile.batch.files import identity, remove_left_over, safe_name, write_atomically, write_new
from transpile.batch.find import ENDINGS, RuleFile, without
from transpile.batch.marks import marked
from transpile.batch.notes import Notes, digest_of, status_of
from transpile.codes import failures
from transpile.conversion import Conversion, Status
from transpile.diagnostics import diagnose
from transpile.record import record, replace

LIST = ".transpile-queries"  # in an output folder: the files that runs wrote there


class Tree:
    """An output folder, and the names already given in it.

    A rule's query is `<folder>/<the rule's place>.<language>`; an approximate one ends in `.approximate.<language>`.
    The second rule of a file adds `-2`, and so on, whichever of them
    are selected; two rules that would share a name get a number behind `_`. The files `inputs`, which the run reads,
    are neither written over nor removed. `noted`: files that the notes of an earlier run know are not read again.
    """

    def __init__(self, folder: Path, inputs: Iterable[str] = (), *, noted: bool = False) -> None:
        self.folder = folder
        self._notes = Notes(f"queries {os.path.realpath(folder)}") if noted else None
        self._inputs = _Inputs.of(inputs if folder.is_dir() else ())
        self._taken: set[str] = set()
        self._parents: dict[str, PurePosixPath] = {}
        self._places: dict[PurePosixPath, _Place] = {}
        self._written: set[str] = set()  # as paths below the folder, with `/`
        self._changed = 0
        self.done = 0  # files of rules

    def open(self) -> None:
        """Make the folder, and see that files can be written there. Raises `OSError`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=self.folder):
            pass

    def write(self, file: RuleFile, conversions: list[Conversion]) -> list[Conversion]:
        """Write the queries of one file's rules; the results, with status `error` where writing failed.

        A query that an earlier run wrote for a rule that has none any more is removed.
        """
        written = []
        targets = list(dict.fromkeys(conversion.target for conversion in conversions))
        for number in range(0, len(conversions), len(targets) or 1):
            parent, stem = self._name(file, conversions[number].number)
            for conversion in conversions[number : number + len(targets)]:
                try:
                    self._write(parent, stem, conversion)
                except (OSError, ValueError) as error:
                    reason = (isinstance(error, OSError) and error.strerror) or str(error)
                    problem = diagnose(failures.IO006, reason=reason)
                    diagnostics = (*conversion.diagnostics, problem)
                    conversion = replace(conversion, status=Status.ERROR, query=None, diagnostics=diagnostics)
                written.append(conversion)
        self.done += 1
        return written

    def finish(self, prune: bool = False) -> str:
        """Remember what was written, in the folder's `LIST`; one line that says what was.

        With `prune`, files that an earlier run wrote and this one did not are removed; no others are ever touched.
        Raises `OSError`.
        """
        listed = self.folder / LIST
        earlier = _names(self.folder) - self._written
        gone = sorted(name for name in earlier if self._is_ours(name) and (self.folder / name).is_file())
        if prune:
            for name in gone:
                if identity(self.folder / name) not in self._inputs.files:
                    (self.folder / name).unlink(missing_ok=True)
        kept = self._written if prune else self._written | set(gone)
        if kept or listed.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(listed, os.fsencode("".join(f"{name}\n" for name in sorted(kept))))
        if self._notes:
            for place in self._places.values():
                place.note(self._notes)
            self._notes.close()
        count = len(self._written)
        queries = "query" if count == 1 else "queries"
        line = f"wrote {count:,} {queries} to {self.folder}, {self._changed:,} new or changed"
        if prune:
            return f"{line}; removed {len(gone):,} of earlier runs"
        left = f"; {len(gone):,} of earlier runs left (remove with --prune)" if gone else ""
        return line + left

    def _is_ours(self, name: str) -> bool:
        """Whether a line of the list is a file below the folder, with no link on the way."""
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            return False
        return not any((self.folder / parent).is_symlink() for parent in (path, *path.parents) if parent.name)

    def _name(self, file: RuleFile, number: int) -> tuple[PurePosixPath, str]:
        """The folder of a file's rule below the output folder, and its name without ending, that no other rule has."""
        above, _, name = file.relative.rpartition("/")
        stem, ending = os.path.splitext(name)  # noqa: PTH122 (of thousands of files)
        wanted = safe_name(stem if ending.lower() in ENDINGS else name) + (f"-{number}" if number > 1 else "")
        parent = self._parents.get(above)
        if parent is None:
            parent = self._parents[above] = PurePosixPath(*map(safe_name, PurePosixPath(above).parts))
        chosen, count = wanted, 1
        while (key := f"{parent}/{chosen}".casefold()) in self._taken:
            count += 1
            chosen = f"{wanted}_{count}"
        self._taken.add(key)
        return parent, chosen

    def _write(self, parent: PurePosixPath, stem: str, conversion: Conversion) -> None:
        extension = dialects.load(conversion.target).extension
        approximate = conversion.status is Status.APPROXIMATE
        name = f"{stem}{'.approximate' if approximate else ''}{extension}"
        stale = f"{stem}{'' if approximate else '.approximate'}{extension}"
        place = self._places.get(parent) or self._place(parent)
        if conversion.query is None:
            place.remove(name)
        else:
            self._changed += place.write(name, "".join(marked(conversion)).encode())
            self._written.add(f"{place.prefix}{name}")
        place.remove(stale)

    def _place(self, parent: PurePosixPath) -> _Place:
        """A folder below the output folder. Raises `ValueError` if a link on the way would lead out of it."""
        found = self._places.get(parent)
        if found is None:
            if parent.name:
                self._place(parent.parent)
            folder = self.folder / parent
            if parent.name and folder.is_symlink():
                raise ValueError(f"{folder.name} is a link")
            prefix = f"{parent}/" if parent.name else ""
            found = self._places[parent] = _Place(folder, prefix, self._inputs, self._notes)
        return found


@record
class _Inputs:
    """The files that a run reads, by what tells them from others, and their numbers alone."""

    files: frozenset[tuple[int, int]]
    numbers: frozenset[int]

    @classmethod
    def of(cls, paths: Iterable[str]) -> _Inputs:
        files = frozenset(found for path in paths if (found := identity(path)))
        return cls(files, frozenset(number for _, number in files))


class _Place:
    """A folder for queries, and what was in it when the run first came there, looked up once."""

    def __init__(self, folder: Path, prefix: str, inputs: _Inputs, notes: Notes | None) -> None:
        self.prefix = prefix  # of its files' paths below the output folder
        self._inputs = inputs
        self._folder = folder
        self._path = f"{folder}{os.sep}"
        self._notes = notes
        self._seen: list[tuple[str, bytes]] = []  # files that are not noted yet, with the digests of their contents
        self._is_there = folder.is_dir()
        self._before: dict[str, os.DirEntry[str]] = {}  # by name without case, which some file systems do not mind
        if self._is_there:
            with os.scandir(folder) as there:
                self._before = {
                    one.name.casefold(): one
                    for one in there
                    if not (one.name.startswith(".") and remove_left_over(one.path, _endings()))
                }

    def write(self, name: str, content: bytes) -> bool:
        """Put a query in its place; whether it is new or changed.

        Raises `OSError`, and `ValueError` for a place that is an input's.
        """
        if not self._is_there:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._is_there = True
        path = self._path + name
        before = self._before.get(name.casefold())
        if before is not None and self._is_input(name):
            raise ValueError(f"{path} is a file that this run reads; name another output folder")
        if self._notes is None:
            return _put(path, content, before)
        digest = digest_of(content)
        if before is not None and before.name == name:
            with suppress(OSError):
                if self._notes.is_as_noted(path, status_of(before.stat(follow_symlinks=False)), digest):
                    return False
        self._seen.append((path, digest))
        return _put(path, content, before)

    def note(self, notes: Notes) -> None:
        """Note what was written, and what was found to be in its place."""
        for path, digest in self._seen:
            notes.note(path, digest)

    def remove(self, name: str) -> None:
        """Remove the query of an earlier run. Raises `OSError`."""
        if name.casefold() in self._before and not self._is_input(name):
            (self._folder / name).unlink(missing_ok=True)

    def _is_input(self, name: str) -> bool:
        before = self._before.get(name.casefold())
        if before is not None and before.inode() not in self._inputs.numbers and not before.is_symlink():
            return False
        return bool(self._inputs.files) and identity(self._path + name) in self._inputs.files


@cache
def _endings() -> tuple[str, ...]:
    """How the names of files end that are written to an output folder."""
    return (LIST, *(dialects.load(name).extension for name in dialects.writers()))


def _put(path: str, content: bytes, before: os.DirEntry[str] | None) -> bool:
    """Write a file; whether it is new or changed."""
    if before is not None:
        return write_atomically(Path(path), content)
    write_new(path, content)
    return True


def _names(folder: Path) -> set[str]:
    """The files that earlier runs wrote to a folder, as paths below it."""
    try:
        return set(os.fsdecode((folder / LIST).read_bytes()).split("\n")) - {""}
    except OSError:
        return set()


def without_queries(files: list[RuleFile], folder: Path) -> list[RuleFile]:
    """The files but those that earlier runs wrote to an output folder: queries are not read as rules."""
    return without(files, (f"{folder}{os.sep}{name}" for name in _names(folder)))
