"""Kusto's scalar functions, by their pages in the reference, on values that may be null (None)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network
from typing import Any

from transpile.dialects.kql.columns import UNREADABLE, as_datetime, spell
from transpile.dialects.kql.regex import captured
from transpile.evaluate import Unproven


def is_empty(value: Any) -> bool:
    """`isempty`: an empty string, or null."""
    return _known(value) is None or value == ""


def is_null(value: Any) -> bool:
    """`isnull`: strings are never null."""
    return _known(value) is None


def to_string(value: Any) -> str:
    """`tostring`: null becomes the empty string."""
    return "" if _known(value) is None else spell(value)


def to_lower(value: Any) -> str:
    """`tolower`."""
    return text(value).lower()


def to_upper(value: Any) -> str:
    """`toupper`."""
    return text(value).upper()


_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_HEX_NUMBER = re.compile(r"0x[0-9a-fA-F]{1,15}")


def to_real(value: Any) -> float | None:
    """`todouble`, `toreal`: null for what is not a number."""
    if _known(value) is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return None if value is None else float(value)
    if isinstance(value, str):
        if _PLAIN_NUMBER.fullmatch(value):
            return float(value)
        if not any(char.isdigit() for char in value) and not re.search("nan|inf", value, re.IGNORECASE):
            return None
    raise Unproven(f"whether todouble reads {value!r} is not documented")


def to_long(value: Any) -> int | None:
    """`tolong`, `toint`: null for what is not a number. Reads `0x4` too, as queries on process ids lean on."""
    if isinstance(value, str) and _HEX_NUMBER.fullmatch(value):
        return int(value, 16)
    number = to_real(value)
    if number is not None and not number.is_integer():
        raise Unproven("how a fraction becomes an integer differs between functions")
    return None if number is None else int(number)


def to_datetime(value: Any) -> datetime | None:
    """`todatetime`."""
    if _known(value) is None or isinstance(value, datetime):
        return value  # type: ignore[no-any-return]
    if isinstance(value, str):
        return as_datetime(value)
    raise Unproven(f"what todatetime makes of {value!r} is not documented")


def from_seconds(value: Any) -> datetime | None:
    """`unixtime_seconds_todatetime`."""
    if _known(value) is None or value is UNREADABLE:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def datetime_part(part: Any, moment: Any) -> int | None:
    """`datetime_part`, for the parts that are plain."""
    if not isinstance(part, str) or part.lower() not in _PARTS:
        raise Unproven(f"datetime_part does not know {part!r} here")
    return _of_moment(_PARTS[part.lower()])(moment)


_PARTS: Mapping[str, Callable[[datetime], int]] = {
    "year": lambda moment: moment.year,
    "month": lambda moment: moment.month,
    "day": lambda moment: moment.day,
    "hour": lambda moment: moment.hour,
    "minute": lambda moment: moment.minute,
    "second": lambda moment: moment.second,
    "week_of_year": lambda moment: moment.isocalendar().week,
}


def _of_moment(part: Callable[[datetime], int]) -> Callable[[Any], int | None]:
    return lambda moment: part(moment) if isinstance(moment, datetime) else None


# --- arrays and bags


def strcat_array(array: Any, delimiter: Any) -> str:
    """`strcat_array`; nothing to join is the empty string, strings never being null."""
    if array is None:
        return ""
    if not isinstance(array, list | tuple):
        raise Unproven("strcat_array of what is not an array is not documented")
    return text(delimiter).join(map(to_string, array))


def array_length(array: Any) -> int | None:
    """`array_length`: null if it is not an array."""
    return len(array) if isinstance(array, list | tuple) else None


def set_has_element(array: Any, value: Any) -> bool | None:
    """`set_has_element`: the very same value, of the same type."""
    if array is None:
        return None
    if not isinstance(array, list | tuple):
        raise Unproven("set_has_element of what is not an array is not documented")
    return any(isinstance(one, bool) == isinstance(value, bool) and one == value for one in array)


def parse_json(value: Any) -> Any:
    """`parse_json`, `todynamic`: what is dynamic stays as it is, and so does text that is not JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value else None
    except ValueError:
        return value


def split(source: Any, delimiter: Any) -> list[str]:
    """`split` without an index."""
    if not text(delimiter):
        raise Unproven("split by the empty string is not documented")
    return text(source).split(text(delimiter))


def strcat(*parts: Any) -> str:
    """`strcat`."""
    return "".join(map(to_string, parts))


# --- pieces of text


def replace_strings(source: Any, sought: Any, replacements: Any) -> str:
    """`replace_strings`: each text by the one at its place, in one pass ("replaces all strings matches")."""
    pairs = dict(zip(sought, replacements, strict=True))
    either = "|".join(re.escape(one) for one in pairs)
    return re.sub(either, lambda found: text(pairs[found[0]]), text(source))


def parse_url(url: Any) -> dict[str, str]:
    """`parse_url`: of an absolute URL, its host; other parts are not read here."""
    found = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]*)", text(url))
    if found is None:
        raise Unproven("parse_url of what is not an absolute URL is not documented")
    return {"Host": found[1]}


# --- networks


def ipv4_is_in_any_range(address: Any, *networks: Any) -> bool | None:
    """`ipv4_is_in_range` and `ipv4_is_in_any_range`: null for what is not an IPv4 address."""
    number = _ipv4(text(address))
    if number is None:
        return None
    return any(number & int(net.netmask) == int(net.network_address) for net in map(_ipv4_network, networks))


_QUAD = re.compile(r"(0|[1-9]\d{0,2})(?:\.(0|[1-9]\d{0,2})){3}", re.ASCII)


@lru_cache(maxsize=4096)
def _ipv4(address: str) -> int | None:
    base, slash, prefix = address.partition("/")
    if _QUAD.fullmatch(base):
        octets = [int(octet) for octet in base.split(".")]
        if max(octets) > 255:
            return None
        number = int.from_bytes(bytes(octets))
        if not slash:
            return number
        if prefix.isdecimal() and int(prefix) <= 32:
            return number >> (32 - int(prefix)) << (32 - int(prefix))
        return None
    if re.fullmatch(r"[\s\d.]+", base):
        raise Unproven(f"whether Kusto takes {address!r} for an IPv4 address is not documented")
    return None


@lru_cache(maxsize=4096)
def _ipv4_network(network: Any) -> IPv4Network:
    try:
        return IPv4Network(network, strict=False)
    except ValueError as error:
        raise Unproven(f"{network!r} is not an IPv4 network") from error


def ipv6_is_in_any_range(address: Any, *networks: Any) -> bool | None:
    """`ipv6_is_in_range` and `ipv6_is_in_any_range`; an IPv4 address is read as `::ffff:a.b.c.d` ("parse_ipv6()")."""
    number = _ipv6(text(address))
    if number is None:
        return None
    return any(number & int(net.netmask) == int(net.network_address) for net in map(_ipv6_network, networks))


@lru_cache(maxsize=4096)
def _ipv6(address: str) -> int | None:
    if ":" not in address:
        number = _ipv4(address)
        return None if number is None else 0xFFFF << 32 | number
    if "%" in address or "/" in address:
        raise Unproven(f"whether Kusto takes {address!r} for an IPv6 address is not documented")
    try:
        return int(IPv6Address(address))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _ipv6_network(network: Any) -> IPv6Network:
    try:
        return IPv6Network(network, strict=False)
    except ValueError as error:
        raise Unproven(f"{network!r} is not an IPv6 network") from error


# --- helpers and the table


def text(value: Any) -> str:
    """A value that must be a string; `Unproven` otherwise, as Kusto would reject the query."""
    if isinstance(value, str):
        return value
    raise Unproven(f"a string operator or function on {value!r}, which is not a string")


def _known(value: Any) -> Any:
    if value is UNREADABLE:
        raise Unproven("what a column holds for a value that is not of its type is up to ingestion")
    return value


# --- times and numbers


def bin_(value: Any, size: Any) -> Any:
    """`bin`: of a moment, by spans from the year 1."""
    return bin_at(value, size, datetime.min.replace(tzinfo=UTC) if isinstance(value, datetime) else 0)


def bin_at(value: Any, size: Any, at: Any) -> Any:
    """`bin_at`: down to a multiple of the size from a fixed point."""
    if _known(value) is None:
        return None
    if isinstance(value, datetime) and isinstance(size, timedelta) and isinstance(at, datetime):
        return value - (value - at) % size
    if all(isinstance(one, int | float) and not isinstance(one, bool) for one in (value, size, at)):
        return value - (value - at) % size
    raise Unproven("bin of this type is not run here")


def least(*values: Any) -> Any:
    """`min_of`."""
    if any(_known(value) is None for value in values):
        raise Unproven("min_of of null is not documented")
    return min(values)


def extract(pattern: Any, group: Any, source: Any, *_: Any) -> str:
    """`extract`: what a group of the first match takes; the empty string without a match."""
    # A column of XML that a row does not have is an empty string; another table of a union may have a bag of that name.
    return captured(text(pattern), group, "" if source is None else text(source))


def substring(source: Any, start: Any, length: Any = None) -> str:
    """`substring` from a position that is not negative."""
    if not isinstance(start, int) or start < 0 or (length is not None and not isinstance(length, int)):
        raise Unproven("substring from a position that is not a constant or is negative is not run here")
    return text(source)[start:] if length is None else text(source)[start : start + length]


def replace_string(source: Any, old: Any, new: Any) -> str:
    """`replace_string`: every occurrence of a text."""
    if not text(old):
        raise Unproven("replacing the empty string is not documented")
    return text(source).replace(text(old), text(new))


def tohex(value: Any, least: Any = 0) -> str:
    """`tohex`: a whole number in hexadecimal digits, at least so many of them; a negative one as 64 bits.

    >>> tohex(256, 8), tohex(-1), tohex(None)
    ('00000100', 'ffffffffffffffff', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unproven(f"tohex of {value!r}, which is not a whole number")
    return f"{value % 2**64:x}".rjust(least, "0")


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "isempty": is_empty,
    "isnotempty": lambda value: not is_empty(value),
    "isnull": is_null,
    "isnotnull": lambda value: not is_null(value),
    "tostring": to_string,
    "tolower": to_lower,
    "toupper": to_upper,
    "todouble": to_real,
    "toreal": to_real,
    "tolong": to_long,
    "toint": to_long,
    "todatetime": to_datetime,
    "tohex": tohex,
    "strlen": lambda value: len(text(value)),
    "parse_json": parse_json,
    "todynamic": parse_json,
    "split": split,
    "extract": extract,
    "parse_url": parse_url,
    "replace_strings": replace_strings,
    "strcat": strcat,
    "strcat_array": strcat_array,
    "array_length": array_length,
    "set_has_element": set_has_element,
    "ipv4_is_in_range": ipv4_is_in_any_range,
    "ipv4_is_in_any_range": ipv4_is_in_any_range,
    "ipv6_is_in_range": ipv6_is_in_any_range,
    "ipv6_is_in_any_range": ipv6_is_in_any_range,
    "unixtime_seconds_todatetime": from_seconds,
    "datetime_part": datetime_part,
    "hourofday": _of_moment(_PARTS["hour"]),
    "dayofmonth": _of_moment(_PARTS["day"]),
    "week_of_year": _of_moment(_PARTS["week_of_year"]),
    "monthofyear": _of_moment(_PARTS["month"]),
    "substring": substring,
    "replace_string": replace_string,
    "bin": bin_,
    "bin_at": bin_at,
    "min_of": least,
    "getyear": _of_moment(_PARTS["year"]),
}
