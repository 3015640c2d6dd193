"""The native tree of a Kusto query: scalar expressions, tabular operators, statements.

Invariants
- Names and strings are what they mean, never quoted or escaped; the printer quotes, the parser unquotes.
- An `And` holds no `And` and an `Or` no `Or`, and neither holds fewer than two arguments.
- Operators are in their documented spelling (`!contains_cs`, `in~`, `==`).
- `Raw` and `RawStatement` hold KQL text of which only the extent is known: tokens parted by single blanks, no comments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass

# --- scalar expressions


@dataclass(frozen=True, slots=True)
class Name:
    """A column, table, variable or function parameter."""

    name: str


@dataclass(frozen=True, slots=True)
class Star:
    """`*`: every column, on the left of a string operator or as a function's argument."""


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Every table whose name fits, as `union` and `find` take them: `Security*`."""

    pattern: str


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


@dataclass(frozen=True, slots=True)
class Path:
    """A property of a dynamic value, or an entity of a database: `EventData.Image`."""

    base: Expr
    member: str


@dataclass(frozen=True, slots=True)
class Index:
    """An element of a dynamic value: `parts[0]`, `EventData['c-uri']`."""

    base: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class Call:
    """A function call; `scope` is what stands before the dot in `cluster("c").database("d")`."""

    name: str
    args: tuple[Expr, ...] = ()
    scope: Expr | None = None


@dataclass(frozen=True, slots=True)
class Negative:
    """`-x` of something that is not a number literal."""

    arg: Expr


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands of arithmetic, of a comparison or of a string operator."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class In:
    """A value against a list or a subquery: `in`, `in~`, `has_any`, `has_all` and the negations of the first two."""

    operator: str
    value: Expr
    choices: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """`between (low .. high)`, both ends included, or `!between`."""

    operator: str
    value: Expr
    low: Expr
    high: Expr


@dataclass(frozen=True, slots=True)
class And:
    """Every argument holds."""

    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one argument holds."""

    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """`name = value`, as a column of `extend` and its like or as an argument; several names: `(a, b) = f()`."""

    names: tuple[str, ...]
    value: Expr


# --- tabular operators


@dataclass(frozen=True, slots=True)
class Where:
    """`where predicate` (or `filter`)."""

    predicate: Expr


@dataclass(frozen=True, slots=True)
class Columns:
    """An operator that takes a list of columns: `extend`, `project`, `project-rename`, `distinct`."""

    operator: str
    columns: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Summarize:
    """`summarize aggregates by keys`; either may be empty."""

    aggregates: tuple[Expr, ...]
    by: tuple[Expr, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Join:
    """`join` or `lookup` with the table on the right and the conditions."""

    operator: str
    right: Expr
    on: tuple[Expr, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Union:
    """`union` of tables."""

    tables: tuple[Expr, ...]
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Raw:
    """Any other operator, as text: `sort`, `take`, `mv-expand`, `parse`, `render`, `datatable` ..."""

    operator: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A table and the operators that it goes through; the table may be an operator itself (`union`, `print`)."""

    source: Expr | Operator
    operators: tuple[Operator, ...] = ()


# --- statements


@dataclass(frozen=True, slots=True)
class Function:
    """The value of `let f = (parameters) { body }`, or of `let v = view () { body }`."""

    parameters: str
    body: Script
    view: bool = False


@dataclass(frozen=True, slots=True)
class Let:
    """`let name = value`."""

    name: str
    value: Expr | Function


@dataclass(frozen=True, slots=True)
class RawStatement:
    """Any other statement, as text: `set`, `declare`, `alias` ..."""

    text: str


@dataclass(frozen=True, slots=True)
class Script:
    """Statements in order; the query proper is the last."""

    statements: tuple[Statement, ...]


Literal = String | Number | Bool | Duration | Typed | Dynamic
DynamicValue = Array | Bag | DynamicNull | Literal
Scalar = Name | Star | Wildcard | Path | Index | Call | Negative | Binary | In | Between | And | Or | Assignment
Expr = Literal | Scalar | Pipeline
Operator = Where | Columns | Summarize | Join | Union | Raw
Statement = Let | RawStatement | Expr


# The string operators that have a negation, with `_cs` for the case-sensitive twin of each.
_WORDS = ("contains", "has", "hasprefix", "hassuffix", "startswith", "endswith")
STRING_OPERATORS = frozenset(
    {"=~", "!~", "matches regex"}
    | {f"{bang}{word}{cased}" for bang in ("", "!") for word in _WORDS for cased in ("", "_cs")}
)
LIST_OPERATORS = frozenset({"in", "!in", "in~", "!in~", "has_any", "has_all"})
NEGATION = {
    "==": "!=",
    "=~": "!~",
    "in": "!in",
    "in~": "!in~",
    "between": "!between",
    **{f"{word}{cased}": f"!{word}{cased}" for word in _WORDS for cased in ("", "_cs")},
}


def names(node: object) -> Iterator[str]:
    """Every column, table or variable that a tree asks for by name; `*` for all columns.

    >>> sorted(names(Binary("==", Path(Name("EventData"), "Image"), Name("x"))))
    ['EventData', 'x']
    """
    match node:
        case Name(name):
            yield name
        case Star():
            yield "*"
        case tuple():
            for one in node:
                yield from names(one)
        case _ if is_dataclass(node):
            for one in fields(node):
                yield from names(getattr(node, one.name))
        case _:
            pass


def assigned(column: Expr) -> tuple[str, ...]:
    """The names that a column of `extend` gives."""
    return column.names if isinstance(column, Assignment) else ()
