"""Puts an event through a data model: the other half of `apply`, so that a mapped query can be run on mapped events."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, assert_never
from zlib import crc32

from transpile.ir.expr import Match
from transpile.ir.match import Field, FieldType
from transpile.ir.stream import LogSource
from transpile.ir.walk import leaves
from transpile.pipelines.escapes import escaped_value
from transpile.pipelines.forms import (
    Absent,
    AnyOf,
    Behind,
    Cases,
    Codes,
    Conditions,
    Digest,
    Element,
    Ended,
    Extension,
    FileName,
    Filled,
    Fixed,
    Hashes,
    Hex,
    How,
    Inside,
    PathAndName,
    Piece,
    Prefixed,
    Quoted,
    RegistryData,
    RegistryStrings,
    Rename,
    Replace,
    Split,
    UrlPart,
    Values,
)
from transpile.pipelines.leaf import holds
from transpile.pipelines.model import Model, Source
from transpile.pipelines.stored import (
    DIGITS,
    Outside,
    as_typed,
    bare_number,
    digests,
    name_of,
    registry_data,
    registry_strings,
    replaced,
    text_of,
)
from transpile.pipelines.urls import has_pieces, whole_url


def map_event(
    event: Mapping[str, Any], model: Model, logsource: LogSource, source: Source | None = None
) -> Mapping[str, Any]:
    """The event as the platform stores it, flat, its fields under the platform's names.

    `source` is the place that `Applied.source` tells; without it, the first of the log source that has all of the
    event's fields. Fields that the model does not know keep their names, and are part of the message where a source
    has one. Raises `Outside` for an event that the
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
        raise Outside(f"{source.name} takes events by their EventID, and this one has none")
    if source.as_xml:
        flat = {name: escaped_value(value) for name, value in flat.items()}
    stored: dict[str, Any] = {}
    urls: dict[str, dict[Piece, str]] = {}
    unknown: list[Any] = []
    for name, value in flat.items():
        if source.dropped and value == source.dropped:
            continue
        entry = source.find(name)
        if entry is not None and isinstance(entry.how, UrlPart) and value is not None:
            if isinstance(value, list):
                raise Outside(f"a URL has one {entry.how.piece.value}")
            urls.setdefault(entry.how.url.name, {})[entry.how.piece] = text_of(value)
        elif entry is not None:
            for column, kept in store(value, entry.how):
                if stored.setdefault(column, kept) != kept:
                    raise Outside(f"{column} would have to hold {stored[column]!r} and {kept!r}")
        elif name == "EventID" and source.events:
            if str(value) not in map(str, source.events):
                raise Outside(f"{source.name} takes event {source.events}, not {value}")
        else:
            unknown.append(value)
            stored.setdefault(name, value)
    for column, pieces in urls.items():
        stored[column] = _url(stored.get(column), pieces)
    for entry in source.fields.values():
        if isinstance(entry.how, Filled):
            stored.setdefault(entry.how.field.name, entry.how.word)
    stored.update(list(_constants(source.where, stored)))
    stored.update(list(_constants(source.holds, stored)))
    if source.keywords and unknown:
        texts = [field.name for field in source.keywords if field.type is not FieldType.NUMBER]
        free = [name for name in texts if name not in stored]
        if not free:
            raise Outside("no field of the message is left for what the model does not know")
        message = "\n".join(_texts(unknown))
        # Any of them may hold it: which does is as good as chance, but always the same.
        stored[free[crc32(message.encode("utf-8", "surrogatepass")) % len(free)]] = message
    return _with_maps(stored)


def _url(whole: Any, pieces: Mapping[Piece, str]) -> str:
    """The URL of an event that tells some of its parts, and perhaps the whole. Raises `Outside`."""
    url = whole_url(pieces) if whole is None else str(whole)
    if url is None or (whole is not None and not has_pieces(url, pieces)):
        raise Outside(f"{pieces} are not parts of a URL, or not of this one: {url!r}")
    return url


def _with_maps(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The columns, those that are keys of a map (`additional.fields["Channel"]`) gathered in it.

    Raises `Outside`: a key has one value.
    """
    whole: dict[str, Any] = {}
    for column, value in stored.items():
        path, found, key = column.partition('["')
        if found and key.endswith('"]'):
            if isinstance(value, list):
                raise Outside(f"{column} holds one value")
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


_NEVER_EMPTY = frozenset({FieldType.NUMBER, FieldType.BOOLEAN, FieldType.TIME, FieldType.IP})


def store(value: Any, how: How) -> Iterator[tuple[str, Any]]:
    """Where a value lies on the platform: columns and what each holds. Raises `Outside`.

    A list is stored member by member, each column holding the list of what its members leave there.
    """
    if isinstance(value, list) and value:
        columns: dict[str, list[Any]] = {}
        for member in value:
            for column, kept in store(member, how):
                columns.setdefault(column, []).append(kept)
        yield from columns.items()
    elif value is None or value == "" or value == []:
        if isinstance(how, Cases | Fixed) and value is not None:
            raise Outside("an empty value is none of those that the platform tells apart")
        if isinstance(how, Filled):
            if value == "":
                raise Outside(f"an empty value is not told from a missing one in {how.field.name}")
            yield how.field.name, how.word
            return
        if isinstance(how, RegistryData) and value == "":
            raise Outside("Sysmon calls empty data (Empty)")
        for field in _fields(how):
            if value == "" and field.type in _NEVER_EMPTY:
                raise Outside(f"{field.name} holds no empty text")
            yield field.name, value
    else:
        yield from _store_one(value, how)


def _store_one(value: Any, how: How) -> Iterator[tuple[str, Any]]:
    text = text_of(value)
    match how:
        case Rename(field):
            yield field.name, as_typed(value, field)
        case Values(field, table):
            spelled = table.get(text.casefold())
            if spelled is None and field.type is FieldType.ENUM:
                raise Outside(f"{text!r} is no value of {field.name}")
            yield field.name, as_typed(value if spelled is None else spelled, field)
        case Cases(table):
            if text.casefold() not in table:
                raise Outside(f"{text!r} is none of {', '.join(table)}")
            yield from _constants(table[text.casefold()], {})
        case Split(head, tail, at, always, _):
            before, found, after = text.rpartition(at)
            if (always and not found) or (found and not (before and after)):
                raise Outside(f"{text!r} is not parted by {at!r}")
            if found:
                yield from store(before, head)
            yield from store(after, tail)
        case FileName(name, at):
            yield name.name, name_of(text, at)
        case PathAndName(path, name, at):
            yield path.name, text
            yield name.name, text if at == "\\" and not set(text) & {at, "."} else name_of(text, at)
        case Hashes(columns):
            kept = [(columns[one].name, digest) for one, digest in digests(text) if one in columns]
            if not kept:
                raise Outside(f"{text!r} has no hash that the platform keeps")
            yield from kept
        case Replace(field, table):
            yield field.name, replaced(text, table)
        case Hex(field):
            if not re.fullmatch("0x[0-9a-fA-F]+", text):
                raise Outside(f"{text!r} is no hexadecimal number")
            yield field.name, int(text, 16)
        case AnyOf(options, _):
            yield from _store_any(value, options)
        case Extension(path):
            if set(text) & set("./\\"):
                raise Outside(f"{text!r} is no extension")
            yield path.name, f"file.{text}"
        case Prefixed(field, prefix):
            yield field.name, prefix + text
        case Ended(field, ending):
            yield field.name, text + ending
        case Filled(field, word, bare):
            if bare:
                text = bare_number(text)
            if text.casefold() == word.casefold():
                raise Outside(f"{text!r} is what {field.name} holds for a missing value")
            yield field.name, text
        case Behind(field, _):
            yield field.name, text
        case Quoted(field):
            yield field.name, text
        case Element(field, tag):
            yield field.name, f"<{tag}>{text}</{tag}>"
        case Inside(field):
            yield field.name, text
        case RegistryData():
            yield from registry_data(text, how)
        case RegistryStrings():
            yield from registry_strings(text, how)
        case Codes(field):
            codes = re.findall("%%([0-9]{4})", text)
            yield field.name, codes if codes and re.fullmatch(r"\s*%%[0-9]{4}(\s+%%[0-9]{4})*\s*", text) else [text]
        case Digest(field, algorithm):
            if not re.fullmatch("[0-9A-Fa-f]+", text) or len(text) != DIGITS[algorithm]:
                raise Outside(f"{text!r} is no {algorithm} digest")
            yield field.name, f"{algorithm}={text}"
        case Fixed(known):
            if text.casefold() != known.casefold():
                raise Outside(f"this log source always has {known!r}, not {text!r}")
        case UrlPart() | Absent():  # the parts of a URL are put together when all of them are known
            pass
        case _:
            assert_never(how)


def _store_any(value: Any, options: tuple[How, ...]) -> Iterator[tuple[str, Any]]:
    """The value in the first place that can hold it."""
    for option in options[:-1]:
        try:
            found = list(store(value, option))
        except Outside:
            continue
        yield from found
        return
    yield from store(value, options[-1])


def _fields(how: How) -> Iterator[Field]:
    """The columns that are empty when the value is."""
    match how:
        case (
            Rename(field)
            | Inside(field)
            | Extension(field)
            | Prefixed(field, _)
            | Ended(field, _)
            | RegistryData(_, field)
            | RegistryStrings(field, _)
            | Quoted(field)
            | Behind(field, _)
            | Element(field, _)
            | Codes(field)
            | Digest(field, _)
            | Hex(field)
        ):
            yield field
        case Values(field, _) | Replace(field, _) | FileName(field, _):
            yield field
        case Split(head, tail, whole=whole):
            yield from _fields(head if whole else tail)
        case PathAndName(path, name):
            yield from (path, name)
        case Hashes(columns):
            yield from columns.values()
        case AnyOf(options, _):
            yield from _fields(options[0])
        case UrlPart() | Cases() | Filled() | Fixed() | Absent():
            pass
        case _:
            assert_never(how)


def _constants(conditions: Conditions, stored: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What a log source's conditions say, where the event has not said one of the values itself. Raises `Outside`."""
    for field, values, expr, more in conditions:
        there = stored.get(field.name)
        if not values:
            excluded = [leaf.test for leaf in leaves(expr) if isinstance(leaf, Match)]
            if there is not None and any(holds(test, text_of(there)) for test in excluded):
                raise Outside(f"this log source never has {field.name} {there!r}")
            continue
        yield from _constants(more, stored)
        if isinstance(there, list) and any(_fits(member, one) for member in there for one in values):
            continue
        if there not in values:
            value: str | int | bool | None = values[0]
            if isinstance(there, str | int) and not isinstance(there, bool):
                value = next((one for one in values if _fits(there, one)), None)
                if value is None:
                    raise Outside(f"this log source has {field.name} {values[0]!r}, not {there!r}")
                if "*" in str(value):
                    continue  # what the wildcard stands for is the event's own
            value = value.replace("*", "") if isinstance(value, str) else value
            yield field.name, [value] if field.repeated else value


def _fits(value: str | int, wanted: str | int | bool) -> bool:
    """Whether a value is a condition's, in any case and with its wildcards."""
    return fnmatchcase(str(value).casefold(), str(wanted).casefold())


def _texts(values: Any) -> Iterator[str]:
    for value in values:
        if isinstance(value, list):
            yield from _texts(value)
        elif value is not None:
            yield text_of(value)
