"""The column that holds a field as a whole, for what rules on many events group by, join on and count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple, assert_never

from transpile.ir.expr import Match
from transpile.ir.match import Call, Field, FieldRef, Function, Value
from transpile.pipelines import codes
from transpile.pipelines.forms import (
    Absent,
    AnyOf,
    Behind,
    Cases,
    Codes,
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
from transpile.pipelines.leaf import Unsaid
from transpile.pipelines.model import Entry, Source
from transpile.source import Span


class Wanted(NamedTuple):
    """A field of a base rule's events that a later stage asks for, and where in the rule it does."""

    name: str
    span: Span | None


class StoredColumn(NamedTuple):
    """Where a field is kept whole. `filled` is the word that the platform puts where there is no value."""

    value: Value
    filled: str | None = None


def stored_column(how: How) -> StoredColumn:
    """The column, or what computes it of several, in which each value is as the rule's events have it.

    Raises `Unsaid` where the platform keeps the field in another shape.
    """
    match how:
        case Rename(field) | PathAndName(field):
            return StoredColumn(field)
        case Filled(field, word, False):
            return StoredColumn(field, word)
        case AnyOf(options):
            fields = [option.field for option in options if isinstance(option, Rename)]
            if len(fields) < len(options):
                raise Unsaid(codes.MAP011, why="the platform keeps it in one of several columns, in different shapes")
            distinct = tuple(dict.fromkeys(fields))
            return StoredColumn(distinct[0] if len(distinct) == 1 else Call(Function.COALESCE, distinct))
        case Absent(reason):
            raise Unsaid(codes.MAP003, reason=reason)
        case Split():
            raise Unsaid(codes.MAP011, why="the platform keeps it in two columns")
        case Fixed(value):
            raise Unsaid(codes.MAP011, why=f"it is always {value!r} there, and no column holds it")
        case Values() | Cases() | Replace() | Prefixed() | Ended() | Hex() | RegistryData() | RegistryStrings():
            raise Unsaid(codes.MAP011, why="the platform spells its values otherwise")
        case Behind() | Quoted() | Element():
            raise Unsaid(codes.MAP011, why="the platform keeps it with another text around it")
        case Filled() | FileName() | Extension() | Inside() | UrlPart() | Hashes() | Codes() | Digest():
            raise Unsaid(codes.MAP011, why="the platform keeps it as a part of another value, or in parts")
        case _:
            assert_never(how)


_XML_SAFE = frozenset((Function.LOWER, Function.TRIM, Function.TEXT, Function.NUMBER, Function.COALESCE))


def computed_from(entry: Entry, source: Source, value: Value) -> Value:
    """The column that holds a field of which `value` is computed. Raises `Unsaid` where none holds it as it is."""
    stored = stored_column(entry.how)
    if stored.filled is not None:
        raise Unsaid(codes.MAP004, why=f"the platform puts {stored.filled!r} where there is no value")
    if source.as_xml and not _functions(value) <= _XML_SAFE:
        raise Unsaid(codes.MAP004, why="the platform keeps the text as XML spells it")
    return stored.value


def _functions(value: Value) -> set[Function]:
    """The functions that a value is computed by."""
    return {value.function}.union(*map(_functions, value.args)) if isinstance(value, Call) else set()


def renamed(leaf: Match, names: Mapping[str, Value]) -> Match:
    """A test with columns in the place of the fields that it is made of."""

    def value(one: Value) -> Value:
        match one:
            case Field(name):
                return names.get(name, one)
            case Call(function, args):
                return Call(function, tuple(map(value, args)))
            case _:
                return one

    test = leaf.test
    if isinstance(test, FieldRef) and isinstance(column := names.get(test.field.name, test.field), Field):
        test = replace(test, field=column)
    return replace(leaf, value=value(leaf.value), test=test)
