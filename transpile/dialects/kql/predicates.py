"""What is asked of one field, as a Kusto predicate: the operator that says it exactly, by the type of the column.

A string column holds no null: what is missing is empty. There the tests that tell an empty string from a missing
field are approximate (KQL002). Numeric columns, and the properties of dynamic ones, do tell them apart.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Network, ip_network
from typing import assert_never

from transpile.codes import Code
from transpile.diagnostics import Report
from transpile.dialects.kql import codes
from transpile.dialects.kql.lists import member
from transpile.dialects.kql.literals import is_identifier
from transpile.dialects.kql.patterns import compare, compare_columns, to_kusto
from transpile.dialects.kql.terms import as_term
from transpile.dialects.kql.tree import (
    And,
    Binary,
    Bool,
    Call,
    Expr,
    Index,
    Name,
    Number,
    Path,
    Star,
    String,
    Typed,
)
from transpile.ir import match as ir
from transpile.ir.match import Field, FieldType, Pattern, Regex, Shape, TimeUnit
from transpile.regex import RegexError, matches_empty
from transpile.regex import parse as parse_regex
from transpile.source import Span

_TEXT_TYPES = frozenset({FieldType.STRING, FieldType.IP, FieldType.ENUM})
_TIME_PARTS = {
    TimeUnit.HOUR: "hourofday",
    TimeUnit.DAY: "dayofmonth",
    TimeUnit.WEEK: "week_of_year",  # ISO 8601, unlike the obsolete `weekofyear`
    TimeUnit.MONTH: "monthofyear",
    TimeUnit.YEAR: "getyear",
}
_DEEPEST_PATH = 50  # properties; what is longer is not a path that anybody means
_IPV4_IN_IPV6 = IPv6Network("::ffff:0:0/96")  # what `ipv6_is_in_range` takes an IPv4 address for


@dataclass(slots=True)
class Predicates:
    """Makes predicates for one rule; `depth` counts the NOTs around the place that it is at."""

    report: Report
    depth: int = 0

    @contextmanager
    def negation(self) -> Iterator[None]:
        """What is made inside is under one more NOT."""
        self.depth += 1
        self.report.negated = not self.report.negated
        yield
        self.report.negated = not self.report.negated
        self.depth -= 1

    def never_null(self, predicate: Expr) -> Expr:
        """The predicate with null made false, where that makes a difference."""
        return Call("coalesce", (predicate, Bool(False))) if self.depth else predicate

    # --- one field

    def match(self, field: Field, test: ir.Test, span: Span | None) -> Expr:
        """The predicate for one test of one field."""
        if field.repeated:
            return self.list_member(field, test, span)
        match test:
            case Pattern():
                return self.pattern(field, test, span)
            case Regex():
                return self.regex(field, test, span)
            case ir.Number(value):
                return self.number(field, value, span)
            case ir.Boolean(value):
                return self.boolean(field, value)
            case ir.Compare(order, value):
                return self.compare(field, order, value, span)
            case ir.Cidr(network):
                return self.network(text_of(field), network)
            case ir.Exists():
                return self.exists(field, span)
            case ir.Null():
                return is_empty(field)
            case ir.TimePart(unit, value):
                return Binary("==", time_part(field, unit), Number(value))
            case ir.FieldRef(other, shape):
                return self.reference(field, other, shape, test.cased, span)
            case _:
                assert_never(test)

    def pattern(self, field: Field, test: Pattern, span: Span | None) -> Expr:
        """A string with wildcards."""
        if test.shape is Shape.PRESENT:
            return self.present(field, span)
        if not test.parts:
            return self.empty_string(field, span)
        match field.type:
            case FieldType.NUMBER:
                number = literal(test.as_number())
                return compare(text_of(field), test) if number is None else Binary("==", column(field), number)
            case FieldType.BOOLEAN if test.shape is Shape.EQUALS:
                word = test.literal if test.cased else test.literal.lower()
                return self.boolean(field, word == "true") if word in ("true", "false") else Bool(False)
            case FieldType.BOOLEAN | FieldType.TIME:
                return self.refuse(codes.KQL003, span, field=field.name, type=field.type.value)
            case _:
                return compare(text_of(field), test)

    def regex(self, field: Field, test: Regex, span: Span | None) -> Expr:
        """A regular expression, searched for."""
        if field.type in (FieldType.BOOLEAN, FieldType.TIME):
            return self.refuse(codes.KQL003, span, field=field.name, type=field.type.value)
        if (term := as_term(test)) is not None:
            return Binary(term[0], text_of(field), String(term[1]))
        pattern, empty = self.kusto_regex(test, span)
        found = Binary("matches regex", text_of(field), String(pattern))
        if not empty:
            return found
        if field.type not in _TEXT_TYPES:
            return And((Call("isnotnull", (column(field),)), found))
        self.report.approximate(codes.KQL002, span, wider=True, field=field.name)
        return found

    def kusto_regex(self, test: Regex, span: Span | None) -> tuple[str, bool]:
        """The regex in Kusto's syntax, and whether it matches the empty string."""
        try:
            node = parse_regex(test.pattern, ignore_case=test.ignore_case, multiline=test.multiline, dotall=test.dotall)
            return to_kusto(node), matches_empty(node)
        except RegexError as error:
            self.refuse(codes.KQL001, span, reason=str(error))
            return "", False

    def number(self, field: Field, value: int | float, span: Span | None) -> Expr:
        """A number, or its decimal spelling."""
        number = literal(value)
        match field.type:
            case FieldType.NUMBER if number is not None:
                return Binary("==", column(field), number)
            case FieldType.BOOLEAN:
                return Bool(False)
            case FieldType.TIME:
                return self.refuse(codes.KQL003, span, field=field.name, type=field.type.value)
        return Binary("==", text_of(field), String(str(value)))

    def boolean(self, field: Field, value: bool) -> Expr:
        """A truth value, or the word for it."""
        if field.type is FieldType.BOOLEAN:
            return Binary("==", column(field), Bool(value))
        if field.type is FieldType.NUMBER:
            return Bool(False)
        return compare(text_of(field), Pattern.of("true" if value else "false"))

    def compare(self, field: Field, order: ir.Order, value: int | float, span: Span | None) -> Expr:
        """An ordering of numbers; null for what is not a number."""
        if field.type is FieldType.BOOLEAN:
            return Bool(False)
        if field.type is FieldType.TIME:
            return self.refuse(codes.KQL003, span, field=field.name, type=field.type.value)
        left = column(field) if field.type is FieldType.NUMBER else Call("todouble", (text_of(field),))
        return self.never_null(Binary(order.value, left, literal(value) or real(value)))

    def network(self, address: Expr, network: str) -> Expr:
        """An address in a network; null for what is not an address of that family."""
        net = ip_network(network)
        if not isinstance(net, IPv6Network):
            return self.never_null(Call("ipv4_is_in_range", (address, String(network))))
        inside = self.never_null(Call("ipv6_is_in_range", (address, String(network))))
        if net.overlaps(_IPV4_IN_IPV6):
            return And((inside, Binary("contains", address, String(":"))))
        return inside

    def reference(self, field: Field, other: Field, shape: Shape, cased: bool, span: Span | None) -> Expr:
        """One field against another; neither may be missing."""
        if field.repeated or other.repeated:
            return self.refuse(codes.KQL004, span, field=field.name)
        if field.type is other.type and field.type not in (*_TEXT_TYPES, FieldType.DYNAMIC) and shape is Shape.EQUALS:
            return self.never_null(Binary("==", column(field), column(other)))
        if {field.type, other.type} & {FieldType.BOOLEAN, FieldType.TIME}:
            return self.refuse(codes.KQL003, span, field=field.name, type=field.type.value)
        related = compare_columns(text_of(field), text_of(other), shape, cased)
        if other.type in _TEXT_TYPES:
            # Where the other is not empty, neither is this one. Two empty strings that are present are lost.
            self.report.approximate(codes.KQL005, span, wider=False, field=field.name, other=other.name)
            return And((related, Call("isnotempty", (column(other),))))
        return And((related, is_present(field), is_present(other)))

    # --- presence

    def present(self, field: Field, span: Span | None) -> Expr:
        """`*`: any value, an empty one too."""
        if field.type in _TEXT_TYPES:
            self.report.approximate(codes.KQL002, span, wider=False, field=field.name)
        return is_present(field)

    def exists(self, field: Field, span: Span | None) -> Expr:
        """The field is there, whatever it holds."""
        if field.type is FieldType.DYNAMIC:
            match column(field):
                case Path(base, member_name):
                    return self.never_null(Call("bag_has_key", (base, String(member_name))))
                case Index(base, String() as key):
                    return self.never_null(Call("bag_has_key", (base, key)))
        self.report.approximate(codes.KQL002, span, wider=False, field=field.name)
        return is_present(field)

    def empty_string(self, field: Field, span: Span | None) -> Expr:
        """Present, and equal to the empty string."""
        if field.type in _TEXT_TYPES:
            self.report.approximate(codes.KQL002, span, wider=True, field=field.name)
            return is_empty(field)
        if field.type is FieldType.DYNAMIC:
            return And((is_present(field), is_empty(field)))
        return Bool(False)

    # --- beyond one value of one field

    def list_member(self, field: Field, test: ir.Test, span: Span | None) -> Expr:
        """Some member of a list."""
        match test:
            case ir.Exists():
                self.report.approximate(codes.KQL002, span, wider=False, field=field.name)
                return Call("isnotnull", (column(field),))
            case Pattern() | ir.Number() | ir.Boolean() | ir.Null():
                match member(column(field), field.type, test):
                    case Call("set_has_element") | Binary(">") as found:
                        return self.never_null(found)  # there may be no array
                    case found:
                        return found
            case _:
                return self.refuse(codes.KQL004, span, field=field.name)

    def keyword(self, test: Pattern | Regex, span: Span | None) -> Expr:
        """Some value of any column contains it."""
        if isinstance(test, Regex):
            return Binary("matches regex", Star(), String(self.kusto_regex(test, span)[0]))
        unanchored = Pattern.of(ir.ANY, *test.parts, ir.ANY, case=test.case)
        if unanchored.shape is Shape.PRESENT:
            return Bool(True)
        return compare(Star(), unanchored)

    def refuse(self, code: Code, span: Span | None, **facts: str) -> Expr:
        """Report that there is no query; what is returned is never printed."""
        self.report.refuse(code, span, **facts)
        return Bool(False)


# --- columns


def column(field: Field) -> Expr:
    """The field as it is in the query.

    A name is one column, dots and all; the name of a dynamic field is a path into a column.

    >>> column(Field("c-uri")), column(Field("EventData.Image", FieldType.DYNAMIC, mapped=True))
    (Name(name='c-uri'), Path(base=Name(name='EventData'), member='Image'))
    """
    return _path(field.name) if field.type is FieldType.DYNAMIC else Name(field.name)


_STEP = re.compile(r"\[(?:(\d+)|'([^']*)'|\"([^\"]*)\")\]|([^.\[]+|\[)")


@lru_cache(maxsize=4096)
def _path(name: str) -> Expr:
    """A path as a data model writes it: `EventData.Image`, `D.parts[0]`, `D['odd name']`, `D.c-uri`."""
    column, *steps = (found.groups() for found in _STEP.finditer(name))
    if column[-1] is None or len(steps) > _DEEPEST_PATH:
        return Name(name)
    path: Expr = Name(column[-1])
    for position, single, double, plain in steps:
        if position is not None:
            path = Index(path, Number(int(position)))
        elif plain is not None and is_identifier(plain):
            path = Path(path, plain)
        else:
            path = Index(path, String(plain or single or double))
    return path


def text_of(field: Field) -> Expr:
    """The field's value as a string, empty where it is missing."""
    return column(field) if field.type in _TEXT_TYPES else Call("tostring", (column(field),))


def is_present(field: Field) -> Expr:
    """The column holds a value."""
    return Call("isnotempty" if field.type in _TEXT_TYPES else "isnotnull", (column(field),))


def is_empty(field: Field) -> Expr:
    """The column holds none, or an empty string."""
    if field.type is FieldType.DYNAMIC or field.type in _TEXT_TYPES:
        return Call("isempty", (text_of(field),))
    return Call("isnull", (column(field),))


def time_part(field: Field, unit: TimeUnit) -> Expr:
    """A part of the timestamp in the field; null, and so equal to nothing, where there is no timestamp."""
    match field.type:
        case FieldType.TIME:
            moment = column(field)
        case FieldType.NUMBER:
            moment = Call("unixtime_seconds_todatetime", (column(field),))
        case _:
            moment = Call("todatetime", (text_of(field),))
    if unit is TimeUnit.MINUTE:
        return Call("datetime_part", (String("minute"), moment))
    return Call(_TIME_PARTS[unit], (moment,))


def literal(value: int | float | None) -> Number | None:
    """The number as a `long` or `real` literal, if it is one."""
    return None if value is None or not -(2**63) < value < 2**63 else Number(value)


def real(value: int | float) -> Expr:
    """A number that is too large for a `long`, or no finite one."""
    try:
        nearest = float(value)
    except OverflowError:
        nearest = math.copysign(math.inf, value)
    return Number(nearest) if math.isfinite(nearest) else Typed("real", f"{nearest:+}")
