"""What a rule file holds, whatever its format: queries, each with what the file says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any

from transpile.codes import Code
from transpile.ir.stream import Stream
from transpile.record import record
from transpile.source import Source

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@record
class QueryItem:
    """One query of a file.

    - `metadata`: fields of `ir.rule.Rule` by name: title, id, description, author, references, tags, level ...
    - `around`: for rule types that ask more than their query (a threshold, new terms): the stream that the query's own
      stream becomes a part of.
    - `beyond`: for rule types whose further condition has no form here: its text and the code that says so. The rule
      is then wider than the original.
    - `lookback`: the seconds of events that one run of the rule looks at.
    - `index`: the index patterns or tables that the file names beside the query.
    """

    language: str
    source: Source
    format: str
    name: str
    metadata: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    around: Callable[[Stream], Stream] | None = None
    beyond: tuple[str, Code] | None = None
    index: tuple[str, ...] = ()
    lookback: int | None = None


@record
class FileFormat:
    """A kind of file: how to tell it, and what it holds.

    `recognise(source)` must be cheap: it is asked of every file. `items(source)` raises `ValueError`, its message
    meant for users, for a file that is not what it seemed to be.
    """

    name: str
    title: str
    extensions: tuple[str, ...]
    recognise: Callable[[Source], bool]
    items: Callable[[Source], Iterable[QueryItem]]


def known_fields(**fields: Any) -> dict[str, Any]:
    """The fields that hold something."""
    return {name: value for name, value in fields.items() if value not in (None, ())}
