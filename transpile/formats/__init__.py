"""Files that hold rules: which format a file is in, and the queries that it holds.

Sigma files are not among them: a Sigma text is read by its dialect as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import PurePath

from transpile import dialects
from transpile.formats import elastic, microsoft, plain, splunk
from transpile.formats.item import FileFormat, QueryItem
from transpile.source import Source

CONTAINERS = (
    elastic.TOML,
    elastic.NDJSON,
    splunk.YAML,
    splunk.CONF,
    splunk.REST,
    microsoft.SENTINEL,
    microsoft.ARM,
    microsoft.DEFENDER,
    microsoft.MARKDOWN,
)


@cache
def all_formats() -> tuple[FileFormat, ...]:
    """Every format, those that hold more than a bare query first."""
    return (*CONTAINERS, *plain.formats())


@cache
def extensions() -> tuple[str, ...]:
    """The extensions of files that may hold rules, Sigma's included."""
    sigma = (extension for name in dialects.readers() for extension in dialects.load(name).extensions)
    return tuple(dict.fromkeys((*sigma, *(one for format_ in all_formats() for one in format_.extensions))))


def recognise(source: Source) -> FileFormat | None:
    """The format of a file, by its extension and content; None for Sigma and for what is not known."""
    candidates = _formats_of(PurePath(source.path).suffix.lower())
    return next((format_ for format_ in candidates if format_.recognise(source)), None)


@cache
def _formats_of(ending: str) -> tuple[FileFormat, ...]:
    """The formats that a file with this extension may be in; without one, any that holds more than a bare query."""
    containers = (format_ for format_ in CONTAINERS if not ending or ending in format_.extensions)
    return (*containers, *(format_ for format_ in plain.formats() if ending in format_.extensions))


def bare(language: str, source: Source) -> Iterator[QueryItem]:
    """The queries of a text that holds nothing else, in a language that the user names."""
    for format_ in plain.formats():
        if format_.name.startswith(f"{language}-"):
            yield from format_.items(source)


__all__ = ["CONTAINERS", "FileFormat", "QueryItem", "all_formats", "bare", "extensions", "recognise"]
