"""Computed values in the eval language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from transpile.dialects.spl.tree import Binary, EvalExpr, Name, Negative, Number, String
from transpile.dialects.spl.tree import Call as Function_
from transpile.ir.match import Call, Field, Function, Literal, Value

_CALLS: Mapping[Function, str] = MappingProxyType(
    {
        Function.LOWER: "lower",
        Function.UPPER: "upper",
        Function.LENGTH: "len",
        Function.NUMBER: "tonumber",
        Function.TEXT: "tostring",
    }
)
_OPERATORS: Mapping[Function, str] = MappingProxyType(
    {
        Function.CONCAT: ".",
        Function.ADD: "+",
        Function.SUBTRACT: "-",
        Function.MULTIPLY: "*",
        Function.DIVIDE: "/",
    }
)
_ODD = re.compile(r"([\\.^$*+?()\[\]{}|/-])")


def compute(value: Value) -> EvalExpr:
    """The expression that gives the value. Its functions must be among those of the dialect."""
    match value:
        case Field(name):
            return Name(name)
        case Literal(constant):
            return _constant(constant)
        case Call(function, args):
            return _call(function, args)
        case _:
            assert_never(value)


def _constant(value: str | int | float) -> EvalExpr:
    if isinstance(value, str):
        return String(value)
    return Negative(Number(str(-value))) if value < 0 else Number(str(value))


def _call(function: Function, args: tuple[Value, ...]) -> EvalExpr:
    found = tuple(map(compute, args))
    if function in _CALLS:
        return Function_(_CALLS[function], found)
    if function in _OPERATORS:
        return _joined(function, found)
    match function, args:
        case Function.SUBSTRING, (_, Literal(int(start)), *_):
            return Function_("substr", (found[0], _constant(start + 1), *found[2:]))
        case Function.REPLACE, (_, Literal(str(old)), Literal(str(new))):
            return Function_("replace", (found[0], String(_ODD.sub(r"\\\1", old)), String(new.replace("\\", "\\\\"))))
        case Function.SPLIT, _:
            return Function_("mvindex", (Function_("split", found[:2]), found[2]))
        case Function.COALESCE, _:
            *first, last = (Function_("nullif", (one, String(""))) for one in found)
            return Function_("coalesce", (*first, last))
        case _:
            raise TypeError(f"{function.value} is not a function that SPL has")


def _joined(function: Function, found: tuple[EvalExpr, ...]) -> EvalExpr:
    numbers = function is not Function.CONCAT
    parts = [Function_("tonumber", (one,)) if numbers and isinstance(one, Name) else one for one in found]
    whole, *rest = parts
    for one in rest:
        whole = Binary(_OPERATORS[function], whole, one)
    return whole
