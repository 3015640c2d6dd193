"""The literals of the native tree: constants of each type."""

from __future__ import annotations

from transpile.record import record


@record
class String:
    """A string literal of any form."""

    value: str


@record
class Number:
    """A finite number: a `long` literal if an int, a `real` one if a float."""

    value: int | float


@record
class Bool:
    """`true` or `false`."""

    value: bool


@record
class Duration:
    """A timespan literal with a unit: `1d`, `2.5h`."""

    text: str


@record
class Typed:
    """A literal that names its type: `datetime(2026-01-31)`, `int(null)`, `guid(...)`, `typeof(string)`."""

    type: str
    text: str


@record
class Array:
    """A list inside of a dynamic literal."""

    items: tuple[DynamicValue, ...]


@record
class Bag:
    """A property bag inside of a dynamic literal."""

    pairs: tuple[tuple[str, DynamicValue], ...]


@record
class DynamicNull:
    """`null` inside of a dynamic literal."""


@record
class Dynamic:
    """`dynamic(...)`."""

    value: DynamicValue


Literal = String | Number | Bool | Duration | Typed | Dynamic
DynamicValue = Array | Bag | DynamicNull | Literal
