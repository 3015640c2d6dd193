"""Parses EQL as Elasticsearch reads it (its grammar, EqlBase.g4, and "EQL syntax reference")."""

from __future__ import annotations

import re
from functools import partial

from transpile.dialects.eql.tree import (
    And,
    Arithmetic,
    Boolean,
    Call,
    Compare,
    Comparison,
    Event,
    Expr,
    Field,
    Literal,
    Lookup,
    Negative,
    Not,
    Null,
    Number,
    Or,
    Pipe,
    Query,
    Sample,
    Search,
    Sequence,
    Sign,
    String,
    Term,
)
from transpile.dialects.eql.words import ESCAPES, is_keyword
from transpile.source import Source
from transpile.syntax.infix import Binary, Infix
from transpile.syntax.lexer import END, SKIP, Lexer, ParseError, Token, Tokens

_LEXER = Lexer(
    [
        (SKIP, r"\s+|//[^\n]*|/\*[\s\S]*?\*/"),
        ("raw", r'"""[^\r\n]*?""""?"?'),
        ("string", r'"(?:[^"\\\r\n]|\\.)*"'),
        ("number", r"(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?"),
        ("quoted", r"`(?:[^`]|``)*`"),
        ("insensitive", r"(?:in|like|regex)~(?![A-Za-z0-9_])"),
        ("word", r"[A-Za-z_@][A-Za-z0-9_]*"),
        ("sign", r"==|!=|<=|>=|[-<>:+*/%.,()\[\]|=?~!]"),
    ]
)
_ESCAPE = re.compile(r"\\(?:u\{([0-9A-Fa-f]{2,8})\}|([\s\S]))")
_SEARCHES = {search.value: search for search in Search}
_COMPARISONS = {comparison.value: comparison for comparison in Comparison}
_SUMS = {"+": Sign.ADD, "-": Sign.SUBTRACT}
_PRODUCTS = {"*": Sign.MULTIPLY, "/": Sign.DIVIDE, "%": Sign.MODULO}


def parse(source: Source) -> Query:
    """The tree of a query. Raises `ParseError`, with the place, for what Elasticsearch would not parse.

    >>> parse(Source('process where process.name : "a*"')).body.condition
    Lookup(operator=<Search.WILDCARD: ':'>, operand=Field(name='process.name', optional=False), \
values=(String(value='a*'),), negated=False)
    """
    tokens = Tokens(source, _LEXER.tokens(source))
    if start := tokens.accept("sequence"):
        body: Event | Sequence | Sample = _sequence(tokens, start)
    elif start := tokens.accept("sample"):
        body = _sample(tokens, start)
    else:
        body = _event(tokens)
    pipes = []
    while tokens.accept("|"):
        start = tokens.expect_kind("word")
        args = () if tokens.now.kind == END or tokens.at("|") else _list(tokens)
        pipes.append(Pipe(start.text, args, tokens.span(start)))
    if tokens.now.kind != END:
        tokens.fail("expected the end of the query")
    return Query(body, tuple(pipes))


# --- events, sequences, samples


def _event(tokens: Tokens) -> Event:
    category: str | None
    start = tokens.now
    if tokens.accept("any"):
        category = None
    elif tokens.now.kind in ("string", "raw"):
        category = _string(tokens).value
    elif tokens.now.kind == "word" and not is_keyword(tokens.now.text):
        category = tokens.take().text
    else:
        tokens.fail("expected an event category or any")
    tokens.expect("where")
    return Event(category, _CONDITION.parse(tokens), tokens.span(start))


def _sequence(tokens: Tokens, start: Token) -> Sequence:
    by = _keys(tokens)
    maxspan = None
    if tokens.at("with") and tokens.ahead().text == "maxspan":
        tokens.take()
        tokens.take()
        tokens.expect("=")
        maxspan = tokens.expect_kind("number").text + tokens.expect_kind("word").text
        by = by or _keys(tokens)
    terms = _terms(tokens)
    until = _term(tokens) if tokens.accept("until") else None
    return Sequence(terms, by, maxspan, until, tokens.span(start))


def _sample(tokens: Tokens, start: Token) -> Sample:
    by = _keys(tokens)
    return Sample(_terms(tokens), by, tokens.span(start))


def _keys(tokens: Tokens) -> tuple[Expr, ...]:
    return _list(tokens) if tokens.accept("by") else ()


def _terms(tokens: Tokens) -> tuple[Term, ...]:
    terms = [_term(tokens)]
    while tokens.at("[", "!"):
        terms.append(_term(tokens))
    return tuple(terms)


def _term(tokens: Tokens) -> Term:
    start = tokens.now
    missing = tokens.accept("!") is not None
    tokens.expect("[")
    event = _event(tokens)
    tokens.expect("]")
    by = _keys(tokens)
    runs = None
    if tokens.at("with") and tokens.ahead().text == "runs":
        tokens.take()
        tokens.take()
        tokens.expect("=")
        runs = int(tokens.expect_kind("number").text)
    return Term(event, by or _keys(tokens), missing, runs, tokens.span(start))


# --- conditions


def _comparison(tokens: Tokens) -> Expr:
    """An operand, or what is asked of it."""
    start = tokens.now
    left = _sum(tokens)
    if comparison := _COMPARISONS.get(tokens.now.text):
        tokens.take()
        return Compare(comparison, left, _sum(tokens), tokens.span(start))
    negated = tokens.at("not") and tokens.ahead().text in ("in", "in~")
    if negated:
        tokens.take()
    search = _SEARCHES.get(tokens.now.text)
    if search is None:
        return left
    tokens.take()
    if search in (Search.IN, Search.IN_FOLD):
        tokens.expect("(")
        values = _list(tokens)
        tokens.expect(")")
    elif tokens.accept("("):
        values = (_literal(tokens),)
        while tokens.accept(","):
            values += (_literal(tokens),)
        tokens.expect(")")
    else:
        values = (_literal(tokens),)
    return Lookup(search, left, values, negated, tokens.span(start))


def _list(tokens: Tokens) -> tuple[Expr, ...]:
    found = [_CONDITION.parse(tokens)]
    while tokens.accept(","):
        found.append(_CONDITION.parse(tokens))
    return tuple(found)


def _sum(tokens: Tokens) -> Expr:
    start = tokens.now
    left = _product(tokens)
    while sign := _SUMS.get(tokens.now.text):
        tokens.take()
        left = Arithmetic(sign, left, _product(tokens), tokens.span(start))
    return left


def _product(tokens: Tokens) -> Expr:
    start = tokens.now
    left = _signed(tokens)
    while sign := _PRODUCTS.get(tokens.now.text):
        tokens.take()
        left = Arithmetic(sign, left, _signed(tokens), tokens.span(start))
    return left


def _signed(tokens: Tokens) -> Expr:
    tokens.enter()
    try:
        if tokens.accept("+"):
            return _signed(tokens)
        if start := tokens.accept("-"):
            operand = _signed(tokens)
            if isinstance(operand, Number) and operand.value >= 0:
                return Number(-operand.value, tokens.span(start))
            return Negative(operand, tokens.span(start))
        return _primary(tokens)
    finally:
        tokens.leave()


def _primary(tokens: Tokens) -> Expr:
    if tokens.accept("("):
        inner = _CONDITION.parse(tokens)
        tokens.expect(")")
        return inner
    token = tokens.now
    if token.kind in ("string", "raw", "number") or tokens.at("true", "false", "null"):
        return _literal(tokens)
    optional = tokens.accept("?") is not None
    if not optional and token.kind == "word" and tokens.ahead().text in ("(", "~"):
        return _call(tokens)
    return Field(_name(tokens), optional, tokens.span(token))


def _call(tokens: Tokens) -> Call:
    start = tokens.take()
    fold = tokens.accept("~") is not None
    tokens.expect("(")
    args = () if tokens.at(")") else _list(tokens)
    tokens.expect(")")
    return Call(start.text, args, fold, tokens.span(start))


def _name(tokens: Tokens) -> str:
    parts = [_name_part(tokens)]
    while tokens.accept("."):
        parts.append(_name_part(tokens))
    return ".".join(parts)


def _name_part(tokens: Tokens) -> str:
    token = tokens.now
    if token.kind == "quoted":
        tokens.take()
        return token.text[1:-1].replace("``", "`")
    if token.kind != "word" or is_keyword(token.text):
        tokens.fail("expected a field")
    return tokens.take().text


# --- literals


def _literal(tokens: Tokens) -> Literal:
    token = tokens.now
    if token.kind in ("string", "raw"):
        return _string(tokens)
    if tokens.accept("true", "false"):
        return Boolean(token.text.lower() == "true", tokens.span(token))
    if tokens.accept("null"):
        return Null(tokens.span(token))
    sign = -1 if tokens.accept("-") else 1
    return Number(sign * _number(tokens.expect_kind("number")), tokens.span(token))


def _number(token: Token) -> int | float:
    return int(token.text) if token.text.isdigit() else float(token.text)


def _string(tokens: Tokens) -> String:
    token = tokens.take()
    span = tokens.span(token)
    if token.kind == "raw":
        return String(token.text[3:-3], span)
    return String(_ESCAPE.sub(partial(_unescape, tokens, token), token.text[1:-1]), span)


def _unescape(tokens: Tokens, token: Token, found: re.Match[str]) -> str:
    code, char = found.groups()
    if code and int(code, 16) <= 0x10FFFF:
        return chr(int(code, 16))
    if char in ESCAPES:
        return ESCAPES[char]
    place = token.start + 1 + found.start()
    raise ParseError(f"unknown escape {found.group()}", tokens.source.span(place, place + 2))


_CONDITION: Infix[Expr] = Infix(
    levels=(Binary(("or",), Or), Binary(("and",), And)),
    negate=Not,
    operand=_comparison,
    starts=lambda tokens: False,
    brackets=False,
)
