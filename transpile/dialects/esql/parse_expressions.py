"""Parses the expressions of ES|QL."""

from __future__ import annotations

import re
from functools import partial

from transpile.dialects.esql.tree import (
    And,
    Arithmetic,
    Array,
    Boolean,
    Call,
    Cast,
    Column,
    Compare,
    Comparison,
    Expr,
    In,
    IsNull,
    Like,
    Literal,
    Negative,
    Not,
    Null,
    Number,
    Options,
    Or,
    Parameter,
    Search,
    Sign,
    Star,
    String,
    TimeSpan,
)
from transpile.dialects.esql.words import ESCAPES, RESERVED
from transpile.syntax.infix import Binary, Infix
from transpile.syntax.lexer import ParseError, Token, Tokens

_ESCAPE = re.compile(r"\\([\s\S])")
_COMPARISONS = {comparison.value: comparison for comparison in Comparison}
_SUMS = {"+": Sign.ADD, "-": Sign.SUBTRACT}
_PRODUCTS = {"*": Sign.MULTIPLY, "/": Sign.DIVIDE, "%": Sign.MODULO}
_DEEPEST = 50  # levels of nesting; each takes a dozen of Python's frames


def _test(tokens: Tokens) -> Expr:
    """An operand, or what is asked of it."""
    start = tokens.now
    left = _sum(tokens)
    if comparison := _COMPARISONS.get(tokens.now.text):
        tokens.take()
        return Compare(comparison, left, _sum(tokens), tokens.span(start))
    if tokens.accept("is"):
        negated = tokens.accept("not") is not None
        tokens.expect("null")
        return IsNull(left, negated, tokens.span(start))
    if tokens.at(":") and isinstance(left, Column | Cast):
        tokens.take()
        return Search(left, _literal(tokens), tokens.span(start))
    negated = tokens.at("not") and tokens.ahead().text.lower() in ("in", "like", "rlike")
    if negated:
        tokens.take()
    if tokens.accept("in"):
        tokens.expect("(")
        values = _list(tokens)
        tokens.expect(")")
        return In(left, values, negated, tokens.span(start))
    if word := tokens.accept("like", "rlike"):
        return Like(left, _patterns(tokens), word.text.lower() == "rlike", negated, tokens.span(start))
    return left


def _patterns(tokens: Tokens) -> tuple[str, ...]:
    if not tokens.accept("("):
        return (_pattern(tokens),)
    found = [_pattern(tokens)]
    while tokens.accept(","):
        found.append(_pattern(tokens))
    tokens.expect(")")
    return tuple(found)


def _pattern(tokens: Tokens) -> str:
    if tokens.now.kind not in ("string", "raw"):
        tokens.fail("expected a string")
    return string(tokens)


def _list(tokens: Tokens) -> tuple[Expr, ...]:
    found = [CONDITION.parse(tokens)]
    while tokens.accept(","):
        found.append(CONDITION.parse(tokens))
    return tuple(found)


def _sum(tokens: Tokens) -> Expr:
    left = _product(tokens)
    while sign := _SUMS.get(tokens.now.text):
        tokens.take()
        left = Arithmetic(sign, left, _product(tokens))
    return left


def _product(tokens: Tokens) -> Expr:
    left = _signed(tokens)
    while sign := _PRODUCTS.get(tokens.now.text):
        tokens.take()
        left = Arithmetic(sign, left, _signed(tokens))
    return left


def _signed(tokens: Tokens) -> Expr:
    tokens.enter(_DEEPEST)
    try:
        if tokens.accept("+"):
            return _signed(tokens)
        if tokens.accept("-"):
            operand = _signed(tokens)
            if isinstance(operand, Number) and not repr(operand.value).startswith("-"):
                return Number(-operand.value)
            return Negative(operand)
        found = _primary(tokens)
        while tokens.accept("::"):
            found = Cast(found, tokens.expect_kind("word").text.lower())
        return found
    finally:
        tokens.leave()


def _primary(tokens: Tokens) -> Expr:
    token = tokens.now
    if tokens.accept("("):
        inner = CONDITION.parse(tokens)
        tokens.expect(")")
        return inner
    if tokens.accept("["):
        return _array(tokens)
    if tokens.accept("{"):
        return _options(tokens)
    if token.kind == "parameter":
        return Parameter(tokens.take().text[1:])
    if token.kind == "number" and tokens.ahead().kind == "word" and tokens.ahead().text.lower() in _UNITS:
        return TimeSpan(int(_number(tokens.take())), tokens.take().text.lower())
    if token.kind in ("string", "raw", "number") or tokens.at("true", "false", "null"):
        return _literal(tokens)
    if token.kind == "word" and tokens.ahead().text == "(" and not tokens.at(*RESERVED - {"is", "in"}):
        return _call(tokens)
    return Column(name(tokens))


_UNITS = frozenset(
    {
        *("millisecond", "milliseconds", "ms", "second", "seconds", "sec", "s", "minute", "minutes", "min", "m"),
        *("hour", "hours", "h", "day", "days", "d", "week", "weeks", "w", "month", "months", "mo"),
        *("quarter", "quarters", "q", "year", "years", "yr", "y"),
    }
)


def _call(tokens: Tokens) -> Call:
    start = tokens.take()
    tokens.expect("(")
    args: tuple[Expr, ...] = ()
    if tokens.accept("*"):
        args = (Star(),)
    elif not tokens.at(")"):
        args = _list(tokens)
    tokens.expect(")")
    return Call(start.text.upper(), args, tokens.span(start))


def _array(tokens: Tokens) -> Array:
    found = [_literal(tokens)]
    while tokens.accept(","):
        found.append(_literal(tokens))
    tokens.expect("]")
    return Array(tuple(found))


def _options(tokens: Tokens) -> Options:
    found: list[tuple[str, Expr]] = []
    while not tokens.at("}"):
        key = _pattern(tokens)
        tokens.expect(":")
        found.append((key, CONDITION.parse(tokens)))
        if not tokens.accept(","):
            break
    tokens.expect("}")
    return Options(tuple(found))


# --- names


def name(tokens: Tokens) -> str:
    """A column's name, its parts unquoted."""
    parts = [_part(tokens)]
    while tokens.accept("."):
        parts.append(_part(tokens, first=False))
    return ".".join(parts)


def _part(tokens: Tokens, first: bool = True) -> str:
    token = tokens.now
    if token.kind == "quoted":
        tokens.take()
        return token.text[1:-1].replace("``", "`")
    if token.kind != "word" or (first and token.text.lower() in RESERVED):
        tokens.fail("expected a column")
    return tokens.take().text


def pattern_name(tokens: Tokens) -> str:
    """A column's name in KEEP and its like, in which `*` may stand for any run of characters."""
    found, end = "", tokens.now.start
    while tokens.now.start == end and (tokens.now.kind in ("word", "quoted", "number") or tokens.at("*", ".", "-")):
        token = tokens.take()
        found += token.text[1:-1].replace("``", "`") if token.kind == "quoted" else token.text
        end = token.end
    if not found:
        tokens.fail("expected a column")
    return found


# --- literals


def _literal(tokens: Tokens) -> Literal:
    token = tokens.now
    if token.kind in ("string", "raw"):
        return String(string(tokens))
    if tokens.accept("true", "false"):
        return Boolean(token.text.lower() == "true")
    if tokens.accept("null"):
        return Null()
    sign = -1 if tokens.accept("-") else 1
    return Number(sign * _number(tokens.expect_kind("number")))


def _number(token: Token) -> int | float:
    return int(token.text) if token.text.isdigit() else float(token.text)


def string(tokens: Tokens) -> str:
    """The text of the string that is the next token."""
    token = tokens.take()
    if token.kind == "raw":
        return token.text[3:-3]
    return _ESCAPE.sub(partial(_unescape, tokens, token), token.text[1:-1])


def _unescape(tokens: Tokens, token: Token, found: re.Match[str]) -> str:
    if found[1] in ESCAPES:
        return ESCAPES[found[1]]
    place = token.start + 1 + found.start()
    raise ParseError(f"unknown escape {found.group()}", tokens.source.span(place, place + 2))


CONDITION: Infix[Expr] = Infix(
    levels=(Binary(("or",), Or), Binary(("and",), And)),
    negate=Not,
    operand=_test,
    starts=lambda tokens: False,
    brackets=False,
)
