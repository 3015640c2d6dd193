"""The native tree of an SPL search: the search language, the eval language, commands and pipelines.

Invariants
- Names and strings are what they mean, never quoted or escaped; the printer quotes, the parser unquotes.
- In a `Literal`, each `*` is a wildcard: the search language has no way to escape one.
- `And`, `Or` and `Xor` hold two or more arguments. Parentheses are not kept: they follow from precedence.
- A `Literal` is `bare` only if it needs no quotes (`strings.is_bare`).
- `Command`, `Macro`, `Flag` and the `text` of a `Branch` keep text of which only the extent is known.
- `place`, where the node is in the text it was parsed from (offsets), is not a part of a node's identity.
"""

from __future__ import annotations

import dataclasses
from typing import Generic, TypeAlias, TypeVar

from transpile.record import record

Place: TypeAlias = tuple[int, int]
T = TypeVar("T")


# --- shared by both languages


@record
class And(Generic[T]):
    """Every argument holds."""

    args: tuple[T, ...]


@record
class Or(Generic[T]):
    """At least one argument holds."""

    args: tuple[T, ...]


@record
class Xor(Generic[T]):
    """An odd number of arguments holds. The eval language alone has it."""

    args: tuple[T, ...]


@record
class Not(Generic[T]):
    """The argument does not hold."""

    arg: T


@record
class Macro:
    """What is written between backquotes, wherever a term, an expression or a command may stand."""

    text: str
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


# --- the search language


@record
class Literal:
    """A term or a value with its wildcards; on its own it is looked for in the raw text."""

    text: str
    bare: bool = False
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Directive:
    """`CASE(...)` or `TERM(...)`, as a term or as a value."""

    name: str
    text: str
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


Value: TypeAlias = Literal | Directive | Macro


@record
class Comparison:
    """`field=value`, with one of `= != < <= > >=`."""

    field: str
    operator: str
    value: Value
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class In:
    """`field IN (value, ...)`."""

    field: str
    values: tuple[Value, ...]
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Subsearch:
    """`[search ...]`: its results become terms."""

    pipeline: Pipeline
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


SearchExpr: TypeAlias = (
    "And[SearchExpr] | Or[SearchExpr] | Not[SearchExpr] | Literal | Directive | Comparison | In | Macro | Subsearch"
)


# --- the eval language


@record
class Name:
    """A field."""

    name: str
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class String:
    """A string."""

    text: str
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Number:
    """A number as it is spelled, without a sign."""

    text: str
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Call:
    """A function of arguments; names of functions are lower-case."""

    name: str
    args: tuple[EvalExpr, ...] = ()
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Negative:
    """`-x`."""

    arg: EvalExpr
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Binary:
    """Two operands of arithmetic, of concatenation (`.`) or of a comparison (`LIKE` is one)."""

    operator: str
    left: EvalExpr
    right: EvalExpr
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Among:
    """`value IN (choice, ...)`; choices are expressions."""

    value: EvalExpr
    choices: tuple[EvalExpr, ...]
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


EvalExpr: TypeAlias = (
    "And[EvalExpr] | Or[EvalExpr] | Xor[EvalExpr] | Not[EvalExpr]"
    " | Name | String | Number | Call | Negative | Binary | Among | Macro"
)


# --- commands


@record
class Search:
    """`search`, which goes without saying at the start of a pipeline."""

    expr: SearchExpr
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Where:
    """`where`: keeps the events for which the expression is true."""

    expr: EvalExpr
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Eval:
    """`eval`: fields and what they become, one after the other."""

    assignments: tuple[tuple[str, EvalExpr], ...]
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Regex:
    """`regex`: keeps the events in whose field (`_raw` if None) the regex finds something, or nothing if `negated`."""

    field: str | None
    pattern: str
    negated: bool = False
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Flag:
    """An option before the arguments of a command: `name=value`, the value as it is written."""

    name: str
    value: str


@record
class Aggregation:
    """`function(argument) AS alias`: the argument is a field, an `eval(...)` expression, or absent (`count`)."""

    function: str
    argument: str | EvalExpr | None = None
    alias: str | None = None
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The column that holds the result."""
        if self.alias is not None:
            return self.alias
        return f"{self.function}({self.argument})" if isinstance(self.argument, str) else self.function


@record
class Tstats:
    """`tstats`: aggregations over a data set of a data model, or over indexed fields if `dataset` is None."""

    options: tuple[Flag | Macro, ...]
    aggregations: tuple[Aggregation, ...]
    dataset: str | None
    where: SearchExpr | None = None
    by: tuple[str, ...] = ()
    span: str | None = None
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Stats:
    """`stats`, `eventstats` or `streamstats`."""

    name: str
    options: tuple[Flag, ...]
    aggregations: tuple[Aggregation, ...]
    by: tuple[str, ...] = ()
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Rename:
    """`rename old AS new, ...`; both may hold `*`."""

    pairs: tuple[tuple[str, str], ...]
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Fields:
    """`table`, `fields` or, with `removed`, `fields -`; names may hold `*`."""

    name: str
    fields: tuple[str, ...]
    removed: bool = False
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Rex:
    """`rex`: new fields from the groups of a regex."""

    options: tuple[Flag, ...]
    pattern: str
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Lookup:
    """`lookup table column AS field, ... OUTPUT column AS field, ...`; `mode` is OUTPUT, OUTPUTNEW or absent."""

    options: tuple[Flag, ...]
    table: str
    inputs: tuple[tuple[str, str], ...]
    mode: str | None = None
    outputs: tuple[tuple[str, str], ...] = ()
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Plain:
    """A command whose arguments are options and words: `bin`, `sort`, `dedup`, `head`, `fillnull`, `spath` ..."""

    name: str
    options: tuple[Flag, ...] = ()
    words: tuple[str, ...] = ()
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Branch:
    """A command that takes in the results of other searches: `join`, `append`, `multisearch` ..."""

    name: str
    text: str
    pipelines: tuple[Pipeline, ...]
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


@record
class Command:
    """Any other command, its arguments as they are written."""

    name: str
    text: str = ""
    place: Place | None = dataclasses.field(default=None, compare=False, repr=False)


AnyCommand: TypeAlias = (
    Search | Where | Eval | Regex | Tstats | Stats | Rename | Fields | Rex | Lookup | Plain | Branch | Command | Macro
)


@record
class Pipeline:
    """A whole search: commands, each fed with what the one before let through."""

    commands: tuple[AnyCommand, ...]
