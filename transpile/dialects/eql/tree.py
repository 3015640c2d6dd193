"""The syntax tree of an EQL query, as Elasticsearch reads it.

Invariants
- An `And` or `Or` has at least two operands. Parentheses are not kept: an `And` in an `And` stands for them.
- A `Lookup` with one value and an operator other than `in` is the same with and without brackets around the value.
- A number is never negative inside of a `Negative`: `-1` is a number.
- Nodes that a parser made know their place. It takes no part in comparisons, so that trees of equal queries are equal.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum

from transpile.record import record
from transpile.source import Span


@record
class Field:
    """A field by its dotted name; an `optional` one (`?name`) may be missing from the mapping."""

    name: str
    optional: bool = False
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class String:
    """A string, unescaped."""

    value: str
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class Number:
    """An integer or decimal number."""

    value: int | float
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class Boolean:
    """`true` or `false`."""

    value: bool
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class Null:
    """`null`: no value."""

    span: Span | None = field(default=None, compare=False, repr=False)


Literal = String | Number | Boolean | Null


@record
class Call:
    """A function of some operands; `fold` (`name~(...)`) makes it ignore case."""

    name: str
    args: tuple[Expr, ...]
    fold: bool = False
    span: Span | None = field(default=None, compare=False, repr=False)


class Sign(StrEnum):
    """An arithmetic operator."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    MODULO = "%"


@record
class Arithmetic:
    """Two operands and an operator."""

    sign: Sign
    left: Expr
    right: Expr
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class Negative:
    """The operand with its sign changed."""

    operand: Expr
    span: Span | None = field(default=None, compare=False, repr=False)


class Comparison(StrEnum):
    """An operator between two operands; strings are compared by case."""

    EQ = "=="
    NE = "!="
    LT = "<"
    LTE = "<="
    GT = ">"
    GTE = ">="


@record
class Compare:
    """Two operands and a comparison."""

    operator: Comparison
    left: Expr
    right: Expr
    span: Span | None = field(default=None, compare=False, repr=False)


class Search(StrEnum):
    """An operator between an operand and one or more values."""

    IN = "in"
    IN_FOLD = "in~"
    WILDCARD = ":"  # any case; `*` and `?` are wildcards
    LIKE = "like"
    LIKE_FOLD = "like~"
    REGEX = "regex"
    REGEX_FOLD = "regex~"


@record
class Lookup:
    """The operand is one of the values, or matches one of the patterns. `negated` only for the `in` forms."""

    operator: Search
    operand: Expr
    values: tuple[Expr, ...]
    negated: bool = False
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class And:
    """Every operand holds."""

    args: tuple[Expr, ...]


@record
class Or:
    """At least one operand holds."""

    args: tuple[Expr, ...]


@record
class Not:
    """The operand does not hold."""

    arg: Expr


Operand = Field | Literal | Call | Arithmetic | Negative
Expr = Operand | Compare | Lookup | And | Or | Not


@record
class Event:
    """`category where condition`; None is `any` category."""

    category: str | None
    condition: Expr
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class Term:
    """One event of a sequence or sample, in brackets, with its own join keys.

    `missing` (`![...]`) asks that there is no such event; `runs` how often in a row there is one.
    """

    event: Event
    by: tuple[Expr, ...] = ()
    missing: bool = False
    runs: int | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class Sequence:
    """Events in order of time that share the keys, within `maxspan` (`30s`), and without `until` between them."""

    terms: tuple[Term, ...]
    by: tuple[Expr, ...] = ()
    maxspan: str | None = None
    until: Term | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class Sample:
    """Events in any order that share the keys."""

    terms: tuple[Term, ...]
    by: tuple[Expr, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class Pipe:
    """`| head 10`: what is done with the events found."""

    name: str
    args: tuple[Expr, ...] = ()
    span: Span | None = field(default=None, compare=False, repr=False)


@record
class Query:
    """A whole query."""

    body: Event | Sequence | Sample
    pipes: tuple[Pipe, ...] = ()
