"""Macros and lookup tables that searches refer to: from files and folders that the user names, or beside the rules."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from transpile.formats.splunk import read_macros
from transpile.source import Source

Lookups = dict[str, tuple[Mapping[str, str], ...]]

_LEVELS = 4  # folders above a rule in which macros are looked for
_LARGEST = 50_000_000  # bytes of one file


def load_macros(paths: Iterable[str]) -> dict[str, str]:
    """Definitions by name with arity (`name(1)`), of `macros.conf`, YAML and JSON files, and of folders of them.

    Raises `OSError` for a path that is not there, and `ValueError` for a file that cannot be read as macros.
    """
    found: dict[str, str] = {}
    for path in _files(paths, (".conf", ".yml", ".yaml", ".json")):
        found.update(read_macros(Source(path.read_text(encoding="utf-8", errors="replace"), str(path))))
    return found


def load_lookups(paths: Iterable[str]) -> Lookups:
    """Rows by the name of the table, with and without `.csv`. Raises `OSError` for a path that is not there."""
    found: Lookups = {}
    for path in _files(paths, (".csv",)):
        with path.open(encoding="utf-8", errors="replace", newline="") as stream:
            rows = tuple({key: value or "" for key, value in row.items() if key} for row in csv.DictReader(stream))
        found[path.name] = found[path.stem] = rows
    return found


def _files(paths: Iterable[str], endings: Sequence[str]) -> Iterator[Path]:
    for name in paths:
        path = Path(name)
        candidates = sorted(path.rglob("*")) if path.is_dir() else [path]
        for one in candidates:
            if one.is_dir() or (one != path and (one.suffix.lower() not in endings or not one.is_file())):
                continue
            if one.stat().st_size <= _LARGEST:
                yield one


def holds_macros(path: str) -> bool:
    """Whether a file beside rules is one that `beside` finds, so that searches are read with it.

    >>> holds_macros("app/default/macros.conf"), holds_macros("content/macros/sysmon.yml"), holds_macros("a/values.yml")
    (True, True, False)
    """
    place = Path(path)
    return place.name == "macros.conf" or place.parent.name == "macros"


def beside(paths: Iterable[str]) -> tuple[list[str], list[str]]:
    """Macros and lookups that lie where Splunk and its content keep them: beside the rules, above, or in apps below.

    That is `macros.conf`, or a folder `macros`; and a folder `lookups`.
    """
    macros: dict[str, None] = {}
    lookups: dict[str, None] = {}
    for name in paths:
        for folder in _around(Path(name).absolute()):
            for found in (folder / "macros.conf", folder / "default" / "macros.conf", folder / "macros"):
                if found.exists():
                    macros[str(found)] = None
            if (folder / "lookups").is_dir():
                lookups[str(folder / "lookups")] = None
    return list(macros), list(lookups)


def _around(place: Path) -> Iterator[Path]:
    """A folder's own folders, itself, and those above it as far as the repository goes."""
    if place.is_dir():
        yield from sorted(one for one in place.iterdir() if one.is_dir() and not one.name.startswith("."))
    for folder in [place, *place.parents][: _LEVELS + 1]:
        yield folder
        if (folder / ".git").exists():
            return
