"""The columns that a query reads, and the type of each, as the query's own use of them tells.

A query is written for typed columns, but an event is not typed. A column compared with a string is a string column, one
compared with a number is a numeric one, one whose properties are read is dynamic. What is only converted (`tostring`)
or asked for its presence (`isempty`) keeps the type of the event's value.

Each leaf of a nested event is a column named by its path, as `column` finds it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, assert_never

from transpile.dialects.kit.running.values import MISSING, at
from transpile.dialects.kql.tree import (
    STRING_OPERATORS,
    And,
    Array,
    Assignment,
    Between,
    Binary,
    Bool,
    Call,
    Columns,
    Dynamic,
    Expr,
    In,
    Index,
    Name,
    Negative,
    Number,
    Operator,
    Or,
    Path,
    String,
    Typed,
    Where,
)
from transpile.evaluate import Unproven

Event = Mapping[str, Any]
Reader = Callable[[Event], Any]


class Kind(Enum):
    """A column's type, as far as it matters."""

    STRING = "string"
    NUMBER = "number"
    BOOL = "bool"
    DATETIME = "datetime"
    DYNAMIC = "dynamic"


class _Unreadable:
    """The type of `UNREADABLE`."""

    def __repr__(self) -> str:
        return "UNREADABLE"


# A value that is not of its column's type, such as `abc` in a numeric column: equal to nothing, in no order to
# anything. Whether the column would hold null there is up to ingestion, so `isnull` and `tostring` of it are unproven.
UNREADABLE = _Unreadable()

# What functions take for their first argument; those of `_SECOND` for their second. All others take any type.
_FIRST = {
    **dict.fromkeys(
        (
            "tolower",
            "toupper",
            "strlen",
            "ipv4_is_in_range",
            "ipv4_is_in_any_range",
            "ipv6_is_in_range",
            "ipv6_is_in_any_range",
        ),
        Kind.STRING,
    ),
    **dict.fromkeys(("hourofday", "dayofmonth", "week_of_year", "monthofyear", "getyear"), Kind.DATETIME),
    **dict.fromkeys(("array_length", "set_has_element", "strcat_array", "bag_has_key"), Kind.DYNAMIC),
    "unixtime_seconds_todatetime": Kind.NUMBER,
}
_SECOND = {"datetime_part": Kind.DATETIME}

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


def kinds(operators: Sequence[Operator]) -> dict[str, Kind]:
    """The type of each column of the source that the operators tell the type of. `Unproven` if they disagree.

    From the last operator to the first, so that a name that an `extend` computes is told from the source's column.
    """
    found: dict[str, Kind] = {}
    for operator in reversed(operators):
        for name, kind in list(_operator_uses(operator, found)):
            if found.setdefault(name, kind) is not kind:
                raise Unproven(f"the column {name} is used as {found[name].value} and as {kind.value}")
    return found


def _operator_uses(operator: Operator, later: dict[str, Kind]) -> Iterator[tuple[str, Kind]]:
    """What an operator tells, given what those after it tell; what it computes itself is taken from `later`."""
    match operator:
        case Where(predicate):
            yield from _uses(predicate)
        case Columns(_, columns):
            assigned = [column for column in columns if isinstance(column, Assignment)]
            wanted = {name: later.pop(name, None) for column in assigned for name in column.names}
            for column in columns:
                if isinstance(column, Assignment):
                    yield from _use_for(column.value, wanted[column.names[0]])
                else:
                    yield from _uses(column)
        case _:
            return


def _use_for(value: Expr, kind: Kind | None) -> Iterator[tuple[str, Kind]]:
    """What an expression tells whose result is used as `kind`."""
    match value:
        case Call("iff" | "iif", (condition, yes, no)):
            yield from _use(condition, Kind.BOOL)
            yield from _use_for(yes, kind)
            yield from _use_for(no, kind)
        case Call("coalesce", args):
            for arg in args:
                yield from _use_for(arg, kind)
        case _:
            yield from _use(value, kind)


def _uses(expr: Expr) -> Iterator[tuple[str, Kind]]:
    """Each place that tells a column's type."""
    match expr:
        case And(args) | Or(args):
            for arg in args:
                yield from _uses(arg)
        case Binary(operator, left, right):
            if operator in STRING_OPERATORS:
                yield from _use(left, Kind.STRING)
                yield from _use(right, Kind.STRING)
            else:
                yield from _use(left, _kind_of(right))
                yield from _use(right, _kind_of(left))
        case In(operator, value, choices):
            kind = Kind.STRING if operator.startswith("has") or operator.endswith("~") else _kind_of(*choices)
            yield from _use(value, kind)
        case Between(_, value, low, high):
            yield from _use(value, _kind_of(low, high))
        case Call(name, args):
            for place, arg in enumerate(args):
                yield from _use(arg, (_FIRST, _SECOND)[place].get(name) if place < 2 else None)
        case Path(base) | Index(base):
            yield from _use(base, Kind.DYNAMIC)
        case Negative(arg):
            yield from _use(arg, Kind.NUMBER)
        case _:
            return


def _use(expr: Expr, kind: Kind | None) -> Iterator[tuple[str, Kind]]:
    if not isinstance(expr, Name):
        yield from _uses(expr)
    elif kind is not None:
        yield expr.name, kind


def _kind_of(*values: Expr) -> Kind | None:
    """The type of literals; None for anything else."""
    match values[0]:
        case String():
            return Kind.STRING
        case Number() | Typed("int" | "long" | "real" | "double" | "decimal"):
            return Kind.NUMBER
        case Bool() | Typed("bool" | "boolean"):
            return Kind.BOOL
        case Typed("datetime" | "date"):
            return Kind.DATETIME
        case Dynamic(Array((first, *_))) if isinstance(first, String | Number | Bool):
            return _kind_of(first)
        case _:
            return None


# --- reading


def reader(name: str, kind: Kind | None) -> Reader:
    """How to read the column from an event."""
    match kind:
        case Kind.STRING:
            return lambda event: _string(column(event, name), name)
        case Kind.NUMBER:
            return lambda event: _number(column(event, name), name)
        case Kind.BOOL:
            return lambda event: _bool(column(event, name))
        case Kind.DATETIME:
            return lambda event: _datetime(column(event, name))
        case Kind.DYNAMIC | None:
            return lambda event: _bag(event, name) if (value := column(event, name)) is MISSING else value
        case _:
            assert_never(kind)


def column(event: Event, name: str) -> Any:
    """What a column of a row holds, or `MISSING`; its name may be a path that ends in a key: `Fields['TO.GROUP']`."""
    found = at(event, name)
    if found is MISSING and name.endswith("']"):
        path, _, key = name[:-2].rpartition("['")
        bag = at(event, path) if path else MISSING
        return bag.get(key, MISSING) if isinstance(bag, Mapping) else MISSING
    return found


def _bag(event: Event, name: str) -> dict[str, Any] | None:
    """A bag that the event holds as flat fields (`EventData.Image`)."""
    start = f"{name}."
    return {key.removeprefix(start): value for key, value in event.items() if key.startswith(start)} or None


def find(value: Any, path: tuple[str | int, ...]) -> Any:
    """What is at a path in a dynamic value or an event, or `MISSING`.

    Bags may be flat at any level, as events are: the key is then the path as a query spells it.

    >>> find({"D": {"a": [{"b": 1}]}}, ("D", "a", 0, "b")), find({"D.a[0].b": 1}, ("D", "a", 0, "b"))
    (1, 1)
    """
    if not path:
        return value
    if isinstance(value, Mapping):
        for length in range(len(path), 0, -1):
            for key in _spellings(path[:length]):
                if key in value:
                    return find(value[key], path[length:])
        return MISSING
    if isinstance(value, list) and isinstance(path[0], int):
        inside = -len(value) <= path[0] < len(value)  # a negative position counts from the end
        return find(value[path[0]], path[1:]) if inside else MISSING
    if value is None or value is MISSING:
        return MISSING
    raise Unproven(f"{path[0]!r} of {value!r}, which has no such elements, is not documented")


def _spellings(path: tuple[str | int, ...]) -> Iterator[str]:
    """How a flat event may name what is at a path: by dots, and with a key that holds one in brackets."""
    yield "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
    if len(path) > 1 and any(isinstance(step, str) and not _PLAIN_KEY.fullmatch(step) for step in path):
        yield "".join(map(_bracketed, path)).removeprefix(".")


def _bracketed(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN_KEY.fullmatch(step) else f"['{step}']"


_PLAIN_KEY = re.compile(r"[^.\[\]]+")


def _string(value: Any, name: str) -> str:
    if isinstance(value, str):
        return value
    if value is None or value is MISSING:
        return ""
    if isinstance(value, list | tuple | Mapping):
        raise Unproven(f"the string column {name} would hold a list or a map")
    return spell(value)


def _number(value: Any, name: str) -> Any:
    if value is None or value is MISSING or value == "":
        return None
    if isinstance(value, str):
        if _NUMBER.fullmatch(value):
            return float(value) if "." in value else int(value)
        if any(char.isdigit() for char in value):
            raise Unproven(f"whether the numeric column {name} would hold {value!r} is up to ingestion")
        return UNREADABLE
    return value if isinstance(value, int | float) and not isinstance(value, bool) else UNREADABLE


def _bool(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if value is None or value is MISSING or value == "":
        return None
    words = {"true": True, "false": False}
    return words.get(value.lower(), UNREADABLE) if isinstance(value, str) else UNREADABLE


def _datetime(value: Any) -> Any:
    if value is None or value is MISSING or value == "":
        return None
    moment = as_datetime(value) if isinstance(value, str) else None
    return UNREADABLE if moment is None else moment


def spell(value: Any) -> str:
    """A scalar as `tostring` says it. `Unproven` for a real without a fraction, and for lists and bags."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and not value.is_integer()):
        return repr(value)
    raise Unproven(f"how Kusto spells {value!r} is not documented")


_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)


def as_datetime(text: str) -> datetime | None:
    """What `todatetime` makes of a text; None (null) where there is no date in it.

    The ISO 8601 formats that the reference lists ("The datetime data type"). `Unproven` for others that hold digits.
    """
    if not any(char.isdigit() for char in text):
        return None
    found = _ISO.fullmatch(text)
    if found is None:
        raise Unproven(f"whether todatetime reads {text!r} is not documented")
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d", r"\1", text))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def texts(event: Event) -> Iterator[tuple[str, bool]]:
    """The text of each column, for `*`, and whether it is surely the text that the column is searched by.

    "where operator": `* has "x"` finds the rows in which it "appears in any column". The text of an array or bag is
    JSON; of that only the strings in it are given, unsure.
    """
    for value in event.values():
        if isinstance(value, Mapping):
            yield from texts(value)
        elif isinstance(value, list | tuple):
            yield from ((text, False) for text, _ in texts(dict(enumerate(value))))  # type: ignore[arg-type]
        elif value is not None and not isinstance(value, datetime):  # the time of the event, which is not a field of it
            yield spell(value), True
