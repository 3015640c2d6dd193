"""Comparisons with constants, and the forms of predicates that they are made of."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from transpile.dialects.kql.lift_text import text_test
from transpile.dialects.kql.lift_values import Constant, Operand, UnliftableError, as_value
from transpile.dialects.kql.tree import (
    STRING_OPERATORS,
    And,
    Between,
    Binary,
    Bool,
    Call,
    Expr,
    In,
    Index,
    Number,
    Or,
    String,
)
from transpile.ir import expr as ir
from transpile.ir.match import Call as Computed
from transpile.ir.match import Case, Field, FieldType, Null, Order, Value
from transpile.ir.match import Number as Number_
from transpile.source import Span

ORDERS = {"<": Order.LT, "<=": Order.LTE, ">": Order.GT, ">=": Order.GTE}
MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!=", "=~": "=~", "!~": "!~"}
NETWORKS = {  # functions that look for an address in networks, with all networks of their family
    "ipv4_is_in_range": "0.0.0.0/0",
    "ipv4_is_in_any_range": "0.0.0.0/0",
    "ipv4_is_match": "0.0.0.0/0",
    "ipv6_is_in_range": "::/0",
    "ipv6_is_in_any_range": "::/0",
    "ipv6_is_match": "::/0",
}
_IPV4_IN_IPV6 = IPv6Network("::ffff:0:0/96")


def branches(expr: Expr) -> tuple[tuple[Expr, Expr], ...] | None:
    """The conditions and values of `iff` or `case`, the last with `true`; None for anything else."""
    match expr:
        case Call("iff" | "iif", (condition, yes, no), None):
            return (condition, yes), (Bool(True), no)
        case Call("case", args, None) if len(args) % 2:
            pairs = tuple(zip(args[:-1:2], args[1::2], strict=True))
            return (*pairs, (Bool(True), args[-1]))
        case Call("tostring" | "toint" | "tolong" | "tobool", (arg,), None):
            return branches(arg)
        case _:
            return None


_TRUTHS = frozenset(
    {"not", "isempty", "isnotempty", "isnull", "isnotnull", "bag_has_key", "ipv4_is_private", *NETWORKS}
)


def is_condition(expr: Expr) -> bool:
    """Whether an expression gives a truth value by its form."""
    match expr:
        case And() | Or() | In() | Between():
            return True
        case Binary(operator):
            return operator in STRING_OPERATORS or operator in MIRROR
        case Call(name, _, None):
            return name in _TRUTHS
        case _:
            return False


def last_piece(expr: Expr) -> tuple[Expr, str] | None:
    """The text and the separator of `split(text, separator)[-1]`; None for anything else."""
    match expr:
        case Index(Call("split", (text, String(separator)), None), Number(-1)) if separator:
            return text, separator
        case Call("tostring", (inner,), None):
            return last_piece(inner)
        case Call("tolower" | "toupper" as fold, (inner,), None) if (found := last_piece(inner)) is not None:
            return Call(fold, (found[0],)), found[1]
        case _:
            return None


def number_test(one: Operand, value: int | float, span: Span | None) -> ir.Expr:
    """A value that equals a number."""
    found: ir.Expr = ir.Match(as_value(one), Number_(value), "==", span)
    if one.empty == value and isinstance(one.value, Computed):
        found = ir.Or((found, ir.Match(one.value.args[0], Null(), "==", span)))
    return found


def compare_text(operator: str, one: Operand, value: str, span: Span | None) -> ir.Expr:
    """A text operator against a constant, with the folding of the left side."""
    if operator in ("==", "=~") and _is_json(one.value, value):
        raise UnliftableError("a list or a bag compared with its text")
    cased = operator in ("==", "in") or operator.endswith("_cs")
    word = "==" if operator == "=~" else operator.removesuffix("_cs")
    if not one.fold:
        return text_test(one.value, word, value, span, Case.SENSITIVE if cased else Case.ASCII)
    plain = value.lower() if one.fold == "lower" else value.upper()
    if cased and plain != value:
        return ir.FALSE  # a folded text never equals one that is not
    return text_test(one.value, word, value, span, Case.UNICODE)


def _is_json(value: Value, text: str) -> bool:
    """Whether a text is that of a list or a bag, which a rule does not compare as a whole."""
    is_dynamic = isinstance(value, Field) and value.type is FieldType.DYNAMIC
    return text in ("[]", "{}") or (is_dynamic and text[:1] in ("[", "{"))


def compare_constants(operator: str, one: Constant, two: Constant) -> bool:
    """Two constants. Raises `UnliftableError` for what is not plain."""
    numbers = isinstance(one, int | float) and isinstance(two, int | float)
    if operator == "==" and (numbers or type(one) is type(two)):
        return one == two
    if operator in ORDERS and isinstance(one, int | float) and isinstance(two, int | float):
        return {"<": one < two, "<=": one <= two, ">": one > two, ">=": one >= two}[operator]
    if isinstance(one, str) and isinstance(two, str) and operator == "=~":
        return one.lower() == two.lower()
    raise UnliftableError("a comparison of two constants")


def spelled(value: Constant) -> Expr:
    """A constant as a literal."""
    match value:
        case bool():
            return Bool(value)
        case int() | float():
            return Number(value)
        case str():
            return String(value)
        case None:
            raise UnliftableError("null in a list")


def families(net: IPv4Network | IPv6Network) -> tuple[str, ...]:
    """A network, and for one around IPv4 addresses as IPv6 writes them those as well ("parse_ipv6()")."""
    if isinstance(net, IPv4Network) or not net.overlaps(_IPV4_IN_IPV6):
        return (str(net),)
    if net.prefixlen <= _IPV4_IN_IPV6.prefixlen:
        return str(net), "0.0.0.0/0"
    inner = IPv4Network((int(net.network_address) & 0xFFFFFFFF, net.prefixlen - _IPV4_IN_IPV6.prefixlen))
    return str(net), str(inner)
