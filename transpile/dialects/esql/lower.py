"""Lowers a rule on single events to `FROM ... | WHERE ...`; rules on several events to STATS (`lower_stages`)."""

from __future__ import annotations

import re
from typing import Any, assert_never

from transpile.codes import Code
from transpile.diagnostics import Report
from transpile.dialects import codes as shared
from transpile.dialects.esql import codes
from transpile.dialects.esql import tree as esql
from transpile.dialects.esql.lower_logic import opposite
from transpile.dialects.esql.lower_tests import (
    SINCE,
    TEXTS,
    Key,
    Said,
    build,
    has_no_text,
    is_present,
    is_searched,
    say,
    search_regex,
)
from transpile.dialects.esql.tree import Call, Column, Comparison, Expr, Query
from transpile.dialects.kit.writing.conditions import Connectives, Leaves, lower_condition
from transpile.dialects.kit.writing.keywords import keyword_regex
from transpile.dialects.kit.writing.lists import ListItem, gather
from transpile.dialects.kit.writing.networks import network_of, network_regex, networks_of_ip_fields
from transpile.dialects.kit.writing.typed import as_typed
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
    TimeUnit,
)
from transpile.ir.rule import Rule
from transpile.ir.stream import Events
from transpile.ir.walk import leaves, value_text
from transpile.record import record, replace
from transpile.regex import RegexError, parse, to_lucene_cased, wildcards

_NOTHING = esql.Boolean(False)  # stands for what was refused
_LONGEST = 1_000  # index.max_regex_length of Elasticsearch
_TOO_LONG = f"in any case, it takes more than {_LONGEST} characters, which Elasticsearch does not allow"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
INDEX = "logs-*"
_METADATA = ("_id", "_index", "_version")  # by which the detection engine tells alerts apart

_PARTS = {
    TimeUnit.MINUTE: "minute_of_hour",
    TimeUnit.HOUR: "hour_of_day",
    TimeUnit.DAY: "day_of_month",
    TimeUnit.MONTH: "month_of_year",
    TimeUnit.YEAR: "year",
}


def lower(rule: Rule, report: Report) -> Query:
    """The query that means the rule; a data set is a value of event.category, None or `any` every one."""
    if not rule.is_single:
        from transpile.dialects.esql.lower_stages import lower_stages

        return lower_stages(rule, report)
    return Query(esql.From(indices(rule.events), _METADATA), (esql.Where(lower_events(rule.events, report)),))


def indices(*inputs: Events) -> tuple[str, ...]:
    """The index patterns that hold the events: those of the data model, else `logs-*`."""
    return tuple(dict.fromkeys(name for one in inputs for name in one.places or (INDEX,)))


def lower_events(events: Events, report: Report, *, search: bool = True) -> Expr:
    """The condition on single events, with that of their data set.

    Without `search` it has no functions that search the index, which only WHERE takes; what needs one is refused.
    """
    addresses: set[str] = set()
    for leaf in leaves(events.condition):
        if not isinstance(leaf, ir.Match) or not isinstance(leaf.value, Field):
            continue
        if isinstance(leaf.test, Cidr) and not leaf.value.mapped:
            addresses.add(leaf.value.name)
        for field in (leaf.value, leaf.test.field) if isinstance(leaf.test, FieldRef) else (leaf.value,):
            if _CONTROL.search(field.name):
                report.refuse(codes.ESQ006, leaf.span, field=field.name)
    lowering = _Lowering(report, frozenset(addresses), search)
    connectives: Connectives[Expr] = Connectives(esql.And, esql.Or, opposite, esql.Boolean)
    ends: Leaves[Expr] = Leaves(lowering.tests, lowering.keyword, lowering.computed)
    condition = lower_condition(events.condition, report, connectives, ends)
    if events.dataset in (None, "any"):
        return condition
    category: Expr = esql.Search(Column("event.category"), esql.String(events.dataset or ""))
    if not search:
        category = Call("MV_INTERSECTS", (Column("event.category"), esql.String(events.dataset or "")))
    rest = condition.args if isinstance(condition, esql.And) else (condition,)
    return esql.And((category, *(one for one in rest if one != esql.Boolean(True)))) if rest else category


@record
class _Lowering:
    """The tests of one rule. `addresses` are unmapped fields that it tests for a network; they may be of type ip."""

    report: Report
    addresses: frozenset[str]
    search: bool

    def tests(self, field: Field, matches: list[ir.Match]) -> list[Expr]:
        if field.name in self.addresses:
            field = replace(field, type=FieldType.IP)
        nulls = {match.test for match in matches if isinstance(match.test, Null)}
        if nulls and not field.repeated:  # an empty value is one that counts as null
            matches = [match for match in matches if match.test != Pattern(())]
        found = [self.test(field, match) for match in matches]
        made: list[Expr] = gather(found, lambda key, values: [build(field, key, values, search=self.search)])
        if field.repeated:
            self.note_versions(made, matches[0])
        return made

    def note_versions(self, made: list[Expr], match: ir.Match) -> None:
        """Names the functions that not every supported Elasticsearch has; only tests of several values need some."""
        parts = [part for one in made for part in (one.args if isinstance(one, esql.Or) else (one,))]
        names = {part.name for part in parts if isinstance(part, Call)}
        for name, version in SINCE.items():
            if name in names:
                self.report.note(codes.ESQ020, match.span, function=name, version=version)

    def test(self, field: Field, match: ir.Match) -> Said:
        test = match.test
        if field.type is FieldType.DYNAMIC and not isinstance(test, Null | Exists):
            return self.refuse(codes.ESQ003, match, field=field.name)
        match test:
            case Pattern((single,)) if single is ANY:
                return search_regex(".*", field.name) if is_searched(field, self.search) else is_present(field.name)
            case Null():
                return has_no_text(field, search=self.search)
            case Exists():
                self.report.approximate(codes.ESQ004, match.span, wider=False, field=field.name)
                return is_present(field.name)
            case TimePart(unit, value):
                return self.time_part(field, unit, value, match)
            case FieldRef():
                return self.field_reference(field, test, match)
            case Cidr(network):
                return self.network(field, network, match)
            case Pattern() | Regex() | Number() | Boolean() | Compare():
                return self.typed(field, test, match)
            case _:
                assert_never(test)

    def typed(self, field: Field, test: Pattern | Regex | Number | Boolean | Compare, match: ir.Match) -> Said:
        """A test by the column's type; of numbers and addresses patterns ask the spelling."""
        mapped_address = field.type is FieldType.IP and field.mapped
        fitting = as_typed(test, FieldType.STRING if field.type is FieldType.IP and not mapped_address else field.type)
        match fitting:
            case Pattern() if mapped_address:
                return ListItem(Key("in", text=False), fitting.literal)
            case Pattern():
                return self.pattern(field, fitting, match)
            case Number(value) | Boolean(value):
                return ListItem(Key("in", text=False), value)
            case Compare(order, value):
                return _ordered(field, order, value)
            case Regex():
                return self.regex(field, fitting, match)
            case _:
                pass
        if (
            isinstance(test, Pattern)
            and field.type in (FieldType.NUMBER, FieldType.IP)
            and test.shape is not Shape.EQUALS
        ):
            prefix = network_of(test.literal) if mapped_address and test.shape is Shape.STARTS else None
            return ListItem(Key("cidr"), prefix) if prefix and not field.repeated else self.pattern(field, test, match)
        return self.misfit(field, match)

    def pattern(self, field: Field, pattern: Pattern, match: ir.Match) -> Said:
        said = say(pattern, searched=field.repeated or is_searched(field, self.search))
        if said.key.operator == "rlike" and len(said.value) > _LONGEST:
            return self.refuse(codes.ESQ001, match, reason=_TOO_LONG)
        return said

    def regex(self, field: Field, test: Regex, match: ir.Match) -> Said:
        try:
            node = parse(test.pattern, ignore_case=test.ignore_case, multiline=test.multiline, dotall=test.dotall)
            if plain := wildcards(node):
                parts, fold = plain
                case = Case.UNICODE if fold else Case.SENSITIVE
                pattern = Pattern.of(*(ANY if part is None else part for part in parts), case=case)
                return self.pattern(field, pattern, match)
            return ListItem(Key("rlike"), to_lucene_cased(node))
        except RegexError as error:
            return self.refuse(codes.ESQ001, match, reason=str(error))

    def network(self, field: Field, network: str, match: ir.Match) -> Said:
        if field.type not in (*TEXTS, FieldType.IP):
            return self.misfit(field, match)
        if field.repeated or is_searched(field, self.search):
            if regex := network_regex(network):
                return ListItem(Key("rlike"), regex)
            if field.repeated:
                return self.refuse(codes.ESQ009, match, field=field.name, test="networks of IPv6")
        networks = networks_of_ip_fields(network)
        if not networks:
            return self.misfit(field, match)
        if len(networks) == 1:
            return ListItem(Key("cidr"), networks[0])
        return build(field, Key("cidr"), networks, search=self.search)

    def time_part(self, field: Field, unit: TimeUnit, value: int, match: ir.Match) -> Expr:
        if unit not in _PARTS:
            return self.refuse(codes.ESQ008, match, unit=unit.value, field=field.name)
        if field.repeated:
            return self.refuse(codes.ESQ009, match, field=field.name, test="parts of the time")
        if field.type is not FieldType.TIME:
            if field.mapped:
                return self.misfit(field, match)
            self.report.note(codes.ESQ005, match.span, field=field.name)
        part = Call("DATE_EXTRACT", (esql.String(_PARTS[unit]), Column(field.name)))
        return esql.Compare(Comparison.EQ, part, esql.Number(value))

    def field_reference(self, field: Field, test: FieldRef, match: ir.Match) -> Expr:
        for one in (field, test.field):
            if one.type is FieldType.DYNAMIC:
                return self.refuse(codes.ESQ003, match, field=one.name)
        this, other = (_text(one, lower=not test.cased) for one in (field, test.field))
        repeated = field.repeated or test.field.repeated
        match test.shape:
            case Shape.EQUALS if repeated:
                return esql.And((Call("MV_INTERSECTS", (this, other)), is_present(field.name)))
            case _ if repeated:
                return self.refuse(codes.ESQ009, match, field=field.name, test="comparisons with parts of another")
            case Shape.EQUALS:
                return esql.Compare(Comparison.EQ, this, other)
            case Shape.STARTS:
                return Call("STARTS_WITH", (this, other))
            case Shape.ENDS:
                return Call("ENDS_WITH", (this, other))
            case _:
                # What the function makes of an empty string is not documented.
                empty = esql.And((esql.Compare(Comparison.EQ, other, esql.String("")), is_present(field.name)))
                found = esql.Compare(Comparison.GT, Call("LOCATE", (this, other)), esql.Number(0))
                return esql.Or((found, empty))

    def keyword(self, keyword: ir.Keyword) -> Expr:
        """A search in every field, by a regex, since the wildcards of a query string mind case."""
        test = keyword.test
        if not self.search:
            self.report.refuse(codes.ESQ017, keyword.span, reason="a keyword in one of several rules")
            return _NOTHING
        try:
            body = keyword_regex(test)
        except RegexError as error:
            self.report.refuse(codes.ESQ001, keyword.span, reason=str(error))
            return _NOTHING
        shown = test.pattern if isinstance(test, Regex) else test.literal
        if len(body) > _LONGEST:
            self.report.refuse(codes.ESQ001, keyword.span, reason=_TOO_LONG)
        self.report.note(codes.ESQ007, keyword.span, keyword=shown)
        return search_regex(body)

    def computed(self, match: ir.Match) -> Expr:
        what = f"a test of {value_text(match.value)}"
        self.report.refuse(shared.DIA001, match.span, language="Elastic ES|QL", what=what)
        return _NOTHING

    def misfit(self, field: Field, match: ir.Match) -> Expr:
        what = match.operator or type(match.test).__name__.lower()
        return self.refuse(codes.ESQ002, match, field=field.name, type=field.type.value, test=what)

    def refuse(self, code: Code, match: ir.Match, **facts: Any) -> Expr:
        self.report.refuse(code, match.span, **facts)
        return _NOTHING


def _ordered(field: Field, order: Order, value: float) -> Expr:
    column: Expr = Column(field.name)
    if field.repeated:
        column = Call("MV_MIN" if order in (Order.LT, Order.LTE) else "MV_MAX", (column,))
    return esql.Compare(Comparison(order.value), column, esql.Number(value))


def _text(field: Field, lower: bool) -> Expr:
    column: Expr = Column(field.name)
    if field.type not in TEXTS:
        column = Call("TO_STRING", (column,))
    return Call("TO_LOWER", (column,)) if lower else column
