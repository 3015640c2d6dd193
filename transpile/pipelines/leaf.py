"""One test on one field of a platform, and on one value that a model knows: what every rewrite builds on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import ip_address

from transpile.codes import Code
from transpile.ir.expr import Expr, Match
from transpile.ir.match import (
    ANY,
    Boolean,
    Compare,
    Exists,
    Field,
    FieldType,
    Null,
    Number,
    Part,
    Pattern,
    Shape,
    Test,
)
from transpile.pipelines import codes


class Unsupported(Exception):
    """The platform's fields cannot express this test: a code and the facts for its message."""

    def __init__(self, code: Code, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class Approximate(Exception):
    """The platform's fields can express only something wider, or narrower."""

    def __init__(self, expr: Expr, loss: str, *, wider: bool = True) -> None:
        super().__init__(loss)
        self.wider = wider
        self.expr = expr
        self.loss = loss


def on_field(test: Test, field: Field, leaf: Match) -> Expr:
    """The test on a field of the platform, its value as the field's type wants it."""
    if field.type is FieldType.STRING and isinstance(test, Pattern):  # most tests by far
        return Match(field, test, leaf.operator, leaf.span)
    match field.type, test:
        case FieldType.NUMBER, Pattern():
            number = test.as_number()
            if number is None and test.shape is Shape.EQUALS:
                raise Unsupported(codes.MAP005, value=test.literal, column=field.name, type=field.type.value)
            return Match(field, test if number is None else Number(number), leaf.operator, leaf.span)
        case FieldType.BOOLEAN, Pattern():
            word = test.literal.casefold()
            if test.shape is Shape.EQUALS and word in ("true", "false"):
                return Match(field, Boolean(word == "true"), leaf.operator, leaf.span)
            if test.shape is Shape.PRESENT:
                return Match(field, test, leaf.operator, leaf.span)
            raise Unsupported(codes.MAP005, value=test.literal, column=field.name, type=field.type.value)
        case FieldType.IP, Pattern() if test.shape is Shape.EQUALS and test.parts and not is_address(test.literal):
            raise Unsupported(codes.MAP005, value=test.literal, column=field.name, type=field.type.value)
        case (FieldType.BOOLEAN, Number(number)) | (FieldType.NUMBER, Boolean(number)):
            raise Unsupported(codes.MAP005, value=number, column=field.name, type=field.type.value)
        case (FieldType.STRING | FieldType.ENUM, Number(number)):
            return Match(field, Pattern.of(str(number)), leaf.operator, leaf.span)
        case (FieldType.STRING | FieldType.ENUM, Boolean(truth)):
            return Match(field, Pattern.of("true" if truth else "false"), leaf.operator, leaf.span)
        case _:
            return Match(field, test, leaf.operator, leaf.span)


def is_address(text: str) -> bool:
    """Whether the text is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def holds(test: Test, value: str) -> bool:
    """Whether a value that the model knows passes a test. Raises `Unsupported` for tests that no model needs."""
    match test:
        case Pattern(parts):
            return _glob(parts, test.cased).fullmatch(value) is not None
        case Number(number):
            return str(number) == value
        case Boolean(truth):
            return value.casefold() == str(truth).casefold()
        case Exists():
            return True
        case Null():
            return value == ""
        case Compare() if value.lstrip("-").isdecimal():
            return COMPARISONS[test.order.value](int(value), test.value)
        case _:
            raise Unsupported(codes.MAP004, why="its values are known one by one, and this test is none of them")


@lru_cache(maxsize=4096)
def _glob(parts: tuple[Part, ...], cased: bool) -> re.Pattern[str]:
    regex = "".join(re.escape(part) if isinstance(part, str) else ".*" if part is ANY else "." for part in parts)
    return re.compile(regex, re.DOTALL if cased else re.DOTALL | re.IGNORECASE)


COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
