"""Columns that hold a field as a whole, for what rules on many events group by, join on and count."""

from __future__ import annotations

from typing import NamedTuple

from transpile.ir.match import Value
from transpile.source import Span


class Wanted(NamedTuple):
    """A field of a base rule's events that a later stage asks for, and where in the rule it does."""

    name: str
    span: Span | None


class StoredColumn(NamedTuple):
    """Where a field is kept whole. `filled` is the word that the platform puts where there is no value."""

    value: Value
    filled: str | None = None
