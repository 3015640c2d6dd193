"""Lowers tests of computed values. They run as scripts, which know EQL's functions but not Lucene's regexes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from transpile.dialects.eql import tree as eql
from transpile.dialects.eql.build import literal
from transpile.dialects.eql.patterns import say
from transpile.dialects.eql.tree import Comparison, Expr, Search
from transpile.ir.expr import Match
from transpile.ir.match import (
    Boolean,
    Call,
    Compare,
    Field,
    FieldRef,
    Function,
    Literal,
    Number,
    Pattern,
    Shape,
    Value,
)

_SIGNS: Mapping[Function, eql.Sign] = MappingProxyType(
    {Function.ADD: eql.Sign.ADD, Function.SUBTRACT: eql.Sign.SUBTRACT, Function.MULTIPLY: eql.Sign.MULTIPLY}
)
_SEARCHES = {Shape.STARTS: "startsWith", Shape.ENDS: "endsWith", Shape.CONTAINS: "stringContains"}


class UnsupportedError(ValueError):
    """EQL has no form for the test, for the reason given."""


def lower_computed(match: Match) -> Expr:
    """A test of a computed value. Raises `UnsupportedError` if EQL has no equivalent."""
    operand = lower_value(match.value)
    match match.test:
        case Number(value):
            return eql.Compare(Comparison.EQ, operand, literal(value))
        case Compare(order, value):
            return eql.Compare(Comparison(order.value), operand, literal(value))
        case Boolean(value):
            return eql.Compare(Comparison.EQ, operand, literal(value))
        case Pattern() as pattern:
            search, text = say(pattern)
            if search in (Search.REGEX, Search.REGEX_FOLD):
                raise UnsupportedError("a pattern that takes a regex")
            if search is Search.IN:
                return eql.Compare(Comparison.EQ, operand, literal(text))
            return eql.Lookup(search, operand, (literal(text),))
        case FieldRef(field, shape) as reference if shape in _SEARCHES:
            return eql.Call(_SEARCHES[shape], (operand, eql.Field(field.name)), fold=not reference.cased)
        case other:
            raise UnsupportedError(f"{type(other).__name__.lower()} of a computed value")


def lower_value(value: Value) -> Expr:
    """A value as an operand. Raises `UnsupportedError` for functions that EQL lacks."""
    match value:
        case Field(name):
            return eql.Field(name)
        case Literal(constant):
            return literal(constant)
        case Call(function, args):
            return _call(function, args)
        case _:
            assert_never(value)


def _call(function: Function, args: tuple[Value, ...]) -> Expr:
    operands = tuple(map(lower_value, args))
    if sign := _SIGNS.get(function):
        first, *rest = operands
        for operand in rest:
            first = eql.Arithmetic(sign, first, operand)
        return first
    match function, args, operands:
        case Function.LENGTH, _, _:
            return eql.Call("length", operands)
        case Function.TEXT, _, _:
            return eql.Call("string", operands)
        case Function.CONCAT, _, _:
            return eql.Call("concat", operands)
        case Function.SUBSTRING, (_, Literal(int() as start)), (source, _):
            return eql.Call("substring", (source, eql.Number(start)))
        case Function.SUBSTRING, (_, Literal(int() as start), Literal(int() as length)), (source, _, _):
            return eql.Call("substring", (source, eql.Number(start), eql.Number(start + length)))
        case Function.DIVIDE, (_, Literal(float())) | (Literal(float()), _), (left, right):
            return eql.Arithmetic(eql.Sign.DIVIDE, left, right)
        case Function.DIVIDE, (_, Literal(int() as divisor)), (left, _):
            return eql.Arithmetic(eql.Sign.DIVIDE, left, eql.Number(float(divisor)))
        case _:
            raise UnsupportedError(f"the function {function.value} of these values")
