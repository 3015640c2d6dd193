"""Lowers a rule on single events to a query string.

Every clause is true or false of a document, and false where the field has no value, so that NOT of it holds there. Of
several values one has to match. Keyword fields mind case: what ignores it becomes a regex of `[aA]`.
"""

from __future__ import annotations

import re
from typing import Any, assert_never

from transpile.codes import Code
from transpile.diagnostics import Report
from transpile.dialects.kit.writing.casing import either_case, has_case
from transpile.dialects.kit.writing.conditions import Connectives, Leaves, lower_condition
from transpile.dialects.kit.writing.keywords import keyword_regex
from transpile.dialects.kit.writing.lists import ListItem, gather
from transpile.dialects.kit.writing.networks import network_of, network_regex, networks_of_ip_fields
from transpile.dialects.kit.writing.typed import TEXTS, as_typed
from transpile.dialects.lucene import codes
from transpile.dialects.lucene import tree as lucene
from transpile.dialects.lucene.tree import Phrase, Plain, Query, Range, Value, Wild, Wildcard
from transpile.dialects.lucene.words import OPERATORS
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
    Number,
    Order,
    Pattern,
    Regex,
    Shape,
    TimePart,
)
from transpile.ir.rule import Rule
from transpile.ir.walk import leaves
from transpile.record import record, replace
from transpile.regex import RegexError, escape_lucene, parse, to_lucene_cased, wildcards

_EXISTS = "_exists_"
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f-\x9f<>*?]|^$|^_exists_$")
_LONGEST = 1_000  # index.max_regex_length of Elasticsearch
_NOTHING = lucene.Not(lucene.Everything())  # stands for what was refused too

Said = ListItem[str, Value] | Query


def lower(rule: Rule, report: Report) -> Query:
    """The query that means the rule; a data set is a value of event.category, None or `any` every one."""
    addresses: set[str] = set()
    for leaf in leaves(rule.condition):
        if not isinstance(leaf, ir.Match) or not isinstance(leaf.value, Field):
            continue
        if isinstance(leaf.test, Cidr) and not leaf.value.mapped and leaf.value.name not in addresses:
            addresses.add(leaf.value.name)
            report.note(codes.LUC005, leaf.span, field=leaf.value.name)
        if _UNWRITABLE.search(leaf.value.name):
            report.refuse(codes.LUC006, leaf.span, field=leaf.value.name)
    lowering = _Lowering(report, frozenset(addresses))
    connectives: Connectives[Query] = Connectives(lucene.And, lucene.Or, _opposite, _constant)
    ends: Leaves[Query] = Leaves(lowering.tests, lowering.keyword, lowering.computed)
    condition = lower_condition(rule.condition, report, connectives, ends)
    if rule.dataset in (None, "any"):
        return condition
    category = lucene.Match("event.category", Plain(rule.dataset or ""))
    rest = condition.args if isinstance(condition, lucene.And) else (condition,)
    return lucene.And((category, *rest))


def _opposite(query: Query) -> Query:
    return query.arg if isinstance(query, lucene.Not) else lucene.Not(query)


def _constant(value: bool) -> Query:
    return lucene.Everything() if value else _NOTHING


@record
class _Lowering:
    """The tests of one rule. `addresses` are unmapped fields that it tests for a network, which only ip fields take."""

    report: Report
    addresses: frozenset[str]

    def tests(self, field: Field, matches: list[ir.Match]) -> list[Query]:
        if field.name in self.addresses:
            field = replace(field, type=FieldType.IP)
        found = (self.test(field, match) for match in matches)
        return gather(found, lambda name, values: [_one_of(name, values)])

    def test(self, field: Field, match: ir.Match) -> Said:
        test = match.test
        match test:
            case Pattern((single,)) if single is ANY:
                return _exists(field.name)
            case Null() if field.type in TEXTS:
                # No value of one character or more: that is so of a missing field and of empty values.
                return lucene.Not(lucene.Match(field.name, Wild((Wildcard.ONE, Wildcard.ANY))))
            case Null():
                return lucene.Not(_exists(field.name))
            case Exists():
                self.report.approximate(codes.LUC004, match.span, wider=False, field=field.name)
                return _exists(field.name)
            case TimePart():
                return self.refuse(codes.LUC008, match, field=field.name, test="a part of its time")
            case FieldRef():
                return self.refuse(codes.LUC008, match, field=field.name, test="the value of another field")
            case Cidr(network):
                return self.network(field, network, match)
            case Pattern() | Regex() | Number() | Boolean() | Compare():
                return self.typed(field, test, match)
            case _:
                assert_never(test)

    def typed(self, field: Field, test: Pattern | Regex | Number | Boolean | Compare, match: ir.Match) -> Said:
        fitting = as_typed(test, field.type)
        match fitting:
            case Pattern() if field.type is FieldType.IP:
                return ListItem(field.name, Phrase(fitting.literal))
            case Pattern():
                return self.pattern(field, fitting, match)
            case Number(value):
                return ListItem(field.name, _number(value))
            case Boolean(value):
                return ListItem(field.name, Plain("true" if value else "false"))
            case Compare(order, value):
                return ListItem(field.name, _ordered(order, value))
            case Regex():
                return self.regex(field, fitting, match)
            case _:
                pass
        if isinstance(test, Pattern) and field.type is FieldType.IP and field.mapped and test.shape is Shape.STARTS:
            prefix = network_of(test.literal)
            if prefix is not None:
                return ListItem(field.name, Phrase(prefix))
        return self.misfit(field, match)

    def pattern(self, field: Field, pattern: Pattern, match: ir.Match) -> Said:
        found = _say(pattern)
        if isinstance(found, lucene.Regex) and len(found.pattern) > _LONGEST:
            return self.refuse(codes.LUC003, match, value=pattern.literal[:50])
        return ListItem(field.name, found)

    def regex(self, field: Field, test: Regex, match: ir.Match) -> Said:
        try:
            node = parse(test.pattern, ignore_case=test.ignore_case, multiline=test.multiline, dotall=test.dotall)
            if plain := wildcards(node):
                parts, fold = plain
                case = Case.UNICODE if fold else Case.SENSITIVE
                pattern = Pattern.of(*(ANY if part is None else part for part in parts), case=case)
                return _exists(field.name) if pattern.parts == (ANY,) else self.pattern(field, pattern, match)
            return ListItem(field.name, _in_slashes(to_lucene_cased(node, shorthand=True)))
        except RegexError as error:
            return self.refuse(codes.LUC001, match, reason=str(error))

    def network(self, field: Field, network: str, match: ir.Match) -> Said:
        if field.type is FieldType.IP:
            networks = networks_of_ip_fields(network)
            if len(networks) == 1:
                return ListItem(field.name, Phrase(networks[0]))
            return _one_of(field.name, tuple(map(Phrase, networks))) if networks else self.misfit(field, match)
        regex = network_regex(network) if field.type in TEXTS else None
        return self.misfit(field, match) if regex is None else ListItem(field.name, _in_slashes(regex))

    def keyword(self, keyword: ir.Keyword) -> Query:
        """A search in every field, by a regex, since wildcards mind case."""
        test = keyword.test
        try:
            body = keyword_regex(test, shorthand=True)
        except RegexError as error:
            self.report.refuse(codes.LUC001, keyword.span, reason=str(error))
            return _NOTHING
        shown = test.pattern if isinstance(test, Regex) else test.literal
        if len(body) > _LONGEST:
            self.report.refuse(codes.LUC003, keyword.span, value=shown[:50])
        self.report.note(codes.LUC007, keyword.span, keyword=shown)
        return lucene.Match(None, _in_slashes(body))

    def computed(self, match: ir.Match) -> Query:
        raise TypeError("functions are not among what the dialect says it can")

    def misfit(self, field: Field, match: ir.Match) -> Query:
        what = match.operator or type(match.test).__name__.lower()
        return self.refuse(codes.LUC002, match, field=field.name, type=field.type.value, test=what)

    def refuse(self, code: Code, match: ir.Match, **facts: Any) -> Query:
        self.report.refuse(code, match.span, **facts)
        return _NOTHING


# --- values


def _say(pattern: Pattern) -> Value:
    """A pattern on text."""
    if has_case(pattern):
        return _in_slashes(pattern.render(_any_case, ".*", "."))
    if pattern.shape is Shape.EQUALS:
        text = pattern.literal
        return Plain(text) if text.isascii() and text.isalnum() and text not in OPERATORS else Phrase(text)
    first = pattern.parts[0]
    if isinstance(first, str) and first[0] in "<>":  # which cannot be escaped
        return _in_slashes(pattern.render(escape_lucene, ".*", "."))
    return Wild(tuple(part if isinstance(part, str) else Wildcard(part.value) for part in pattern.parts))


def _any_case(text: str) -> str:
    return either_case(text, escape_lucene)


def _in_slashes(regex: str) -> lucene.Regex:
    r"""The regex as a query string holds it, in which a slash ends it unless there is a backslash before it.

    >>> print(_in_slashes("a/b").pattern, _in_slashes("a\\\\").pattern)
    a\/b a[\\]
    """
    if regex.endswith("\\\\"):
        regex = regex[:-2] + "[\\\\]"
    return lucene.Regex(regex.replace("/", "\\/"))


def _number(value: float) -> Value:
    return Phrase(str(value)) if value < 0 else Plain(str(value))


def _ordered(order: Order, value: float) -> Range:
    text = str(value)
    match order:
        case Order.GT:
            return Range(text, None, includes_low=False)
        case Order.GTE:
            return Range(text, None)
        case Order.LT:
            return Range(None, text, includes_high=False)
        case Order.LTE:
            return Range(None, text)
        case _:
            assert_never(order)


def _exists(name: str) -> Query:
    return lucene.Match(_EXISTS, Plain(name))


def _one_of(name: str, values: tuple[Value, ...]) -> Query:
    if len(values) == 1:
        return lucene.Match(name, values[0])
    return lucene.Within(name, lucene.Or(tuple(lucene.Match(None, value) for value in values)))
