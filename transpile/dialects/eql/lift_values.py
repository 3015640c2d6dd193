"""Lifts operands and calls: functions as values of IR, and the functions that are tests as tests of a value.

Meanings are those of the "EQL function reference". Function names ignore case (EqlFunctionRegistry normalises them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv6Network, ip_network
from types import MappingProxyType
from typing import assert_never

from transpile.dialects.eql import tree as eql
from transpile.ir.expr import FALSE, And, Expr, Match, Or
from transpile.ir.match import (
    ANY,
    ONE,
    Call,
    Case,
    Cidr,
    Compare,
    Field,
    FieldRef,
    FieldType,
    Function,
    Literal,
    Number,
    Order,
    Pattern,
    Shape,
    Test,
    Value,
)
from transpile.record import record
from transpile.source import Span


class UnliftableError(ValueError):
    """The predicate has no form in IR, for the reason given."""


@record
class Predicate:
    """A predicate in IR. `needs` are the fields without which it is null rather than false, so that `not` drops it."""

    expr: Expr
    needs: tuple[str, ...] = ()


_IPV4_IN_IPV6 = IPv6Network("::ffff:0:0/96")
_SHAPES: Mapping[str, Shape] = MappingProxyType(
    {"startswith": Shape.STARTS, "endswith": Shape.ENDS, "stringcontains": Shape.CONTAINS}
)
_PATTERNS: Mapping[Shape, Callable[[str, Case], Pattern]] = MappingProxyType(
    {
        Shape.STARTS: lambda text, case: Pattern.of(text, ANY, case=case),
        Shape.ENDS: lambda text, case: Pattern.of(ANY, text, case=case),
        Shape.CONTAINS: lambda text, case: Pattern.of(ANY, text, ANY, case=case),
    }
)
_SIGNS: Mapping[eql.Sign, Function] = MappingProxyType(
    {
        eql.Sign.ADD: Function.ADD,
        eql.Sign.SUBTRACT: Function.SUBTRACT,
        eql.Sign.MULTIPLY: Function.MULTIPLY,
        eql.Sign.DIVIDE: Function.DIVIDE,
    }
)
_ARITHMETIC: Mapping[str, eql.Sign] = MappingProxyType(
    {
        "add": eql.Sign.ADD,
        "subtract": eql.Sign.SUBTRACT,
        "multiply": eql.Sign.MULTIPLY,
        "divide": eql.Sign.DIVIDE,
        "modulo": eql.Sign.MODULO,
    }
)


def lift_value(expr: eql.Expr) -> Value:
    """An operand as a value. Raises `UnliftableError` for conditions and for functions without an equivalent."""
    match expr:
        case eql.Field(name):
            return Field(name)
        case eql.String(value) | eql.Number(value):
            return Literal(value)
        case eql.Call(name, args):
            return _call(name.lower(), args)
        case eql.Arithmetic(sign, left, right):
            return _arithmetic(sign, left, right)
        case eql.Negative(operand):
            return Call(Function.SUBTRACT, (Literal(0), lift_value(operand)))
        case eql.Boolean() | eql.Null() | eql.Compare() | eql.Lookup() | eql.And() | eql.Or() | eql.Not():
            raise UnliftableError("a condition used as a value")
        case _:
            assert_never(expr)


def fields_of(expr: eql.Expr) -> tuple[str, ...]:
    """The fields in an operand, each once, left to right."""
    match expr:
        case eql.Field(name):
            return (name,)
        case eql.Call(_, args):
            return tuple(dict.fromkeys(name for arg in args for name in fields_of(arg)))
        case eql.Arithmetic(_, left, right):
            return tuple(dict.fromkeys((*fields_of(left), *fields_of(right))))
        case eql.Negative(operand):
            return fields_of(operand)
        case _:
            return ()


def is_text_of_field(expr: eql.Expr) -> bool:
    """Whether the operand is `string(field)`: a test of the text of the field."""
    match expr:
        case eql.Call(name, (eql.Field(),)):
            return name.lower() == "string"
        case _:
            return False


def _call(name: str, args: tuple[eql.Expr, ...]) -> Value:
    if sign := _ARITHMETIC.get(name):
        return _arithmetic(sign, *_exactly(2, name, args))
    match name:
        case "length":
            return Call(Function.LENGTH, (lift_value(*_exactly(1, name, args)),))
        case "string":
            (inner,) = _exactly(1, name, args)
            # A field that is turned into text holds something else: numbers, say.
            return Field(inner.name, FieldType.NUMBER) if isinstance(inner, eql.Field) else _text(inner)
        case "concat":
            return Call(Function.CONCAT, tuple(map(lift_value, args)))
        case "substring":
            return _substring(args)
        case _:
            raise UnliftableError(f"the function {name}")


def _text(inner: eql.Expr) -> Value:
    return Call(Function.TEXT, (lift_value(inner),))


def _exactly(count: int, name: str, args: tuple[eql.Expr, ...]) -> tuple[eql.Expr, ...]:
    if len(args) != count:
        raise UnliftableError(f"{name} with {len(args)} arguments")
    return args


def _substring(args: tuple[eql.Expr, ...]) -> Value:
    match args:
        case (source, eql.Number(int() as start)) if start >= 0:
            return Call(Function.SUBSTRING, (lift_value(source), Literal(start)))
        case (source, eql.Number(int() as start), eql.Number(int() as end)) if 0 <= start <= end:
            return Call(Function.SUBSTRING, (lift_value(source), Literal(start), Literal(end - start)))
        case _:
            raise UnliftableError("substring with a negative or computed position")


def _arithmetic(sign: eql.Sign, left: eql.Expr, right: eql.Expr) -> Value:
    if sign is eql.Sign.MODULO:
        raise UnliftableError("a remainder")
    if sign is eql.Sign.DIVIDE and not any(
        isinstance(one, eql.Number) and "." in str(one.value) for one in (left, right)
    ):
        raise UnliftableError("a division, which rounds down if both sides are integers")
    return Call(_SIGNS[sign], (lift_value(left), lift_value(right)))


# --- calls that are conditions


def lift_call(call: eql.Call) -> Predicate:
    """A call as a condition. Raises `UnliftableError` for a function that is not a test or has no equivalent."""
    name = call.name.lower()
    if name == "cidrmatch":
        return _cidr_match(call)
    shape = _SHAPES.get(name)
    if shape is None:
        raise UnliftableError(f"the function {call.name} as a condition")
    source, part = _exactly(2, name, call.args)
    case = Case.ASCII if call.fold else Case.SENSITIVE
    operator = call.name + "~" * call.fold
    needs = fields_of(call)
    match lift_value(part):
        case Literal(str() as text):
            if shape is Shape.CONTAINS and not text:
                return Predicate(FALSE, needs)
            test: Test = _PATTERNS[shape](text, case)
            return Predicate(Match(lift_value(source), test, operator, call.span), needs)
        case Field() as other:
            match = Match(lift_value(source), FieldRef(other, shape, case), operator, call.span)
            if shape is not Shape.CONTAINS:
                return Predicate(match, needs)
            # No text contains the empty one here ("EQL function reference", stringContains).
            return Predicate(_and_not_empty(match, other), needs)
        case _:
            raise UnliftableError(f"{call.name} of a computed text")


def _and_not_empty(match: Match, other: Field) -> Expr:
    return And((match, Match(other, Pattern((ONE, ANY)), match.operator, match.span)))


def _cidr_match(call: eql.Call) -> Predicate:
    if len(call.args) < 2:
        raise UnliftableError("cidrMatch without a network")
    value = lift_value(call.args[0])
    found: list[Expr] = []
    for arg in call.args[1:]:
        if not isinstance(arg, eql.String):
            raise UnliftableError("cidrMatch with a computed network")
        found += [Match(value, Cidr(network), call.name, arg.span) for network in _networks(arg.value)]
    expr = found[0] if len(found) == 1 else Or(tuple(found))
    return Predicate(expr, () if isinstance(value, Field) else fields_of(call))


def _networks(text: str) -> tuple[str, ...]:
    """The networks of both families that one stands for: Elasticsearch keeps 10.0.0.1 as ::ffff:10.0.0.1."""
    try:
        network = ip_network(text, strict=False)
    except ValueError as error:
        raise UnliftableError(f"the network {text!r}") from error
    if not isinstance(network, IPv6Network) or not network.overlaps(_IPV4_IN_IPV6):
        return (str(network),)
    if network.prefixlen <= _IPV4_IN_IPV6.prefixlen:
        return str(network), "0.0.0.0/0"
    return (str(network), f"{network.network_address.ipv4_mapped}/{network.prefixlen - _IPV4_IN_IPV6.prefixlen}")


# --- comparisons of calls


def lift_comparison(call: eql.Call | eql.Arithmetic | eql.Negative, test: Test, span: Span | None) -> Predicate:
    """A test of what a call gives: as a test of a field where the two are the same."""
    needs = fields_of(call)
    plain = _plain(call, test, span) if isinstance(call, eql.Call) else None
    return Predicate(plain if plain is not None else Match(lift_value(call), test, "", span), needs)


def _plain(call: eql.Call, test: Test, span: Span | None) -> Expr | None:
    match call.name.lower(), call.args:
        case "substring", (eql.Field(name), *bounds) if isinstance(test, Pattern):
            pattern = _part(bounds, test)
            return Match(Field(name), pattern, "substring", span) if pattern else None
        case "indexof", (eql.Field(name), eql.String(text)) if text:
            found = _position(test, text, Case.ASCII if call.fold else Case.SENSITIVE)
            if found is None:
                raise UnliftableError("a position other than the start of a text")
            return Match(Field(name), found, "indexOf", span)
        case "between", _:
            raise UnliftableError("the function between")
        case _:
            return None


def _part(bounds: list[eql.Expr], test: Pattern) -> Pattern | None:
    """The pattern of the values whose part passes the test, if the test fixes the length of the part."""
    if ANY in test.parts:
        return None
    length = sum(len(part) if isinstance(part, str) else 1 for part in test.parts)
    match bounds:
        case [eql.Number(int() as start)] if start < 0 and length == -start:
            return Pattern.of(ANY, *test.parts, case=test.case)
        case [eql.Number(int() as start), eql.Number(int() as end)] if start >= 0 and end - start == length:
            return Pattern.of(*(ONE,) * start, *test.parts, ANY, case=test.case)
        case _:
            return None


def _position(test: Test, text: str, case: Case) -> Pattern | None:
    match test:
        case Number(0):
            return _PATTERNS[Shape.STARTS](text, case)
        case Compare(Order.GTE, 0) | Compare(Order.GT, -1):
            return _PATTERNS[Shape.CONTAINS](text, case)
        case Compare(Order.GT, 0) | Compare(Order.GTE, 1):
            return None
        case _:
            return None
