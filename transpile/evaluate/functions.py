"""The reference meaning of functions of values (`ir.match.Function`)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from functools import reduce
from itertools import product
from operator import add, mul, sub
from types import MappingProxyType
from typing import Any, assert_never
from urllib.parse import unquote

from transpile.evaluate import Unproven
from transpile.evaluate.facts import Facts, spell
from transpile.evaluate.numbers import as_number
from transpile.ir.match import Call, Field, Function, Literal, Regex, Value
from transpile.regex import RegexError, parse, to_python

Values = tuple[Any, ...]


class _NoValue(Exception):
    """The function has no value for these arguments."""


def compute(value: Value) -> Callable[[Facts], Values]:
    """The values that `value` has in an event; none where it has no value.

    A function of a field with several values has one for each of them. Raises `Unproven` for a regex without a
    meaning.

    >>> compute(Call(Function.LOWER, (Field("Image"),)))(Facts({"Image": "A.EXE"}))
    ('a.exe',)
    """
    match value:
        case Field(name):
            return lambda facts: facts.values(name)
        case Literal(constant):
            return lambda facts: (constant,)
        case Call(Function.COALESCE, args):
            return _coalesce(tuple(map(compute, args)))
        case Call(function, args):
            operands = tuple(map(compute, args))
            body = _capture(args) if function is Function.CAPTURE else _FUNCTIONS[function]
            return lambda facts: _apply(body, [operand(facts) for operand in operands])
        case _:
            assert_never(value)


def _coalesce(options: tuple[Callable[[Facts], Values], ...]) -> Callable[[Facts], Values]:
    def first(facts: Facts) -> Values:
        found = (option(facts) for option in options)
        return next((values for values in found if any(value != "" for value in values)), ())

    return first


def _apply(body: Callable[..., Any], operands: list[Values]) -> Values:
    found = []
    for arguments in product(*operands):
        try:
            found.append(body(*arguments))
        except _NoValue:
            continue
    return tuple(found)


def _text(value: Any) -> str:
    text = spell(value)
    if text is None:
        raise _NoValue
    return text


def _number(value: Any) -> int | float:
    number = as_number(value)
    if number is None:
        raise _NoValue
    return number


def _substring(value: Any, start: int, length: int | None = None) -> str:
    text = _text(value)
    return text[start:] if length is None else text[start : start + length]


def _split(value: Any, separator: str, number: int) -> str:
    pieces = _text(value).split(separator)
    if not 0 <= number < len(pieces):
        raise _NoValue
    return pieces[number]


def _capture(args: tuple[Value, ...]) -> Callable[..., Any]:
    """The function for one regex, which must be a literal."""
    regex = args[1]
    if not isinstance(regex, Literal) or not isinstance(regex.value, str):
        raise Unproven("the regex of a capture is not a constant")
    import re

    test = Regex(regex.value)
    try:
        search = re.compile(to_python(parse(test.pattern))).search
    except (RegexError, re.error, RecursionError, OverflowError) as error:
        raise Unproven(f"the regex {test.pattern!r} cannot be run: {error}") from error

    def capture(value: Any, _: str, group: int) -> str:
        found = search(_text(value))
        taken = found.group(group) if found and group <= (found.re.groups) else None
        if taken is None:
            raise _NoValue
        return str(taken)

    return capture


def _base64(value: Any) -> str:
    try:
        return base64.b64decode(_text(value), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise _NoValue from None


def _arithmetic(operator: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda *values: reduce(operator, map(_number, values))


def _divide(one: Any, other: Any) -> float:
    if _number(other) == 0:
        raise _NoValue
    return _number(one) / _number(other)


_FUNCTIONS: Mapping[Function, Callable[..., Any]] = MappingProxyType(
    {
        Function.LOWER: lambda value: _text(value).lower(),
        Function.UPPER: lambda value: _text(value).upper(),
        Function.TRIM: lambda value: _text(value).strip(),
        Function.LENGTH: lambda value: len(_text(value)),
        Function.SUBSTRING: _substring,
        Function.REPLACE: lambda value, old, new: _text(value).replace(old, new),
        Function.CONCAT: lambda *values: "".join(map(_text, values)),
        Function.SPLIT: _split,
        Function.BASE64_DECODE: _base64,
        Function.URL_DECODE: lambda value: unquote(_text(value)),
        Function.NUMBER: _number,
        Function.TEXT: _text,
        Function.ADD: _arithmetic(add),
        Function.SUBTRACT: _arithmetic(sub),
        Function.MULTIPLY: _arithmetic(mul),
        Function.DIVIDE: _divide,
    }
)
