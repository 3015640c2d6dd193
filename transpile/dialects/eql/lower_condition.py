"""Lowers the condition of an event query.

What EQL makes of a missing value decides how negation is written. A predicate on a field becomes a term-level query of
Elasticsearch and is false where the field is missing, so that its `not` holds there, as in Sigma. A predicate on a
function of a field runs as a script, where `not null` is null and the event is dropped; so that is written
`not (f != null and ...)`. Elasticsearch moves `not` inwards before it translates, so this holds at any depth.
(QueryTranslator, BooleanSimplification, "EQL function reference" on null handling.)

Tests for presence carry the `?` of optional fields, and those of a field that a deployment may lack. An optional field
that no index maps is null as a whole, and `not (?f : "x")` then quietly matches nothing, where Elasticsearch names the
unknown column for `f`; `not (?f != null and ?f : "x")` does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeGuard, assert_never

from transpile.codes import Code
from transpile.diagnostics import Report
from transpile.dialects.eql import codes
from transpile.dialects.eql import tree as eql
from transpile.dialects.eql.build import (
    CIDR_MATCH,
    TEXTS,
    column,
    compare,
    fields_of,
    has_value,
    is_missing,
    is_not_empty,
    join,
    listed,
    negation,
    no_value,
    null_safe,
    text_of,
)
from transpile.dialects.eql.lower_values import UnsupportedError, lower_computed
from transpile.dialects.eql.patterns import is_caseless, say
from transpile.dialects.eql.tree import Comparison, Expr, Search
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
from transpile.ir.walk import by_field
from transpile.record import replace
from transpile.regex import RegexError, parse, to_lucene, wildcards

PRESENT = Pattern((ANY,))
_NOTHING = eql.Boolean(False)  # stands for what was refused

_FIELD_FUNCTIONS = {Shape.STARTS: "startsWith", Shape.ENDS: "endsWith", Shape.CONTAINS: "stringContains"}

# What a test of a field asks: an operator and a value, which several tests of the field may share, or an expression.
_Said = tuple[Search | str, Any] | Expr
_Key = tuple[Search | str, bool]  # the operator, and whether its value is a string


def lower_condition(expr: ir.Expr, report: Report, addresses: frozenset[str]) -> Expr:
    """The condition in EQL; what EQL cannot express goes to the report.

    `addresses` are the unmapped fields that the rule tests for a network: cidrMatch takes only fields of type ip, so
    every other test of them is written for that type.
    """
    return _Lowering(report, addresses).condition(expr)


@dataclass(slots=True)
class _Lowering:
    """The state of `lower_condition`."""

    report: Report
    addresses: frozenset[str]

    def condition(self, expr: ir.Expr) -> Expr:
        """The condition in EQL."""
        match expr:
            case ir.And(args):
                return join(eql.And, self.all_of(args))
            case ir.Or(args):
                return self.any_of(args)
            case ir.Not(Match(Field() as field, Null())) if field.type in TEXTS and field.name not in self.addresses:
                unsure = field.optional or not field.mapped
                return is_not_empty(field.name, optional=not self.report.negated and unsure)
            case ir.Not(arg):
                self.report.negated = not self.report.negated
                inner = self.condition(arg)
                self.report.negated = not self.report.negated
                return negation(inner)
            case ir.Match(Field()):
                return self.any_of((expr,))
            case ir.Match():
                return self.guarded(self.computed(expr))
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

    def all_of(self, args: tuple[ir.Expr, ...]) -> list[Expr]:
        """Each argument, but for tests of presence that the negation of a script makes by itself."""
        if self.report.negated:
            return [self.condition(arg) for arg in args]
        present = {arg.field.name for arg in args if _is_presence(arg)}
        implied: set[str] = set()
        scripts: dict[int, Expr] = {}
        for number, arg in enumerate(args):
            if isinstance(arg, ir.Not) and isinstance(arg.arg, Match) and _is_script(arg.arg):
                script = self.script(arg.arg)
                if present.issuperset(fields_of(script)):
                    implied.update(fields_of(script))
                    scripts[number] = negation(script)
        return [
            scripts[number] if number in scripts else self.condition(arg)
            for number, arg in enumerate(args)
            if not (_is_presence(arg) and arg.field.name in implied)
        ]

    def script(self, match: Match) -> Expr:
        """A test that runs as a script, without a guard against missing fields."""
        if isinstance(match.value, Field) and isinstance(match.test, FieldRef):
            return self.field_reference(match.value, match.test, match)
        return self.computed(match)

    def guarded(self, expr: Expr) -> Expr:
        """The test as it may be here: under a `not` false, and not null, where its fields are missing."""
        return null_safe(expr) if self.report.negated else expr

    def computed(self, match: Match) -> Expr:
        """A test of what a function gives."""
        try:
            return lower_computed(match)
        except UnsupportedError as reason:
            return self.refuse(codes.EQL013, match, reason=str(reason))

    def any_of(self, args: tuple[ir.Expr, ...]) -> Expr:
        """One of the arguments holds; neighbouring tests of one field by one operator become one list."""
        found: list[Expr] = []
        for field, group in by_field(args):
            if field is None:
                found.extend(self.condition(arg) for arg in group)
            else:
                found.extend(self.one_field(field, [arg for arg in group if isinstance(arg, Match)]))
        return join(eql.Or, found)

    def one_field(self, field: Field, matches: list[Match]) -> list[Expr]:
        if field.name in self.addresses:
            field = replace(field, type=FieldType.IP)
        lists: dict[_Key, list[Any]] = {}
        found: list[Expr | _Key] = []
        empty = [match for match in matches if isinstance(match.test, Null) or _is_empty_text(match.test)]
        if len({type(match.test) for match in empty}) == 2:
            # Null comes first: where it holds, nobody needs to know what an unmapped field makes of the other.
            found.append(is_missing(field.name))
            if field.type in TEXTS:  # else nothing is empty but what is missing
                found.append(compare(eql.Field(field.name, optional=True), ""))
            matches = [match for match in matches if match not in empty]
        for said in _as_one_list([self.test(field, match) for match in matches]):
            if not isinstance(said, tuple):
                found.append(said)
                continue
            operator, value = said
            key = (operator, isinstance(value, str))
            if key not in lists:
                lists[key] = []
                found.append(key)
            lists[key].append(value)
        tests = [self.said(field, one, lists[one]) if isinstance(one, tuple) else one for one in found]
        if self.report.negated and field.optional:
            return [one if _asks_presence(one) else join(eql.And, [has_value(field.name), one]) for one in tests]
        return [self.guarded(one) for one in tests]

    def said(self, field: Field, key: _Key, values: list[Any]) -> Expr:
        """The tests of one field by one operator. Values that are the same in any case are compared as they are."""
        operator, _ = key
        if not self.report.negated and operator is Search.WILDCARD and all(map(is_caseless, values)):
            operator = Search.IN
        return listed(field, operator, values)

    # --- one test of one field

    def test(self, field: Field, match: Match) -> _Said:
        test = match.test
        match test:
            case Pattern((single,)) if single is ANY:
                return has_value(field.name)
            case Pattern() if field.type in TEXTS:
                return say(test) if test.parts else (Search.IN, "")
            case Null():
                return no_value(field)
            case Exists():
                self.report.approximate(codes.EQL006, match.span, wider=False, field=field.name)
                return has_value(field.name)
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
                return eql.Compare(Comparison(order.value), column(match.field), eql.Number(value))
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
                        return CIDR_MATCH, one
                    case several:
                        return eql.Call(CIDR_MATCH, (column(match.field), *map(eql.String, several)))
            case Pattern() if test.shape is Shape.EQUALS:
                return (CIDR_MATCH, test.literal) if is_address(test.literal) else self.misfit(match)
            case Pattern():
                # Only where a data model vouches that all values are addresses is a prefix of their text a network.
                vouched = match.field.mapped and test.shape is Shape.STARTS
                within = network_of(test.literal) if vouched else None
                return (CIDR_MATCH, within) if within else say(test)
            case _:
                return self.misfit(match)

    def field_reference(self, field: Field, test: FieldRef, match: Match) -> Expr:
        """Comparison operators take no two fields, but the string functions do (their examples in the reference)."""
        for one in (field, test.field):
            if one.type is FieldType.DYNAMIC:
                return self.refuse(codes.EQL005, match, field=one.name)
        this, other = text_of(field), text_of(test.field)

        def call(shape: Shape, one: Expr, two: Expr) -> Expr:
            return eql.Call(_FIELD_FUNCTIONS[shape], (one, two), fold=not test.cased)

        match test.shape:
            case Shape.EQUALS:
                return eql.And((call(Shape.STARTS, this, other), call(Shape.STARTS, other, this)))
            case Shape.CONTAINS:
                # stringContains finds no empty string.
                empty = eql.And((compare(eql.Field(test.field.name), ""), has_value(field.name)))
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


def _asks_presence(expr: Expr) -> bool:
    """Whether an optional field that no index maps makes the test true or false, and not null."""
    match expr:
        case eql.Compare(_, eql.Field(), eql.Null()):
            return True
        case eql.Or((eql.Compare(_, eql.Field(), eql.Null()), *_)):
            return True  # of a missing field the first part is true
        case _:
            return False


def _as_one_list(tests: list[_Said]) -> list[_Said]:
    """The tests, with equality written as `like` where another test of the field is: both are cased."""
    if not any(isinstance(one, tuple) and one[0] is Search.LIKE for one in tests):
        return tests
    return [
        (Search.LIKE, one[1]) if isinstance(one, tuple) and one[0] is Search.IN and _is_plain(one[1]) else one
        for one in tests
    ]


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and value != "" and "*" not in value and "?" not in value


def _is_presence(expr: ir.Expr) -> TypeGuard[Match]:
    return isinstance(expr, Match) and isinstance(expr.value, Field) and expr.test == PRESENT


def _is_script(match: Match) -> bool:
    return isinstance(match.test, FieldRef) or not isinstance(match.value, Field)


def _is_empty_text(test: Test) -> bool:
    return isinstance(test, Pattern) and not test.parts
