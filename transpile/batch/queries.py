"""Queries that somebody else wrote, and the rules that they are for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from transpile import dialects
from transpile.batch.find import RuleFile
from transpile.record import record


@record
class Given:
    """A query for the first rule of a file, and its language."""

    file: RuleFile
    target: str
    query: str
    path: str


def find_queries(files: Sequence[RuleFile], query: Path | None, folder: Path | None) -> list[Given]:
    """The queries for rules: one for the only file, or those of a folder by the names of the rules.

    The extension says the language. Raises `OSError` for what cannot be read, and `ValueError`, its message meant for
    users, where a query and a rule cannot be paired.
    """
    if query is not None:
        if len(files) != 1:
            raise ValueError(f"--query judges one rule, and there are {len(files)} files; use --queries")
        return [_read(files[0], query)]
    assert folder is not None
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder")
    found = [given for file in files for given in _beside(file, folder)]
    if not found:
        raise ValueError(f"no query in {folder} has the name of a rule and the extension of a language")
    return found


def _beside(file: RuleFile, folder: Path) -> Iterator[Given]:
    """The queries in a folder for one rule file: at its place, or by its name alone."""
    place = PurePosixPath(file.relative)
    for base in dict.fromkeys((folder / place.parent, folder)):
        if not base.is_dir():
            continue
        matches = sorted(one for one in base.iterdir() if one.name.split(".")[0] == place.name.split(".")[0])
        given = [_read(file, one) for one in matches if _language(one) is not None]
        if given:
            yield from given
            return


def _read(file: RuleFile, path: Path) -> Given:
    target = _language(path)
    if target is None:
        known = ", ".join(dialects.load(name).extension for name in _targets())
        raise ValueError(f"{path}: the extension names no language; expected one of {known}")
    return Given(file, target, path.read_text(encoding="utf-8"), str(path))


def _language(path: Path) -> str | None:
    return next((name for name in _targets() if path.suffix.lower() in dialects.load(name).extensions), None)


def _targets() -> list[str]:
    """The languages whose queries can be judged: those that are run and belong to a platform."""
    return [name for name in dialects.writers() if dialects.load(name).default_model != "none"]
