"""Lowers a rule to a Kibana query.

A value is compared with the whole value of a field, letter by letter; `*` is the only wildcard, and only outside of
quotes. A missing field matches nothing, and `not` of that holds, as in Sigma.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from transpile.codes import Code
from transpile.diagnostics import Report
from transpile.dialects.kit.writing.casing import has_case
from transpile.dialects.kit.writing.conditions import Connectives, Leaves, join, lower_condition
from transpile.dialects.kit.writing.lists import ListItem, gather
from transpile.dialects.kit.writing.typed import TEXTS, as_typed
from transpile.dialects.kuery import codes
from transpile.dialects.kuery import tree as kuery
from transpile.dialects.kuery.words import is_analysed, is_caseless
from transpile.ir import expr as ir
from transpile.ir.match import (
    ANY,
    ONE,
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
    TimePart,
)
from transpile.ir.rule import Rule
from transpile.regex import RegexError, parse, wildcards

_CATEGORY = "event.category"
_ANYTHING = kuery.Wildcard((None,))
_EVERYTHING = kuery.Is(kuery.Wildcard((None,)), _ANYTHING)
_BLANKS = (" ", "\t", "\r", "\n", "\u00a0", "\u2028", "\u2029", "\ufeff", "\v", "\f")
_Item = ListItem[str, kuery.Value]


def lower(rule: Rule, report: Report) -> kuery.Expr:
    """The query that means the rule; what KQL cannot express goes to the report. The data set is the event category."""
    lowering = _Lowering(report)
    leaves: Leaves[kuery.Expr] = Leaves(lowering.tests, lowering.keyword, lowering.computed)
    condition = lower_condition(
        rule.condition,
        report,
        _CONNECTIVES,
        leaves,
    )
    if rule.dataset is None or rule.dataset == "any":
        return condition
    category = kuery.Is(kuery.Text(_CATEGORY), _literal(rule.dataset))
    return category if condition == _EVERYTHING else join(kuery.And, [category, condition], _EVERYTHING)


def _opposite(expr: kuery.Expr) -> kuery.Expr:
    return expr.arg if isinstance(expr, kuery.Not) else kuery.Not(expr)


def _constant(value: bool) -> kuery.Expr:
    return _EVERYTHING if value else kuery.Not(_EVERYTHING)


_CONNECTIVES: Connectives[kuery.Expr] = Connectives(kuery.And, kuery.Or, _opposite, _constant)


@dataclass(slots=True)
class _Lowering:
    """Tests of fields and keywords; what cannot be expressed goes to `report`."""

    report: Report

    def tests(self, field: Field, matches: list[ir.Match]) -> list[kuery.Expr]:
        """Alternatives of one field: their values as one list."""
        name = _name(field)
        return gather(
            (self.test(field, match) for match in matches),
            lambda _, values: (kuery.Is(name, values[0] if len(values) == 1 else kuery.AnyOf(values)),),
        )

    def test(self, field: Field, match: ir.Match) -> kuery.Expr | _Item:
        name = _name(field)
        if isinstance(match.test, Boolean) and not field.mapped:
            return _value(kuery.Boolean(match.test.value))  # fields of truth values take it, and those of its spelling
        fitted = as_typed(match.test, field.type)
        if fitted is None:
            return self.misfit(field, match)
        match fitted:
            case Pattern((single,)) if single is ANY:
                return _value(_ANYTHING)
            case Null():
                missing = kuery.Not(kuery.Is(name, _ANYTHING))
                return kuery.Or((missing, kuery.Is(name, kuery.Text("", True)))) if field.type in TEXTS else missing
            case Exists():
                self.report.approximate(codes.KUE006, match.span, wider=False, field=field.name)
                return _value(_ANYTHING)
            case Pattern():
                return self.pattern(field, fitted, match)
            case Number(value):
                return _value(kuery.Text(str(value)))
            case Boolean(truth):
                return _value(kuery.Boolean(truth))
            case Compare(order, value):
                return kuery.Range(name, kuery.Order(order.value), kuery.Text(str(value)))
            case Cidr(network):
                if not field.mapped:
                    self.report.note(codes.KUE007, match.span, field=field.name)
                elif field.type is not FieldType.IP:
                    return self.misfit(field, match)
                return _value(kuery.Text(network, True))
            case Regex():
                return self.regex(field, fitted, match)
            case TimePart() | FieldRef():
                return self.refuse(codes.KUE004, match, what=_what(match), field=field.name)
            case _:
                assert_never(fitted)

    def regex(self, field: Field, test: Regex, match: ir.Match) -> kuery.Expr | _Item:
        """A regex that is no more than text and wildcards."""
        try:
            node = parse(test.pattern, ignore_case=test.ignore_case, multiline=test.multiline, dotall=test.dotall)
            plain = wildcards(node)
        except RegexError:
            plain = None
        if plain is None:
            return self.refuse(codes.KUE002, match)
        parts, fold = plain
        case = Case.UNICODE if fold else Case.SENSITIVE
        return self.pattern(field, Pattern.of(*(ANY if part is None else part for part in parts), case=case), match)

    def pattern(self, field: Field, test: Pattern, match: ir.Match) -> kuery.Expr | _Item:
        if is_analysed(field.name):
            return self.words(field, test, match)
        if has_case(test) and not is_caseless(field.name):
            self.report.approximate(codes.KUE001, match.span, wider=False, field=field.name)
        if ONE in test.parts:
            self.report.approximate(codes.KUE003, match.span, wider=True, field=field.name)
        parts = Pattern.of(*(ANY if part is ONE else part for part in test.parts)).parts
        if not parts or (len(parts) == 1 and parts[0] is not ANY):
            return _value(_literal(test.literal))
        if _ends_in_blanks(parts):
            return self.refuse(codes.KUE009, match, pattern=test.render(str, "*", "?"))
        return _value(kuery.Wildcard(tuple(part if isinstance(part, str) else None for part in parts)))

    def words(self, field: Field, test: Pattern, match: ir.Match) -> kuery.Expr | _Item:
        """Text in a field that is cut into words: the phrase finds whole words only, in any case."""
        if test.shape is not Shape.CONTAINS or test.cased or not any(map(str.isalnum, test.literal)):
            return self.refuse(codes.KUE014, match, field=field.name)
        self.report.approximate(codes.KUE015, match.span, wider=False, field=field.name)
        return _value(kuery.Text(test.literal, True))

    def keyword(self, keyword: ir.Keyword) -> kuery.Expr:
        """Text anywhere in the event: as part of a value in any of the fields that are searched by default."""
        if isinstance(keyword.test, Regex):
            self.report.refuse(codes.KUE002, keyword.span)
            return _EVERYTHING
        self.report.approximate(codes.KUE008, keyword.span, wider=False, keyword=keyword.test.literal)
        parts = Pattern.of(ANY, *keyword.test.parts, ANY).parts
        return kuery.Anywhere(kuery.Wildcard(tuple(part if isinstance(part, str) else None for part in parts)))

    def computed(self, match: ir.Match) -> kuery.Expr:
        return self.refuse(codes.KUE004, match, what=_what(match), field="a computed value")

    def misfit(self, field: Field, match: ir.Match) -> kuery.Expr:
        return self.refuse(codes.KUE005, match, field=field.name, type=field.type.value, test=_what(match))

    def refuse(self, code: Code, match: ir.Match, **facts: str) -> kuery.Expr:
        self.report.refuse(code, match.span, **facts)
        return _EVERYTHING


def _what(match: ir.Match) -> str:
    return match.operator or type(match.test).__name__.lower()


def _name(field: Field) -> kuery.Name:
    return _literal(field.name)


def _value(value: kuery.Value) -> _Item:
    return ListItem("is", value)


def _literal(text: str) -> kuery.Text:
    """A text, in quotes unless it is a plain word."""
    plain = text and all(char.isalnum() or char in "._-@/" for char in text) and text.isascii()
    return kuery.Text(text, not plain or text.lower() in ("null", "true", "false", "and", "or", "not"))


def _ends_in_blanks(parts: tuple[object, ...]) -> bool:
    first, last = parts[0], parts[-1]
    return (isinstance(first, str) and first.startswith(_BLANKS)) or (isinstance(last, str) and last.endswith(_BLANKS))
