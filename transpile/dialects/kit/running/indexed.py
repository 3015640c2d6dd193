"""How Elasticsearch indexes the values of a document, by the type of the field ("Field data types").

An event does not tell how its index maps a field; what a query asks of the field does. Text takes numbers and truth
values by their spelling, numeric fields take numbers that are spelled out. Where the mapping would decide, `Unproven`
is raised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from typing import Any, assert_never

from transpile.dialects.kit.running.addresses import as_address
from transpile.evaluate import Unproven


class MappingType(Enum):
    """The type that a field must have in the mapping for a query to be accepted."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth value"
    ADDRESS = "address"
    TIME = "date"


_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")

Scalar = str | int | float | bool | IPv4Address | IPv6Address | datetime


def index(values: Iterable[Any], kind: MappingType) -> list[Scalar]:
    """The values as a field of this kind holds them, without those that it does not take.

    >>> index(["5", 6, "x"], MappingType.NUMBER), index([5, True, "x"], MappingType.TEXT)
    ([5, 6], ['5', 'true', 'x'])
    """
    found = (as_kind(value, kind) for value in values)
    return [value for value in found if value is not None]


def as_kind(value: Any, kind: MappingType) -> Scalar | None:
    """A value as a field of this kind holds it; None for one that it does not take."""
    match kind:
        case MappingType.TEXT:
            return as_text(value)
        case MappingType.NUMBER:
            return as_number(value)
        case MappingType.TRUTH:
            return as_truth(value)
        case MappingType.ADDRESS:
            return as_address(value) if isinstance(value, str) else None
        case MappingType.TIME:
            return as_time(value)
        case _:
            assert_never(kind)


def as_text(value: Any) -> str:
    """The value in a keyword field. `Unproven` for a fraction, of which the document's spelling is kept."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        raise Unproven("how a fraction is spelled in a keyword field depends on the document")
    return str(value)


def as_number(value: Any) -> int | float | None:
    """The value in a numeric field, which coerces strings.

    >>> as_number("4.5"), as_number("x"), as_number(True)
    (4.5, None, None)
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or not _NUMBER.fullmatch(value) or len(value) > 300:
        return None
    return int(value) if value.lstrip("-").isdecimal() else float(value)


def as_truth(value: Any) -> bool | None:
    """The value in a boolean field; the empty string is false there. `Unproven` for other cases of the words."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false") and value not in ("true", "false"):
        raise Unproven("truth values are spelled in lower case")
    return {"true": True, "false": False, "": False}.get(value) if isinstance(value, str) else None


def as_time(value: Any) -> datetime | None:
    """The value in a date field: ISO 8601 with a `T`, or milliseconds since 1970 ("Date field type")."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value / 1000, UTC)
        moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError, OSError):
        return None
    if " " in value:
        raise Unproven("a date with a blank is not of the default format")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
