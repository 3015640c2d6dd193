"""Lifts a query string to IR. Fields are taken for keyword fields, whose values are compared by case."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import assert_never

from transpile.codes import Direction
from transpile.diagnostics import Report
from transpile.dialects.base import Left, Lifted, ReadOptions
from transpile.dialects.kit.reading.lucene import NoSearchError, as_test
from transpile.dialects.lucene import codes
from transpile.dialects.lucene import tree as lucene
from transpile.dialects.lucene.print import layout
from transpile.dialects.lucene.tree import Occur, Phrase, Plain, Range, Regex, Value, Wild, Wildcard
from transpile.ir.expr import FALSE, TRUE, And, Constant, Expr, Keyword, Match, Not, Or
from transpile.ir.match import ANY, ONE, Case, Cidr, Compare, Field, Number, Order, Part, Pattern, Test
from transpile.ir.match import Regex as RegexTest
from transpile.ir.stream import Events
from transpile.regex import escape_pcre
from transpile.source import Source, Span

_EXISTS = "_exists_"
_PRESENT = Pattern((ANY,))
_WILDCARDS: dict[Wildcard, Part] = {Wildcard.ANY: ANY, Wildcard.ONE: ONE}


class _UnliftableError(ValueError):
    """A clause has no form in IR, for the reason given."""


def lift(tree: lucene.Query, source: Source, options: ReadOptions) -> Lifted:
    """What a query string means. Clauses without a form in IR are left out, so that the rule matches more."""
    lifting = _Lifting()
    condition = lifting.condition(tree, None)
    return Lifted(Events(condition), left=tuple(lifting.left), diagnostics=tuple(lifting.report.diagnostics))


@dataclass(slots=True)
class _Lifting:
    """The way up through one query: what is left out goes to `left` and `report`."""

    report: Report = field(default_factory=Report)
    left: list[Left] = field(default_factory=list)
    negated: bool = False

    def condition(self, query: lucene.Query, default: str | None) -> Expr:
        match query:
            case lucene.Match():
                return self.clause(query, default)
            case lucene.Within(name, inner):
                return self.condition(inner, name)
            case lucene.And(args):
                return And(tuple(self.condition(arg, default) for arg in args))
            case lucene.Or(args):
                return Or(tuple(self.condition(arg, default) for arg in args))
            case lucene.Not(arg):
                return self.opposite(arg, default)
            case lucene.Clauses(clauses):
                return self.clauses(clauses, default)
            case lucene.Everything():
                return TRUE
            case _:
                assert_never(query)

    def opposite(self, query: lucene.Query, default: str | None) -> Expr:
        self.negated = not self.negated
        inner = self.condition(query, default)
        self.negated = not self.negated
        return Constant(not inner.value) if isinstance(inner, Constant) else Not(inner)

    def clauses(self, clauses: tuple[tuple[Occur, lucene.Query], ...], default: str | None) -> Expr:
        found: list[Expr] = [self.condition(one, default) for occur, one in clauses if occur is Occur.MUST]
        optional = [one for occur, one in clauses if occur is Occur.SHOULD]
        if not found:
            found.append(Or(tuple(self.condition(one, default) for one in optional)))
        else:
            for one in optional:
                self.leave(one, _span(one), Direction.EXACT)
        found += [self.opposite(one, default) for occur, one in clauses if occur is Occur.MUST_NOT]
        return And(tuple(found)) if len(found) > 1 else found[0]

    def leave(self, query: lucene.Query, span: Span | None, effect: Direction, reason: str = "") -> None:
        text = layout(query).flat[:200]
        code = codes.LUC010 if effect is Direction.EXACT else codes.LUC009
        self.left.append(Left(text, span, effect, code))
        if effect is Direction.EXACT:
            self.report.note(code, span, text=text)
        else:
            self.report.approximate(code, span, wider=True, text=text, reason=reason)

    def clause(self, match: lucene.Match, default: str | None) -> Expr:
        name = match.field if match.field is not None else default
        try:
            if name == _EXISTS:
                return _exists(match)
            if name is None or name == "*":
                return self.keyword(match)
            if "*" in name:
                raise _UnliftableError("several fields by a pattern")
            return _test(name, match.value, match.span)
        except _UnliftableError as error:
            self.leave(match, match.span, Direction.WIDER, str(error))
            return FALSE if self.negated else TRUE

    def keyword(self, match: lucene.Match) -> Expr:
        """A value without a field. A word is looked for inside of values, which is wider."""
        match match.value:
            case Plain(text) | Phrase(text):
                self.report.approximate(codes.LUC011, match.span, wider=not self.negated, text=text)
                return Keyword(Pattern.of(text), match.span)
            case Wild(parts):
                return Keyword(_unanchored(Pattern.of(*map(_part, parts), case=Case.SENSITIVE)), match.span)
            case Regex(pattern):
                test = _regex(pattern)
                return Keyword(_unanchored(test) if isinstance(test, Pattern) else test, match.span)
            case _:
                raise _UnliftableError("a range or fuzzy term in every field")


def _span(query: lucene.Query) -> Span | None:
    match query:
        case lucene.Match(span=span):
            return span
        case lucene.Within(_, inner) | lucene.Not(inner):
            return _span(inner)
        case lucene.And(args) | lucene.Or(args):
            return _span(args[0])
        case _:
            return None


def _exists(match: lucene.Match) -> Expr:
    if not isinstance(match.value, Plain | Phrase):
        raise _UnliftableError("several fields by a pattern")
    return Match(Field(match.value.text), _PRESENT, "exists", match.span)


def _test(name: str, value: Value, span: Span | None) -> Expr:
    match value:
        case Range():
            return _range(name, value, span)
        case Plain(text) | Phrase(text):
            return Match(Field(name), _equals(text, isinstance(value, Plain)), "", span)
        case Wild(parts):
            pattern = Pattern.of(*map(_part, parts), case=Case.SENSITIVE)
            return Match(Field(name), _PRESENT if pattern.parts == (ANY,) else pattern, "", span)
        case Regex(pattern):
            return Match(Field(name), _regex(pattern), "re", span)
        case lucene.Fuzzy():
            raise _UnliftableError("a fuzzy term")
        case _:
            assert_never(value)


def _part(part: str | Wildcard) -> Part:
    return part if isinstance(part, str) else _WILDCARDS[part]


def _equals(text: str, plain: bool) -> Test:
    if "/" in text:
        try:
            return Cidr(str(ip_network(text, strict=False)))
        except ValueError:
            pass
    pattern = Pattern.of(text, case=Case.SENSITIVE)
    number = pattern.as_number() if plain else None
    return pattern if number is None else Number(number)


def _regex(pattern: str) -> Pattern | RegexTest:
    try:
        return as_test(pattern, Case.SENSITIVE)
    except NoSearchError as error:
        raise _UnliftableError(f"the regex has {error}") from error


def _unanchored(pattern: Pattern) -> Pattern | RegexTest:
    """A pattern of whole values as a keyword, which is looked for inside of values."""
    parts = pattern.parts
    if len(parts) > 2 and parts[0] is ANY and parts[-1] is ANY and all(isinstance(one, str) for one in parts[1:-1]):
        return Pattern.of(*parts[1:-1], case=pattern.case)
    body = pattern.render(escape_pcre, ".*", ".")
    return RegexTest(rf"\A{body}\z", pattern.case, dotall=True)


def _range(name: str, value: Range, span: Span | None) -> Expr:
    bounds = (
        (value.low, Order.GTE if value.includes_low else Order.GT),
        (value.high, Order.LTE if value.includes_high else Order.LT),
    )
    found: list[Expr] = []
    for text, order in bounds:
        if text is not None:
            number = Pattern.of(text).as_number()
            if number is None:
                raise _UnliftableError("a range of text or dates")
            found.append(Match(Field(name), Compare(order, number), "", span))
    if not found:
        return Match(Field(name), _PRESENT, "exists", span)
    return And(tuple(found)) if len(found) > 1 else found[0]
