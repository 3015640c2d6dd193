"""Lifts a Kibana query to IR.

A value is compared with the whole value of a field, case-sensitively, as fields of the type `keyword` do; of several
values one has to match. Fields of a text type are cut into words, those that end in `.caseless` ignore case. (Kibana:
kbn-es-query, `is.ts`, `range.ts`, `exists.ts`, `nested.ts`; Elasticsearch: "Field data types".)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import assert_never

from transpile.codes import Direction
from transpile.diagnostics import Report
from transpile.dialects.base import Left, Lifted, ReadOptions
from transpile.dialects.kuery import codes
from transpile.dialects.kuery import tree as kuery
from transpile.dialects.kuery.words import is_analysed, is_caseless
from transpile.ir.expr import FALSE, TRUE, And, Expr, Keyword, Match, Not, Or
from transpile.ir.match import (
    ANY,
    Boolean,
    Case,
    Cidr,
    Compare,
    Field,
    Number,
    Order,
    Part,
    Pattern,
    Regex,
    Test,
)
from transpile.ir.stream import Events
from transpile.source import Source, Span

_NETWORK = re.compile(r"[0-9a-fA-F.:]+/\d{1,3}")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_WORDS = re.compile(r"[^\W_](?:\w*[^\W_])?|_\w*")


def lift(tree: kuery.Expr, source: Source, options: ReadOptions) -> Lifted:
    """What a query means. Parts without a form in IR are left out, so that the rule matches more, and reported."""
    lifting = _Lifting(source)
    condition = lifting.condition(tree)
    return Lifted(Events(condition), left=tuple(lifting.left), diagnostics=tuple(lifting.report.diagnostics))


class _UnliftableError(ValueError):
    """The part has no form in IR, for the reason given."""


@dataclass(slots=True)
class _Lifting:
    """The lifting of one query; `prefix` is the path of the nested field around, `report.negated` the polarity."""

    source: Source
    report: Report = field(default_factory=Report)
    left: list[Left] = field(default_factory=list)
    prefix: str = ""

    def condition(self, expr: kuery.Expr) -> Expr:
        match expr:
            case kuery.And(args):
                return And(tuple(map(self.condition, args)))
            case kuery.Or(args):
                return Or(tuple(map(self.condition, args)))
            case kuery.Not(arg):
                with self.negated():
                    inner = self.condition(arg)
                return inner.arg if isinstance(inner, Not) else Not(inner)
            case kuery.Everything() | kuery.Is(kuery.Wildcard((None,)), kuery.Wildcard((None,))):
                return TRUE
            case kuery.Anywhere(value):
                return self.keyword(value)
            case kuery.Is(name, values, span):
                return self.values(name, values, span)
            case kuery.Range():
                return self.range(expr)
            case kuery.Nested():
                return self.nested(expr)
            case _:
                assert_never(expr)

    @contextmanager
    def negated(self) -> Iterator[None]:
        self.report.negated = not self.report.negated
        try:
            yield
        finally:
            self.report.negated = not self.report.negated

    # --- values of a field

    def values(self, name: kuery.Name, values: kuery.Values, span: Span | None) -> Expr:
        match values:
            case kuery.AnyOf(args):
                return Or(tuple(self.values(name, arg, span) for arg in args))
            case kuery.AllOf(args):
                return And(tuple(self.values(name, arg, span) for arg in args))
            case kuery.NoneOf(arg):
                with self.negated():
                    return Not(self.values(name, arg, span))
            case kuery.Text() | kuery.Wildcard() | kuery.Boolean() | kuery.Null():
                try:
                    return self.value(self.field(name), values)
                except _UnliftableError as reason:
                    return self.leave_out(span, str(reason))
            case _:
                assert_never(values)

    def field(self, name: kuery.Name) -> Field:
        if isinstance(name, kuery.Wildcard):
            raise _UnliftableError("a name of several fields")
        return Field(self.prefix + name.value)

    def value(self, field: Field, value: kuery.Value) -> Expr:
        match value:
            case kuery.Wildcard((None,), span):
                return Match(field, Pattern((ANY,)), "exists", span)
            case kuery.Text() | kuery.Wildcard() if is_analysed(field.name):
                self.report.approximate(codes.KUE011, value.span, wider=True, field=field.name)
                return _words(field, value)
            case kuery.Text() | kuery.Wildcard() | kuery.Boolean():
                return Match(field, _test(value, _case(field)), ":", value.span)
            case kuery.Null():
                raise _UnliftableError("`null` as a value")
            case _:
                assert_never(value)

    def keyword(self, value: kuery.Value) -> Expr:
        """A value without a field."""
        match value:
            case kuery.Wildcard((None,)):
                return TRUE
            case kuery.Text(text, span=span):
                pattern = Pattern.of(text)
            case kuery.Wildcard(parts, span):
                pattern = Pattern.of(*map(_part, parts))
            case kuery.Boolean(truth, span):
                pattern = Pattern.of(str(truth).lower())
            case kuery.Null(span):
                return self.leave_out(span, "`null` without a field")
            case _:
                assert_never(value)
        self.report.approximate(codes.KUE013, span, wider=True, keyword=pattern.literal)
        return Keyword(replace(pattern, case=Case.UNICODE), span)

    # --- the rest

    def range(self, expr: kuery.Range) -> Expr:
        try:
            if not isinstance(expr.value, kuery.Text) or not _NUMBER.fullmatch(expr.value.value):
                raise _UnliftableError("an ordering of anything but numbers")
            test = Compare(Order(expr.order.value), _number(expr.value.value))
            return Match(self.field(expr.name), test, expr.order.value, expr.value.span)
        except _UnliftableError as reason:
            return self.leave_out(expr.span, str(reason))

    def nested(self, expr: kuery.Nested) -> Expr:
        if isinstance(expr.name, kuery.Wildcard):
            return self.leave_out(expr.span, "a name of several fields")
        if isinstance(expr.query, kuery.And | kuery.Not) or _has_conditions(expr.query):
            self.report.approximate(codes.KUE012, expr.span, wider=True, field=expr.name.value)
        outer, self.prefix = self.prefix, f"{self.prefix}{expr.name.value}."
        inner = self.condition(expr.query)
        self.prefix = outer
        return inner

    def leave_out(self, span: Span | None, reason: str) -> Expr:
        text = _text_at(self.source, span)
        negated = self.report.negated
        self.left.append(Left(text, span, Direction.WIDER, codes.KUE010))
        self.report.approximate(codes.KUE010, span, wider=not negated, text=" ".join(text.split())[:200], reason=reason)
        return FALSE if negated else TRUE


def _has_conditions(query: kuery.Expr) -> bool:
    """Whether a query asks for several things of one object, or for what an object must not be."""
    match query:
        case kuery.And() | kuery.Not():
            return True
        case kuery.Or(args):
            return any(map(_has_conditions, args))
        case kuery.Is(_, values):
            return not _is_any(values)
        case _:
            return False


def _is_any(values: kuery.Values) -> bool:
    match values:
        case kuery.AnyOf(args):
            return all(map(_is_any, args))
        case kuery.AllOf() | kuery.NoneOf():
            return False
        case _:
            return True


def _case(field: Field) -> Case:
    return Case.UNICODE if is_caseless(field.name) else Case.SENSITIVE


def _part(part: str | None) -> Part:
    return ANY if part is None else part


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _test(value: kuery.Text | kuery.Wildcard | kuery.Boolean, case: Case) -> Test:
    match value:
        case kuery.Boolean(truth):
            return Boolean(truth)
        case kuery.Wildcard(parts):
            return Pattern.of(*map(_part, parts), case=case)
        case kuery.Text(text, quoted):
            if _NETWORK.fullmatch(text):
                try:
                    return Cidr(str(ip_network(text, strict=False)))
                except ValueError:
                    pass
            pattern = Pattern.of(text, case=case)
            number = None if quoted else pattern.as_number()
            return pattern if number is None else Number(number)
        case _:
            assert_never(value)


def _words(field: Field, value: kuery.Text | kuery.Wildcard) -> Expr:
    """A value of a text field: a phrase of words in quotes, else one of the words; wildcards within a word."""
    if isinstance(value, kuery.Wildcard):
        return Match(field, Pattern.of(ANY, *map(_part, value.parts), ANY), ":", value.span)
    words = _WORDS.findall(value.value)
    if not words:
        return FALSE
    if value.quoted:
        if len(words) == 1:
            return Match(field, Pattern.of(ANY, words[0], ANY), ":", value.span)
        phrase = r"[\W_]+".join(map(re.escape, words)) if words else ""
        return Match(field, Regex(phrase, Case.UNICODE), ":", value.span)
    found = tuple(Match(field, Pattern.of(ANY, word, ANY), ":", value.span) for word in words)
    return found[0] if len(found) == 1 else Or(found)


def _text_at(source: Source, span: Span | None) -> str:
    if span is None:
        return source.text
    return source.text_at(span)
