"""One test of one field as YARA-L says it, by the type that the field has on the platform.

An unset field reads as its type's zero value (`""`, 0, false), so what the zero value passes needs a guard or cannot
be said exactly. A comparison over a repeated field is `any ...`: it holds when an element passes, as Sigma has it, and
its negation when none does. Without `any` the rule would run on a copy of the event for each element, and a negation
would hold when one element fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import assert_never

from transpile.diagnostics import Report
from transpile.dialects.yaral import codes
from transpile.dialects.yaral.pattern import any_pattern, equals, search
from transpile.dialects.yaral.regex import to_search
from transpile.dialects.yaral.tree import (
    And,
    Arithmetic,
    Call,
    Compare,
    Expr,
    Key,
    Not,
    Number,
    Path,
    Quantified,
    Step,
    String,
    Truth,
)
from transpile.ir import match as ir
from transpile.ir.expr import Match
from transpile.ir.match import Field, FieldType, Order, Shape, TimeUnit
from transpile.regex import RegexError

EVENT = "e"  # the variable of the one event that a rule is about

REFUSED = Truth(False)  # placeholder for what cannot be expressed; the tree is discarded

Operand = Path | Quantified

TEXT_TYPES = frozenset({FieldType.STRING, FieldType.IP, FieldType.DYNAMIC})

_STEP = re.compile(r'([A-Za-z_]\w*)|\[(\d+)\]|\["([^"\\]*)"\]', re.ASCII)

# Numbers up to here are exact in a float of seven digits.
_MOST_EXACT = 2**24

_TIME_FORMATS = {TimeUnit.DAY: "%d", TimeUnit.WEEK: "%V", TimeUnit.MONTH: "%m", TimeUnit.YEAR: "%Y"}


@lru_cache(maxsize=4096)
def path_of(field: Field) -> Path | None:
    """The field as a path; None if its name cannot be written.

    An unmapped field is a key of `additional.fields`, which holds what a parser found no place in UDM for.

    >>> path_of(Field("CommandLine")).steps, path_of(Field("principal.ip", mapped=True)).steps
    (('additional', 'fields', Key(text='CommandLine')), ('principal', 'ip'))
    """
    if not field.name.isprintable():
        return None
    if not field.mapped:
        return Path(EVENT, ("additional", "fields", Key(field.name)))
    steps: list[Step] = []
    at = 0
    while at < len(field.name):
        found = _STEP.match(field.name, at)
        if not found or (found[1] is None) != (field.name[at] == "["):
            return None
        steps.append(found[1] or (int(found[2]) if found[2] else Key(found[3])))
        at = found.end()
        if field.name[at : at + 1] == ".":
            at += 1
    return Path(EVENT, tuple(steps)) if steps and isinstance(steps[0], str) else None


def operand_of(match: Match, report: Report) -> Operand | None:
    """The field as the side of a comparison: with `any` if it is repeated. None, reported, if it has no path.

    A map's key gives one value, the first there is, wherever the map is; `any` is not allowed before it.
    """
    path = path_of(match.field)
    if path is None:
        report.refuse(codes.YAR011, match.span, field=repr(match.field.name))
        return None
    single = isinstance(path.steps[-1], Key) or not match.field.repeated
    return path if single else Quantified("any", path)


def predicate(match: Match, report: Report) -> Expr:
    """The predicate that means the match; what it cannot say exactly goes to the report."""
    operand = operand_of(match, report)
    if operand is None:
        return REFUSED
    type_ = match.field.type if match.field.mapped else FieldType.STRING
    if type_ in TEXT_TYPES:
        return _text(match, operand, report)
    match type_:
        case FieldType.NUMBER:
            return _number(match, operand, report)
        case FieldType.BOOLEAN:
            return _boolean(match, operand, report)
        case FieldType.ENUM:
            return _enum(match, operand, report)
        case _:
            return _time(match, operand, report)


# --- fields of text


def _text(match: Match, operand: Operand, report: Report) -> Expr:
    test = match.test
    match test:
        case ir.Pattern(()):
            return _empty(match, operand, report)
        case ir.Pattern():
            return _present(match, operand, report) if test.shape is Shape.PRESENT else any_pattern(operand, (test,))
        case ir.Regex():
            return _regex(match, test, operand, report)
        case ir.Number(value):
            return equals(operand, str(value))
        case ir.Boolean(value):
            return equals(operand, "true" if value else "false")
        case ir.Compare():
            return _compare_text(match, test, operand, report)
        case ir.Cidr(network):
            return Call("net.ip_in_range_cidr", (operand, String(network)))
        case ir.Exists():
            return _present(match, operand, report)
        case ir.Null():
            return _null(operand)
        case ir.TimePart():
            report.refuse(codes.YAR009, match.span, field=match.field.name)
            return REFUSED
        case ir.FieldRef():
            return _reference(match, test, report)
        case _:
            assert_never(test)


def _empty(match: Match, operand: Operand, report: Report) -> Expr:
    """`''`: present and empty. An element of a repeated field is what it is; a missing scalar reads as empty."""
    if isinstance(operand, Path):
        report.approximate(codes.YAR002, match.span, wider=True, field=match.field.name)
    return Compare(operand, "=", String(""))


def _present(match: Match, operand: Operand, report: Report) -> Expr:
    """`*` and `exists`."""
    if isinstance(operand, Quantified):
        if isinstance(match.test, ir.Exists):
            report.approximate(codes.YAR003, match.span, wider=False, field=match.field.name)
        return Compare(Call("arrays.length", (operand.path,)), ">", Number(0))
    report.approximate(codes.YAR003, match.span, wider=False, field=match.field.name)
    return Compare(operand, "!=", String(""))


def _null(operand: Operand) -> Expr:
    """No value: every element is empty, or there is none."""
    if isinstance(operand, Quantified):
        return Not(Compare(operand, "!=", String("")))
    return Compare(operand, "=", String(""))


def _regex(match: Match, test: ir.Regex, operand: Operand, report: Report) -> Expr:
    try:
        found = to_search(test)
    except RegexError as error:
        report.refuse(codes.YAR005, match.span, reason=error.message)
        return REFUSED
    if found.empty and isinstance(operand, Path):
        report.approximate(codes.YAR002, match.span, wider=True, field=match.field.name)
    return search(operand, found.pattern, nocase=found.nocase)


def _compare_text(match: Match, test: ir.Compare, operand: Operand, report: Report) -> Expr:
    """Text as a number, with a guard that it is one: a cast gives 0 for what is none."""
    if isinstance(operand, Quantified) or abs(test.value) > _MOST_EXACT:
        report.refuse(codes.YAR012, match.span, field=match.field.name, value=test.value)
        return REFUSED
    number = Compare(Call("cast.as_float", (operand,)), test.order.value, _literal(test.value))
    return And((search(operand, "(?s)^-?[0-9]+([.][0-9]+)?$"), number))


def _literal(value: int | float) -> Expr:
    """A number; the language has no negative literals, so `0-5`."""
    return Number(value) if value >= 0 else Arithmetic(Number(0), "-", Number(-value))


_REFERENCES = {
    Shape.STARTS: "strings.starts_with",
    Shape.ENDS: "strings.ends_with",
    Shape.CONTAINS: "strings.contains",
}


def _reference(match: Match, test: ir.FieldRef, report: Report) -> Expr:
    """Two fields of the event. Both unset are equal (`"" = ""`), so the one that decides must not be empty."""
    one, other = path_of(match.field), path_of(test.field)
    reason = (
        "its name cannot be written"
        if one is None or other is None
        else "one of them is repeated"
        if match.field.repeated or test.field.repeated
        else "they are not both text"
        if not {match.field.type, test.field.type} <= TEXT_TYPES and (match.field.mapped or test.field.mapped)
        else ""
    )
    if reason or one is None or other is None:
        report.refuse(codes.YAR008, match.span, field=match.field.name, other=test.field.name, reason=reason)
        return REFUSED
    report.approximate(codes.YAR003, match.span, wider=False, field=test.field.name)
    guard = Compare(other, "!=", String(""))
    if test.shape is Shape.EQUALS:
        return And((guard, Compare(one, "=", other, nocase=not test.cased)))
    sides: tuple[Expr, ...] = (one, other)
    if not test.cased:
        sides = tuple(Call("strings.to_lower", (side,)) for side in sides)
    return And((guard, Call(_REFERENCES[test.shape], sides)))


# --- fields of other types


def _number(match: Match, operand: Operand, report: Report) -> Expr:
    test = match.test
    match test:
        case ir.Number(value):
            return _equals_number(match, operand, value, report)
        case ir.Pattern() if (number := test.as_number()) is not None:
            return _equals_number(match, operand, number, report)
        case ir.Compare(order, value):
            comparison = Compare(operand, order.value, _literal(value))
            if isinstance(operand, Quantified) or not _ORDERS[order](0, value):
                return comparison
            _zero(match, report, wider=False, value="0")
            return And((Compare(operand, "!=", Number(0)), comparison))
        case ir.Null():
            if isinstance(operand, Quantified):
                return Compare(Call("arrays.length", (operand.path,)), "=", Number(0))
            _zero(match, report, wider=True, value="0")
            return Compare(operand, "=", Number(0))
        case ir.Exists() | ir.Pattern() if isinstance(test, ir.Exists) or test.shape is Shape.PRESENT:
            if isinstance(operand, Quantified):
                return _present(match, operand, report)
            _zero(match, report, wider=False, value="0")
            return Compare(operand, "!=", Number(0))
        case _:
            return _mistyped(match, report)


_ORDERS: dict[Order, Callable[[float, float], bool]] = {
    Order.LT: lambda one, other: one < other,
    Order.LTE: lambda one, other: one <= other,
    Order.GT: lambda one, other: one > other,
    Order.GTE: lambda one, other: one >= other,
}


def _equals_number(match: Match, operand: Operand, value: int | float, report: Report) -> Expr:
    if value == 0 and isinstance(operand, Path):
        _zero(match, report, wider=True, value="0")
    return Compare(operand, "=", _literal(value))


def _boolean(match: Match, operand: Operand, report: Report) -> Expr:
    test = match.test
    match test:
        case ir.Boolean(value):
            return _equals_truth(match, operand, value, report)
        case ir.Pattern() if test.shape is Shape.EQUALS and test.literal.lower() in ("true", "false"):
            return _equals_truth(match, operand, test.literal.lower() == "true", report)
        case _:
            return _mistyped(match, report)


def _equals_truth(match: Match, operand: Operand, value: bool, report: Report) -> Expr:
    if not value and isinstance(operand, Path):
        _zero(match, report, wider=True, value="false")
    return Compare(operand, "=", Truth(value))


def _zero(match: Match, report: Report, *, wider: bool, value: str) -> None:
    report.approximate(codes.YAR004, match.span, wider=wider, field=match.field.name, value=value)


# What a test is called in a message.
_TESTS: Mapping[type[ir.Test], str] = MappingProxyType(
    {
        ir.Pattern: "wildcard or part of a text",
        ir.Regex: "regular expression",
        ir.Cidr: "network",
        ir.Compare: "order",
        ir.Number: "number",
        ir.Boolean: "truth value",
    }
)


def _mistyped(match: Match, report: Report) -> Expr:
    test = _TESTS.get(type(match.test), match.operator or "such test")
    report.refuse(codes.YAR007, match.span, field=match.field.name, type=match.field.type.value, test=test)
    return REFUSED


def _enum(match: Match, operand: Operand, report: Report) -> Expr:
    """The names of an enumeration are upper-case, and compared with no regard to case they are compared so."""
    test = match.test
    if isinstance(test, ir.Pattern) and test.shape is Shape.EQUALS and test.parts:
        name = test.literal if test.cased else test.literal.upper()
        if re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
            return Compare(operand, "=", String(name))
    report.refuse(codes.YAR006, match.span, field=match.field.name, test=type(test).__name__)
    return REFUSED


def _time(match: Match, operand: Operand, report: Report) -> Expr:
    """A part of a timestamp, in UTC. An unset one reads as the first second of 1970, which no event has."""
    test = match.test
    if not isinstance(test, ir.TimePart) or isinstance(operand, Quantified):
        return _mistyped(match, report)
    steps = operand.steps if operand.steps[-1] == "seconds" else (*operand.steps, "seconds")
    seconds = replace(operand, steps=steps)
    match test.unit:
        case TimeUnit.MINUTE | TimeUnit.HOUR:
            part = Compare(Call(f"timestamp.get_{test.unit.value}", (seconds,)), "=", _literal(test.value))
        case _:
            format_ = _TIME_FORMATS[test.unit]
            text = f"{test.value:0{4 if test.unit is TimeUnit.YEAR else 2}d}"
            part = Compare(Call("timestamp.get_timestamp", (seconds, String(format_))), "=", String(text))
    return And((Compare(seconds, "!=", Number(0)), part))
