"""Rows while a query runs, and the types that the query needs its columns to be of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from itertools import permutations
from types import MappingProxyType
from typing import Any

from transpile.dialects.esql.query_string import read_regex
from transpile.dialects.esql.tree import (
    And,
    Arithmetic,
    Array,
    Boolean,
    Call,
    Cast,
    Column,
    Command,
    Compare,
    Eval,
    Expr,
    In,
    IsNull,
    Like,
    Negative,
    Not,
    Number,
    Or,
    Search,
    Stats,
    String,
    Where,
)
from transpile.dialects.kit.running.indexed import MappingType, Scalar, as_kind, index
from transpile.dialects.kit.running.values import Event, values
from transpile.evaluate import Unproven
from transpile.record import record

Value = Scalar | tuple[Scalar, ...] | None  # a tuple holds two values or more

_NOTHING: Mapping[str, Value] = MappingProxyType({})


@record
class Line:
    """A row: its event, and the columns that commands gave it. A row of STATS has no event."""

    event: Event | None
    columns: Mapping[str, Value] = field(default_factory=lambda: _NOTHING)
    time: float | None = None


def read(line: Line, name: str, kind: MappingType | None) -> Value:
    """The value of a column; null if it is not there."""
    if name in line.columns:
        return line.columns[name]
    if line.event is None:
        raise Unproven(f"Elasticsearch rejects the query: unknown column {name}")
    if name == "@timestamp" and line.time is not None:
        return as_kind(line.time * 1000, MappingType.TIME)
    found = values(line.event, name)
    return pack(index(found, kind or MappingType.TEXT))


def is_null(line: Line, name: str, kind: MappingType | None) -> bool:
    """Whether a column is null. `Unproven` where that depends on a type that the query does not tell."""
    if name in line.columns or line.event is None or name == "@timestamp":
        return read(line, name, kind) is None
    found = values(line.event, name)
    is_text = kind in (MappingType.TEXT, None)
    taken = index([value for value in found if value != "" or is_text], kind or MappingType.TEXT)
    if len(taken) < len([value for value in found if value != "" or is_text]):
        raise Unproven(f"whether {name} counts as present when its value does not fit its type")
    return not taken


def pack(found: list[Any]) -> Value:
    """Several values, the only one, or null. A column holds its values sorted and, if text, without repeats."""
    distinct = list(dict.fromkeys(found))
    return None if not distinct else distinct[0] if len(distinct) == 1 else tuple(distinct)


_TEXT_FUNCTIONS = frozenset(
    {
        *("TO_LOWER", "TO_UPPER", "STARTS_WITH", "ENDS_WITH", "CONTAINS", "LOCATE", "LENGTH", "SUBSTRING", "LEFT"),
        *("RIGHT", "TRIM", "LTRIM", "RTRIM", "REPLACE", "SPLIT", "MV_LIKE", "MV_RLIKE", "TO_BASE64", "FROM_BASE64"),
        *("REVERSE", "URL_DECODE"),
    }
)
_SAME_TYPE = frozenset(
    {"MIN", "MAX", "COALESCE", "MV_DEDUPE", "MV_FIRST", "MV_LAST", "MV_MAX", "MV_MIN", "MV_SLICE", "MV_SORT"}
)
_TIME_FUNCTIONS = frozenset({"DATE_EXTRACT", "DATE_TRUNC", "DATE_DIFF", "DATE_FORMAT", "BUCKET"})
_NUMBER_FUNCTIONS = frozenset({"SUM", "AVG", "PERCENTILE", "MEDIAN", "ABS", "ROUND", "MV_SUM", "MV_AVG"})


def infer(commands: tuple[Command, ...]) -> dict[str, MappingType]:
    """What each column of the index must be. Raises `Unproven` where it would have to be two things at once."""
    kinds: dict[str, MappingType] = {"@timestamp": MappingType.TIME}
    weak: dict[str, MappingType] = {}
    for expr in _expressions(commands):
        for name, kind, certain in _uses(expr):
            if not certain:
                weak.setdefault(name, kind)
            elif kinds.setdefault(name, kind) is not kind:
                raise Unproven(f"Elasticsearch rejects the query: {name} is used as two types")
    kinds = weak | kinds
    for name, value in _defined(commands):
        if name in kinds:
            for inner, _, _ in _as(value, kinds[name], False):
                kinds.setdefault(inner, kinds[name])
    return kinds


def _defined(commands: tuple[Command, ...]) -> Iterator[tuple[str, Expr]]:
    """The columns that commands compute of one column, without changing its type."""
    for command in commands:
        if isinstance(command, Eval | Stats):
            made = command.assignments if isinstance(command, Eval) else (*command.measures, *command.by)
            yield from ((one.column, one.value) for one in made if _keeps_type(one.value))


def _keeps_type(expr: Expr) -> bool:
    return isinstance(expr, Column) or (isinstance(expr, Call) and expr.name in _SAME_TYPE)


def _expressions(commands: tuple[Command, ...]) -> Iterator[Expr]:
    for command in commands:
        match command:
            case Where(condition):
                yield condition
            case Eval(assignments):
                yield from (one.value for one in assignments)
            case Stats(measures, by):
                for one in (*measures, *by):
                    yield one.value
                    if one.condition is not None:
                        yield one.condition
            case _:
                pass


def _uses(expr: Expr) -> Iterator[tuple[str, MappingType, bool]]:
    """Columns in an expression with the type that it asks of them, and whether no other would do.

    A string is also compared with an address or a date, into which it is cast.
    """
    match expr:
        case And(args) | Or(args):
            for arg in args:
                yield from _uses(arg)
        case Not(arg) | Negative(arg) | IsNull(arg) | Cast(arg):
            yield from _uses(arg)
        case Like(operand):
            yield from _as(operand, MappingType.TEXT, True)
        case Compare(_, left, right):
            yield from _compared(left, right)
            yield from _compared(right, left)
        case In(operand, values_):
            for value in values_:
                yield from _compared(operand, value)
        case Search(operand, value):
            yield from _compared(operand, value)
        case Arithmetic(_, left, right):
            yield from _as(left, MappingType.NUMBER, False)
            yield from _as(right, MappingType.NUMBER, False)
        case Call(name, args):
            yield from _called(name, args)
        case _:
            pass


def _called(name: str, args: tuple[Expr, ...]) -> Iterator[tuple[str, MappingType, bool]]:
    first, rest = args[:1], args[1:]
    if name == "QSTR":
        searched = read_regex(args[0].value) if isinstance(args[0], String) else None
        if searched and searched[0]:
            yield searched[0], MappingType.TEXT, True
    elif name == "CIDR_MATCH":
        yield from _as(args[0], MappingType.ADDRESS, True)
    elif name in _TEXT_FUNCTIONS:
        for arg in args:
            yield from _as(arg, MappingType.TEXT, True)
    elif name in _NUMBER_FUNCTIONS:
        yield from _as(args[0], MappingType.NUMBER, True)
    elif name in ("GREATEST", "LEAST"):
        for arg, other in permutations(args, 2):
            yield from _compared(arg, other)
    elif name in _TIME_FUNCTIONS:
        for arg in args:
            yield from _as(arg, MappingType.TIME, False)
    elif name in ("MV_INTERSECTS", "MV_CONTAINS"):
        constant = rest[0] if rest else Number(0)
        yield from _compared(args[0], constant.values[0] if isinstance(constant, Array) else constant)
        yield from _as(constant, MappingType.TEXT, False)
    elif name in ("COALESCE", "CASE", "CONCAT", "TO_STRING", "TO_IP"):
        for arg in args:
            yield from _as(arg, MappingType.TEXT, False)
    else:
        for arg in (*first, *rest):
            yield from _uses(arg)


def _compared(operand: Expr, other: Expr) -> Iterator[tuple[str, MappingType, bool]]:
    match other:
        case String():
            yield from _as(operand, MappingType.TEXT, False)
        case Number():
            yield from _as(operand, MappingType.NUMBER, True)
        case Boolean():
            yield from _as(operand, MappingType.TRUTH, True)
        case _:
            yield from _as(operand, MappingType.TEXT, False)


def _as(expr: Expr, kind: MappingType, certain: bool) -> Iterator[tuple[str, MappingType, bool]]:
    if isinstance(expr, Column):
        yield expr.name, kind, certain
    elif isinstance(expr, Call) and expr.name in _SAME_TYPE and expr.args:
        yield from _as(expr.args[0], kind, certain)
    else:
        yield from _uses(expr)
