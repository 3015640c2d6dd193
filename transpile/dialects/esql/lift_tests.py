"""Lifts single tests of ES|QL."""

from __future__ import annotations

from ipaddress import ip_network
from typing import assert_never

from transpile.dialects.esql import tree as esql
from transpile.dialects.esql.lift_kuery import lift_kuery
from transpile.dialects.esql.lift_values import UnliftableError, lift_value
from transpile.dialects.esql.query_string import read_regex
from transpile.dialects.esql.tree import Comparison, Expr
from transpile.dialects.kit.reading.lucene import NoSearchError, as_test
from transpile.ir import expr as ir
from transpile.ir.expr import Keyword, Match
from transpile.ir.match import (
    ANY,
    ONE,
    Boolean,
    Call,
    Case,
    Cidr,
    Compare,
    Field,
    FieldRef,
    Function,
    Number,
    Order,
    Part,
    Pattern,
    Regex,
    Shape,
    Test,
)
from transpile.ir.walk import value_fields
from transpile.record import record
from transpile.source import Span

_ORDERS = {one: Order(one.value) for one in Comparison if one.value in ("<", "<=", ">", ">=")}
_FLIPPED = {
    Comparison.LT: Comparison.GT,
    Comparison.LTE: Comparison.GTE,
    Comparison.GT: Comparison.LT,
    Comparison.GTE: Comparison.LTE,
}
_PARTS = {"STARTS_WITH": Shape.STARTS, "ENDS_WITH": Shape.ENDS, "CONTAINS": Shape.CONTAINS}
_CONSTANTS = (esql.String, esql.Number, esql.Boolean, esql.Null)
_PRESENT = Pattern((ANY,))


@record
class Predicate:
    """When a test holds, and the columns that it needs to be false rather than null."""

    holds: ir.Expr
    needs: frozenset[str] = frozenset()
    span: Span | None = None


def lift_test(expr: Expr) -> Predicate:
    """What a test asks. Raises `UnliftableError` for what has no form in IR."""
    match expr:
        case esql.IsNull(operand, negated, span):
            value = lift_value(operand)
            present = Match(value, _PRESENT, "exists", span)
            return Predicate(present if negated else ir.Not(present), span=span)
        case esql.Compare(operator, left, right, span):
            return _comparison(operator, left, right, span)
        case esql.In(operand, values, negated, span):
            return _negatable([_equals(operand, value, span) for value in values], negated, span)
        case esql.Like(operand, patterns, regex, negated, span):
            found = [_matches(operand, pattern, regex, span) for pattern in patterns]
            return _negatable(found, negated, span)
        case esql.Search(esql.Column(name), value, span) | esql.Call("MATCH", (esql.Column(name), value), span):
            return Predicate(_equals(esql.Column(name), value, span).holds, span=span)
        case esql.Call():
            return _call(expr)
        case esql.Column(name):
            return Predicate(Match(Field(name), Boolean(True)), frozenset({name}))
        case _:
            raise UnliftableError("a condition without a counterpart")


def _negatable(found: list[Predicate], negated: bool, span: Span | None) -> Predicate:
    needs = frozenset[str]().union(*(one.needs for one in found))
    either = found[0].holds if len(found) == 1 else ir.Or(tuple(one.holds for one in found))
    if not negated:
        return Predicate(either, needs, span)
    present = [Match(Field(name), _PRESENT, "exists", span) for name in sorted(needs)]
    return Predicate(ir.And((*present, ir.Not(either))), needs, span)


# --- comparisons


def _comparison(operator: Comparison, left: Expr, right: Expr, span: Span | None) -> Predicate:
    if isinstance(left, _CONSTANTS) and not isinstance(right, _CONSTANTS):
        operator, left, right = _FLIPPED.get(operator, operator), right, left
    if isinstance(left, esql.Null) or isinstance(right, esql.Null):
        return Predicate(ir.FALSE, span=span)
    if operator is Comparison.NE:
        return _negatable([_equals(left, right, span)], True, span)
    if operator is Comparison.EQ:
        return _equals(left, right, span)
    if operator is Comparison.EQ_FOLD:
        raise UnliftableError("=~ is not documented")
    if not isinstance(right, esql.Number):
        raise UnliftableError("an ordering of anything but a number")
    match left:
        case esql.Call("LOCATE", (text, esql.String(part))) if (operator, right.value) == (Comparison.GT, 0):
            return _on(text, Pattern.of(ANY, part, ANY, case=Case.SENSITIVE), "contains", span)
    return _on(left, Compare(_ORDERS[operator], right.value), "", span)


def _equals(left: Expr, right: Expr, span: Span | None) -> Predicate:
    match left, right:
        case esql.Call("CASE", args), _ if isinstance(right, _CONSTANTS):
            return _case(args, right, span)
        case _, esql.String(text):
            return _on(left, Pattern.of(text, case=Case.SENSITIVE), "", span)
        case _, esql.Number(number):
            return _on(left, Number(number), "", span)
        case _, esql.Boolean(truth):
            return _on(left, Boolean(truth), "", span)
        case _, esql.Call("TO_IP", (esql.String(text),)):
            return _on(left, Pattern.of(text), "", span)
        case _:
            return _fields(left, right, Shape.EQUALS, span)


def _fields(left: Expr, right: Expr, shape: Shape, span: Span | None) -> Predicate:
    one, other = lift_value(left), lift_value(right)
    match one, other:
        case Field(), Field():
            case = Case.SENSITIVE
        case Call(Function.LOWER, (Field() as one,)), Call(Function.LOWER, (Field() as other,)):
            case = Case.UNICODE
        case _:
            raise UnliftableError("a comparison of two computed values")
    return Predicate(
        Match(one, FieldRef(other, shape, case), "fieldref", span), frozenset({one.name, other.name}), span
    )


def _on(operand: Expr, test: Test, operator: str, span: Span | None) -> Predicate:
    """A test of a value. One of lower-cased text ignores case, if what is asked for is in lower case."""
    value = lift_value(operand)
    needs = frozenset(one.name for one in value_fields(value))
    match value:
        case Call(Function.LOWER | Function.UPPER as function, (Field() as inner,)) if isinstance(test, Pattern):
            text = test.literal
            if text != (text.lower() if function is Function.LOWER else text.upper()):
                return Predicate(ir.FALSE, needs, span)
            value, test = inner, Pattern(test.parts, _PRESENT.case)
        case Field() | Call():
            pass
        case _:
            raise UnliftableError("a test of a constant")
    return Predicate(Match(value, test, operator, span), needs, span)


def _case(args: tuple[Expr, ...], wanted: Expr, span: Span | None) -> Predicate:
    """`CASE(a, x, b, y, z) == x`: a condition is the one that counts if none before it is true."""
    earlier: list[ir.Expr] = []
    found: list[ir.Expr] = []
    branches = list(zip(args[::2], args[1::2], strict=False))
    if len(args) % 2:
        branches.append((esql.Boolean(True), args[-1]))
    for condition, value in branches:
        if not isinstance(value, _CONSTANTS):
            raise UnliftableError("CASE with values that are not constants")
        this = _holds(condition)
        if value == wanted:
            found.append(ir.And((*(ir.Not(one) for one in earlier), this)) if earlier else this)
        earlier.append(this)
    either = found[0] if len(found) == 1 else ir.Or(tuple(found)) if found else ir.FALSE
    return Predicate(either, span=span)


def _holds(condition: Expr) -> ir.Expr:
    match condition:
        case esql.Boolean(value):
            return ir.Constant(value)
        case esql.And(args):
            return ir.And(tuple(map(_holds, args)))
        case esql.Or(args):
            return ir.Or(tuple(map(_holds, args)))
        case esql.Not():
            raise UnliftableError("NOT within CASE")
        case _:
            return lift_test(condition).holds


# --- patterns


def _matches(operand: Expr, pattern: str, regex: bool, span: Span | None) -> Predicate:
    if not regex:
        return _on(operand, _pattern(pattern), "", span)
    try:
        return _on(operand, as_test(pattern, Case.SENSITIVE), "re", span)
    except NoSearchError as error:
        raise UnliftableError(f"the regex has {error}") from error


def _pattern(pattern: str) -> Pattern:
    """A pattern of LIKE. A backslash that Elasticsearch refuses is read as itself."""
    parts: list[Part] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        escaped = char == "\\" and pattern[position + 1 : position + 2] in ("*", "?", "\\")
        position += 1 + escaped
        if escaped:
            parts.append(pattern[position - 1])
        else:
            parts.append({"*": ANY, "?": ONE}.get(char, char))
    found = Pattern.of(*parts, case=Case.SENSITIVE)
    return _PRESENT if found.parts == (ANY,) else found


# --- functions


def _call(call: esql.Call) -> Predicate:
    match call:
        case esql.Call("STARTS_WITH" | "ENDS_WITH" | "CONTAINS" as name, (operand, esql.String(text)), span):
            shape = _PARTS[name]
            before = () if shape is Shape.STARTS else (ANY,)
            after = () if shape is Shape.ENDS else (ANY,)
            return _on(operand, Pattern.of(*before, text, *after, case=Case.SENSITIVE), shape.value, span)
        case esql.Call("STARTS_WITH" | "ENDS_WITH" | "CONTAINS" as name, (operand, other), span):
            return _fields(operand, other, _PARTS[name], span)
        case esql.Call("CIDR_MATCH", (operand, *networks), span):
            return _negatable([_on(operand, _cidr(one), "cidr", span) for one in networks], False, span)
        case esql.Call("MV_LIKE" | "MV_RLIKE" as name, (operand, esql.String(pattern)), span):
            return Predicate(_matches(operand, pattern, name == "MV_RLIKE", span).holds, span=span)
        case esql.Call("MV_CONTAINS" | "MV_INTERSECTS" as name, (operand, constants), span):
            values = constants.values if isinstance(constants, esql.Array) else (constants,)
            found = tuple(_equals(operand, value, span).holds for value in values)
            kind = ir.And if name == "MV_CONTAINS" else ir.Or
            return Predicate(found[0] if len(found) == 1 else kind(found), span=span)
        case esql.Call("KQL", (esql.String(text),), span):
            return Predicate(lift_kuery(text, span), span=span)
        case esql.Call("QSTR", (esql.String(text),), span) if searched := read_regex(text):
            column, regex = searched
            if column is None:
                return Predicate(Keyword(_everywhere(regex), span), span=span)
            return Predicate(_matches(esql.Column(column), regex, True, span).holds, span=span)
        case esql.Call(name):
            raise UnliftableError(f"the function {name} has no counterpart")
        case _:
            assert_never(call)


def _cidr(expr: Expr) -> Cidr:
    if isinstance(expr, esql.String):
        try:
            return Cidr(str(ip_network(expr.value, strict=False)))
        except ValueError:
            pass
    raise UnliftableError("a network that is not a constant")


def _everywhere(regex: str) -> Pattern | Regex:
    """A regex of whole values as a keyword, which is looked for inside of values."""
    try:
        test = as_test(regex, Case.SENSITIVE)
    except NoSearchError as error:
        raise UnliftableError(f"the regex has {error}") from error
    if isinstance(test, Pattern):
        parts = test.parts
        if len(parts) < 3 or parts[0] is not ANY or parts[-1] is not ANY:
            raise UnliftableError("a search for whole values")
        return Pattern.of(*parts[1:-1], case=test.case)
    return test
