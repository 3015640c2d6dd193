"""The literals of the native tree: constants of each type."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class String:
    """A string literal of any form."""

    value: str


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number: a `long` literal if an int, a `real` one if a float."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Bool:
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Duration:
    """A timespan literal with a unit: `1d`, `2.5h`."""

    text: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A literal that names its type: `datetime(2026-01-31)`, `int(null)`, `guid(...)`, `typeof(string)`."""

    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Array:
    """A list inside of a dynamic literal."""

    items: tuple[DynamicValue, ...]


@dataclass(frozen=True, slots=True)
class Bag:
    """A property bag inside of a dynamic literal."""

    pairs: tuple[tuple[str, DynamicValue], ...]


@dataclass(frozen=True, slots=True)
class DynamicNull:
    """`null` inside of a dynamic literal."""


@dataclass(frozen=True, slots=True)
class Dynamic:
    """`dynamic(...)`."""

    value: DynamicValue


Literal = String | Number | Bool | Duration | Typed | Dynamic
DynamicValue = Array | Bag | DynamicNull | Literal
