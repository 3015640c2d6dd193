"""Lowers a rule to an EQL event query.

What EQL makes of a missing value decides how negation is written. A predicate on a field becomes a term-level query of
Elasticsearch and is false where the field is missing, so that its `not` holds there, as in Sigma. A predicate on a
function of a field runs as a script, where `not null` is null and the event is dropped; so that is written
`not (f != null and ...)`. (Elasticsearch: QueryTranslator, "EQL function reference" on null handling.)

Only tests for presence carry the `?` of optional fields. An optional field that no index maps is null as a whole, and
`not (?f : "x")` then quietly matches nothing, where Elasticsearch names the unknown column for `f`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Any, assert_never

from transpile.codes import Code
from transpile.diagnostics import Report
from transpile.dialects.eql import codes
from transpile.dialects.eql import tree as eql
from transpile.dialects.eql.patterns import say
from transpile.dialects.eql.tree import Comparison, Event, Expr, Query, Search
from transpile.dialects.kit.writing.networks import network_of, network_regex, networks_of_ip_fields
from transpile.dialects.kit.writing.typed import is_address
from transpile.ir import expr as ir
from transpile.ir.expr import Match
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
    Number,
    Pattern,
    Regex,
    Shape,
    Test,
    TimePart,
)
from transpile.ir.rule import Rule
from transpile.ir.walk import by_field, leaves
from transpile.regex import RegexError, parse, to_lucene, wildcards
from transpile.source import Span

_NULL = eql.Null()
_NOTHING = eql.Boolean(False)  # stands for what was refused

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TEXTS = (FieldType.STRING, FieldType.ENUM)
_CIDR_MATCH = "cidrMatch"
_FIELD_FUNCTIONS = {Shape.STARTS: "startsWith", Shape.ENDS: "endsWith", Shape.CONTAINS: "stringContains"}

# What a test of a field asks: an operator and a value, which several tests of the field may share, or an expression.
_Said = tuple[Search | str, Any] | Expr
_Key = tuple[Search | str, bool]  # the operator, and whether its value is a string


def lower(rule: Rule, report: Report) -> Query:
    """The query that means the rule; `rule.dataset` is its event category, None or `any` for events of every one."""
    addresses: dict[str, Span | None] = {}
    for leaf in leaves(rule.condition):
        if not isinstance(leaf, Match):
            continue
        if isinstance(leaf.test, Cidr) and not leaf.field.mapped:
            addresses.setdefault(leaf.field.name, leaf.span)
        for field in (leaf.field, leaf.test.field) if isinstance(leaf.test, FieldRef) else (leaf.field,):
            if _CONTROL.search(field.name):
                report.refuse(codes.EQL008, leaf.span, field=field.name)
    for name, span in addresses.items():
        report.note(codes.EQL007, span, field=name)
    category = None if rule.dataset == "any" else rule.dataset
    return Query(Event(category, _Lowering(report, frozenset(addresses)).condition(rule.condition)))


@dataclass(slots=True)
class _Lowering:
    """The way down through one rule's condition.

    `addresses` are the unmapped fields that the rule tests for a network: cidrMatch takes only fields of type ip, so
    everything that is asked of them is said as for that type.
    """

    report: Report
    addresses: frozenset[str]

    def condition(self, expr: ir.Expr) -> Expr:
        match expr:
            case ir.And(args):
                return _join(eql.And, [self.condition(arg) for arg in args])
            case ir.Or(args):
                return self.any_of(args)
            case ir.Not(Match(Field() as field, Null())) if field.type in _TEXTS and field.name not in self.addresses:
                return _is_not_empty(field.name, optional=not self.report.negated)
            case ir.Not(arg):
                self.report.negated = not self.report.negated
                inner = self.condition(arg)
                self.report.negated = not self.report.negated
                return eql.Not(_null_safe(inner))
            case ir.Match():
                return self.any_of((expr,))
            case ir.Keyword(test, span):
                self.report.refuse(
                    codes.EQL001, span, keyword=test.pattern if isinstance(test, Regex) else test.literal
                )
                return _NOTHING
            case ir.Constant(value):
                return eql.Boolean(value)
            case ir.Opaque():
                ir.never_written(expr)
            case _:
                assert_never(expr)

    def any_of(self, args: tuple[ir.Expr, ...]) -> Expr:
        """One of the arguments holds; neighbouring tests of one field by one operator become one list."""
        found: list[Expr] = []
        for field, group in by_field(args):
            if field is None:
                found.extend(self.condition(arg) for arg in group)
            else:
                found.extend(self.one_field(field, [arg for arg in group if isinstance(arg, Match)]))
        return _join(eql.Or, found)

    def one_field(self, field: Field, matches: list[Match]) -> list[Expr]:
        if field.name in self.addresses:
            field = replace(field, type=FieldType.IP)
        lists: dict[_Key, list[Any]] = {}
        found: list[Expr | _Key] = []
        empty = [match for match in matches if isinstance(match.test, Null) or _is_empty_text(match.test)]
        if len({type(match.test) for match in empty}) == 2:
            # Null comes first: where it holds, nobody needs to know what an unmapped field makes of the other.
            found.append(_is_missing(field.name))
            if field.type in _TEXTS:  # else nothing is empty but what is missing
                found.append(_compare(eql.Field(field.name, optional=True), ""))
            matches = [match for match in matches if match not in empty]
        for match in matches:
            said = self.test(field, match)
            if not isinstance(said, tuple):
                found.append(said)
                continue
            operator, value = said
            key = (operator, isinstance(value, str))
            if key not in lists:
                lists[key] = []
                found.append(key)
            lists[key].append(value)
        return [_listed(field, one[0], lists[one]) if isinstance(one, tuple) else one for one in found]

    # --- one test of one field

    def test(self, field: Field, match: Match) -> _Said:
        test = match.test
        match test:
            case Pattern((single,)) if single is ANY:
                return _has_value(field.name)
            case Pattern() if field.type in _TEXTS:
                return say(test) if test.parts else (Search.IN, "")
            case Null():
                return _no_value(field)
            case Exists():
                self.report.approximate(codes.EQL006, match.span, wider=False, field=field.name)
                return _has_value(field.name)
            case TimePart():
                return self.refuse(codes.EQL003, match, field=field.name)
            case FieldRef():
                return self.field_reference(field, test, match)
            case _:
                pass
        match field.type:
            case FieldType.STRING | FieldType.ENUM:
                return self.of_string(test, match)
            case FieldType.NUMBER:
                return self.of_number(test, match)
            case FieldType.BOOLEAN:
                return self.of_boolean(test, match)
            case FieldType.IP:
                return self.of_address(test, match)
            case FieldType.TIME | FieldType.DYNAMIC:
                return self.misfit(match)
            case _:
                assert_never(field.type)

    def of_string(self, test: Test, match: Match) -> _Said:
        match test:
            case Number(value):
                return say(Pattern.of(str(value)))
            case Boolean(value):
                return say(Pattern.of(str(value).lower()))
            case Regex(pattern, _, multiline, dotall):
                try:
                    node = parse(pattern, ignore_case=test.ignore_case, multiline=multiline, dotall=dotall)
                    if plain := wildcards(node):
                        parts, fold = plain
                        return say(
                            Pattern.of(
                                *(ANY if part is None else part for part in parts),
                                case=Case.UNICODE if fold else Case.SENSITIVE,
                            )
                        )
                    text, fold = to_lucene(node)
                except RegexError as error:
                    return self.refuse(codes.EQL002, match, reason=str(error))
                return (Search.REGEX_FOLD if fold else Search.REGEX), text
            case Cidr(network):
                if regex := network_regex(network):
                    return Search.REGEX, regex
                return self.misfit(match)
            case _:
                return self.misfit(match)

    def of_number(self, test: Test, match: Match) -> _Said:
        match test:
            case Number(value):
                return Search.IN, value
            case Compare(order, value):
                return eql.Compare(Comparison(order.value), eql.Field(match.field.name), eql.Number(value))
            case Pattern():
                number = test.as_number()
                if number is not None:
                    return Search.IN, number
                return self.misfit(match) if test.shape is Shape.EQUALS else say(test)
            case _:
                return self.misfit(match)

    def of_boolean(self, test: Test, match: Match) -> _Said:
        match test:
            case Boolean(value):
                return Search.IN, value
            case Pattern() if test.shape is Shape.EQUALS and test.literal.lower() in ("true", "false"):
                return Search.IN, test.literal.lower() == "true"
            case _:
                return self.misfit(match)

    def of_address(self, test: Test, match: Match) -> _Said:
        match test:
            case Cidr(network):
                match networks_of_ip_fields(network):
                    case ():
                        return self.misfit(match)
                    case (one,):
                        return _CIDR_MATCH, one
                    case several:
                        return eql.Call(_CIDR_MATCH, (eql.Field(match.field.name), *map(eql.String, several)))
            case Pattern() if test.shape is Shape.EQUALS:
                return (_CIDR_MATCH, test.literal) if is_address(test.literal) else self.misfit(match)
            case Pattern():
                # Only where a data model vouches that all values are addresses is a prefix of their text a network.
                vouched = match.field.mapped and test.shape is Shape.STARTS
                within = network_of(test.literal) if vouched else None
                return (_CIDR_MATCH, within) if within else say(test)
            case _:
                return self.misfit(match)

    def field_reference(self, field: Field, test: FieldRef, match: Match) -> Expr:
        """Comparison operators take no two fields, but the string functions do (their examples in the reference)."""
        for one in (field, test.field):
            if one.type is FieldType.DYNAMIC:
                return self.refuse(codes.EQL005, match, field=one.name)
        this, other = _text(field), _text(test.field)

        def call(shape: Shape, one: Expr, two: Expr) -> Expr:
            return eql.Call(_FIELD_FUNCTIONS[shape], (one, two), fold=not test.cased)

        match test.shape:
            case Shape.EQUALS:
                return eql.And((call(Shape.STARTS, this, other), call(Shape.STARTS, other, this)))
            case Shape.CONTAINS:
                # stringContains finds no empty string.
                empty = eql.And((_compare(eql.Field(test.field.name), ""), _has_value(field.name)))
                return eql.Or((call(Shape.CONTAINS, this, other), empty))
            case _:
                return call(test.shape, this, other)

    def misfit(self, match: Match) -> Expr:
        name, type_ = match.field.name, match.field.type
        what = match.operator or type(match.test).__name__.lower()
        if type_ is FieldType.DYNAMIC:
            return self.refuse(codes.EQL005, match, field=name)
        if match.field.name in self.addresses:
            type_ = FieldType.IP
        return self.refuse(codes.EQL004, match, field=name, type=type_.value, test=what)

    def refuse(self, code: Code, match: Match, **facts: Any) -> Expr:
        self.report.refuse(code, match.span, **facts)
        return _NOTHING


# --- building expressions


def _join(kind: type[eql.And] | type[eql.Or], args: list[Expr]) -> Expr:
    flat: list[Expr] = []
    for arg in args:
        flat.extend(arg.args if isinstance(arg, kind) else (arg,))
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def _text(field: Field) -> Expr:
    name = eql.Field(field.name)
    return name if field.type in _TEXTS else eql.Call("string", (name,))


def _literal(value: Any) -> eql.Literal:
    match value:
        case bool():
            return eql.Boolean(value)
        case str():
            return eql.String(value)
        case _:
            return eql.Number(value)


def _compare(operand: Expr, value: Any) -> Expr:
    return eql.Compare(Comparison.EQ, operand, _literal(value))


def _listed(field: Field, operator: Search | str, values: list[Any]) -> Expr:
    """The field is (or matches) one of the values, all of which are strings or none."""
    values = list(dict.fromkeys(values))
    if operator == _CIDR_MATCH:
        name = eql.Field(field.name)
        if len(values) == 1 and "/" not in values[0]:
            return _compare(name, values[0])
        return eql.Call(_CIDR_MATCH, (name, *(eql.String(str(ip_network(value))) for value in values)))
    operand = _text(field) if isinstance(values[0], str) else eql.Field(field.name)
    if operator is Search.IN and len(values) == 1:
        return _compare(operand, values[0])
    return eql.Lookup(Search(operator), operand, tuple(map(_literal, values)))


def _has_value(name: str) -> Expr:
    return eql.Compare(Comparison.NE, eql.Field(name, optional=True), _NULL)


def _is_empty_text(test: Test) -> bool:
    return isinstance(test, Pattern) and not test.parts


def _is_missing(name: str) -> Expr:
    return eql.Compare(Comparison.EQ, eql.Field(name, optional=True), _NULL)


def _no_value(field: Field) -> Expr:
    """No value but, in a field of text, empty ones: a list of an empty and another string has a value."""
    if field.type not in _TEXTS:
        return _is_missing(field.name)
    return eql.Or((_is_missing(field.name), eql.Not(_is_not_empty(field.name, optional=True))))


def _is_not_empty(name: str, optional: bool) -> Expr:
    return eql.Lookup(Search.WILDCARD, eql.Field(name, optional), (eql.String("?*"),))


def _null_safe(expr: Expr) -> Expr:
    """A predicate that runs as a script, made false where its fields are missing, so that it can be negated."""
    match expr:
        case eql.Call(name) if name != _CIDR_MATCH:
            scripted: Expr = expr
        case eql.Lookup(_, eql.Call() as scripted) | eql.Compare(_, eql.Call() as scripted):
            pass
        case _:
            return expr
    present = [_has_value(name) for name in _fields(scripted)]
    return eql.And((*present, expr))


def _fields(expr: Expr) -> list[str]:
    match expr:
        case eql.Field(name):
            return [name]
        case eql.Call(_, args):
            return [name for arg in args for name in _fields(arg)]
        case _:
            return []
