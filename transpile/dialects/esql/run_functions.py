"""What the functions of ES|QL give for values ("ES|QL functions" in the Elasticsearch reference).

A function of null is null, and one of several values is null with a warning, but for the functions that say otherwise.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote_plus

from transpile.dialects.esql.run_columns import Value, pack
from transpile.dialects.esql.run_time import date_diff, date_extract, date_trunc
from transpile.dialects.kit.running.addresses import as_address, in_network
from transpile.dialects.kit.running.indexed import Scalar, as_number, as_time
from transpile.dialects.kit.running.lucene import compile_regex
from transpile.dialects.kit.running.wildcards import ANY, ONE, Part, matcher
from transpile.evaluate import Unproven


def members(value: Value) -> tuple[Scalar, ...]:
    """The values of a column, of which there may be none."""
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def single(value: Value) -> Scalar | None:
    """The only value, or null.

    An operator on several values gives null ("Multivalued fields"). Whether a field holds several is a matter of the
    data: queries of operators are written for fields that do not, so nothing is proven of events in which they do.
    """
    if isinstance(value, tuple):
        raise Unproven("an operator on several values, which makes it null")
    return value


def text(value: Scalar) -> str:
    """A value that has to be a string. Raises `Unproven` for others."""
    if not isinstance(value, str):
        raise Unproven(f"Elasticsearch rejects the query: {value!r} is not a string")
    return value


def lower(value: str) -> str:
    """Java's `toLowerCase`, of which Python's differs in nothing but the version of Unicode."""
    return value.lower()


def like(pattern: str) -> Callable[[str], bool]:
    """Whether a text matches a pattern of LIKE. Raises `Unproven` for an escape that Elasticsearch refuses.

    >>> like("a*")("abc"), like("a\\\\*")("abc")
    (True, False)
    """
    parts: list[Part] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if char == "\\":
            position += 1
            char = pattern[position : position + 1]
            if char not in ("*", "?", "\\"):
                raise Unproven(f"Elasticsearch rejects the pattern {pattern!r}: a backslash before {char!r}")
            parts.append(char)
        else:
            parts.append({"*": ANY, "?": ONE}.get(char, char))
        position += 1
    return matcher(parts)


def rlike(pattern: str) -> Callable[[str], bool]:
    """Whether a whole text matches a regex of RLIKE, which is Lucene's."""
    return compile_regex(pattern, False)


# --- functions of single values


def _substring(value: str, start: int, length: int | None = None) -> str:
    """Positions count from 1, negative ones from the end."""
    begin = start - 1 if start > 0 else max(len(value) + start, 0) if start < 0 else 0
    if length is not None and length < 0:
        raise Unproven("a negative length is rejected")
    return value[begin:] if length is None else value[begin : begin + length]


def _locate(value: str, part: str, start: int = 1) -> int:
    if not part or start < 1:
        raise Unproven("LOCATE of an empty string, or before the start, is not documented")
    return value.find(part, start - 1) + 1


def _contains(value: str, part: str) -> bool:
    if not part:
        raise Unproven("what CONTAINS makes of an empty string is not documented")
    return part in value


def _to_string(value: Scalar) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
        case float():
            raise Unproven("how a fraction is spelled is not documented")
        case _:
            return str(value)


def _to_number(value: Scalar) -> Scalar | None:
    return as_number(value)


def _from_base64(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None


def _split(value: str, separator: str) -> Value:
    return pack_all(value.split(separator))


def pack_all(found: list[Any]) -> Value:
    """Several values with their repeats, the only one, or null."""
    return None if not found else found[0] if len(found) == 1 else tuple(found)


def _strings(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with its first argument a string."""
    return lambda first, *rest: function(text(first), *rest)


_SINGLE: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "ABS": abs,
        "CIDR_MATCH": lambda value, *networks: any(in_network(str(value), network, wide=True) for network in networks),
        "CONCAT": lambda *values: "".join(map(text, values)),
        "CONTAINS": _strings(_contains),
        "DATE_DIFF": date_diff,
        "DATE_EXTRACT": date_extract,
        "DATE_TRUNC": date_trunc,
        "ENDS_WITH": _strings(lambda value, end: value.endswith(text(end))),
        "FROM_BASE64": _strings(_from_base64),
        "GREATEST": max,
        "LEAST": min,
        "LEFT": _strings(lambda value, length: value[: max(length, 0)]),
        "LENGTH": _strings(len),
        "LOCATE": _strings(_locate),
        "LTRIM": _strings(str.lstrip),
        "REVERSE": _strings(lambda value: value[::-1]),
        "RIGHT": _strings(lambda value, length: value[max(len(value) - length, 0) :]),
        "RTRIM": _strings(str.rstrip),
        "SPLIT": _strings(_split),
        "STARTS_WITH": _strings(lambda value, start: value.startswith(text(start))),
        "SUBSTRING": _strings(_substring),
        "TO_BASE64": _strings(lambda value: base64.b64encode(value.encode()).decode()),
        "TRIM": _strings(str.strip),
        "URL_DECODE": _strings(unquote_plus),
    }
)

# --- functions of each value

_EACH: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "TO_BOOLEAN": lambda value: value if isinstance(value, bool) else text(value).lower() == "true",
        "TO_DATETIME": lambda value: value if isinstance(value, datetime) else as_time(value),
        "TO_DOUBLE": _to_number,
        "TO_INTEGER": _to_number,
        "TO_IP": lambda value: as_address(text(value)) if isinstance(value, str) else value,
        "TO_LONG": _to_number,
        "TO_LOWER": lambda value: lower(text(value)),
        "TO_STRING": _to_string,
        "TO_UPPER": lambda value: text(value).upper(),
    }
)

# --- functions of all values


def _intersects(one: Value, other: Value) -> bool:
    return not set(members(one)).isdisjoint(members(other))


def _some(function: Callable[[str], Callable[[str], bool]]) -> Callable[[Value, Value], bool]:
    def check(value: Value, pattern: Value) -> bool:
        accepts = function(text(single(pattern) or ""))
        return any(accepts(text(one)) for one in members(value))

    return check


def _reduce(function: Callable[[Any], Any]) -> Callable[[Value], Value]:
    def reduced(value: Value) -> Value:
        found = members(value)
        result: Value = function(found) if found else None
        return result

    return reduced


def _coalesce(*values: Value) -> Value:
    return next((value for value in values if value is not None), None)


def _mv_concat(value: Value, separator: Value) -> Value:
    return text(single(separator) or "").join(map(text, members(value))) if value is not None else None


_ALL: Mapping[str, Callable[..., Value]] = MappingProxyType(
    {
        "COALESCE": _coalesce,
        "MV_APPEND": lambda one, other: (
            None if one is None or other is None else pack_all([*members(one), *members(other)])
        ),
        "MV_CONCAT": _mv_concat,
        "MV_CONTAINS": lambda one, other: set(members(other)) <= set(members(one)),
        "MV_COUNT": _reduce(len),
        "MV_DEDUPE": lambda value: pack(list(members(value))),
        "MV_FIRST": _reduce(lambda found: found[0]),
        "MV_INTERSECTS": _intersects,
        "MV_LAST": _reduce(lambda found: found[-1]),
        "MV_LIKE": _some(like),
        "MV_MAX": _reduce(max),
        "MV_MIN": _reduce(min),
        "MV_RLIKE": _some(rlike),
        "MV_SUM": _reduce(sum),
    }
)


def call(name: str, args: tuple[Value, ...]) -> Value:
    """A function of these values. Raises `Unproven` for unknown functions, wrong arguments and undocumented cases."""
    try:
        if name in _ALL:
            return _ALL[name](*args)
        if name in _EACH:
            return pack_all([found for one in members(args[0]) if (found := _EACH[name](one)) is not None])
        if name not in _SINGLE:
            raise Unproven(f"the function {name} is not run here")
        values = [single(arg) for arg in args]
        result: Value = None if any(value is None for value in values) else _SINGLE[name](*values)
        return result
    except (TypeError, AttributeError, ValueError, ZeroDivisionError) as error:
        raise Unproven(f"Elasticsearch rejects these arguments of {name}: {error}") from error
