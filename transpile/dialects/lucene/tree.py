"""The syntax tree of a Lucene query string, as Elasticsearch's `query_string` query reads it.

The language has no precedence of operators, so the tree holds only what means something by itself: AND and OR stand for
queries whose clauses are joined by that operator alone, `Clauses` for everything else.

Invariants
- An `And` or `Or` has at least two operands. An `Or` may hold a `Not` (it is printed in parentheses).
- `Clauses` holds a mix that neither `And` nor `Or` can express: some required or prohibited beside optional ones.
- A `Wild` has at least one wildcard, and no two literal runs side by side.
- Spans are not part of what makes two trees equal.
"""

from __future__ import annotations

import dataclasses
from enum import Enum

from transpile.record import record
from transpile.source import Span


class Wildcard(Enum):
    """`*` or `?` in a term."""

    ANY = "*"
    ONE = "?"


@record
class Plain:
    """A term without wildcards, unescaped."""

    text: str


@record
class Phrase:
    """Text in quotes, unescaped."""

    text: str


@record
class Wild:
    """A term with wildcards."""

    parts: tuple[str | Wildcard, ...]


@record
class Regex:
    """`/.../`: a regex of Lucene's, of a whole term, with slashes in it escaped as in the query."""

    pattern: str


@record
class Range:
    """`[low TO high}`: None stands for `*`."""

    low: str | None
    high: str | None
    includes_low: bool = True
    includes_high: bool = True


@record
class Fuzzy:
    """`term~1`, `"a phrase"~2`: texts that are near; `distance` as written, which may be nothing."""

    value: Plain | Phrase
    distance: str = ""


Value = Plain | Phrase | Wild | Regex | Range | Fuzzy


@record
class Match:
    """A value in a field; without a field in the default ones, or those of the `Within` around it."""

    field: str | None
    value: Value
    boost: str | None = None
    span: Span | None = dataclasses.field(default=None, compare=False)


@record
class Within:
    """`field:(...)`: a query whose matches without a field are of this one."""

    field: str
    query: Query


@record
class And:
    """Every operand holds."""

    args: tuple[Query, ...]


@record
class Or:
    """At least one operand holds."""

    args: tuple[Query, ...]


@record
class Not:
    """The operand does not hold."""

    arg: Query


class Occur(Enum):
    """What a clause means to a document."""

    MUST = "+"
    SHOULD = ""
    MUST_NOT = "-"


@record
class Clauses:
    """Clauses in order. Optional ones count only where none is required; then one has to hold."""

    clauses: tuple[tuple[Occur, Query], ...]


@record
class Everything:
    """`*:*`, or `*` alone: every document."""


Query = Match | Within | And | Or | Not | Clauses | Everything
