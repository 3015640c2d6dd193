"""How single values are stored: as text, and as a column of a type holds them."""

from __future__ import annotations

from typing import Any

from transpile.ir.match import Field, FieldType, Pattern
from transpile.pipelines.leaf import is_address


class Unstorable(ValueError):
    """The platform cannot hold this event of this log source: a value is not of the form that it keeps."""


def as_typed(value: Any, field: Field) -> Any:
    """A value as a column of this type holds it. Raises `Unstorable`."""
    match field.type:
        case FieldType.NUMBER if isinstance(value, str):
            number = Pattern.of(value).as_number()
            if number is None:
                raise Unstorable(f"{field.name} holds numbers, not {value!r}")
            value = number
        case FieldType.BOOLEAN if isinstance(value, str):
            if value.casefold() not in ("true", "false"):
                raise Unstorable(f"{field.name} is true or false, not {value!r}")
            value = value.casefold() == "true"
        case FieldType.IP if isinstance(value, str) and not is_address(value):
            raise Unstorable(f"{field.name} holds addresses, not {value!r}")
        case FieldType.STRING | FieldType.ENUM:
            value = text_of(value)
        case _:
            pass
    return [value] if field.repeated else value


def text_of(value: Any) -> str:
    """A value as text; truth in small letters."""
    return str(value).lower() if isinstance(value, bool) else str(value)
