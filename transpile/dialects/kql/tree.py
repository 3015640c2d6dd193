"""The native tree of a Kusto query: scalar expressions, tabular operators, statements.

Invariants
- Names and strings are what they mean, never quoted or escaped; the printer quotes, the parser unquotes.
- An `And` holds no `And` and an `Or` no `Or`, and neither holds fewer than two arguments.
- Operators are in their documented spelling (`!contains_cs`, `in~`, `==`).
- `Raw` and `RawStatement` hold KQL text of which only the extent is known: tokens parted by single blanks, no comments.
- `at` is where a node is in the text it was read from; trees are equal wherever they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, fields, is_dataclass

from transpile.dialects.kql.tree_literals import Array as Array
from transpile.dialects.kql.tree_literals import Bag as Bag
from transpile.dialects.kql.tree_literals import Bool as Bool
from transpile.dialects.kql.tree_literals import Duration as Duration
from transpile.dialects.kql.tree_literals import Dynamic as Dynamic
from transpile.dialects.kql.tree_literals import DynamicNull as DynamicNull
from transpile.dialects.kql.tree_literals import DynamicValue as DynamicValue
from transpile.dialects.kql.tree_literals import Literal as Literal
from transpile.dialects.kql.tree_literals import Number as Number
from transpile.dialects.kql.tree_literals import String as String
from transpile.dialects.kql.tree_literals import Typed as Typed
from transpile.record import record

Place = tuple[int, int]  # offsets of the first character and of the one behind the last
NOWHERE: Place = (0, 0)


# --- scalar expressions


@record
class Name:
    """A column, table, variable or function parameter."""

    name: str
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Star:
    """`*`: every column, on the left of a string operator or as a function's argument."""


@record
class Wildcard:
    """Every table whose name fits, as `union` and `find` take them: `Security*`."""

    pattern: str


@record
class Path:
    """A property of a dynamic value, or an entity of a database: `EventData.Image`."""

    base: Expr
    member: str
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Index:
    """An element of a dynamic value: `parts[0]`, `EventData['c-uri']`."""

    base: Expr
    index: Expr
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Call:
    """A function call; `scope` is what is before the dot in `cluster("c").database("d")`."""

    name: str
    args: tuple[Expr, ...] = ()
    scope: Expr | None = None
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Negative:
    """`-x` of something that is not a number literal."""

    arg: Expr


@record
class Binary:
    """Two operands of arithmetic, of a comparison or of a string operator."""

    operator: str
    left: Expr
    right: Expr
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class In:
    """A value against a list or a subquery: `in`, `in~`, `has_any`, `has_all` and the negations of the first two."""

    operator: str
    value: Expr
    choices: tuple[Expr, ...]
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Between:
    """`between (low .. high)`, both ends included, or `!between`."""

    operator: str
    value: Expr
    low: Expr
    high: Expr
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class And:
    """Every argument holds."""

    args: tuple[Expr, ...]
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Or:
    """At least one argument holds."""

    args: tuple[Expr, ...]
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Assignment:
    """`name = value`, as a column of `extend` and its like or as an argument; several names: `(a, b) = f()`."""

    names: tuple[str, ...]
    value: Expr
    at: Place = field(default=NOWHERE, compare=False, repr=False)


# --- tabular operators


@record
class Where:
    """`where predicate` (or `filter`)."""

    predicate: Expr
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Columns:
    """An operator that takes columns: `extend`, `project`, `project-away`, `distinct`, `serialize`, `print`."""

    operator: str
    columns: tuple[Expr, ...]
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Summarize:
    """`summarize aggregates by keys`; either may be empty."""

    aggregates: tuple[Expr, ...]
    by: tuple[Expr, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Join:
    """`join` or `lookup` with the table on the right and the conditions."""

    operator: str
    right: Expr
    on: tuple[Expr, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Union:
    """`union` of tables."""

    tables: tuple[Expr, ...]
    parameters: tuple[tuple[str, str], ...] = ()
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Key:
    """What `sort` and `top` order by; `direction` is `asc`, `desc` or empty, `nulls` is `first`, `last` or empty."""

    value: Expr
    direction: str = ""
    nulls: str = ""


@record
class Sort:
    """`sort by` (or `order by`); without a direction a key is in descending order."""

    operator: str
    keys: tuple[Key, ...]
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Top:
    """`top count by key`."""

    count: Expr
    keys: tuple[Key, ...]
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Expanded:
    """A column of `mv-expand`, and the type that its elements are made to be, if one is named."""

    value: Expr
    type: str = ""


@record
class Expand:
    """`mv-expand`, or `mv-apply` with the operators that each row's elements go through."""

    operator: str
    columns: tuple[Expanded, ...]
    body: tuple[Operator, ...] = ()
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Step:
    """A step of `scan`; `output` is `all`, `last`, `none` or empty."""

    name: str
    condition: Expr
    assignments: tuple[Assignment, ...] = ()
    output: str = ""


@record
class Scan:
    """`scan declare (columns) with (steps)`; each column has a name and a type."""

    declared: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Partition:
    """`partition by column (operators)`: the operators, for each value of the column apart."""

    by: Expr
    body: tuple[Operator, ...]
    parameters: tuple[tuple[str, str], ...] = ()
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class DataTable:
    """`datatable (columns) [values]`; each column has a name and a type."""

    columns: tuple[tuple[str, str], ...]
    values: tuple[Expr, ...]
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Raw:
    """Any other operator, as text: `parse`, `render`, `make-series`, `evaluate`, `externaldata` ..."""

    operator: str
    text: str = ""
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Pipeline:
    """A table and the operators that it goes through; the table may be an operator itself (`union`, `print`)."""

    source: Expr | Operator
    operators: tuple[Operator, ...] = ()
    at: Place = field(default=NOWHERE, compare=False, repr=False)


# --- statements


@record
class Function:
    """The value of `let f = (parameters) { body }`, or of `let v = view () { body }`."""

    parameters: str
    body: Script
    view: bool = False


@record
class Let:
    """`let name = value`."""

    name: str
    value: Expr | Function
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class RawStatement:
    """Any other statement, as text: `set`, `declare`, `alias` ..."""

    text: str
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@record
class Script:
    """Statements in order; the query proper is the last."""

    statements: tuple[Statement, ...]


Scalar = Name | Star | Wildcard | Path | Index | Call | Negative | Binary | In | Between | And | Or | Assignment
Expr = Literal | Scalar | Pipeline
Operator = Where | Columns | Summarize | Join | Union | Sort | Top | Expand | Scan | Partition | DataTable | Raw
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
