"""Tests as the type of the field on the platform wants them."""

from __future__ import annotations

from ipaddress import ip_address
from typing import assert_never

from transpile.ir.match import (
    ANY,
    Boolean,
    Cidr,
    Compare,
    Exists,
    FieldRef,
    FieldType,
    Null,
    Number,
    Pattern,
    Regex,
    Shape,
    Test,
    TimePart,
)

TEXTS = (FieldType.STRING, FieldType.ENUM)


def as_typed(test: Test, type_: FieldType) -> Test | None:
    """The test in the form that fits a column of this type, with the same meaning; None if none does.

    Text takes patterns and regexes (a number or truth value by its spelling), a number takes `Number` and `Compare`,
    an address `Cidr` and a pattern that is an address. Tests that fit every type stay as they are.

    >>> as_typed(Number(5), FieldType.STRING), as_typed(Pattern.of("5"), FieldType.NUMBER)
    (Pattern(parts=('5',), case=<Case.UNICODE: 'unicode'>), Number(value=5))
    >>> as_typed(Pattern.of("x"), FieldType.NUMBER), as_typed(Pattern.of("TRUE"), FieldType.BOOLEAN)
    (None, Boolean(value=True))
    """
    match test:
        case Null() | Exists() | FieldRef() | TimePart():
            return test
        case Pattern((single,)) if single is ANY:
            return test
        case Pattern() | Regex() | Number() | Boolean() | Compare() | Cidr():
            return _fit(test, type_)
        case _:
            assert_never(test)


def _fit(test: Pattern | Regex | Number | Boolean | Compare | Cidr, type_: FieldType) -> Test | None:
    match type_:
        case FieldType.STRING | FieldType.ENUM:
            return as_text(test)
        case FieldType.NUMBER:
            if isinstance(test, Pattern):
                number = test.as_number()
                return None if number is None else Number(number)
            return test if isinstance(test, Number | Compare) else None
        case FieldType.BOOLEAN:
            if isinstance(test, Pattern) and test.shape is Shape.EQUALS and test.literal.lower() in ("true", "false"):
                return Boolean(test.literal.lower() == "true")
            return test if isinstance(test, Boolean) else None
        case FieldType.IP:
            if isinstance(test, Pattern) and test.shape is Shape.EQUALS and is_address(test.literal):
                return test
            return test if isinstance(test, Cidr) else None
        case FieldType.TIME | FieldType.DYNAMIC:
            return None
        case _:
            assert_never(type_)


def as_text(test: Pattern | Regex | Number | Boolean | Compare | Cidr) -> Test | None:
    """The test as one of text; an order of numbers is None, since text has another."""
    match test:
        case Number(value):
            return Pattern.of(str(value))
        case Boolean(value):
            return Pattern.of(str(value).lower())
        case Compare():
            return None
        case Pattern() | Regex() | Cidr():
            return test
        case _:
            assert_never(test)


def is_address(text: str) -> bool:
    """Whether the text is an IP address.

    >>> is_address("10.0.0.1"), is_address("10.0.0.1/8")
    (True, False)
    """
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
