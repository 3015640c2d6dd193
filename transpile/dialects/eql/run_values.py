"""What Elasticsearch indexes of an event's values, by the type that a field has in the mapping ("Field data types")."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, assert_never

from transpile.dialects.eql.run_functions import Value
from transpile.dialects.kit.running.indexed import as_text
from transpile.evaluate import Unproven

Document = Mapping[str, Any]


class Kind(Enum):
    """The type that a field must have in the mapping for the query to be accepted."""

    TEXT = "text"
    NUMBER = "number"
    ADDRESS = "address"


def as_number(value: Any) -> int | float | None:
    """The value as a numeric field indexes it, strings coerced; None for what it does not take."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            return int(value) if value.lstrip("-").isdecimal() else float(value)
        except ValueError:
            pass
    return None


def is_taken(value: Any, kind: Kind | None) -> bool:
    """Whether a field of this kind takes the value."""
    match kind:
        case Kind.ADDRESS:
            return as_address(value) is not None
        case Kind.NUMBER:
            return as_number(value) is not None
        case Kind.TEXT | None:
            return True
        case _:
            assert_never(kind)


def as_address(value: Any) -> IPv4Address | IPv6Address | None:
    """The address that the value spells, or None. Raises `Unproven` for an IPv4 address inside an IPv6 one."""
    try:
        address = ip_address(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        raise Unproven("whether an IPv4 address in an IPv6 one counts as the former is not documented")
    return address


def equal(value: Any, constant: Value, kind: Kind | None) -> bool:
    """A term query: whether a field of this kind, or of any that takes both, indexes the value as the constant."""
    if constant is None:
        return False
    if isinstance(constant, bool) or isinstance(value, bool):
        if isinstance(value, bool) and isinstance(constant, bool):
            return value is constant
        texts = (as_text(value), as_text(constant))
        if texts[0] != texts[1] and texts[0].lower() == texts[1].lower():
            raise Unproven("truth values are spelled in lower case")
        return texts[0] == texts[1]
    if kind is Kind.ADDRESS:
        return as_address(value) == as_address(constant)
    if isinstance(constant, str) and isinstance(value, str):
        if value != constant and kind is None and (address := as_address(value)) and address == as_address(constant):
            raise Unproven(f"whether {value!r} is {constant!r} depends on the mapping")
        return value == constant
    if isinstance(constant, str) or kind is Kind.TEXT:
        return as_text(value) == as_text(constant)
    if isinstance(value, str) and value != str(constant) and as_number(value) == constant:
        raise Unproven(f"whether {value!r} is {constant} depends on the mapping")
    return as_number(value) == constant
