"""Puts an event through a data model: the other half of `apply`, so that a mapped query can be run on mapped events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zlib import crc32

from transpile.ir.match import FieldType
from transpile.ir.stream import LogSource
from transpile.pipelines.escapes import escaped_value
from transpile.pipelines.forms import Filled, Piece, UrlPart
from transpile.pipelines.forms.conditions import constants
from transpile.pipelines.forms.storing import store
from transpile.pipelines.forms.url import has_pieces, whole_url
from transpile.pipelines.model import Model, ModelSource
from transpile.pipelines.stored import Unstorable, text_of


def map_event(
    event: Mapping[str, Any], model: Model, logsource: LogSource, source: ModelSource | None = None
) -> Mapping[str, Any]:
    """The event as the platform stores it, flat, its fields under the platform's names.

    `source` is the place that `Applied.source` tells; without it, the first of the log source that has all of the
    event's fields. Fields that the model does not know keep their names, and are part of the message where a source
    has one. Raises `Unstorable` for an event that the
    platform cannot hold, such as a registry key without a backslash where it keeps key and value apart.
    """
    if model.is_none:
        return event
    flat = dict(_flatten(event, ""))
    if source is None:
        places = model.sources.get(logsource, ())
        if not places:
            return event
        source = next((one for one in places if all(map(one.find, flat))), places[0])
    if source.events and "EventID" not in flat:
        raise Unstorable(f"{source.name} takes events by their EventID, and this one has none")
    if source.as_xml:
        flat = {name: escaped_value(value) for name, value in flat.items()}
    stored, unknown = _columns(flat, source)
    for entry in source.fields.values():
        if isinstance(entry.how, Filled):
            for column, word in entry.how.empty(None):
                stored.setdefault(column, word)
    stored.update(list(constants(source.where, stored)))
    stored.update(list(constants(source.holds, stored)))
    if source.keywords and unknown:
        column, message = _message(source, stored, unknown)
        stored[column] = message
    return _with_maps(stored)


def _columns(flat: Mapping[str, Any], source: ModelSource) -> tuple[dict[str, Any], list[Any]]:
    """The columns that the values of an event fill, and the values of fields that the model does not know.

    Raises `Unstorable`.
    """
    stored: dict[str, Any] = {}
    urls: dict[str, dict[Piece, str]] = {}
    unknown: list[Any] = []
    for name, value in flat.items():
        if source.dropped and value == source.dropped:
            continue
        entry = source.find(name)
        if entry is not None and isinstance(entry.how, UrlPart) and value is not None:
            if isinstance(value, list):
                raise Unstorable(f"a URL has one {entry.how.piece.value}")
            urls.setdefault(entry.how.url.name, {})[entry.how.piece] = text_of(value)
        elif entry is not None:
            for column, kept in store(value, entry.how):
                if stored.setdefault(column, kept) != kept:
                    raise Unstorable(f"{column} would have to hold {stored[column]!r} and {kept!r}")
        elif name == "EventID" and source.events:
            if str(value) not in map(str, source.events):
                raise Unstorable(f"{source.name} takes event {source.events}, not {value}")
        else:
            unknown.append(value)
            stored.setdefault(name, value)
    for column, pieces in urls.items():
        stored[column] = _url(stored.get(column), pieces)
    return stored, unknown


def _message(source: ModelSource, stored: Mapping[str, Any], unknown: list[Any]) -> tuple[str, str]:
    """A free field of the message, and what it is to hold: all that the model does not know. Raises `Unstorable`."""
    texts = [field.name for field in source.keywords if field.type is not FieldType.NUMBER]
    pieces = {one.field.name for one in source.where if any("*" in str(value) for value in one.values)}
    free = [name for name in texts if name not in stored or name in pieces]
    if not free:
        raise Unstorable("no field of the message is left for what the model does not know")
    message = "\n".join(_texts(unknown))
    # Any of them may hold it: which does is as good as chance, but always the same.
    column = free[crc32(message.encode("utf-8", "surrogatepass")) % len(free)]
    return column, "\n".join(filter(None, (stored.get(column), message)))


def _url(whole: Any, pieces: Mapping[Piece, str]) -> str:
    """The URL of an event that tells some of its parts, and perhaps the whole. Raises `Unstorable`."""
    url = whole_url(pieces) if whole is None else str(whole)
    if url is None or (whole is not None and not has_pieces(url, pieces)):
        raise Unstorable(f"{pieces} are not parts of a URL, or not of this one: {url!r}")
    return url


def _with_maps(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The columns, those that are keys of a map (`additional.fields["Channel"]`) gathered in it.

    Raises `Unstorable`: a key has one value.
    """
    whole: dict[str, Any] = {}
    for column, value in stored.items():
        path, found, key = column.partition('["')
        if found and key.endswith('"]'):
            if isinstance(value, list):
                raise Unstorable(f"{column} holds one value")
            whole.setdefault(path, {})[key.removesuffix('"]')] = value
        else:
            whole[column] = value
    return whole


def _flatten(event: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """An event's values by their dotted names; lists of maps gather their members' values."""
    for key, value in event.items():
        name = prefix + key
        if isinstance(value, Mapping) and value:
            yield from _flatten(value, name + ".")
        elif isinstance(value, list) and any(isinstance(member, Mapping) for member in value):
            gathered: dict[str, list[Any]] = {}
            for member in value:
                if isinstance(member, Mapping):
                    for inner, found in _flatten(member, name + "."):
                        gathered.setdefault(inner, []).extend(found if isinstance(found, list) else [found])
            yield from gathered.items()
        else:
            yield name, value


def _texts(values: Any) -> Iterator[str]:
    for value in values:
        if isinstance(value, list):
            yield from _texts(value)
        elif value is not None:
            yield text_of(value)
