"""Functions of fields as Kusto's scalar functions, and tests of what they give.

Where a field is missing a function has no value; Kusto's has the empty string, of whose tests only those that the empty
string passes differ. These are narrowed to fields that are not empty (KQL002).
"""

from __future__ import annotations

from typing import assert_never

from transpile.dialects.kql import codes
from transpile.dialects.kql.patterns import compare, compare_columns
from transpile.dialects.kql.predicates import Predicates, literal, real, text_of
from transpile.dialects.kql.tree import And, Binary, Call, Expr, Index, Number, String
from transpile.ir import match as ir
from transpile.ir.match import Field, Function, Pattern, Regex, Shape, Value
from transpile.ir.walk import value_fields
from transpile.source import Span

_BLANKS = r"\s+"
_NUMERIC = frozenset(
    {Function.LENGTH, Function.NUMBER, Function.ADD, Function.SUBTRACT, Function.MULTIPLY, Function.DIVIDE}
)
_PLAIN = {
    Function.LOWER: "tolower",
    Function.UPPER: "toupper",
    Function.LENGTH: "strlen",
    Function.SUBSTRING: "substring",
    Function.REPLACE: "replace_string",
    Function.CONCAT: "strcat",
    Function.BASE64_DECODE: "base64_decode_tostring",
    Function.COALESCE: "coalesce",
}
_SIGNS = {Function.ADD: "+", Function.SUBTRACT: "-", Function.MULTIPLY: "*", Function.DIVIDE: "/"}
FUNCTIONS = frozenset(
    {
        *_PLAIN,
        *_SIGNS,
        Function.TRIM,
        Function.CAPTURE,
        Function.SPLIT,
        Function.NUMBER,
        Function.TEXT,
    }
)


class Computed:
    """Lowers tests of computed values of one rule."""

    def __init__(self, predicates: Predicates) -> None:
        self.predicates = predicates

    def match(self, value: ir.Call, test: ir.Test, span: Span | None) -> Expr:
        """The predicate for one test of a computed value."""
        found = self.value(value, span)
        number = value.function in _NUMERIC
        match test:
            case Pattern():
                return self.pattern(value, found, test, number, span)
            case Regex():
                pattern, empty = self.predicates.kusto_regex(test, span)
                predicate = Binary("matches regex", _text(found, number), String(pattern))
                return self.present(value, predicate, span) if empty else predicate
            case ir.Number(wanted):
                exact = literal(wanted)
                if number and exact is not None:
                    return self.numeric(value, Binary("==", found, exact), wanted == 0, span)
                return Binary("==", _text(found, number), String(str(wanted)))
            case ir.Compare(order, wanted):
                left = found if number else Call("todouble", (found,))
                predicate = Binary(order.value, left, literal(wanted) or real(wanted))
                return self.numeric(value, self.predicates.never_null(predicate), _holds_for_zero(order, wanted), span)
            case ir.Cidr(network):
                return self.predicates.network(_text(found, number), network)
            case ir.Null():
                return Call("isnull" if number else "isempty", (found,))
            case ir.Boolean(truth):
                return compare(_text(found, number), Pattern.of("true" if truth else "false"))
            case ir.FieldRef(other, shape):
                related = compare_columns(_text(found, number), text_of(other), shape, test.cased)
                return self.present(ir.Call(Function.COALESCE, (other,)), related, span)
            case ir.Exists() | ir.TimePart():
                return self.predicates.refuse(codes.KQL019, span, what="this test of a computed value")
            case _:
                assert_never(test)

    def pattern(self, value: ir.Call, found: Expr, test: Pattern, number: bool, span: Span | None) -> Expr:
        """A string with wildcards."""
        if test.shape is Shape.PRESENT:
            return self.present(value, Call("isnotnull" if number else "isnotempty", (found,)), span)
        if not test.parts:
            self.predicates.report.approximate(codes.KQL002, span, wider=True, field=ir_name(value))
            return Call("isempty", (_text(found, number),))
        return compare(_text(found, number), test)

    def numeric(self, value: ir.Call, predicate: Expr, holds_for_zero: bool, span: Span | None) -> Expr:
        """A test of a number; the length of a missing text is 0 in Kusto."""
        if value.function is not Function.LENGTH or not holds_for_zero:
            return predicate
        return self.present(value, predicate, span)

    def present(self, value: Value, predicate: Expr, span: Span | None) -> Expr:
        """The predicate, narrowed to fields that are not empty."""
        names = list(dict.fromkeys(value_fields(value)))
        self.predicates.report.approximate(codes.KQL002, span, wider=False, field=", ".join(one.name for one in names))
        return And((predicate, *(Call("isnotempty", (text_of(one),)) for one in names)))

    # --- values

    def value(self, value: Value, span: Span | None) -> Expr:
        """A value as an expression: a text, or a number where the function gives one."""
        match value:
            case Field():
                return text_of(value)
            case ir.Literal(constant):
                return String(constant) if isinstance(constant, str) else literal(constant) or real(constant)
            case ir.Call(function, args):
                return self.call(function, args, span)
            case _:
                assert_never(value)

    def call(self, function: Function, args: tuple[Value, ...], span: Span | None) -> Expr:
        """A function of values."""
        if function in _SIGNS:
            total, *others = (self.number(arg, span) for arg in args)
            for one in others:
                total = Binary(_SIGNS[function], total, one)
            return total
        if function is Function.CAPTURE:
            return self.capture(args, span)
        values = tuple(self.value(arg, span) for arg in args)
        match function:
            case Function.TRIM:
                return Call("trim", (String(_BLANKS), values[0]))
            case Function.SPLIT:
                return Call("tostring", (Index(Call("split", values[:2]), values[2]),))
            case Function.NUMBER:
                return Call("todouble", values)
            case Function.TEXT:
                return Call("tostring", values)
            case _ if function in _PLAIN:
                if function is Function.CONCAT:
                    names = ", ".join(one.name for arg in args for one in value_fields(arg))
                    self.predicates.report.approximate(codes.KQL002, span, wider=True, field=names)
                return Call(_PLAIN[function], values)
            case _:
                return self.predicates.refuse(codes.KQL019, span, what=f"the function {function.value}")

    def number(self, value: Value, span: Span | None) -> Expr:
        """A value as a number; null if it spells none."""
        found = self.value(value, span)
        if isinstance(found, Number) or (isinstance(value, ir.Call) and value.function in _NUMERIC):
            return found
        return Call("todouble", (found,))

    def capture(self, args: tuple[Value, ...], span: Span | None) -> Expr:
        """What a group of a regex takes."""
        match args:
            case (text, ir.Literal(str() as pattern), ir.Literal(int() as group)):
                regex, _ = self.predicates.kusto_regex(Regex(pattern), span)
                return Call("extract", (String(regex), Number(group), self.value(text, span)))
            case _:
                return self.predicates.refuse(codes.KQL019, span, what="a capture by a computed regex")


def _holds_for_zero(order: ir.Order, value: int | float) -> bool:
    return {ir.Order.LT: value > 0, ir.Order.LTE: value >= 0, ir.Order.GT: value < 0, ir.Order.GTE: value <= 0}[order]


def _text(found: Expr, number: bool) -> Expr:
    return Call("tostring", (found,)) if number else found


def ir_name(value: Value) -> str:
    """The fields of a value, for messages."""
    return ", ".join(dict.fromkeys(one.name for one in value_fields(value)))
