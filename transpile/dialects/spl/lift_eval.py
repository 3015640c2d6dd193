"""The eval language as IR: values of `eval`, and the truth of `where`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from types import MappingProxyType
from typing import assert_never

from transpile.dialects.spl import codes
from transpile.dialects.spl import tree as spl
from transpile.dialects.spl.lift_functions import FUNCTIONS
from transpile.dialects.spl.lift_logic import both, either, opposite
from transpile.dialects.spl.lift_tests import text_test
from transpile.dialects.spl.lift_value import (
    Choice,
    Computed,
    Nothing,
    Truth,
    Unknown,
    apply,
    ask,
    constant,
    fields_equal,
    numbers_ordered,
    present,
    refer,
    relate,
    unknown,
)
from transpile.ir import match as ir
from transpile.ir.expr import Expr
from transpile.ir.match import Case, Compare, Function, Literal, Order, Pattern, Regex
from transpile.record import record
from transpile.source import Span

Spans = Callable[[spl.Place | None], Span | None]
Texts = Callable[[spl.Place | None], str]


@record
class Scope:
    """What an expression is read in: what fields hold, where text is, and how `searchmatch` reads a search."""

    field: Callable[[str], Computed]
    span: Spans
    text: Texts
    search: Callable[[str], Expr | None]


def truth(expr: spl.EvalExpr, scope: Scope) -> Truth:
    """When the expression is true, and when it is false."""
    match expr:
        case spl.And(args):
            found = [truth(arg, scope) for arg in args]
            return Truth(both(*(one.holds for one in found)), either(*(one.fails for one in found)))
        case spl.Or(args):
            found = [truth(arg, scope) for arg in args]
            return Truth(either(*(one.holds for one in found)), both(*(one.fails for one in found)))
        case spl.Not(arg):
            return truth(arg, scope).negated()
        case spl.Xor(args):
            return _odd([truth(arg, scope) for arg in args])
        case spl.Binary():
            return _binary(expr, scope)
        case spl.Among(subject, choices):
            return _any([_equal(subject, choice, scope, expr.place) for choice in choices])
        case spl.Call(name, args):
            return _call(expr, name, args, scope)
        case spl.Macro(text):
            return unknown(Unknown(f"`{text}`", codes.SPL010, text), scope.span(expr.place))
        case spl.Name() | spl.String() | spl.Number() | spl.Negative():
            return _unsaid(expr, scope)
        case _:
            assert_never(expr)


def _any(found: list[Truth]) -> Truth:
    return Truth(either(*(one.holds for one in found)), both(*(one.fails for one in found)))


def _odd(found: list[Truth]) -> Truth:
    first, *rest = found
    for one in rest:
        first = Truth(
            either(both(first.holds, one.fails), both(first.fails, one.holds)),
            either(both(first.holds, one.holds), both(first.fails, one.fails)),
        )
    return first


def _unsaid(expr: spl.EvalExpr, scope: Scope) -> Truth:
    """A test that has no form here."""
    return unknown(_nameless(expr, scope), scope.span(_place(expr)))


def _nameless(expr: spl.EvalExpr, scope: Scope) -> Unknown:
    return Unknown(scope.text(_place(expr)) or type(expr).__name__.lower(), codes.SPL013)


def _place(expr: spl.EvalExpr) -> spl.Place | None:
    return None if isinstance(expr, spl.And | spl.Or | spl.Xor | spl.Not) else expr.place


# --- comparisons

_ORDERS: Mapping[str, Order] = MappingProxyType({one.value: one for one in Order})
_SWAPPED: Mapping[str, str] = MappingProxyType({"<": ">", ">": "<", "<=": ">=", ">=": "<="})


def _binary(expr: spl.Binary, scope: Scope) -> Truth:
    match expr.operator:
        case "=" | "==":
            return _equal(expr.left, expr.right, scope, expr.place)
        case "!=":
            return _equal(expr.left, expr.right, scope, expr.place).negated()
        case "<" | "<=" | ">" | ">=":
            return _ordered(expr, scope)
        case "LIKE":
            return _like(expr.left, expr.right, scope, expr)
        case _:
            return _unsaid(expr, scope)


def _equal(left: spl.EvalExpr, right: spl.EvalExpr, scope: Scope, place: spl.Place | None) -> Truth:
    shaped = _shaped(left, right, scope, place)
    if shaped is not None:
        return shaped
    one, other = value(left, scope), value(right, scope)
    span = scope.span(place)

    def compare(here: ir.Value, there: ir.Value) -> Truth | None:
        if isinstance(here, Literal) and not isinstance(there, Literal):
            here, there = there, here
        if isinstance(there, Literal):
            return _same(here, there, span)
        fields = fields_equal(here, there)
        return refer(fields[0], ir.FieldRef(fields[1], case=fields[2]), span) if fields else None

    return relate(one, other, compare, Unknown(scope.text(place), codes.SPL013), span)


def _same(here: ir.Value, there: Literal, span: Span | None) -> Truth:
    """A value is a constant: a number by its value, a text with its case."""
    if isinstance(there.value, str):
        return ask(here, text_test(there.value), span)
    if isinstance(here, Literal):
        return constant(str(here.value) == str(there.value))
    return ask(here, ir.Number(there.value), span)


def _shaped(left: spl.EvalExpr, right: spl.EvalExpr, scope: Scope, place: spl.Place | None) -> Truth | None:
    """`substr(a, 1, len(b)) == b` and `substr(a, -len(b)) == b`: one field starts or ends with another."""
    match left:
        case spl.Call("substr", (subject, spl.Number("1"), spl.Call("len", (length,)))) if length == right:
            shape = ir.Shape.STARTS
        case spl.Call("substr", (subject, spl.Negative(spl.Call("len", (length,))))) if length == right:
            shape = ir.Shape.ENDS
        case _:
            return None
    return _reference(subject, right, shape, scope, place)


def _reference(
    subject: spl.EvalExpr, other: spl.EvalExpr, shape: ir.Shape, scope: Scope, place: spl.Place | None
) -> Truth:
    span = scope.span(place)

    def compare(here: ir.Value, there: ir.Value) -> Truth | None:
        fields = fields_equal(here, there)
        return refer(fields[0], ir.FieldRef(fields[1], shape, fields[2]), span) if fields else None

    text = Unknown(scope.text(place), codes.SPL013)
    return relate(value(subject, scope), value(other, scope), compare, text, span)


def _ordered(expr: spl.Binary, scope: Scope) -> Truth:
    """Numbers by size. Values that are not numbers are compared as text, which is not followed here.

    Whether a number in quotes is compared by its size or as text is not documented, so that such a test has no form.
    """
    match expr:
        case spl.Binary(">", spl.Call("mvcount", (spl.Call("split", (subject, other)),)), spl.Number("1")) if (
            not isinstance(other, spl.String)
        ):
            return _reference(subject, other, ir.Shape.CONTAINS, scope, expr.place)
    span = scope.span(expr.place)
    order = _ORDERS[expr.operator]

    def compare(here: ir.Value, there: ir.Value) -> Truth | None:
        turned = order
        if isinstance(here, Literal) and not isinstance(there, Literal):
            here, there, turned = there, here, _ORDERS[_SWAPPED[order.value]]
        if isinstance(there, Literal):
            return None if isinstance(there.value, str) else ask(here, Compare(turned, there.value), span)
        return numbers_ordered(here, there, turned, span)

    left, right = value(expr.left, scope), value(expr.right, scope)
    return relate(left, right, compare, Unknown(scope.text(expr.place), codes.SPL013), span)


def _like(subject: spl.EvalExpr, pattern: spl.EvalExpr, scope: Scope, expr: spl.EvalExpr) -> Truth:
    """`%` stands for any text, `_` for one character; what a backslash means there is not documented."""
    if not isinstance(pattern, spl.String):
        return _unsaid(expr, scope)
    wildcards = {"%": ir.ANY, "_": ir.ONE}
    test = Pattern.of(*(wildcards.get(char, char) for char in pattern.text), case=Case.SENSITIVE)
    return ask(value(subject, scope), test, scope.span(_place(expr)))


# --- functions that are true or false


def _call(expr: spl.Call, name: str, args: tuple[spl.EvalExpr, ...], scope: Scope) -> Truth:
    span = scope.span(expr.place)
    match name, args:
        case "true", ():
            return constant(True)
        case "false", ():
            return constant(False)
        case "isnull" | "isnotnull", (arg,):
            there = _has_value(arg, scope, span)
            return Truth(there, opposite(there)) if name == "isnotnull" else Truth(opposite(there), there)
        case "match", (subject, spl.String(pattern)):
            return ask(value(subject, scope), Regex(pattern), span, "re")
        case "like", (subject, pattern):
            return _like(subject, pattern, scope, expr)
        case "in", (subject, *choices):
            return _any([_equal(subject, choice, scope, expr.place) for choice in choices])
        case "cidrmatch", (spl.String(network), subject) if (normal := _network(network)) is not None:
            return ask(value(subject, scope), ir.Cidr(normal), span, "cidr")
        case "searchmatch", (spl.String(text),) if (found := scope.search(text)) is not None:
            return Truth(found, opposite(found))
        case "if" | "case" | "coalesce", _:
            return _unsaid(expr, scope)
        case "not", (arg,):
            return truth(arg, scope).negated()
        case _:
            return _unsaid(expr, scope)


def _has_value(arg: spl.EvalExpr, scope: Scope, span: Span | None) -> Expr:
    """`mvfind(f, regex)` and `mvfilter(test)` have a value where one of the field's values passes."""
    match arg:
        case spl.Call("mvfind", (subject, spl.String(pattern))):
            return ask(value(subject, scope), Regex(pattern), span, "re").holds
        case spl.Call("mvfilter", (predicate,)):
            return truth(predicate, scope).holds
        case _:
            return present(value(arg, scope), span)


def _network(text: str) -> str | None:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return None


# --- values


def value(expr: spl.EvalExpr, scope: Scope) -> Computed:
    """What the expression gives."""
    match expr:
        case spl.Name("null"):
            return Nothing()
        case spl.Name(name):
            return scope.field(name)
        case spl.String(text):
            return Literal(text)
        case spl.Number(text):
            number = float(text)
            return Literal(int(number) if number.is_integer() and text.isdigit() else number)
        case spl.Negative(spl.Number(text)):
            return Literal(-float(text) if "." in text else -int(float(text)))
        case spl.Binary(operator, left, right) if operator in _ARITHMETIC:
            function = _ARITHMETIC[operator]
            return apply(lambda *args: _arithmetic(function, args), value(left, scope), value(right, scope))
        case spl.Call(name, args):
            return _value_of_call(expr, name, args, scope)
        case spl.Macro(text):
            return Unknown(f"`{text}`", codes.SPL010, text)
        case _:
            return _nameless(expr, scope)


_ARITHMETIC: Mapping[str, Function] = MappingProxyType(
    {
        ".": Function.CONCAT,
        "+": Function.ADD,
        "-": Function.SUBTRACT,
        "*": Function.MULTIPLY,
        "/": Function.DIVIDE,
    }
)


def _arithmetic(function: Function, args: tuple[ir.Value, ...]) -> Computed:
    if function is Function.CONCAT and all(isinstance(arg, Literal) for arg in args):
        return Literal("".join(str(arg.value) for arg in args if isinstance(arg, Literal)))
    if function is Function.ADD and any(isinstance(arg, Literal) and isinstance(arg.value, str) for arg in args):
        function = Function.CONCAT  # `+` joins two strings
    return ir.Call(function, args)


def _value_of_call(expr: spl.Call, name: str, args: tuple[spl.EvalExpr, ...], scope: Scope) -> Computed:
    match name, args:
        case "if", (condition, yes, no):
            return Choice(((truth(condition, scope).holds, value(yes, scope)),), value(no, scope))
        case "case", _:
            pairs = zip(args[::2], args[1::2], strict=False)
            return Choice(tuple((truth(when, scope).holds, value(then, scope)) for when, then in pairs), Nothing())
        case "coalesce", _:
            return _first([value(arg, scope) for arg in args])
        case "nullif", (one, other):
            return Choice(((_equal(one, other, scope, expr.place).holds, Nothing()),), value(one, scope))
        case "null", ():
            return Nothing()
        case "mvindex", (spl.Call("split", (subject, spl.String(separator))), spl.Number(index)) if index.isdigit():
            return apply(
                lambda one: ir.Call(Function.SPLIT, (one, Literal(separator), Literal(int(index)))),
                value(subject, scope),
            )
        case _ if name in FUNCTIONS:
            function = FUNCTIONS[name]
            found = [value(arg, scope) for arg in args]
            return apply(lambda *plain: function(*plain) or _nameless(expr, scope), *found)
        case _:
            return _nameless(expr, scope)


def _first(options: list[Computed]) -> Computed:
    """The first that has a value."""
    *before, last = options
    branches = tuple((present(one), one) for one in before)
    return Choice(branches, last) if branches else last
