"""The search language as IR. It has two truth values: what is not found is false, and NOT of it true."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_network
from typing import assert_never

from transpile.dialects.spl import codes
from transpile.dialects.spl import tree as spl
from transpile.dialects.spl.lift_logic import PRESENT, both, either, opposite
from transpile.dialects.spl.lift_value import EVERYWHERE, Computed, Unknown, as_opaque, ask, present
from transpile.dialects.spl.parse import parse
from transpile.dialects.spl.strings import RAW, TAG, is_modifier
from transpile.ir.expr import FALSE, TRUE, Expr, Keyword
from transpile.ir.match import ANY, Boolean, Case, Cidr, Compare, Null, Number, Order, Pattern, Regex, Test
from transpile.record import record
from transpile.regex import escape_pcre
from transpile.source import Source, Span
from transpile.syntax.lexer import ParseError

_NETWORK = re.compile(r"[0-9A-Fa-f.:]+/[0-9]{1,3}")
_TIME = re.compile(r"_?(?:index_)?(?:earliest|latest)|(?:start|end)(?:time|daysago|hoursago|minutesago)|timeformat")

# Search Manual, "Event segmentation and searching": what bounds a term, and what bounds the term of TERM().
_MAJOR = r"\[\]<>(){}|!;,'\"*\s&?+"
_BREAKERS = _MAJOR + r"/:=@.\-$#%\\_"


@record
class Scope:
    """What a search is read in: what fields hold, where text is, and how a subsearch is read."""

    field: Callable[[str], Computed]
    span: Callable[[spl.Place | None], Span | None]
    text: Callable[[spl.Place | None], str]
    subsearch: Callable[[spl.Subsearch], Expr]


def search(expr: spl.SearchExpr, scope: Scope) -> Expr:
    """When the search finds an event."""
    match expr:
        case spl.And(args):
            return both(*(search(arg, scope) for arg in args))
        case spl.Or(args):
            return either(*(search(arg, scope) for arg in args))
        case spl.Not(arg):
            return opposite(search(arg, scope))
        case spl.Literal(text):
            return _term(text, scope.span(expr.place))
        case spl.Directive(name, text):
            case = Case.SENSITIVE if name == "CASE" else Case.UNICODE
            return _bounded(text.strip('"'), scope.span(expr.place), _MAJOR if name == "TERM" else _BREAKERS, case)
        case spl.Comparison(name, operator, value):
            return _comparison(name, operator, value, scope, expr.place)
        case spl.In(name, values):
            return either(*(_comparison(name, "=", value, scope, expr.place, "in") for value in values))
        case spl.Macro(text):
            return macro(text, scope.span(expr.place))
        case spl.Subsearch():
            return scope.subsearch(expr)
        case _:
            assert_never(expr)


def searchmatch(text: str, scope: Scope) -> Expr | None:
    """What `searchmatch("...")` asks for; None for a text that is not one search without a pipe."""
    try:
        tree = parse(Source(text))
    except ParseError:
        return None
    only = tree.commands[0]
    if len(tree.commands) > 1 or not isinstance(only, spl.Search):
        return None
    return search(only.expr, Scope(scope.field, lambda place: None, lambda place: text, scope.subsearch))


def macro(text: str, span: Span | None) -> Expr:
    """A macro without a definition: a hook for exclusions keeps every event; anything else is not known."""
    name = text.partition("(")[0].strip()
    return as_opaque(Unknown(f"`{text}`", codes.SPL018 if name.endswith("_filter") else codes.SPL010, name), span)


# --- terms


def _term(text: str, span: Span | None) -> Expr:
    """A term on its own: bounded by breakers in the raw text, where it does not begin or end with `*`."""
    inner = text.strip("*")
    if not inner:
        return TRUE
    if text.startswith("*") and text.endswith("*"):
        return Keyword(_pattern(inner), span)
    if "*" in inner:
        return as_opaque(Unknown(text, codes.SPL013), span)
    return _bounded(text, span, _BREAKERS, Case.UNICODE)


def _bounded(text: str, span: Span | None, breakers: str, case: Case) -> Expr:
    before = "" if text.startswith("*") else f"(?<![^{breakers}])"
    after = "" if text.endswith("*") else f"(?![^{breakers}])"
    return Keyword(Regex(before + escape_pcre(text.strip("*")) + after, case), span)


def _pattern(text: str, case: Case = Case.UNICODE) -> Pattern:
    parts: list[object] = []
    for number, piece in enumerate(text.split("*")):
        parts += ([ANY] if number else []) + [piece]
    return Pattern.of(*parts, case=case)  # type: ignore[arg-type]


# --- comparisons


def _comparison(
    name: str,
    operator: str,
    value: spl.Value,
    scope: Scope,
    place: spl.Place | None,
    written: str = "",
) -> Expr:
    span = scope.span(place)
    text = scope.text(place)
    cased = isinstance(value, spl.Directive) and value.name == "CASE"
    match value:
        case spl.Literal(wanted) | spl.Directive(_, wanted):
            pass
        case spl.Macro(wanted):
            return macro(wanted, span)
        case _:
            assert_never(value)
    if name == "_time" or _TIME.fullmatch(name):
        return as_opaque(Unknown(text, codes.SPL017), span)
    if is_modifier(name) and name != TAG:
        return as_opaque(Unknown(text, codes.SPL013), span)
    if name in EVERYWHERE and wanted == "*" and operator == "=":
        return as_opaque(Unknown(text, codes.SPL018), span)
    if name == RAW:
        return _raw(wanted, operator, text, span)
    held = scope.field(name)
    if operator not in ("=", "!="):
        return _ordered(held, operator, wanted, text, span)
    bare = isinstance(value, spl.Literal) and value.bare
    if operator == "=":
        return ask(held, equality(wanted, bare=bare, cased=cased), span, written).holds
    if wanted == "*":
        return FALSE
    if wanted == "":
        return opposite(ask(held, Null(), span).holds)
    return both(present(held, span), opposite(ask(held, equality(wanted, bare=bare, cased=cased), span).holds))


def equality(wanted: str, *, bare: bool = False, cased: bool = False) -> Test:
    """What `=` asks: any case, `*` a wildcard, a network by its addresses, a number by its digits."""
    if wanted == "*":
        return PRESENT
    if _NETWORK.fullmatch(wanted):
        try:
            return Cidr(str(ip_network(wanted, strict=False)))
        except ValueError:
            pass
    if bare and wanted.lower() in ("true", "false"):
        return Boolean(wanted.lower() == "true")
    pattern = _pattern(wanted, Case.SENSITIVE if cased else Case.UNICODE)
    number = pattern.as_number()
    return Number(number) if isinstance(number, int) else pattern


def _raw(wanted: str, operator: str, text: str, span: Span | None) -> Expr:
    """The raw text compared as a whole: a value with `*` at both ends is looked for in it."""
    if wanted.strip("*") and wanted.startswith("*") and wanted.endswith("*") and operator in ("=", "!="):
        found = Keyword(_pattern(wanted.strip("*")), span)
        return found if operator == "=" else opposite(found)
    return TRUE if wanted == "*" and operator == "=" else as_opaque(Unknown(text, codes.SPL013), span)


def _ordered(held: Computed, operator: str, wanted: str, text: str, span: Span | None) -> Expr:
    try:
        number = float(wanted)
    except ValueError:
        return as_opaque(Unknown(text, codes.SPL013), span)
    bound = int(number) if number.is_integer() and "." not in wanted else number
    return ask(held, Compare(Order(operator), bound), span).holds
