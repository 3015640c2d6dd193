"""The column that holds a field as a whole, for what rules on many events group by, join on and count."""

from __future__ import annotations

from typing import NamedTuple, assert_never

from transpile.ir.match import Call, Function, Value
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
