"""Turns expressions into functions of a row."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Any, assert_never

from transpile.dialects.esql.query_string import read_regex
from transpile.dialects.esql.run_columns import Line, Value, is_null, read
from transpile.dialects.esql.run_functions import call, like, members, pack_all, rlike, single, text
from transpile.dialects.esql.run_time import length
from transpile.dialects.esql.tree import (
    And,
    Arithmetic,
    Array,
    Boolean,
    Call,
    Cast,
    Column,
    Compare,
    Comparison,
    Expr,
    In,
    IsNull,
    Like,
    Negative,
    Not,
    Null,
    Number,
    Options,
    Or,
    Parameter,
    Search,
    Sign,
    Star,
    String,
    TimeSpan,
)
from transpile.dialects.kit.running.addresses import as_address
from transpile.dialects.kit.running.indexed import MappingType, Scalar, as_text, as_time
from transpile.dialects.kit.running.logic import Truth, conjunction, disjunction, negate
from transpile.dialects.kit.running.lucene import compile_regex
from transpile.dialects.kit.running.values import all_values
from transpile.evaluate import Unproven

Condition = Callable[[Line], Truth]
Reader = Callable[[Line], Any]

_ORDERS: Mapping[Comparison, Callable[[Any, Any], bool]] = {
    Comparison.LT: operator.lt,
    Comparison.LTE: operator.le,
    Comparison.GT: operator.gt,
    Comparison.GTE: operator.ge,
}
_CASTS = {
    "string": "TO_STRING",
    "keyword": "TO_STRING",
    "long": "TO_LONG",
    "integer": "TO_INTEGER",
    "int": "TO_INTEGER",
}
_CASTS |= {
    "double": "TO_DOUBLE",
    "ip": "TO_IP",
    "boolean": "TO_BOOLEAN",
    "datetime": "TO_DATETIME",
    "date": "TO_DATETIME",
}


class Compiler:
    """Compiles the expressions of one query. `kinds` are the types of the index's columns."""

    def __init__(self, kinds: Mapping[str, MappingType]) -> None:
        self.kinds = kinds

    def condition(self, expr: Expr) -> Condition:
        """Whether the expression is true of a row, or None where it is null."""
        match expr:
            case And(args):
                return conjunction([self.condition(arg) for arg in args])
            case Or(args):
                return disjunction([self.condition(arg) for arg in args])
            case Not(arg):
                inner = self.condition(arg)
                return lambda line: negate(inner(line))
            case IsNull(Column(name), negated):
                kind = self.kinds.get(name)
                return lambda line: is_null(line, name, kind) is not negated
            case IsNull(operand, negated):
                value = self.value(operand)
                return lambda line: (value(line) is None) is not negated
            case Compare(comparison, left, right):
                one, other = self.value(left), self.value(right)
                return lambda line: compare(comparison, single(one(line)), single(other(line)))
            case In(operand, values, negated):
                return self._membership(operand, values, negated)
            case Like(operand, patterns, regex, negated):
                return self._likeness(operand, patterns, regex, negated)
            case Search(operand, constant):
                value, wanted = self.value(operand), self.value(constant)
                return lambda line: any(
                    compare(Comparison.EQ, one, wanted(line)) is True for one in members(value(line))
                )
            case Call("QSTR", (String(query),)):
                return self._search(query)
            case _:
                value = self.value(expr)
                return lambda line: _truth(single(value(line)))

    def _search(self, query: str) -> Condition:
        """QSTR of one regex, which some value of a field, or of any field, matches whole."""
        found = read_regex(query)
        if found is None:
            raise Unproven("query strings other than one regex are not run here")
        name, regex = found
        accepts = compile_regex(regex, False)
        if name is None:
            return _search_everywhere(accepts)
        value = self.value(Column(name))

        def check(line: Line) -> Truth:
            if line.event is None:
                raise Unproven("Elasticsearch rejects QSTR after STATS")
            return any(isinstance(one, str) and accepts(one) for one in members(value(line)))

        return check

    def _membership(self, operand: Expr, values: tuple[Expr, ...], negated: bool) -> Condition:
        value, options = self.value(operand), [self.value(one) for one in values]

        def equals(one: Reader) -> Condition:
            return lambda line: compare(Comparison.EQ, single(value(line)), single(one(line)))

        found = disjunction(map(equals, options))
        return (lambda line: negate(found(line))) if negated else found

    def _likeness(self, operand: Expr, patterns: tuple[str, ...], regex: bool, negated: bool) -> Condition:
        value = self.value(operand)
        accepts = [(rlike if regex else like)(pattern) for pattern in patterns]

        def check(line: Line) -> Truth:
            found = single(value(line))
            if found is None:
                return None
            return any(accept(text(found)) for accept in accepts) is not negated

        return check

    def value(self, expr: Expr) -> Reader:
        """What the expression is of a row."""
        match expr:
            case Column(name):
                kind = self.kinds.get(name)
                return lambda line: read(line, name, kind)
            case String(constant) | Number(constant) | Boolean(constant):
                return lambda line: constant
            case Null():
                return lambda line: None
            case TimeSpan(count, unit):
                span = length(count, unit)
                return lambda line: span
            case Array(values):
                constants = tuple(getattr(one, "value", None) for one in values)
                return lambda line: constants
            case Cast(operand, type_):
                return self.value(Call(_CASTS.get(type_, f"::{type_}"), (operand,)))
            case Call():
                return self._function(expr)
            case Arithmetic(sign, left, right):
                one, other = self.value(left), self.value(right)
                return lambda line: _calculate(sign, single(one(line)), single(other(line)))
            case Negative(operand):
                inner = self.value(operand)
                return lambda line: _calculate(Sign.SUBTRACT, 0, single(inner(line)))
            case Compare() | In() | Like() | IsNull() | Search() | And() | Or() | Not():
                return self.condition(expr)
            case Parameter() | Options() | Star():
                raise Unproven("parameters are filled in elsewhere")
            case _:
                assert_never(expr)

    def _function(self, expr: Call) -> Reader:
        match expr:
            case Call("CASE", args):
                return self._case(args)
            case Call("KQL" | "QSTR" | "MATCH" | "MATCH_PHRASE" | "NOW" as name):
                raise Unproven(f"{name} is not run here")
            case Call("BUCKET", (moment, TimeSpan() as span)):
                return self.value(Call("DATE_TRUNC", (span, moment)))
            case Call(name, args):
                values = [self.value(arg) for arg in args]
                return lambda line: call(name, tuple(value(line) for value in values))

    def _case(self, args: tuple[Expr, ...]) -> Reader:
        """Conditions and values by turns; a last value alone is the default, else null."""
        pairs = [(self.condition(test), self.value(value)) for test, value in zip(args[::2], args[1::2], strict=False)]
        default = self.value(args[-1]) if len(args) % 2 else (lambda line: None)

        def first(line: Line) -> Value:
            found: Value = next((value(line) for test, value in pairs if test(line) is True), default(line))
            return found

        return first


def compare(comparison: Comparison, left: Scalar | None, right: Scalar | None) -> Truth:
    """The comparison of two values, of which null makes null. `Unproven` for values of different types.

    A string is cast to the address or date that it is compared with ("Implicit casting").

    >>> compare(Comparison.EQ, "a", "A"), compare(Comparison.GT, 5, 4), compare(Comparison.NE, None, 1)
    (False, True, None)
    """
    if left is None or right is None:
        return None
    left, right = _cast(left, right), _cast(right, left)
    if isinstance(left, bool) != isinstance(right, bool) or isinstance(left, str) != isinstance(right, str):
        raise Unproven(f"Elasticsearch rejects the query: {left!r} and {right!r} are of different types")
    match comparison:
        case Comparison.EQ:
            return left == right
        case Comparison.NE:
            return left != right
        case Comparison.EQ_FOLD:
            raise Unproven("=~ is not documented")
        case _:
            try:
                return _ORDERS[comparison](left, right)
            except TypeError as error:
                raise Unproven(f"Elasticsearch rejects the query: {error}") from error


def _cast(value: Scalar, other: Scalar) -> Scalar:
    if not isinstance(value, str) or isinstance(other, str):
        return value
    found: Scalar | None = value
    if isinstance(other, IPv4Address | IPv6Address):
        found = as_address(value)
    elif isinstance(other, datetime):
        found = as_time(value)
    if found is None:
        raise Unproven(f"Elasticsearch rejects the query: {value!r} cannot be cast")
    return found


def _truth(value: Scalar | None) -> Truth:
    if value is None or isinstance(value, bool):
        return value
    raise Unproven("Elasticsearch rejects the query: a condition that is neither true nor false")


def _calculate(sign: Sign, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None
    if isinstance(left, datetime) or isinstance(right, datetime):
        if isinstance(left, timedelta) or isinstance(right, timedelta):
            return left + right if sign is Sign.ADD else left - right
        raise Unproven("Elasticsearch rejects sums of dates")
    if isinstance(left, str | bool) or isinstance(right, str | bool):
        raise Unproven("Elasticsearch rejects sums of anything but numbers")
    match sign:
        case Sign.ADD:
            return left + right
        case Sign.SUBTRACT:
            return left - right
        case Sign.MULTIPLY:
            return left * right
        case Sign.DIVIDE | Sign.MODULO:
            return _divide(sign, left, right)
        case _:
            assert_never(sign)


def _divide(sign: Sign, left: float, right: float) -> float | None:
    """Integers give an integer, rounded towards zero; a division by zero is null, with a warning."""
    if right == 0:
        return None
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    if sign is Sign.MODULO:
        return left - quotient * right
    return quotient if isinstance(left, int) and isinstance(right, int) else left / right


def _search_everywhere(accepts: Callable[[str], bool]) -> Condition:
    """A value of some field matches the regex whole.

    A search of all fields leaves out those that are not text, so nothing is proven where one of these would match; of
    text of several words nothing is either, since it depends on the field whether the words are looked at one by one.
    """

    def check(line: Line) -> Truth:
        if line.event is None:
            raise Unproven("Elasticsearch rejects QSTR after STATS")
        doubt = False
        for _, value in all_values(line.event):
            if isinstance(value, str):
                if accepts(value):
                    return True
            elif accepts(as_text(value)):
                doubt = True
        if doubt:
            raise Unproven("a search over all fields leaves out those that do not hold text")
        return False

    return check


__all__ = ["Compiler", "Condition", "Reader", "compare", "pack_all"]
