"""Files that hold rules, in the folders of real repositories, with what tells a changed file from a known one."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path

from transpile import formats
from transpile.batch import RuleFile, map_files, with_library
from transpile.batch.find import LARGEST, SIDE_FILE
from transpile.batch.narrow import is_for, narrow
from transpile.catalog import read
from transpile.catalog.read import CatalogRule
from transpile.conversion import Options
from transpile.diagnostics import Diagnostic
from transpile.dialects.base import ReadOptions
from transpile.formats.macros import beside, load_lookups, load_macros
from transpile.record import record
from transpile.selection import ALL, Selection
from transpile.source import Source

TIMEOUT = 20.0  # seconds for one file
_SIGMA = re.compile(rb"^[\"']?(?:detection|correlation|filter)[\"']?\s*:", re.MULTILINE)
_RELATING = re.compile(rb"^(?:---[ \t]+)?[\"']?(?:correlation|filter)[\"']?[ \t]*:", re.MULTILINE)
_PACKAGE = Path(__file__).parent.parent


@record
class CandidateFile:
    """A file that may hold rules: its path as the user knows it, and the digest of its content."""

    path: str
    sha256: str


@record
class Collected:
    """The files of a run, how to read them, and the version of all that reading depends on but the files."""

    files: tuple[CandidateFile, ...]
    options: Options
    reader: str


def collect(
    paths: Iterable[str],
    exclude: Sequence[str] = (),
    changed_since: str | None = None,
    selection: Selection = ALL,
) -> Collected:
    """Every file below `paths` that may hold rules, sorted by path, whatever the order of `paths`.

    Files and folders of the globs to `exclude` are left out, and with `changed_since` those that did not change since
    that git revision. Raises `FileNotFoundError` for a path that is not there, and `GitError`.
    """
    named = sorted(set(map(os.path.normpath, paths)))
    candidates: dict[str, CandidateFile] = {}
    relating = False
    digest = hashlib.sha256(_code_digest().encode())
    for path in sorted(set(_walk(named))):
        if any(is_for(glob, path) for glob in exclude):
            continue
        raw = _content(path)
        if raw is None:
            if path not in named and path.lower().endswith((".md", ".txt")):
                continue
            raw = b"unreadable"  # reading it says why
        if path.endswith((".yml", ".yaml")) and _RELATING.search(raw):
            relating = True
            digest.update(raw)
        expected = _content(os.path.splitext(path)[0] + SIDE_FILE) or b""  # noqa: PTH122 (asked for every file)
        candidates[path] = CandidateFile(path, hashlib.sha256(raw + expected).hexdigest())
    macros, lookups = beside(named)
    taken = narrow([RuleFile(path, path) for path in candidates], (), changed_since).files
    options = Options(
        (), selection=selection, macros=load_macros(macros) or None, lookups=load_lookups(lookups) or None
    )
    for name, text in sorted((options.macros or {}).items()):
        digest.update(f"{name}\0{text}\0".encode())
    for table, rows in sorted((options.lookups or {}).items()):
        digest.update(f"{table}\0{rows!r}\0".encode())
    if selection != ALL:
        digest.update(f"{selection.condition!r} {sorted(selection.ids or ())}".encode())
    if relating:
        yaml_files = [RuleFile(path, path) for path in candidates if path.endswith((".yml", ".yaml"))]
        options = with_library(yaml_files, options)
    return Collected(tuple(candidates[file.path] for file in taken), options, digest.hexdigest()[:16])


@cache
def _code_digest() -> str:
    """The version of the readers: a digest of the package's own files."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*")):
        if path.suffix in (".py", ".yml", ".json") and "site" not in path.parts:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _content(path: str) -> bytes | None:
    """The content of a file. Of one that is too large to be read, its size, which tells it from another.

    None for what cannot be read, or is not a regular file: opening a named pipe would wait for a writer.
    """
    try:
        place = Path(path)
        status = place.stat()
        if not stat.S_ISREG(status.st_mode):
            return None
        return place.read_bytes() if status.st_size <= LARGEST else b"too large: %d" % status.st_size
    except OSError:
        return None


def _walk(paths: Iterable[str]) -> Iterator[str]:
    endings = (*formats.extensions(), ".md")
    for path in paths:
        if Path(path).is_dir():
            for folder, below, names in os.walk(path):
                below[:] = sorted(one for one in below if not one.startswith("."))
                for name in names:
                    if name.lower().endswith(endings) and not name.startswith(".") and not name.endswith(SIDE_FILE):
                        yield os.path.join(folder, name)  # noqa: PTH118 (twice as fast over ten thousand files)
        elif Path(path).exists():
            yield path
        else:
            raise FileNotFoundError(f"no such file or folder: {path}")


def holds_rules(source: Source) -> bool:
    """Whether a text holds rules of any language, by its extension and content."""
    if source.path.endswith((".yml", ".yaml")) and _SIGMA.search(source.text.encode()):
        return True
    return formats.recognise(source) is not None


def read_files(
    files: Iterable[CandidateFile], options: Options, jobs: int | None = None
) -> Iterator[tuple[str, list[CatalogRule]]]:
    """The records of each file, in order, by several processes."""
    chosen = [RuleFile(one.path, one.path) for one in files]
    work = partial(_read, read.options_of(options), options.selection)
    for file, records in map_files(work, _lost, chosen, jobs=jobs, timeout=TIMEOUT):
        yield file.path, records


def _read(options: ReadOptions, selection: Selection, source: Source) -> list[CatalogRule]:
    return read.read_source(source, source.path, options, selection) if holds_rules(source) else []


def _lost(path: str, reason: Diagnostic) -> list[CatalogRule]:
    return read.lost(path, reason)
