"""The syntax tree of an ES|QL query.

Invariants
- An `And` or `Or` has at least two operands.
- The names of functions are in capitals. A number is never negative inside of a `Negative`.
- `Like` with one pattern is the same with and without brackets around it.
- Spans are not part of what makes two trees equal.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum

from transpile.record import record
from transpile.source import Span


@record
class Column:
    """A column by its dotted name."""

    name: str


@record
class String:
    """A string, unescaped."""

    value: str


@record
class Number:
    """An integer or decimal number."""

    value: int | float


@record
class Boolean:
    """`TRUE` or `FALSE`."""

    value: bool


@record
class Null:
    """`NULL`: no value."""


@record
class TimeSpan:
    """`5 minutes`: a length of time, its unit as written."""

    count: int
    unit: str


@record
class Parameter:
    """`?name`, `?1` or `?`: filled in by the client."""

    name: str


Literal = String | Number | Boolean | Null


@record
class Array:
    """`["a", "b"]`: several values."""

    values: tuple[Literal, ...]


@record
class Options:
    """`{"operator": "AND"}`: named parameters of a function."""

    entries: tuple[tuple[str, Expr], ...]


@record
class Star:
    """`*`, as in `COUNT(*)`."""


@record
class Call:
    """A function of some operands."""

    name: str
    args: tuple[Expr, ...]
    span: Span | None = field(default=None, compare=False)


@record
class Cast:
    """`operand::type`."""

    operand: Expr
    type: str


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


@record
class Negative:
    """The operand with its sign changed."""

    operand: Expr


class Comparison(StrEnum):
    """An operator between two operands; strings are compared by case but for `=~`."""

    EQ = "=="
    NE = "!="
    LT = "<"
    LTE = "<="
    GT = ">"
    GTE = ">="
    EQ_FOLD = "=~"


@record
class Compare:
    """Two operands and a comparison."""

    operator: Comparison
    left: Expr
    right: Expr
    span: Span | None = field(default=None, compare=False)


@record
class Like:
    """The operand matches one of the patterns: of wildcards, or (`RLIKE`) regexes."""

    operand: Expr
    patterns: tuple[str, ...]
    regex: bool = False
    negated: bool = False
    span: Span | None = field(default=None, compare=False)


@record
class In:
    """The operand is one of the values."""

    operand: Expr
    values: tuple[Expr, ...]
    negated: bool = False
    span: Span | None = field(default=None, compare=False)


@record
class IsNull:
    """The operand is null; `IS NOT NULL` if negated."""

    operand: Expr
    negated: bool = False
    span: Span | None = field(default=None, compare=False)


@record
class Search:
    """`field : "words"`: what `MATCH` finds."""

    operand: Expr
    value: Expr
    span: Span | None = field(default=None, compare=False)


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


Operand = Column | Literal | TimeSpan | Parameter | Array | Options | Star | Call | Cast | Arithmetic | Negative
Condition = Compare | Like | In | IsNull | Search | And | Or | Not
Expr = Operand | Condition


@record
class From:
    """`FROM indices METADATA fields`."""

    indices: tuple[str, ...]
    metadata: tuple[str, ...] = ()


@record
class Where:
    """The rows for which the condition is true."""

    condition: Expr
    span: Span | None = field(default=None, compare=False)


@record
class Assignment:
    """`name = value WHERE condition`; without a name the column is called as the value is written (`label`)."""

    value: Expr
    name: str | None = None
    condition: Expr | None = None
    label: str = field(default="", compare=False)

    @property
    def column(self) -> str:
        """The name of the column."""
        if self.name is not None:
            return self.name
        return self.value.name if isinstance(self.value, Column) else self.label


@record
class Eval:
    """Rows with more columns, or columns with new values."""

    assignments: tuple[Assignment, ...]
    span: Span | None = field(default=None, compare=False)


@record
class Stats:
    """A row for each group; `inline` keeps the rows and adds the measures of their group."""

    measures: tuple[Assignment, ...]
    by: tuple[Assignment, ...] = ()
    inline: bool = False
    span: Span | None = field(default=None, compare=False)


@record
class Keep:
    """The columns that these names and patterns (`Esql.*`) name, or with `drop` all others."""

    names: tuple[str, ...]
    drop: bool = False
    span: Span | None = field(default=None, compare=False)


@record
class Rename:
    """Columns with new names: pairs of old and new."""

    pairs: tuple[tuple[str, str], ...]
    span: Span | None = field(default=None, compare=False)


@record
class Key:
    """What rows are sorted by; `direction` and `nulls` as in `DESC NULLS LAST`."""

    value: Expr
    direction: str | None = None
    nulls: str | None = None


@record
class Sort:
    """Rows in order."""

    keys: tuple[Key, ...]
    span: Span | None = field(default=None, compare=False)


@record
class Limit:
    """The first rows."""

    count: int
    span: Span | None = field(default=None, compare=False)


@record
class Expand:
    """`MV_EXPAND`: a row for each value of a column."""

    name: str
    span: Span | None = field(default=None, compare=False)


@record
class Other:
    """A command that is kept as its text, without line breaks and comments around it."""

    text: str
    span: Span | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The command's first word, in capitals."""
        return self.text.split(None, 1)[0].upper()


Command = Where | Eval | Stats | Keep | Rename | Sort | Limit | Expand | Other


@record
class Query:
    """A whole query."""

    source: From | Other
    commands: tuple[Command, ...] = ()
