"""Lifts the condition of an event query to IR.

A missing value makes a test of a field false, so that its `not` holds. It makes a function null, of which `not` is null
again, and null drops the event ("EQL function reference"): so the negation of a function asks for its fields too.
Elasticsearch moves `not` inwards to the tests before it decides (`BooleanSimplification`), so that this holds at any
depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import assert_never

from transpile.codes import Direction
from transpile.diagnostics import Report
from transpile.dialects.base import Left
from transpile.dialects.eql import codes
from transpile.dialects.eql import tree as eql
from transpile.dialects.eql.lift_values import (
    Predicate,
    UnliftableError,
    is_text_of_field,
    lift_call,
    lift_comparison,
)
from transpile.dialects.eql.tree import Comparison, Search
from transpile.dialects.kit.reading.lucene import NoSearchError, as_test
from transpile.ir.expr import FALSE, TRUE, And, Constant, Expr, Match, Not, Or
from transpile.ir.match import (
    ANY,
    ONE,
    Boolean,
    Case,
    Compare,
    Field,
    FieldRef,
    FieldType,
    Null,
    Number,
    Order,
    Part,
    Pattern,
    Shape,
    Test,
)
from transpile.source import Source, Span

CATEGORY = Field("event.category")
PRESENT = Pattern((ANY,))
_WILDCARDS: Mapping[str, Part] = {"*": ANY, "?": ONE}
_ORDERS: Mapping[Comparison, Order] = MappingProxyType(
    {one: Order(one.value) for one in Comparison if one not in (Comparison.EQ, Comparison.NE)}
)
_FLIPPED: Mapping[Comparison, Comparison] = MappingProxyType(
    {
        Comparison.EQ: Comparison.EQ,
        Comparison.NE: Comparison.NE,
        Comparison.LT: Comparison.GT,
        Comparison.LTE: Comparison.GTE,
        Comparison.GT: Comparison.LT,
        Comparison.GTE: Comparison.LTE,
    }
)
_FOLDING = (Search.IN_FOLD, Search.WILDCARD, Search.LIKE_FOLD, Search.REGEX_FOLD)
_WILD = (Search.WILDCARD, Search.LIKE, Search.LIKE_FOLD)
_ONE_OR_MORE = "?*"
_LITERALS = (eql.String, eql.Number, eql.Boolean, eql.Null)


def lift_event(event: eql.Event, lifting: Lifting) -> Expr:
    """The condition of an event query, its category as a test of `event.category`."""
    lifting.typed = frozenset(typed_fields(event.condition))
    condition = lifting.condition(event.condition)
    if event.category is None:
        return condition
    category = Match(CATEGORY, Pattern.of(event.category, case=Case.SENSITIVE), "category", event.span)
    match condition:
        case Constant(True):
            return category
        case And(args):
            return And((category, *args))
        case _:
            return And((category, condition))


@dataclass(slots=True)
class Lifting:
    """The lifting of one query: what is left out goes to `left` and `report`.

    `typed` are the fields that hold numbers, truth values or addresses, for the query compares them with such. They
    hold no empty text, so that `!= null` asks for a value of any kind.
    """

    source: Source
    typed: frozenset[str] = frozenset()
    report: Report = field(default_factory=Report)
    left: list[Left] = field(default_factory=list)

    def condition(self, expr: eql.Expr, negated: bool = False) -> Expr:
        """The condition in IR; `negated` under an odd number of `not`."""
        match expr:
            case eql.And(args):
                return And(tuple(self.condition(arg, negated) for arg in args))
            case eql.Or(args):
                return Or(tuple(self.condition(arg, negated) for arg in args))
            case eql.Not(arg):
                return _negation(self.condition(arg, not negated))
            case eql.Boolean(value):
                return Constant(value)
            case eql.Compare(Comparison.NE, left, right, span):
                return _negation(self.condition(eql.Compare(Comparison.EQ, left, right, span), not negated))
            case eql.Lookup(operator, operand, values, True, span):
                return _negation(self.condition(eql.Lookup(operator, operand, values, span=span), not negated))
            case _:
                return self.predicate(expr, negated)

    def predicate(self, expr: eql.Expr, negated: bool) -> Expr:
        """A test; one without a form in IR is left out, so that the rule matches more."""
        try:
            found = self.presence(expr) or _predicate(expr)
        except UnliftableError as reason:
            return self.leave_out(expr_span(expr), str(reason), negated)
        if not negated or not found.needs:
            return found.expr
        absent = tuple(Not(Match(Field(name), PRESENT, "!= null", expr_span(expr))) for name in found.needs)
        return Or((*absent, found.expr))

    def presence(self, expr: eql.Expr) -> Predicate | None:
        """The meaning of `field == null`, if that is what the expression is."""
        match expr:
            case eql.Compare(Comparison.EQ, eql.Field(name), eql.Null(), span):
                if name in self.typed:
                    return Predicate(Match(Field(name), Null(), "== null", span))
                return Predicate(Not(Match(Field(name), PRESENT, "!= null", span)))
            case _:
                return None

    def leave_out(self, span: Span | None, reason: str, negated: bool) -> Expr:
        """What stands for a predicate without a form in IR: the value with which the rule matches most."""
        text = text_at(self.source, span)
        self.left.append(Left(text, span, Direction.WIDER, codes.EQL009))
        self.report.approximate(codes.EQL009, span, wider=True, text=" ".join(text.split())[:200], reason=reason)
        return FALSE if negated else TRUE


def typed_fields(expr: eql.Expr) -> Iterator[str]:
    """The fields in a condition that are compared with numbers, truth values or networks."""
    match expr:
        case eql.And(args) | eql.Or(args):
            for arg in args:
                yield from typed_fields(arg)
        case eql.Not(arg):
            yield from typed_fields(arg)
        case eql.Compare(_, eql.Field(name), eql.Number() | eql.Boolean()):
            yield name
        case eql.Lookup(_, eql.Field(name), values) if all(isinstance(one, eql.Number | eql.Boolean) for one in values):
            yield name
        case eql.Call(function, (eql.Field(name), *_)) if function.lower() == "cidrmatch":
            yield name
        case _:
            pass


def expr_span(expr: eql.Expr) -> Span | None:
    """The place of an expression, if a parser made it and it is a single test."""
    return None if isinstance(expr, eql.And | eql.Or | eql.Not) else expr.span


def text_at(source: Source, span: Span | None) -> str:
    """The text of a span, which is in lines of the file that the source may be a piece of."""
    if span is None:
        return ""
    return source.text_at(span)


def _negation(expr: Expr) -> Expr:
    """The negation, with the fields that a function needs asked for beside it."""
    match expr:
        case Not(arg):
            return arg
        case Constant(value):
            return Constant(not value)
        case Or((*absent, test)) if absent and all(_is_absence(one) for one in absent):
            return And((*(one.arg for one in absent if isinstance(one, Not)), Not(test)))
        case _:
            return Not(expr)


def _is_absence(expr: Expr) -> bool:
    return isinstance(expr, Not) and isinstance(expr.arg, Match) and expr.arg.operator == "!= null"


# --- single tests


def _predicate(expr: eql.Expr) -> Predicate:
    match expr:
        case eql.Compare(operator, left, right, span):
            if isinstance(left, _LITERALS) and not isinstance(right, _LITERALS):
                operator, left, right = _FLIPPED[operator], right, left
            return _comparison(operator, left, right, span)
        case eql.Lookup(operator, operand, values):
            return _lookup(operator, operand, values)
        case eql.Call():
            return lift_call(expr)
        case eql.Field(name, _, span):
            return Predicate(Match(Field(name), Boolean(True), "", span))
        case _:
            raise UnliftableError("a value used as a condition")


def _comparison(operator: Comparison, left: eql.Expr, right: eql.Expr, span: Span | None) -> Predicate:
    match operator, left, right:
        case Comparison.EQ, eql.Field(name), eql.Field(other):
            return Predicate(Match(Field(name), FieldRef(Field(other), case=Case.SENSITIVE), "==", span))
        case Comparison.EQ, _, eql.String() | eql.Number() | eql.Boolean():
            return _of(left, _equals(right), operator.value, right.span)
        case ((Comparison.LT | Comparison.LTE | Comparison.GT | Comparison.GTE), _, eql.Number(value)):
            return _of(left, Compare(_ORDERS[operator], value), operator.value, right.span)
        case _:
            raise UnliftableError("a comparison other than with a constant, or an ordering of text")


def _equals(literal: eql.String | eql.Number | eql.Boolean) -> Test:
    match literal:
        case eql.String(text):
            return Pattern.of(text, case=Case.SENSITIVE)
        case eql.Number(number):
            return Number(number)
        case eql.Boolean(truth):
            return Boolean(truth)
        case _:
            assert_never(literal)


def _of(operand: eql.Expr, test: Test, operator: str, span: Span | None) -> Predicate:
    """The test of an operand."""
    if isinstance(operand, eql.Field):
        return Predicate(Match(Field(operand.name), test, operator, span))
    if isinstance(operand, eql.Call) and is_text_of_field(operand):
        (inner,) = operand.args
        assert isinstance(inner, eql.Field)
        # A field that is turned into text holds something else.
        wild = isinstance(test, Pattern) and test.shape is not Shape.EQUALS
        field = Field(inner.name, FieldType.NUMBER if wild else FieldType.STRING)
        return Predicate(Match(field, test, operator, span), (inner.name,))
    if isinstance(operand, eql.Call | eql.Arithmetic | eql.Negative):
        return lift_comparison(operand, test, span)
    raise UnliftableError("a comparison of two constants")


def _lookup(operator: Search, operand: eql.Expr, values: tuple[eql.Expr, ...]) -> Predicate:
    found = []
    for value in values:
        if operator is Search.IN and isinstance(value, eql.String | eql.Number | eql.Boolean):
            test = _equals(value)
        elif isinstance(value, eql.String) and value.value == _ONE_OR_MORE and operator in _WILD:
            return _not_empty(operand, values, operator, value.span)
        elif isinstance(value, eql.String):
            test = _searched(operator, value.value)
        else:
            raise UnliftableError(f"`{operator.value}` with anything but constants of its type")
        found.append(_of(operand, test, operator.value, value.span))
    if len(found) == 1:
        return found[0]
    return Predicate(Or(tuple(one.expr for one in found)), found[0].needs)


def _not_empty(operand: eql.Expr, values: tuple[eql.Expr, ...], operator: Search, span: Span | None) -> Predicate:
    """`field : "?*"`: the field has a value other than the empty text, whatever the other patterns are."""
    if not isinstance(operand, eql.Field):
        return _of(operand, Pattern((ONE, ANY)), operator.value, span)
    others = [one for one in values if isinstance(one, eql.String) and not one.value.strip("*")]
    present = Match(Field(operand.name), PRESENT, operator.value, span)
    return Predicate(present if others else Not(Match(Field(operand.name), Null(), operator.value, span)))


def _searched(operator: Search, text: str) -> Test:
    case = Case.ASCII if operator in _FOLDING else Case.SENSITIVE
    match operator:
        case Search.IN | Search.IN_FOLD:
            return Pattern.of(text, case=case)
        case Search.WILDCARD | Search.LIKE | Search.LIKE_FOLD:
            return Pattern.of(*(_WILDCARDS.get(part, part) for part in re.split("([*?])", text)), case=case)
        case Search.REGEX | Search.REGEX_FOLD:
            try:
                return as_test(text, case)
            except NoSearchError as error:
                raise UnliftableError(f"the regex {text!r}: {error}") from error
        case _:
            assert_never(operator)
