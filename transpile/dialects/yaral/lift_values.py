"""What is asked of fields of one event variable, as IR.

An unset field reads as its type's zero value: `""`, 0 or false. What the zero value passes, a missing field passes too,
and IR says so with `Null`. Comparisons are case-sensitive without `nocase`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import assert_never

from transpile.dialects.yaral.repeated import repeated_part
from transpile.dialects.yaral.tree import (
    Absent,
    And,
    Arithmetic,
    Call,
    Compare,
    Count,
    Expr,
    InList,
    Key,
    Not,
    Number,
    Or,
    Path,
    Quantified,
    Regex,
    String,
    Truth,
    Variable,
)
from transpile.ir import expr as ir
from transpile.ir import match as im
from transpile.ir.match import ANY, Case, Field, FieldType, Function, Order, Shape, Value
from transpile.record import record
from transpile.regex import RegexError, alternatives, matches_empty, open_ended, parse, to_pcre
from transpile.regex.tree import Anchor, Node, map_leaves
from transpile.source import Span

LANGUAGE = "yaral"


class NotLifted(Exception):
    """The predicate has no form in IR; the message says why."""


def field_of(path: Path) -> Field:
    """The field of a path: a key of `additional.fields` under its own name, anything else as UDM names it.

    >>> field_of(Path("e", ("principal", "hostname"))).name
    'principal.hostname'
    >>> field_of(Path("e", ("additional", "fields", Key("x")))).name
    'x'
    """
    match path.steps:
        case ("additional", "fields", Key(text)):
            return Field(text)
        case steps:
            name = ""
            for step in steps:
                match step:
                    case Key(text):
                        name += f'["{text}"]'
                    case int():
                        name += f"[{step}]"
                    case _:
                        name += f".{step}" if name else step
            return Field(name, mapped=True, repeated=repeated_part(path) is not None)


@lru_cache(maxsize=1024)
def pcre(pattern: str) -> str:
    """A regex of RE2's syntax in PCRE's: without the flag `m`, `$` matches at the very end of the text alone.

    Raises `NotLifted` for one that cannot be read.
    """
    try:
        return to_pcre(map_leaves(parse(pattern), _at_the_end))
    except RegexError as error:
        raise NotLifted(f"the regex cannot be read: {error.message}") from None


def _at_the_end(node: Node) -> Node:
    return Anchor.END if node is Anchor.END_OR_NEWLINE else node


def regex(pattern: str, nocase: bool) -> tuple[im.Regex | im.Pattern, ...]:
    r"""A regex of the language as IR's; as plain patterns where it asks for no more than one of them.

    >>> [one.shape.value for one in regex(r"\\net\.exe$|\\sc\.exe$", True)]
    ['ends', 'ends']
    """
    case = Case.UNICODE if nocase else Case.SENSITIVE
    written = pcre(pattern)
    if plain := alternatives(parse(written, ignore_case=nocase)):
        found, fold = plain
        case = Case.UNICODE if fold else Case.SENSITIVE  # of `nocase`, or of a flag in the regex
        return tuple(im.Pattern.of(*(ANY if part is None else part for part in parts), case=case) for parts in found)
    return (im.Regex(to_pcre(open_ended(parse(written))), case),)


def searched(value: Value, pattern: str, nocase: bool, span: Span | None) -> ir.Expr:
    """The value matches a regex. An unset field is the empty text, so a regex that takes it takes unset fields."""
    found = tuple(_searched(value, test, span) for test in regex(pattern, nocase))
    return found[0] if len(found) == 1 else ir.Or(found)


def _searched(value: Value, test: im.Regex | im.Pattern, span: Span | None) -> ir.Expr:
    found = ir.Match(value, test, "regex", span)
    if isinstance(test, im.Pattern):
        takes_empty = test.matches_empty
    else:
        takes_empty = matches_empty(parse(test.pattern, ignore_case=test.ignore_case))
    if not takes_empty:
        return found
    if isinstance(test, im.Pattern):
        return ir.TRUE if test.parts else ir.Match(value, im.Null(), "null", span)
    return _or_missing(found, value, span)


_SHAPES: Mapping[str, Callable[[str, Case], im.Pattern]] = MappingProxyType(
    {
        "strings.contains": lambda text, case: im.Pattern.of(ANY, text, ANY, case=case),
        "strings.starts_with": lambda text, case: im.Pattern.of(text, ANY, case=case),
        "strings.ends_with": lambda text, case: im.Pattern.of(ANY, text, case=case),
    }
)
_REFERENCES = MappingProxyType(
    {
        "strings.contains": Shape.CONTAINS,
        "strings.starts_with": Shape.STARTS,
        "strings.ends_with": Shape.ENDS,
        "strings.equals": Shape.EQUALS,
    }
)
_FUNCTIONS = MappingProxyType(
    {
        "strings.to_lower": Function.LOWER,
        "strings.to_upper": Function.UPPER,
        "strings.trim": Function.TRIM,
        "strings.concat": Function.CONCAT,
        "strings.coalesce": Function.COALESCE,
        "strings.base64_decode": Function.BASE64_DECODE,
        "strings.url_decode": Function.URL_DECODE,
        "strings.length": Function.LENGTH,
    }
)
_ORDERS = MappingProxyType({one.value: one for one in Order})
_TURNED = MappingProxyType({"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="})
_COMPARES: Mapping[Order, Callable[[float, float], bool]] = MappingProxyType(
    {
        Order.LT: lambda one, other: one < other,
        Order.LTE: lambda one, other: one <= other,
        Order.GT: lambda one, other: one > other,
        Order.GTE: lambda one, other: one >= other,
    }
)


@record
class Predicates:
    """Lifts predicates on one event; `placeholders` holds what variables such as `$user` stand for."""

    placeholders: Mapping[str, Expr]
    place: Callable[[object], Span | None]

    def lift(self, expr: Expr) -> ir.Expr:
        """The predicate in IR. Raises `NotLifted` where there is no form for it."""
        match expr:
            case And(args):
                return ir.And(tuple(map(self.lift, args)))
            case Or(args):
                return ir.Or(tuple(map(self.lift, args)))
            case Not(arg):
                return ir.Not(self.lift(arg))
            case Compare():
                return self.compare(expr)
            case Call():
                return self.call(expr)
            case InList(_, name):
                raise NotLifted(f"the reference list %{name} is not part of the rule")
            case Truth(value):
                return ir.Constant(value)
            case Path() | Variable() | Count() | Absent() | String() | Regex() | Number() | Quantified() | Arithmetic():
                raise NotLifted("it is a value where a condition is expected")
            case _:
                assert_never(expr)

    def compare(self, compare: Compare) -> ir.Expr:
        """One comparison, the field on the left."""
        left, right, operator = self.resolve(compare.left), self.resolve(compare.right), compare.operator
        if isinstance(left, String | Number | Truth) and not isinstance(right, String | Number | Truth | Regex):
            left, right, operator = right, left, _TURNED[operator]
        quantifier = left.quantifier if isinstance(left, Quantified) else ""
        if isinstance(left, Quantified):
            left = left.path
        if quantifier == "all":
            raise NotLifted("`all` asks something of every element of a repeated field")
        if quantifier == "any" and operator == "!=" and right not in (String(""), Number(0)):
            raise NotLifted("`any ... !=` asks for an element that differs")
        span = self.place(compare)
        return self.test(left, operator, right, compare.nocase, span)

    def test(self, left: Expr, operator: str, right: Expr, nocase: bool, span: Span | None) -> ir.Expr:
        """`left operator right`, with what a missing value passes."""
        if operator == "!=":
            return ir.Not(self.test(left, "=", right, nocase, span))
        value, nocase = self.value(left, nocase or _is_lowered(left, right))
        case = Case.UNICODE if nocase else Case.SENSITIVE
        match right:
            case String(""):
                return ir.Match(value, im.Null(), "null", span)
            case String(text) if operator == "=":
                return ir.Match(value, im.Pattern.of(text, case=case), "=", span)
            case Regex(pattern) if operator == "=":
                return searched(value, pattern, nocase, span)
            case Number(number) if operator == "=":
                found = ir.Match(_number(value), im.Number(number), "=", span)
                return _or_missing(found, value, span) if number == 0 else found
            case Truth(truth) if operator == "=":
                found = ir.Match(_typed(value, FieldType.BOOLEAN), im.Boolean(truth), "=", span)
                return found if truth else _or_missing(found, value, span)
            case Number() | Arithmetic() if operator in _ORDERS and (bound := constant(right)) is not None:
                order = _ORDERS[operator]
                found = ir.Match(_number(value), im.Compare(order, bound), operator, span)
                return _or_missing(found, value, span) if _COMPARES[order](0, bound) else found
            case Path() if operator == "=" and isinstance(value, Field):
                other = field_of(right)
                same = ir.Match(value, im.FieldRef(other, Shape.EQUALS, case), "=", span)
                unset = ir.And((ir.Match(value, im.Null()), ir.Match(other, im.Null())))
                return ir.Or((same, unset))  # two unset fields are equal
            case _:
                raise NotLifted(f"a comparison by {operator} of these values")

    def call(self, call: Call) -> ir.Expr:
        """A function that says yes or no."""
        span, args = self.place(call), tuple(self.resolve(arg) for arg in call.args)
        match call.function, args:
            case "re.regex", (subject, String(pattern) | Regex(pattern)):
                value, nocase = self.value(subject, call.nocase)
                return searched(value, pattern, nocase, span)
            case name, (subject, String(text)) if name in _SHAPES and text:
                value, nocase = self.value(subject, call.nocase or _is_lowered(subject, String(text)))
                case = Case.UNICODE if nocase else Case.SENSITIVE
                return ir.Match(value, _SHAPES[name](text, case), name.partition(".")[2], span)
            case name, (Path() as one, Path() as other) if name in _REFERENCES:
                test = im.FieldRef(field_of(other), _REFERENCES[name], Case.UNICODE if call.nocase else Case.SENSITIVE)
                return ir.Match(field_of(one), test, name.partition(".")[2], span)
            case "net.ip_in_range_cidr", (Path() | Quantified() as subject, String(network)):
                path = subject.path if isinstance(subject, Quantified) else subject
                return ir.Match(field_of(path), im.Cidr(_network(network)), "cidr", span)
            case _:
                raise NotLifted(f"the function {call.function}")

    def value(self, expr: Expr, nocase: bool) -> tuple[Value, bool]:
        """A value, and whether its case does not count: a text made lower before it is compared."""
        expr = self.resolve(expr)
        match expr:
            case Path():
                return field_of(expr), nocase
            case Quantified("any", path):
                return field_of(path), nocase
            case Call("strings.to_lower" | "strings.to_upper", (inner,)) if nocase:
                return self.value(inner, nocase)
            case Call("re.capture", (inner, String(pattern) | Regex(pattern))):
                group = im.Literal(1 if "(" in pattern.replace("\\(", "").replace("(?:", "") else 0)
                subject, _ = self.value(inner, False)
                return im.Call(Function.CAPTURE, (subject, im.Literal(pcre(pattern)), group)), nocase
            case Call("re.replace", (inner, String(old), String(new))) if old.isalnum():
                subject, _ = self.value(inner, False)
                return im.Call(Function.REPLACE, (subject, im.Literal(old), im.Literal(new))), nocase
            case Call(name, args) if name in _FUNCTIONS:
                return im.Call(_FUNCTIONS[name], tuple(self.value(arg, False)[0] for arg in args)), nocase
            case String(text):
                return im.Literal(text), nocase
            case Number(number):
                return im.Literal(number), nocase
            case Call(name):
                raise NotLifted(f"the function {name}")
            case _:
                raise NotLifted("a value that is computed")

    def resolve(self, expr: Expr) -> Expr:
        """The expression that a placeholder stands for; anything else as it is."""
        return self.placeholders.get(expr.name, expr) if isinstance(expr, Variable) else expr


def is_set(value: Expr) -> ir.Expr | None:
    """When a value is not empty; None for a value of which that has no form in IR."""
    match value:
        case Path():
            return ir.Not(ir.Match(field_of(value), im.Null(), "match"))
        case Call("strings.to_lower" | "strings.to_upper", (inner,)):
            return is_set(inner)
        case Call("strings.coalesce", args):
            known = tuple(is_set(arg) for arg in args if arg != String(""))
            return None if None in known else ir.Or(tuple(one for one in known if one is not None))
        case Call("re.capture", (Path() as path, String(pattern) | Regex(pattern))) if _always_captures(pattern):
            return searched(field_of(path), pattern, False, None)
        case _:
            return None


_GROUP = re.compile(r"(?<!\\)\((?:\?P<\w+>|(?!\?))([^()]*)\)")


def _always_captures(pattern: str) -> bool:
    """Whether a match of a regex captures some text: by its only group, or as a whole without one."""
    groups = _GROUP.findall(pattern)
    if len(groups) > 1 or len(groups) != len(re.findall(r"(?<!\\)\((?!\?:)", pattern)):
        return False
    try:
        return not matches_empty(parse(groups[0] if groups else pattern))
    except RegexError:
        return False


def _is_lowered(subject: Expr, other: Expr) -> bool:
    """Whether a text is put in one case and compared with one in that case: then case does not count."""
    match subject, other:
        case Call("strings.to_lower"), String(text):
            return text == text.lower()
        case Call("strings.to_upper"), String(text):
            return text == text.upper()
        case _:
            return False


def _or_missing(found: ir.Expr, value: Value, span: Span | None) -> ir.Expr:
    return ir.Or((found, ir.Match(value, im.Null(), "null", span)))


def _number(value: Value) -> Value:
    return _typed(value, FieldType.NUMBER)


def _typed(value: Value, type_: FieldType) -> Value:
    return Field(value.name, type_, value.mapped, value.repeated) if isinstance(value, Field) else value


def constant(expr: Expr) -> int | float | None:
    """The number that an expression of literals comes to, or None."""
    match expr:
        case Number(value):
            return value
        case Arithmetic(left, operator, right):
            one, other = constant(left), constant(right)
            if one is None or other is None:
                return None
            match operator:
                case "+":
                    return one + other
                case "-":
                    return one - other
                case "*":
                    return one * other
                case _:
                    return None
        case _:
            return None


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise NotLifted(f"{text!r} is not a network") from None
