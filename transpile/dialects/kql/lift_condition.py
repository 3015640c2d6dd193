"""Kusto's predicates as conditions of IR.

Kusto's logic has three values, IR's has two. `holds` gives the condition that a predicate is true, `fails` that it is
false; where it is null neither holds, and `where` drops the row. What has no form in IR is left out: both conditions
then take it for true, so that the rule as a whole matches more, never less.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network

from transpile.dialects.kql.lift_compare import (
    MIRROR,
    NETWORKS,
    ORDERS,
    branches,
    compare_constants,
    compare_text,
    families,
    is_condition,
    last_piece,
    number_test,
    spelled,
)
from transpile.dialects.kql.lift_text import constant, keyword_test, regex_test, term_test
from transpile.dialects.kql.lift_time import time_parts
from transpile.dialects.kql.lift_values import (
    NUMBERS,
    UNTYPED,
    Constant,
    Fixed,
    Operand,
    UnliftableError,
    as_value,
    constants,
    operand,
)
from transpile.dialects.kql.literals import is_identifier
from transpile.dialects.kql.tree import (
    And,
    Between,
    Binary,
    Bool,
    Call,
    Expr,
    In,
    Index,
    Name,
    Or,
    Path,
    Place,
    Star,
    String,
)
from transpile.ir import expr as ir
from transpile.ir.match import (
    ANY,
    Boolean,
    Case,
    Cidr,
    Compare,
    Exists,
    Field,
    FieldRef,
    FieldType,
    Null,
    Pattern,
    Shape,
)
from transpile.ir.match import Call as Computed
from transpile.regex import RegexError
from transpile.source import Span

_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_SHAPES = {
    "==": Shape.EQUALS,
    "contains": Shape.CONTAINS,
    "startswith": Shape.STARTS,
    "endswith": Shape.ENDS,
}
_LISTS = {"in": "==", "in~": "=~", "has_any": "has", "has_all": "has"}
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")  # "ipv4_is_private()"

_Spans = Callable[[Place], Span | None]


class Conditions:
    """Lifts the predicates of one query.

    `span` gives the span of a place, `leave` is told what is left out and why, `doubt` which column would be another
    test if it were a string, and whether the condition is wider then. `nullable` says whether a predicate may be null.
    """

    def __init__(self, span: _Spans, leave: Callable[[Expr, str], None], doubt: Callable[[Place, str, bool], None]):
        self.span, self.leave, self.doubt = span, leave, doubt
        self.nullable = False

    def holds(self, expr: Expr) -> ir.Expr:
        """The condition that the predicate is true."""
        match expr:
            case And(args):
                return ir.And(tuple(map(self.holds, args)))
            case Or(args):
                return ir.Or(tuple(map(self.holds, args)))
            case Call("not", (arg,), None):
                return self.fails(arg)
            case _:
                return self.attempt(expr, positive=True)

    def fails(self, expr: Expr) -> ir.Expr:
        """The condition that the predicate is false."""
        match expr:
            case Call("not", (arg,), None):
                return self.holds(arg)
            case And() | Or():
                probe = self.strict()
                try:
                    whole = probe.holds(expr)
                except UnliftableError:
                    probe.nullable = True
                if not probe.nullable:
                    return ir.Not(whole)
                self.nullable = True
                parts = tuple(map(self.fails, expr.args))
                return ir.Or(parts) if isinstance(expr, And) else ir.And(parts)
            case _:
                return self.attempt(expr, positive=False)

    def attempt(self, expr: Expr, *, positive: bool) -> ir.Expr:
        """A predicate that is not a junction; true if it has no form in IR."""
        try:
            found = self.predicate(expr, positive)
        except (UnliftableError, RegexError) as error:
            self.leave(expr, str(error))
            return ir.TRUE
        return found

    def both(self, found: ir.Expr, positive: bool) -> ir.Expr:
        """The condition, or its opposite, of a predicate that is never null."""
        return found if positive else ir.Not(found)

    def predicate(self, expr: Expr, positive: bool) -> ir.Expr:
        """The condition that the predicate is true (or, if not `positive`, false). Raises `UnliftableError`."""
        match expr:
            case Bool(value):
                return constant(value is positive)
            case Binary(operator, Star(), String(text), at):
                return self.both(self.keyword(operator, text, self.span(at)), positive)
            case Binary(operator, left, right, at):
                return self.comparison(operator, left, right, self.span(at), positive)
            case In(operator, value, choices, at):
                return self.membership(operator, value, choices, self.span(at), positive)
            case Between(operator, value, low, high, at):
                parts = (Binary(">=", value, low, at), Binary("<=", value, high, at))
                inside = positive is (operator == "between")
                found = tuple(self.predicate(part, inside) for part in parts)
                return ir.And(found) if inside else ir.Or(found)
            case Call(name, args, None, at):
                return self.call(name, args, at, positive)
            case Name() | Path() | Index():
                self.nullable = True
                return ir.Match(self.field(expr), Boolean(positive), "==", self.span(expr.at))
            case _:
                raise UnliftableError("not a comparison")

    def field(self, expr: Expr) -> Field:
        """The column or property that an expression is."""
        found = operand(expr)
        if isinstance(found, Fixed) or not isinstance(found.value, Field) or found.fold:
            raise UnliftableError("a function of a field where only a field is read")
        return found.value

    # --- comparisons

    def comparison(self, operator: str, left: Expr, right: Expr, span: Span | None, positive: bool) -> ir.Expr:
        """An operator between two operands."""
        if operator.startswith("!") and operator != "!=":
            return self.comparison("=~" if operator == "!~" else operator[1:], left, right, span, not positive)
        if operator == "!=":
            return self.comparison("==", left, right, span, not positive)
        for chosen, compared, mirrored in ((left, right, False), (right, left, True)):
            if (cases := branches(chosen)) is not None:
                return self.choose(operator, cases, compared, mirrored, span, positive)
        if is_condition(left) and isinstance(right, Bool) and operator == "==":
            return self.holds(left) if right.value is positive else self.fails(left)
        if (parts := time_parts(operator, left, right, span)) is not None:
            return self.both(parts, positive)
        if (piece := last_piece(left)) is not None and isinstance(right, String) and operator in ("==", "=~"):
            return self.both(self.last(piece, operator, right, span), positive)
        one, two = operand(left), operand(right)
        if isinstance(one, Fixed) and not isinstance(two, Fixed) and operator in MIRROR:
            operator, one, two = MIRROR[operator], two, one
        match one, two:
            case Operand() as tested, Fixed(value):
                return self.against(operator, tested, value, span, positive)
            case Fixed(first), Fixed(second):
                return constant(compare_constants(operator, first, second) is positive)
            case Operand() as tested, Operand() as other:
                return self.both(self.reference(operator, tested, other, span), positive)
            case _:
                raise UnliftableError("a constant on the left of a string operator")

    def last(self, piece: tuple[Expr, str], operator: str, wanted: String, span: Span | None) -> ir.Expr:
        """The last piece of a split text equals a constant: the text does, or ends with it behind the separator."""
        text, separator = piece
        if not wanted.value or separator in wanted.value:
            raise UnliftableError("a piece of a text that holds the separator")
        ending = "endswith" if operator == "=~" else "endswith_cs"
        return ir.Or(
            (
                self.comparison(operator, text, wanted, span, True),
                self.comparison(ending, text, String(separator + wanted.value), span, True),
            )
        )

    def choose(
        self,
        operator: str,
        cases: tuple[tuple[Expr, Expr], ...],
        other: Expr,
        mirrored: bool,
        span: Span | None,
        positive: bool,
    ) -> ir.Expr:
        """A comparison with `iff` or `case`: the first branch whose condition is true is compared."""
        found: list[ir.Expr] = []
        before: list[ir.Expr] = []
        for condition, value in cases:
            here = self.strictly(condition)
            sides = (other, value) if mirrored else (value, other)
            compared = self.comparison(operator, *sides, span, positive)
            found.append(ir.And((*before, here, compared)))
            before.append(ir.Not(here))
        return ir.Or(tuple(found))

    def strict(self) -> Conditions:
        """The same, raising `UnliftableError` for what is not exact."""
        return Conditions(self.span, _not_now, _not_sure)

    def strictly(self, condition: Expr) -> ir.Expr:
        """A condition that must be exact, since its opposite is asked for as well."""
        probe = self.strict()
        found = probe.holds(condition)
        self.nullable |= probe.nullable
        return found

    def against(self, operator: str, one: Operand, value: Constant, span: Span | None, positive: bool) -> ir.Expr:
        """A value against a constant."""
        if value is None:
            raise UnliftableError("a comparison with null")
        if operator in ORDERS:
            return self.ordered(operator, one, value, span, positive)
        if isinstance(value, bool):
            return self.both(ir.Match(as_value(one), Boolean(value), operator, span), positive)
        if isinstance(value, int | float):
            if operator not in ("==", "=~"):
                raise UnliftableError("a string operator on a number")
            return self.both(number_test(one, value, span), positive)
        if operator == "matches regex":
            return self.both(regex_test(as_value(one), value, span), positive)
        return self.both(compare_text(operator, one, value, span), positive)

    def ordered(self, operator: str, one: Operand, value: Constant, span: Span | None, positive: bool) -> ir.Expr:
        """An ordering of numbers; of a missing one it is null."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UnliftableError("an ordering of texts or times")
        word = operator if positive else _OPPOSITE[operator]
        found: ir.Expr = ir.Match(as_value(one), Compare(ORDERS[word], value), word, span)
        if one.empty is None:
            self.nullable = True
        elif compare_constants(word, one.empty, value) and isinstance(one.value, Computed):
            found = ir.Or((found, ir.Match(one.value.args[0], Null(), word, span)))
        return found

    def reference(self, operator: str, one: Operand, two: Operand, span: Span | None) -> ir.Expr:
        """One field against another; two that are missing are equal."""
        cased = not (operator in ("=~", "contains", "startswith", "endswith") or operator.endswith("~"))
        word = "==" if operator == "=~" else operator.removesuffix("_cs")
        if word not in _SHAPES or not isinstance(two.value, Field) or one.number or two.number:
            raise UnliftableError("a comparison of two computed values")
        if one.fold != two.fold:
            raise UnliftableError("a comparison of two texts of which one is folded")
        case = Case.UNICODE if one.fold else Case.SENSITIVE if cased else Case.ASCII
        found = ir.Match(one.value, FieldRef(two.value, _SHAPES[word], case), operator, span)
        other_missing = ir.Match(two.value, Null(), operator, span)
        if word != "==":
            return ir.Or((found, other_missing))
        return ir.Or((found, ir.And((ir.Match(one.value, Null(), operator, span), other_missing))))

    def membership(
        self, operator: str, value: Expr, choices: tuple[Expr, ...], span: Span | None, positive: bool
    ) -> ir.Expr:
        """A value against a list."""
        if operator.startswith("!"):
            return self.membership(operator[1:], value, choices, span, not positive)
        if branches(value) is not None:
            raise UnliftableError("a computed choice against a list")
        listed = [one for choice in choices for one in constants(choice)]
        word = _LISTS[operator]
        if isinstance(value, Star):
            found = [self.keyword(word, str(one), span) for one in listed]
        else:
            found = [self.comparison(word, value, spelled(one), span, True) for one in listed]
        return self.both(ir.And(tuple(found)) if operator == "has_all" else ir.Or(tuple(found)), positive)

    def keyword(self, operator: str, text: str, span: Span | None) -> ir.Expr:
        """A string operator on every column."""
        case = Case.SENSITIVE if operator.endswith("_cs") else Case.ASCII
        match operator.removesuffix("_cs"):
            case "contains" if text:
                return ir.Keyword(Pattern.of(text, case=case), span)
            case "has" | "hasprefix" | "hassuffix" as word if text:
                test = term_test(word, text, case)
                if isinstance(test, Pattern):
                    test = Pattern.of(text, case=case)
                return ir.Keyword(test, span)
            case "matches regex":
                return ir.Keyword(keyword_test(text), span)
            case _:
                raise UnliftableError(f"{operator} on every column")

    # --- functions

    def call(self, name: str, args: tuple[Expr, ...], at: Place, positive: bool) -> ir.Expr:
        """A function that gives a truth value."""
        span = self.span(at)
        match name, args:
            case (("isempty" | "isnotempty"), (arg,)):
                return self.both(self.empty(arg, name, span), positive is (name == "isempty"))
            case (("isnull" | "isnotnull"), (arg,)):
                return self.present(arg, name, at, positive is (name == "isnotnull"))
            case "coalesce", (condition, Bool(False)):
                return self.both(self.strictly(condition), positive)
            case (("iff" | "iif" | "case"), _):
                return self.comparison("==", Call(name, args), Bool(True), span, positive)
            case "bag_has_key", (bag, String(key)):
                return self.both(ir.Match(self.field(Path(bag, key)), Exists(), name, span), positive)
            case (("set_has_element"), (array, member)):
                return self.both(self.comparison("==", array, member, span, True), positive)
            case "ipv4_is_private", (address,):
                return self.networks(address, _PRIVATE, "0.0.0.0/0", span, positive)
            case _, (address, *networks) if name in NETWORKS and networks:
                listed = [str(one) for network in networks for one in constants(network)]
                return self.networks(address, listed, NETWORKS[name], span, positive)
            case (("tobool" | "toboolean"), (arg,)):
                return self.predicate(arg, positive)
            case _:
                raise UnliftableError(f"the function {name} has no counterpart")

    def present(self, arg: Expr, name: str, at: Place, positive: bool) -> ir.Expr:
        """`isnotnull`, or its opposite, of what is not known to be a string.

        Of a string it always holds, so that the condition is then narrower, and its opposite wider.
        """
        if isinstance(arg, Call) and arg.name in NUMBERS:
            raise UnliftableError("whether a text is a number")
        untyped = isinstance(arg, Call) and arg.name == UNTYPED
        field = self.field(arg.args[0] if isinstance(arg, Call) and untyped else arg)
        if untyped:
            self.doubt(at, field.name, not positive)
        if field.type is FieldType.STRING:  # whose null is its empty text; a dot in its name does not begin a path
            field = Field(field.name, FieldType.DYNAMIC if is_identifier(field.name) else FieldType.NUMBER)
        return self.both(ir.Match(field, Pattern((ANY,)), name, self.span(at)), positive)

    def empty(self, arg: Expr, name: str, span: Span | None) -> ir.Expr:
        """`isempty`."""
        if (cases := branches(arg)) is not None:
            return self.choose("==", cases, String(""), False, span, True)
        found = operand(arg)
        if isinstance(found, Fixed):
            return constant(found.value in ("", None))
        return ir.Match(found.value, Null(), name, span)

    def networks(
        self, address: Expr, networks: list[str] | tuple[str, ...], all_of: str, span: Span | None, positive: bool
    ) -> ir.Expr:
        """An address in some network; null for what is not an address of that family."""
        field = self.field(address)
        try:
            nets = [net for network in networks for net in families(ip_network(network, strict=False))]
        except ValueError as error:
            raise UnliftableError(str(error)) from None
        self.nullable = True
        inside = ir.Or(tuple(ir.Match(field, Cidr(net), "cidr", span) for net in nets))
        if positive:
            return inside
        family = ir.Or(tuple(ir.Match(field, Cidr(net), "cidr", span) for net in families(ip_network(all_of))))
        return ir.And((family, ir.Not(inside)))


def _not_now(expr: Expr, reason: str) -> None:
    raise UnliftableError(reason)


def _not_sure(at: Place, column: str, wider: bool) -> None:
    raise UnliftableError("isnull of a column whose type is not known")
