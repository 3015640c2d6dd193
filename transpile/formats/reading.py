"""From a file to rules: the front door of every command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from transpile import dialects, formats
from transpile.codes import Direction
from transpile.diagnostics import diagnose
from transpile.dialects.base import Left, Reading, ReadOptions, RuleOrigin
from transpile.dialects.reading import read_query
from transpile.formats import codes
from transpile.formats.item import FileFormat, QueryItem
from transpile.ir.rule import Rule
from transpile.ir.stream import Aggregate, Compute, Sequence, Stream, Together, Where, Window
from transpile.source import Source

AUTO = "auto"


def read_rules(source: Source, language: str, options: ReadOptions) -> list[Reading]:
    """The rules of a file in a language, or with `auto` in the one that its format says. Never raises.

    A text without an extension that no format recognises is taken for Sigma, whose reader says what is wrong with it.
    """
    if language != AUTO:
        dialect = dialects.load(language)
        if dialect.read is not None:
            return dialect.read(source, options)
    found = formats.recognise(source)
    if found is None and language == AUTO:
        default = next(one for one in map(dialects.load, dialects.readers()) if one.read is not None)
        assert default.read is not None
        return default.read(source, options)
    items = found.items(source) if found else formats.bare(dialects.load(language).name, source)
    return list(_readings(items, source, found, options))


def _readings(
    items: Iterable[QueryItem], source: Source, found: FileFormat | None, options: ReadOptions
) -> Iterator[Reading]:
    try:
        for number, item in enumerate(items, start=1):
            yield replace(read_item(item, options), origin=RuleOrigin(item.language, item.format, number))
    except ValueError as error:
        title = found.title if found else "query"
        yield Reading(None, (diagnose(codes.FMT001, None, format=title, reason=str(error)),), title=source.path)


def _with_window(stream: Stream, seconds: int | None) -> Stream:
    """The stream, an aggregate or sequence without a window of its own held to what one run of the rule looks at."""
    if seconds is None:
        return stream
    window = Window(seconds)
    match stream:
        case Where(input) | Compute(input):
            inner = _with_window(input, seconds)
            return stream if inner is input else replace(stream, input=inner)
        case Aggregate(window=None):
            return replace(stream, window=window)
        case Sequence(within=None) | Together(within=None):
            return replace(stream, within=window)
        case _:
            return stream


def read_item(item: QueryItem, options: ReadOptions) -> Reading:
    """The rule that an item of a file is."""
    metadata: dict[str, Any] = {"title": item.name, **item.metadata}
    known = {"id": metadata.get("id"), "title": metadata["title"]}
    if item.language not in dialects.readers():
        title = dialects.load(item.language).title if item.language in dialects.names() else item.language
        return Reading(None, (diagnose(codes.FMT004, language=title),), **known)
    dialect = dialects.load(item.language)
    lifted = read_query(dialect, item.source, options)
    diagnostics, left, body = lifted.diagnostics, lifted.left, lifted.body
    if body is None:
        return Reading(None, diagnostics, left=left, **known)
    if item.around is not None:
        body = item.around(body)
    lookback = lifted.lookback or item.lookback
    windowed = _with_window(body, lookback)
    if windowed is not body:
        body = windowed
        diagnostics = (*diagnostics, diagnose(codes.FMT005, wider=True, seconds=lookback))
    if item.beyond is not None:
        text, code = item.beyond
        diagnostics = (*diagnostics, diagnose(code, wider=True, what=text))
        left = (*left, Left(text, None, Direction.WIDER, code))
    rule = Rule(
        body=body,
        source=item.source,
        parts=lifted.parts,
        fields=lifted.fields,
        index=item.index,
        language=item.language,
        **metadata,
    )
    if lookback is not None:
        rule = replace(rule, custom={**rule.custom, "lookback": lookback})
    return Reading(rule, diagnostics, left=left, **known)
