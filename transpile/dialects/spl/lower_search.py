"""IR to the search language: what it says exactly, and what is the least that it can say more."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby
from typing import assert_never

from transpile.dialects.spl.strings import RAW, TAG, is_bare, is_modifier
from transpile.dialects.spl.tree import And, Comparison, In, Literal, Not, Or, SearchExpr
from transpile.ir import expr as ir
from transpile.ir.match import (
    ANY,
    ONE,
    Boolean,
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
    TimePart,
)
from transpile.regex import RegexError, matches_empty, parse

EVERYTHING = Literal("*", bare=True)

_ODD_NAME = re.compile(r'["\\*\x00-\x1f\x7f-\x9f]')
_ODD_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TERM = re.compile(r"\*[A-Za-z0-9]+\*")
_ANYTHING = (ANY,)
# A value that `search` would take for a network (Search Reference, `search`, "CIDR matching").
_NETWORK = re.compile(r"[0-9A-Fa-f.:]+/[0-9]{1,3}")


@lru_cache(maxsize=4096)
def is_searchable(name: str, *, mapped: bool = False) -> bool:
    """Whether `search` can compare a field of this name; `tag` of a data model means the search modifier."""
    return _ODD_NAME.search(name) is None and name != "" and (not is_modifier(name) or (mapped and name == TAG))


def search(expr: ir.Expr) -> SearchExpr | None:
    """The search expression that means the same, or None if the search language cannot say it."""
    match expr:
        case ir.Match(Field() as field):
            return _match(expr) if is_searchable(field.name, mapped=field.mapped) else None
        case ir.And(args):
            return _all(args)
        case ir.Or(args):
            return _any(args)
        case ir.Not(ir.Match(Field() as field, Null())) if is_searchable(field.name, mapped=field.mapped):
            return Comparison(field.name, "!=", Literal(""))  # holds for no event that lacks the field
        case ir.Not(arg):
            inner = search(arg)
            return None if inner is None else Not(inner)
        case ir.Keyword(test):
            return _keyword(test) if isinstance(test, Pattern) else None
        case ir.Constant(value):
            return EVERYTHING if value else Not(EVERYTHING)
        case ir.Match():
            return None
        case ir.Opaque():
            ir.never_written(expr)
        case _:
            assert_never(expr)


def _keyword(test: Pattern) -> SearchExpr | None:
    """A keyword of letters and digits as a term with wildcards around it, any other as a test of the raw text.

    A term goes on to the next breaker (Search Manual, "Event segmentation and searching"), so that a wildcard in one is
    documented only where there is no breaker.
    """
    value = _value(keyword_pattern(test))
    if value is None:
        return None
    return Literal(value.text, bare=True) if _TERM.fullmatch(value.text) else Comparison(RAW, "=", value)


def keyword_pattern(test: Pattern) -> Pattern:
    """What a keyword looks for, as a pattern of the whole raw text."""
    return Pattern.of(ANY, *test.parts, ANY, case=test.case)


def _all(args: tuple[ir.Expr, ...]) -> SearchExpr | None:
    parts: list[SearchExpr] = []
    for arg in args:
        part = search(arg)
        if part is None:
            return None
        parts.append(part)
    return every(parts)


def _any(args: tuple[ir.Expr, ...]) -> SearchExpr | None:
    parts: list[SearchExpr] = []
    for arg in args:
        part = search(arg)
        if part is None:
            return None
        parts.append(part)
    return some(parts)


def every(parts: list[SearchExpr]) -> SearchExpr:
    """All of one or more parts."""
    flat = [one for part in parts for one in (part.args if isinstance(part, And) else (part,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def some(parts: list[SearchExpr]) -> SearchExpr:
    """One or more alternatives, neighbouring values of one field as a list."""
    flat = [one for part in parts for one in (part.args if isinstance(part, Or) else (part,))]
    found: list[SearchExpr] = []
    for field, run in groupby(dict.fromkeys(flat), _listed_field):
        alike = list(run)
        if field is None or len(alike) == 1:
            found += alike
        else:
            found.append(In(field, tuple(one.value for one in alike if isinstance(one, Comparison))))
    return found[0] if len(found) == 1 else Or(tuple(found))


def _listed_field(part: SearchExpr) -> str | None:
    """The field, if the part is a comparison that `IN` can say: it is not documented to take networks."""
    if not isinstance(part, Comparison) or part.operator != "=" or not isinstance(part.value, Literal):
        return None
    text = part.value.text
    return None if text in ("", "*") or _is_network(text) else part.field


def _match(leaf: ir.Match) -> SearchExpr | None:
    """One test of a field whose name `search` can say."""
    name, test = leaf.field.name, leaf.test
    match test:
        case Pattern():
            value = _value(test)
            return None if value is None else Comparison(name, "=", value)
        case Number(number):
            # `=` compares strings: 1 does not match 1.0 (Search Reference, `search`, "Comparison expression options").
            return Comparison(name, "=", _literal(str(number)))
        case Boolean(truth):
            return Comparison(name, "=", _literal("true" if truth else "false"))
        case Compare(order, number):
            # Values that are not numbers are compared as text, so this is exact for numeric fields alone.
            exact = leaf.field.mapped and leaf.field.type is FieldType.NUMBER
            return Comparison(name, order.value, _literal(str(number))) if exact else None
        case Cidr(network):
            return Comparison(name, "=", Literal(network))
        case Exists():
            return Comparison(name, "=", EVERYTHING)
        case Null():
            return Or((Not(Comparison(name, "=", EVERYTHING)), Comparison(name, "=", Literal(""))))
        case Regex() | FieldRef() | TimePart():
            return None
        case _:
            assert_never(test)


def _literal(text: str) -> Literal:
    return Literal(text, is_bare(text))


def _is_network(text: str) -> bool:
    return "/" in text and _NETWORK.fullmatch(text) is not None


def _value(test: Pattern) -> Literal | None:
    """The pattern as a value, or None: `?`, a literal `*`, cased letters and control characters cannot be expressed."""
    parts = test.parts
    if parts == _ANYTHING:
        return EVERYTHING
    text = "".join([part if isinstance(part, str) else part.value for part in parts])
    if ONE in parts or text.count("*") > parts.count(ANY) or _ODD_TEXT.search(text):
        return None
    if test.cased and text.lower() != text.upper():
        return None
    return None if _is_network(text) else Literal(text)


def widen(expr: ir.Expr, *, presence: bool = False) -> SearchExpr | None:
    """What every event that matches `expr` matches as well, to narrow the search down; None if nothing can be said.

    With `presence`, that a field is present is worth saying.
    """
    exact = search(expr)
    if exact is not None:
        return exact
    match expr:
        case ir.And(args):
            found = [part for arg in args if (part := widen(arg, presence=presence)) is not None]
            return every(found) if found else None
        case ir.Or(args):
            alternatives = [part for arg in args if (part := widen(arg, presence=presence)) is not None]
            return some(alternatives) if len(alternatives) == len(args) else None
        case ir.Not(ir.And(args)):
            return widen(ir.Or(tuple(map(ir.Not, args))), presence=presence)
        case ir.Not(ir.Or(args)):
            return widen(ir.And(tuple(map(ir.Not, args))), presence=presence)
        case ir.Match(Field() as field, test) if is_searchable(field.name, mapped=field.mapped):
            match test:
                case Pattern():
                    value = _loose(test)
                    return Comparison(field.name, "=", value) if presence or value != EVERYTHING else None
                case Compare(order, number):
                    return Comparison(field.name, order.value, _literal(str(number)))
                case Regex() if presence and not _matches_empty(test):
                    return Comparison(field.name, "=", EVERYTHING)
                case FieldRef() if presence:
                    return Comparison(field.name, "=", EVERYTHING)
                case _:
                    return None
        case ir.Keyword(Pattern() as pattern):
            value = _loose(keyword_pattern(pattern))
            return Comparison(RAW, "=", value) if value != EVERYTHING else None
        case _:
            return None


def _loose(test: Pattern) -> Literal:
    """The pattern with a `*` for whatever a value cannot say."""
    text = test.render(str, "*", "*")
    if _is_network(text):
        text = text.replace("/", "*")
    text = re.sub(r"\*+", "*", _ODD_TEXT.sub("*", text))
    return EVERYTHING if text == "*" else Literal(text)


def _matches_empty(test: Regex) -> bool:
    try:
        return matches_empty(parse(test.pattern))
    except RegexError:
        return True
