"""Stores one value as the platform keeps it: the event's half of each way in `forms`, as `rewrites` is the rule's.

`inverse` goes the other way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, assert_never

from transpile.ir.expr import Match
from transpile.ir.match import Field, FieldType
from transpile.ir.walk import leaves
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

# Ways that keep a value in one field, spelled otherwise.
_Spelling = Replace | Hex | Prefixed | Ended | Filled | Element | Codes | Behind | Quoted | Inside

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
        case Values(field):
            yield field.name, as_typed(_named(value, how), field)
        case Cases():
            yield from _told_apart(text, how)
        case Split():
            yield from _parted(text, how)
        case FileName() | PathAndName() | Extension():
            yield from _path(text, how)
        case Hashes() | Digest():
            yield from _digests(text, how)
        case RegistryData():
            yield from registry_data(text, how)
        case RegistryStrings():
            yield from registry_strings(text, how)
        case AnyOf(options, _):
            yield from _store_any(value, options)
        case Fixed(known):
            if text.casefold() != known.casefold():
                raise Outside(f"this log source always has {known!r}, not {text!r}")
        case UrlPart() | Absent():  # the parts of a URL are put together when all of them are known
            pass
        case _:
            yield how.field.name, _spelled(text, how)


def _named(value: Any, how: Values) -> Any:
    """A value under the platform's own name for it. Raises `Outside` for one that an `enum` field does not have."""
    text = text_of(value)
    spelled = how.table.get(text.casefold())
    if spelled is None and how.field.type is FieldType.ENUM:
        raise Outside(f"{text!r} is not a value of {how.field.name}")
    return value if spelled is None else spelled


def _told_apart(text: str, how: Cases) -> Iterator[tuple[str, Any]]:
    if text.casefold() not in how.table:
        raise Outside(f"{text!r} is none of {', '.join(how.table)}")
    yield from constants(how.table[text.casefold()], {})


def _parted(text: str, how: Split) -> Iterator[tuple[str, Any]]:
    before, found, after = text.rpartition(how.at)
    if (how.always and not found) or (found and not (before and after)):
        raise Outside(f"{text!r} is not parted by {how.at!r}")
    if found:
        yield from store(before, how.head)
    yield from store(after, how.tail)


def _path(text: str, how: FileName | PathAndName | Extension) -> Iterator[tuple[str, str]]:
    match how:
        case FileName(name, at):
            yield name.name, name_of(text, at)
        case PathAndName(path, name, at):
            yield path.name, text
            yield name.name, text if at == "\\" and not set(text) & {at, "."} else name_of(text, at)
        case Extension(path):
            if set(text) & set("./\\"):
                raise Outside(f"{text!r} is not an extension")
            yield path.name, f"file.{text}"
        case _:
            assert_never(how)


def _digests(text: str, how: Hashes | Digest) -> Iterator[tuple[str, str]]:
    match how:
        case Hashes(columns):
            kept = [(columns[one].name, digest) for one, digest in digests(text) if one in columns]
            if not kept:
                raise Outside(f"{text!r} has no hash that the platform keeps")
            yield from kept
        case Digest(field, algorithm):
            if not re.fullmatch("[0-9A-Fa-f]+", text) or len(text) != DIGITS[algorithm]:
                raise Outside(f"{text!r} is not a digest of {algorithm}")
            yield field.name, f"{algorithm}={text}"
        case _:
            assert_never(how)


def _spelled(text: str, how: _Spelling) -> Any:
    """A value as the one field that holds it spells it. Raises `Outside`."""
    match how:
        case Replace(_, table):
            return replaced(text, table)
        case Hex():
            if not re.fullmatch("0x[0-9a-fA-F]+", text):
                raise Outside(f"{text!r} is not a hexadecimal number")
            return int(text, 16)
        case Prefixed(_, prefix):
            return prefix + text
        case Ended(_, ending):
            return text + ending
        case Filled(field, word, bare):
            text = bare_number(text) if bare else text
            if text.casefold() == word.casefold():
                raise Outside(f"{text!r} is what {field.name} holds for a missing value")
            return text
        case Element(_, tag):
            return f"<{tag}>{text}</{tag}>"
        case Codes():
            codes = re.findall("%%([0-9]{4})", text)
            return codes if codes and re.fullmatch(r"\s*%%[0-9]{4}(\s+%%[0-9]{4})*\s*", text) else [text]
        case Behind() | Quoted() | Inside():
            return text
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


def constants(conditions: Conditions, stored: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What a log source's conditions say, where the event has not said one of the values itself. Raises `Outside`."""
    for field, values, expr, more in conditions:
        there = stored.get(field.name)
        if not values:
            excluded = [leaf.test for leaf in leaves(expr) if isinstance(leaf, Match)]
            if there is not None and any(holds(test, text_of(there)) for test in excluded):
                raise Outside(f"this log source never has {field.name} {there!r}")
            continue
        yield from constants(more, stored)
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
