"""Columns that hold a field as a whole, for what rules on many events group by, join on and count."""

from __future__ import annotations

from typing import NamedTuple

from transpile.ir.match import Call, Field, Function, Literal, Value
from transpile.source import Span


class Wanted(NamedTuple):
    """A field of a base rule's events that a later stage asks for, and where in the rule it does."""

    name: str
    span: Span | None


class StoredColumn(NamedTuple):
    """Where a field is kept whole. `filled` is the word that the platform puts where there is no value.

    What two columns hold, each in every event that has the field, is a `CONCAT` of them with what parts the value.
    """

    value: Value
    filled: str | None = None


def pair_of(value: Value) -> tuple[tuple[Field, ...], str] | None:
    """The columns that together hold a field, and what parts its value; None for a field in one column.

    >>> pair_of(Call(Function.CONCAT, (Field("domain"), Literal("/"), Field("name"))))[1]
    '/'
    """
    match value:
        case Call(Function.CONCAT, (Field() as head, Literal(str(at)), Field() as tail)):
            return (head, tail), at
        case _:
            return None
