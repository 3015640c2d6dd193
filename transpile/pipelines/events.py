"""Puts an event through a data model: the other half of `apply`, so that a mapped query can be run on mapped events."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, assert_never
from zlib import crc32

from transpile.ir.expr import Match
from transpile.ir.match import Field, FieldType, Pattern
from transpile.ir.stream import LogSource
from transpile.ir.walk import leaves
from transpile.pipelines.escapes import escaped_value
from transpile.pipelines.leaf import holds, is_address
from transpile.pipelines.model import (
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
    Model,
    PathAndName,
    Piece,
    Prefixed,
    Quoted,
    RegistryData,
    RegistryStrings,
    Rename,
    Replace,
    Source,
    Split,
    UrlPart,
    Values,
)
from transpile.pipelines.urls import has_pieces, whole_url


class Outside(ValueError):
    """The platform cannot hold this event of this log source: a value is not of the form that it keeps."""


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
            urls.setdefault(entry.how.url.name, {})[entry.how.piece] = _text(value)
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
    text = _text(value)
    match how:
        case Rename(field):
            yield field.name, _kept(value, field)
        case Values(field, table):
            spelled = table.get(text.casefold())
            if spelled is None and field.type is FieldType.ENUM:
                raise Outside(f"{text!r} is no value of {field.name}")
            yield field.name, _kept(value if spelled is None else spelled, field)
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
            yield name.name, _name(text, at)
        case PathAndName(path, name, at):
            yield path.name, text
            yield name.name, text if at == "\\" and not set(text) & {at, "."} else _name(text, at)
        case Hashes(columns):
            kept = [(columns[one].name, digest) for one, digest in _digests(text) if one in columns]
            if not kept:
                raise Outside(f"{text!r} has no hash that the platform keeps")
            yield from kept
        case Replace(field, table):
            yield field.name, _replaced(text, table)
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
                text = _bare_number(text)
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
            yield from _registry_data(text, how)
        case RegistryStrings():
            yield from _registry_strings(text, how)
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


def _bare_number(text: str) -> str:
    """Registry data as Sysmon spells it, a number without its type."""
    if number := re.fullmatch(r"DWORD \((0x[0-9a-f]{8})\)", text, re.IGNORECASE):
        return number[1]
    if re.search("DWORD|QWORD|0x[0-9a-f]{8}", text, re.IGNORECASE):
        raise Outside(f"{text!r} is not told from a number, or how it is spelled is not known")
    return text


def _registry_data(text: str, how: RegistryData) -> Iterator[tuple[str, Any]]:
    """Registry data as Sysmon spells it, in decimal digits and with the name of its type."""
    number = re.fullmatch(r"DWORD \(0x([0-9a-f]{8})\)|QWORD \(0x([0-9a-f]{8})-0x([0-9a-f]{8})\)", text, re.IGNORECASE)
    if number and number[1]:
        yield how.data.name, str(int(number[1], 16))
        yield how.type.name, how.dword
    elif number:
        yield how.data.name, str(int(number[2] + number[3], 16))
        yield how.type.name, how.qword
    elif text.casefold() == "binary data":
        yield how.type.name, how.binary
    elif re.search("DWORD|QWORD|0x[0-9a-f]{8}", text, re.IGNORECASE):
        raise Outside(f"{text!r} is a number in no spelling of Sysmon's")
    else:
        yield how.data.name, "" if text.casefold() == "(empty)" else text
        yield how.type.name, how.text


def _registry_strings(text: str, how: RegistryStrings) -> Iterator[tuple[str, Any]]:
    """Registry data as Sysmon spells it, as Elastic's pipeline keeps it: numbers in decimal digits."""
    number = re.fullmatch(r"DWORD \(0x([0-9a-f]{8})\)", text, re.IGNORECASE)
    if number:
        yield how.data.name, [str(int(number[1], 16))]
        yield how.type.name, "SZ_DWORD"
    elif re.search("DWORD|QWORD|0x[0-9a-f]{8}", text, re.IGNORECASE):
        raise Outside(f"{text!r} is a number in no spelling of Sysmon's, or a long one")
    else:
        yield how.data.name, [text]
        yield how.type.name, "REG_SZ"


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
            if there is not None and any(holds(test, _text(there)) for test in excluded):
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


def _kept(value: Any, field: Field) -> Any:
    """A value as a column of this type holds it."""
    match field.type:
        case FieldType.NUMBER if isinstance(value, str):
            number = Pattern.of(value).as_number()
            if number is None:
                raise Outside(f"{field.name} holds numbers, not {value!r}")
            value = number
        case FieldType.BOOLEAN if isinstance(value, str):
            if value.casefold() not in ("true", "false"):
                raise Outside(f"{field.name} is true or false, not {value!r}")
            value = value.casefold() == "true"
        case FieldType.IP if isinstance(value, str) and not is_address(value):
            raise Outside(f"{field.name} holds addresses, not {value!r}")
        case FieldType.STRING | FieldType.ENUM:
            value = _text(value)
        case _:
            pass
    return [value] if field.repeated else value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _name(path: str, at: str) -> str:
    _, found, name = path.rpartition(at)
    if not found or not name:
        raise Outside(f"{path!r} does not end in {at!r} and a file name")
    return name


def _replaced(text: str, table: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    spelled = {old.casefold(): new for old, new in table}
    pieces = [spelled.get(piece.casefold(), (piece,)) for piece in text.split("\\")]
    if not all(pieces):
        raise Outside(f"how the platform spells {text!r} is not known")
    return "\\".join(new[0] for new in pieces)


DIGITS: Mapping[str, int] = {"MD5": 32, "SHA1": 40, "SHA256": 64, "IMPHASH": 32}  # hexadecimal, of each algorithm


def _digests(text: str) -> Iterator[tuple[str, str]]:
    found = re.findall(r"(?:^|,)(MD5|SHA1|SHA256|IMPHASH)=([0-9A-F]+)(?=,|$)", text, re.I)
    if text.count("=") != len(found) or any(len(digest) != DIGITS[name.upper()] for name, digest in found):
        raise Outside(f"{text!r} is no list of hashes")
    for algorithm, digest in found:
        yield algorithm.upper(), digest


def _texts(values: Any) -> Iterator[str]:
    for value in values:
        if isinstance(value, list):
            yield from _texts(value)
        elif value is not None:
            yield _text(value)
