"""The native tree of YARA-L 2.0: one whole rule.

Invariants
- `And` and `Or` hold two arguments or more. Parentheses are not kept: the tree's shape says where they are.
- Strings, map keys and regexes hold the text that they mean; escaping is the printer's business. A regex never holds
  `\\/`, for that is how `/.../` spells a plain slash.
- Numbers are not negative: the language has no such literal (`0-1` is arithmetic).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from transpile.record import record


@record
class Key:
    """A step into a map: `["key"]`."""

    text: str


# A step of a field path: a field's name, the index of a list's element, or a map's key.
Step = str | int | Key


@record
class Path:
    """A field of an event: `$e.principal.ip`, `$e.about[0].hostname`, `$e.additional.fields["f"]`."""

    variable: str
    steps: tuple[Step, ...]


@record
class Variable:
    """`$name` alone: a placeholder, an event (in the condition), or an outcome."""

    name: str


@record
class Count:
    """`#name`: how many events or distinct values there are."""

    name: str


@record
class Absent:
    """`!$name`: there is no such event."""

    name: str


@record
class String:
    """A string; `raw` ones stand in backquotes and hold neither a backquote nor a line break."""

    text: str
    raw: bool = False


@record
class Regex:
    """A regex literal, `/pattern/`; it is on the right of `=` and `!=` only and is never empty."""

    pattern: str


@record
class Number:
    """An integer or a decimal number."""

    value: int | float


@record
class Truth:
    """`true` or `false`."""

    value: bool


@record
class Quantified:
    """`any $e.f` or `all $e.f`: the comparison is over the elements of a repeated field."""

    quantifier: str  # "any" or "all"
    path: Path


@record
class Call:
    """A function: `re.regex(...)`, `count(...)`, `if(...)`; `nocase` follows the closing parenthesis."""

    function: str
    args: tuple[Expr, ...]
    nocase: bool = False


@record
class Arithmetic:
    """`left + right`; the operator is one of `+ - * / %`."""

    left: Expr
    operator: str
    right: Expr


@record
class Compare:
    """`left = right`; the operator is one of `= != < <= > >=`. With a variable alone on a side, `=` assigns it."""

    left: Expr
    operator: str
    right: Expr
    nocase: bool = False


@record
class InList:
    """`value in %list`, of strings, or of regexes or networks by `kind` (`regex`, `cidr`)."""

    value: Expr
    list: str  # a reference list's name, or a data table's with its column: `table.column`
    kind: str = ""
    nocase: bool = False


@record
class And:
    """Every argument holds; between the lines of `events:` it goes without saying."""

    args: tuple[Expr, ...]


@record
class Or:
    """At least one argument holds."""

    args: tuple[Expr, ...]


@record
class Not:
    """The argument does not hold."""

    arg: Expr


Operand = Path | Variable | Count | String | Regex | Number | Truth | Quantified | Call | Arithmetic
Expr = Operand | Absent | Compare | InList | And | Or | Not


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and everything in it, outer before inner, left to right."""
    yield expr
    match expr:
        case Call(_, args) | And(args) | Or(args):
            for arg in args:
                yield from walk(arg)
        case Arithmetic(left, _, right) | Compare(left, _, right):
            yield from walk(left)
            yield from walk(right)
        case InList(arg) | Not(arg):
            yield from walk(arg)
        case Quantified(_, path):
            yield path
        case Path() | Variable() | Count() | Absent() | String() | Regex() | Number() | Truth():
            pass
        case _:
            assert_never(expr)


@record
class Meta:
    """A line of `meta:`."""

    key: str
    value: String


@record
class Window:
    """How long a `match:` window is, in the unit written (`m`, `h`, `d`), and of what sort.

    `kind` is `over` (hopping), `by` (tumbling), or `before` and `after` (sliding, at the event `pivot`).
    """

    length: int
    unit: str
    kind: str = "over"
    pivot: str | None = None


@record
class Match:
    """`match:`: the variables to group by, and the window."""

    variables: tuple[str, ...]
    window: Window


@record
class Outcome:
    """A line of `outcome:`, `$name = value`."""

    name: str
    value: Expr


@record
class Option:
    """A line of `options:`; a length of time (`5m`) is kept as it is written."""

    key: str
    value: Truth | Number | str


@record
class Rule:
    """One rule. `events` holds the predicates that are side by side, joined by an `and` that is not written."""

    name: str
    meta: tuple[Meta, ...]
    events: tuple[Expr, ...]
    condition: Expr
    match: Match | None = None
    outcome: tuple[Outcome, ...] = ()
    options: tuple[Option, ...] = ()


SECTIONS = ("meta", "events", "match", "outcome", "condition", "options")  # in the order that the language demands

_KEYWORDS = """
rule meta match over events condition outcome options and or not nocase in regex cidr before after all any if max min
sum array array_distinct count count_distinct is null by true false
"""
_YARA_KEYWORDS = """
private global strings ascii wide fullword xor base64 base64wide at of contains startswith endswith icontains
istartswith iendswith iequals matches int8 uint8 int16 uint16 int32 uint32 int8be uint8be int16be uint16be int32be
uint32be filesize entrypoint
"""

# No variable may be called so, in any case; and to be safe no rule by the words that the language has from YARA either.
KEYWORDS = frozenset(_KEYWORDS.split())
RESERVED = KEYWORDS | frozenset(_YARA_KEYWORDS.split())
