"""The syntax tree of a Kibana query (grammar: grammar.peggy of Kibana's package kbn-es-query).

Invariants
- An `And`, `Or`, `AnyOf` or `AllOf` has at least two parts. An `Or` in an `Or` was written in parentheses.
- A text without quotes is not empty, does not begin or end with white space, and is none of `null`, `true` and `false`.
- A `Wildcard` has at least one `*` (None among its parts), no two side by side, no empty part, and no white space at
  its ends. Only a text without quotes has wildcards.
- Nodes that a parser made know their place. It takes no part in comparisons.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum

from transpile.record import record
from transpile.source import Span


@record
class Text:
    """Literal text, unescaped, in quotes or without."""

    value: str
    quoted: bool = False
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class Wildcard:
    """Text with wildcards: None among the parts is `*`, any run of characters."""

    parts: tuple[str | None, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class Boolean:
    """`true` or `false` without quotes."""

    value: bool
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class Null:
    """`null` without quotes."""

    span: Span | None = field(default=None, compare=False, repr=False)


Value = Text | Wildcard | Boolean | Null


@record
class AnyOf:
    """One of the values."""

    args: tuple[Values, ...]


@record
class AllOf:
    """All of the values; different values of a list may be meant."""

    args: tuple[Values, ...]


@record
class NoneOf:
    """Not the value."""

    arg: Values


Values = Value | AnyOf | AllOf | NoneOf
Name = Text | Wildcard


@record
class Is:
    """`field: values`."""

    name: Name
    values: Values
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class Anywhere:
    """A value without a field: it is looked for in all of them."""

    value: Value
    span: Span | None = field(default=None, compare=False, repr=False)


class Order(StrEnum):
    """An ordering."""

    LT = "<"
    LTE = "<="
    GT = ">"
    GTE = ">="


@record
class Range:
    """`field >= value`."""

    name: Name
    order: Order
    value: Value
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class Nested:
    """`field: { query }`: one object of the nested field matches the query, whose fields are relative to it."""

    name: Name
    query: Expr
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class And:
    """Every part matches."""

    args: tuple[Expr, ...]


@record
class Or:
    """At least one part matches."""

    args: tuple[Expr, ...]


@record
class Not:
    """The part does not match."""

    arg: Expr


@record
class Everything:
    """The empty query, which matches every event."""

    span: Span | None = field(default=None, compare=False, repr=False)


Expr = Is | Anywhere | Range | Nested | And | Or | Not | Everything
