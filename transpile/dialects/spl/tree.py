"""The native tree of an SPL search: the search language, the eval language, commands and pipelines.

Invariants
- Names and strings are what they mean, never quoted or escaped; the printer quotes, the parser unquotes.
- In a `Literal`, each `*` is a wildcard: the search language has no way to escape one.
- `And`, `Or` and `Xor` hold two or more arguments. Parentheses are not kept: they follow from precedence.
- A `Literal` is `bare` only if it can stand without quotes (`strings.is_bare`).
- `Command`, `Macro` and the `head` of `Tstats` keep text of which only the extent is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")


# --- shared by both languages


@dataclass(frozen=True, slots=True)
class And(Generic[T]):
    """Every argument holds."""

    args: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class Or(Generic[T]):
    """At least one argument holds."""

    args: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class Xor(Generic[T]):
    """An odd number of arguments holds. The eval language alone has it."""

    args: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class Not(Generic[T]):
    """The argument does not hold."""

    arg: T


@dataclass(frozen=True, slots=True)
class Macro:
    """What stands between backquotes, wherever a term, an expression or a command may stand."""

    text: str


# --- the search language


@dataclass(frozen=True, slots=True)
class Literal:
    """A term or a value with its wildcards; on its own it is looked for in the raw text."""

    text: str
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Directive:
    """`CASE(...)` or `TERM(...)`, as a term or as a value."""

    name: str
    text: str


Value: TypeAlias = Literal | Directive | Macro


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field=value`, with one of `= != < <= > >=`."""

    field: str
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class In:
    """`field IN (value, ...)`."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Subsearch:
    """`[search ...]`: its results become terms."""

    pipeline: Pipeline


SearchExpr: TypeAlias = (
    "And[SearchExpr] | Or[SearchExpr] | Not[SearchExpr] | Literal | Directive | Comparison | In | Macro | Subsearch"
)


# --- the eval language


@dataclass(frozen=True, slots=True)
class Name:
    """A field."""

    name: str


@dataclass(frozen=True, slots=True)
class String:
    """A string."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is spelled, without a sign."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function of arguments; names of functions are lower-case."""

    name: str
    args: tuple[EvalExpr, ...] = ()


@dataclass(frozen=True, slots=True)
class Negative:
    """`-x`."""

    arg: EvalExpr


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands of arithmetic, of concatenation (`.`) or of a comparison (`LIKE` is one)."""

    operator: str
    left: EvalExpr
    right: EvalExpr


@dataclass(frozen=True, slots=True)
class Among:
    """`value IN (choice, ...)`; choices are expressions."""

    value: EvalExpr
    choices: tuple[EvalExpr, ...]


EvalExpr: TypeAlias = (
    "And[EvalExpr] | Or[EvalExpr] | Xor[EvalExpr] | Not[EvalExpr]"
    " | Name | String | Number | Call | Negative | Binary | Among | Macro"
)


# --- commands


@dataclass(frozen=True, slots=True)
class Search:
    """`search`, which goes without saying at the start of a pipeline."""

    expr: SearchExpr


@dataclass(frozen=True, slots=True)
class Where:
    """`where`: keeps the events for which the expression is true."""

    expr: EvalExpr


@dataclass(frozen=True, slots=True)
class Eval:
    """`eval`: fields and what they become, one after the other."""

    assignments: tuple[tuple[str, EvalExpr], ...]


@dataclass(frozen=True, slots=True)
class Regex:
    """`regex`: keeps the events in whose field (`_raw` if None) the regex finds something, or nothing if `negated`."""

    field: str | None
    pattern: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Tstats:
    """`tstats` over a data model: `head` is what stands before FROM, `by` the words after BY, as they are written."""

    head: str
    dataset: str
    where: SearchExpr | None
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """Any other command, its arguments as they are written."""

    name: str
    text: str = ""


AnyCommand: TypeAlias = Search | Where | Eval | Regex | Tstats | Command | Macro


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A whole search: commands, each fed with what the one before let through."""

    commands: tuple[AnyCommand, ...]
