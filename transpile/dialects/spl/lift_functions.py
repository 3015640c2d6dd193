"""Functions of the eval language that IR has too: arguments to a value, or None where the form is another."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from transpile.ir.match import Call, Function, Literal, Value

_PLAIN = re.compile(r"[^\\.^$*+?()\[\]{}|]*")


def _one(function: Function) -> Callable[..., Value | None]:
    return lambda *args: Call(function, args) if len(args) == 1 else None


def _case(function: Function, fold: Callable[[str], str]) -> Callable[..., Value | None]:
    def call(*args: Value) -> Value | None:
        match args:
            case (Literal(str(text)),):
                return Literal(fold(text))
            case (value,):
                return Call(function, (value,))
            case _:
                return None

    return call


def _length(*args: Value) -> Value | None:
    match args:
        case (Literal(str(text)),):
            return Literal(len(text))
        case (value,):
            return Call(Function.LENGTH, (value,))
        case _:
            return None


def _substring(*args: Value) -> Value | None:
    """`substr` counts from 1; from the end of the text it has no equal."""
    match args:
        case (value, Literal(int(start))) if start > 0:
            return Call(Function.SUBSTRING, (value, Literal(start - 1)))
        case (value, Literal(int(start)), Literal(int(length))) if start > 0 and length >= 0:
            return Call(Function.SUBSTRING, (value, Literal(start - 1), Literal(length)))
        case _:
            return None


def _replace(*args: Value) -> Value | None:
    """`replace` takes a regex: the same as a text where that is one."""
    match args:
        case (value, Literal(str(old)), Literal(str(new))) if _PLAIN.fullmatch(old) and old and "\\" not in new:
            return Call(Function.REPLACE, (value, Literal(old), Literal(new)))
        case _:
            return None


FUNCTIONS: Mapping[str, Callable[..., Value | None]] = MappingProxyType(
    {
        "lower": _case(Function.LOWER, str.lower),
        "upper": _case(Function.UPPER, str.upper),
        "trim": _one(Function.TRIM),
        "len": _length,
        "substr": _substring,
        "replace": _replace,
        "tonumber": _one(Function.NUMBER),
        "tostring": _one(Function.TEXT),
        "urldecode": _one(Function.URL_DECODE),
    }
)
