"""Values of ES|QL as values of IR, and columns that commands compute, put in the place of their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from transpile.dialects.esql import tree as esql
from transpile.dialects.esql.tree import Expr, Sign
from transpile.ir.match import Call, Field, Function, Literal, Value

_FUNCTIONS = {
    "TO_LOWER": (Function.LOWER, 1),
    "TO_UPPER": (Function.UPPER, 1),
    "TRIM": (Function.TRIM, 1),
    "LENGTH": (Function.LENGTH, 1),
    "TO_LONG": (Function.NUMBER, 1),
    "TO_INTEGER": (Function.NUMBER, 1),
    "TO_DOUBLE": (Function.NUMBER, 1),
    "FROM_BASE64": (Function.BASE64_DECODE, 1),
    "URL_DECODE": (Function.URL_DECODE, 1),
}
_SAME = frozenset({"TO_STRING", "TO_IP", "TO_BOOLEAN", "MV_DEDUPE", "MV_SORT"})
_SIGNS = {
    Sign.ADD: Function.ADD,
    Sign.SUBTRACT: Function.SUBTRACT,
    Sign.MULTIPLY: Function.MULTIPLY,
    Sign.DIVIDE: Function.DIVIDE,
}


class UnliftableError(ValueError):
    """A part of the query has no form in IR, for the reason given."""


def lift_value(expr: Expr) -> Value:
    """The value in IR. Raises `UnliftableError` for what has no form there.

    >>> lift_value(esql.Call("LENGTH", (esql.Column("a"),))) == Call(Function.LENGTH, (Field("a"),))
    True
    """
    match expr:
        case esql.Column(name):
            return Field(name)
        case esql.String(value) | esql.Number(value):
            return Literal(value)
        case esql.Cast(operand, "string" | "keyword" | "ip"):
            return lift_value(operand)
        case esql.Call(name, (only,)) if name in _SAME:
            return lift_value(only)
        case esql.Call(name, args) if name in _FUNCTIONS and len(args) == _FUNCTIONS[name][1]:
            return Call(_FUNCTIONS[name][0], tuple(map(lift_value, args)))
        case esql.Call("CONCAT", args):
            return Call(Function.CONCAT, tuple(map(lift_value, args)))
        case esql.Call("SUBSTRING", (text, esql.Number(start), *rest)) if start >= 1:
            return Call(Function.SUBSTRING, (lift_value(text), Literal(int(start) - 1), *map(lift_value, rest)))
        case esql.Call("LEFT", (text, esql.Number(length))):
            return Call(Function.SUBSTRING, (lift_value(text), Literal(0), Literal(length)))
        case esql.Arithmetic(sign, left, right) if sign in _SIGNS:
            return Call(_SIGNS[sign], (lift_value(left), lift_value(right)))
        case esql.Call(name):
            raise UnliftableError(f"the function {name} has no counterpart")
        case _:
            raise UnliftableError("the value has no counterpart")


def columns_of(expr: Any) -> set[str]:
    """The columns that an expression names.

    >>> columns_of(esql.Call("F", (esql.Column("a"), esql.Number(1))))
    {'a'}
    """
    if isinstance(expr, esql.Column):
        return {expr.name}
    if isinstance(expr, tuple):
        return set().union(*map(columns_of, expr))
    if is_dataclass(expr) and not isinstance(expr, type):
        return set().union(*(columns_of(getattr(expr, one.name)) for one in fields(expr)))
    return set()


def substitute(expr: Any, known: Mapping[str, Expr]) -> Any:
    """The expression with the columns that are known put in the place of their names.

    >>> substitute(esql.Call("F", (esql.Column("a"),)), {"a": esql.Number(1)}) == esql.Call("F", (esql.Number(1),))
    True
    """
    if isinstance(expr, esql.Column):
        return known.get(expr.name, expr)
    if isinstance(expr, tuple):
        return tuple(substitute(one, known) for one in expr)
    if not is_dataclass(expr) or isinstance(expr, type):
        return expr
    changed = {one.name: substitute(getattr(expr, one.name), known) for one in fields(expr) if one.name != "span"}
    return replace(expr, **changed) if changed else expr
