"""Queries that somebody else wrote, and the rules that they are for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from transpile import dialects, formats
from transpile.batch.find import RuleFile, find, read_source
from transpile.conversion import Options, read_source_rules
from transpile.formats.item import QueryItem
from transpile.record import record
from transpile.source import Source


@record
class Given:
    """A query for the first rule of a file, and its language; or `reason`, why there is no query."""

    file: RuleFile
    target: str
    query: str
    path: str
    reason: str = ""


def find_queries(files: Sequence[RuleFile], query: Path | None, queries: Path | None) -> list[Given]:
    """The queries for rules: one for the only file, or those of a folder or file by the names of the rules.

    A file with a language's extension is one query. Of a file of rules (savedsearches.conf, Elastic's TOML and so on)
    each query is for the rule of its id or title; the only query of a file is for the only rule. Raises `OSError` for
    what cannot be read, and `ValueError`, its message meant for users, where a query and a rule cannot be paired.
    """
    if query is not None:
        if len(files) != 1:
            raise ValueError(f"--query judges one rule, and there are {len(files)} files; use --queries")
        if _language(query) is not None:
            return [_read(files[0], query)]
        items = _items(query)
        found = list(_named(files[0], items)) or [_given(files[0], one, query) for one in items if len(items) == 1]
        if not found:
            raise ValueError(f"{query} holds {len(items)} queries, none of them with the id or title of the rule")
        return found
    assert queries is not None
    if queries.is_file():
        items = _items(queries)
        found = [given for file in files for given in _named(file, items)]
    elif queries.is_dir():
        items = [item for one in find([str(queries)]) if _language(Path(one.path)) is None for item in _held(one)]
        found = [given for file in files for given in (*_beside(file, queries), *_named(file, items))]
    else:
        raise FileNotFoundError(f"no such file or folder: {queries}")
    if not found:
        raise ValueError(
            f"no query in {queries} has the name of a rule and the extension of a language, or its id or title"
        )
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


def _named(file: RuleFile, items: Sequence[QueryItem]) -> Iterator[Given]:
    """The queries with the id or the title of a file's first rule."""
    source = read_source(file)
    readings = read_source_rules(source, Options(())) if items and isinstance(source, Source) else []
    for reading in readings[:1]:
        for item in items:
            ids = {item.metadata.get("id"), *item.metadata.get("related", ())} - {None}
            if reading.id in ids or (reading.title and _plain(item.name) == _plain(reading.title)):
                yield _given(file, item, Path(item.source.path))


def _plain(name: str) -> str:
    """A name by its letters and digits alone."""
    return re.sub(r"\W+|_", "", name).casefold()


def _items(path: Path) -> list[QueryItem]:
    """The queries of a file of rules, in languages that can be judged. Raises `ValueError` if it is none."""
    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    items = _held(RuleFile(str(path), path.name))
    if not items:
        known = ", ".join(dialects.load(name).extension for name in _targets())
        raise ValueError(
            f"{path}: the extension names no language, and it is no file of rules; expected one of {known}, "
            "savedsearches.conf or a rule file of a platform"
        )
    return items


def _held(file: RuleFile) -> list[QueryItem]:
    source = read_source(file)
    known = formats.recognise(source) if isinstance(source, Source) else None
    if known is None or not isinstance(source, Source):
        return []
    try:
        return [item for item in known.items(source) if item.language in _targets()]
    except ValueError:
        return []


def _given(file: RuleFile, item: QueryItem, path: Path) -> Given:
    return Given(file, item.language, item.source.text, str(path))


def _read(file: RuleFile, path: Path) -> Given:
    target = _language(path)
    assert target is not None
    return Given(file, target, path.read_text(encoding="utf-8-sig"), str(path))


def _language(path: Path) -> str | None:
    return next((name for name in _targets() if path.suffix.lower() in dialects.load(name).extensions), None)


def _targets() -> list[str]:
    """The languages whose queries can be judged: those that are run and belong to a platform."""
    return [name for name in dialects.writers() if dialects.load(name).default_model != "none"]
