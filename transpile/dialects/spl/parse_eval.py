"""The eval language of `where` and `eval`.

Precedence, loosest first: XOR, OR, AND, NOT (Search Reference, `eval`, "Boolean expressions"), then comparisons,
`+ - .`, `* / %` and the sign.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from transpile.dialects.spl.strings import EVAL_WORDS, unquote, unquote_eval
from transpile.dialects.spl.tree import (
    Among,
    And,
    Binary,
    Call,
    EvalExpr,
    Macro,
    Name,
    Negative,
    Not,
    Number,
    Or,
    Place,
    String,
    Xor,
)
from transpile.source import Source
from transpile.syntax.lexer import SKIP, Lexer, Token, Tokens

_LEXER = Lexer(
    [
        (SKIP, r"\s+|```.*?```"),
        ("string", r'"(?:[^"\\]|\\.)*"'),
        ("name", r"'(?:[^'\\]|\\.)*'"),
        ("macro", r"`[^`]*`"),
        ("number", r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+"),
        ("word", r"[A-Za-z_][\w]*"),
        ("operator", r"==|!=|<=|>=|[=<>+\-*/%.!]"),
        ("mark", r"[(),{}@:]"),
    ],
    re.DOTALL,
)
COMPARISONS = ("=", "==", "!=", "<", "<=", ">", ">=", "LIKE")
SUMS = ("+", "-", ".")
PRODUCTS = ("*", "/", "%")


def _tokens(source: Source, start: int, end: int) -> Tokens:
    return Tokens(source, _LEXER.tokens(source, start, end))


def parse_condition(source: Source, start: int, end: int) -> EvalExpr:
    """The expression between two offsets. Raises `ParseError`."""
    tokens = _tokens(source, start, end)
    expr = _expression(tokens)
    tokens.expect_kind("end")
    return expr


def parse_assignments(source: Source, start: int, end: int) -> tuple[tuple[str, EvalExpr], ...]:
    """`field = expression, ...` between two offsets. Raises `ParseError`."""
    tokens = _tokens(source, start, end)
    found = [_assignment(tokens)]
    while tokens.accept(","):
        found.append(_assignment(tokens))
    tokens.expect_kind("end")
    return tuple(found)


def _assignment(tokens: Tokens) -> tuple[str, EvalExpr]:
    """The target may be a quoted name, or bare with characters that are operators elsewhere (`low-user`, `a.b`)."""
    start = tokens.now
    while not tokens.at("="):
        if tokens.take().kind == "end":
            tokens.fail("expected '='")
    target = tokens.source.text[start.start : tokens.now.start].strip()
    tokens.expect("=")
    if target.startswith("'"):
        target = unquote_eval(target)
    return unquote(target), _expression(tokens)


_JOINS: Mapping[str, tuple[int, Callable[[tuple[EvalExpr, ...]], EvalExpr]]] = MappingProxyType(
    {"XOR": (0, Xor), "OR": (1, Or), "AND": (2, And)}
)
_NOT, _COMPARISON, _SIGN = 3, 4, 7
_LEVELS: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(COMPARISONS, _COMPARISON) | dict.fromkeys(SUMS, 5) | dict.fromkeys(PRODUCTS, 6)
)


def _expression(tokens: Tokens, loosest: int = 0) -> EvalExpr:
    """Operands and the operators between them that bind at least as tightly as `loosest`."""
    first = tokens.now
    left = _operand(tokens)
    while tokens.now.kind in ("word", "operator"):
        operator = tokens.now.text.upper()
        if operator in _JOINS and _JOINS[operator][0] >= loosest:
            level, build = _JOINS[operator]
            args = [left]
            while tokens.accept(operator.lower()):
                args.append(_expression(tokens, level + 1))
            left = build(tuple(args))
        elif operator == "IN" and loosest <= _COMPARISON:
            tokens.take()
            left = Among(left, _arguments(tokens), place_of(first, tokens))
        elif operator in _LEVELS and _LEVELS[operator] >= loosest:
            tokens.take()
            left = Binary(operator, left, _expression(tokens, _LEVELS[operator] + 1), place_of(first, tokens))
        else:
            break
    return left


def _operand(tokens: Tokens) -> EvalExpr:
    tokens.enter()
    try:
        if tokens.accept("!") or (tokens.now.kind == "word" and tokens.accept("not")):
            return Not(_expression(tokens, _NOT))
        if tokens.accept("-"):
            first = tokens.now
            return Negative(_expression(tokens, _SIGN), place_of(first, tokens))
        return _atom(tokens)
    finally:
        tokens.leave()


def _atom(tokens: Tokens) -> EvalExpr:
    if tokens.accept("("):
        inner = _expression(tokens)
        tokens.expect(")")
        return inner
    token = tokens.now
    place = (token.start, token.end)
    match token.kind:
        case "string":
            return String(unquote_eval(tokens.take().text), place)
        case "name":
            return Name(unquote_eval(tokens.take().text), place)
        case "macro":
            return Macro(tokens.take().text[1:-1], place)
        case "number":
            return Number(tokens.take().text, place)
        case "word" if tokens.ahead().text == "(" and token.text.upper() not in ("AND", "OR", "XOR", "NOT"):
            name = tokens.take().text.lower()
            return Call(name, _arguments(tokens), place_of(token, tokens))
        case "word" if token.text.upper() not in EVAL_WORDS:
            return Name(_path(tokens), place_of(token, tokens))
        case _:
            return Name(tokens.fail("expected an expression").text)


def _path(tokens: Tokens) -> str:
    """A bare name; unlike the documentation, Splunk takes `path{}.name` without quotes too."""
    token = tokens.take()
    text, end = token.text, token.end
    while tokens.now.start == end and (tokens.now.text == "{" or text.endswith(("{", "}", "}."))):
        token = tokens.take()
        text, end = text + token.text, token.end
    return text


def place_of(first: Token, tokens: Tokens) -> Place:
    """From a token to the last one taken."""
    return first.start, tokens.last.end


def _arguments(tokens: Tokens) -> tuple[EvalExpr, ...]:
    tokens.expect("(")
    if tokens.accept(")"):
        return ()
    found = [_expression(tokens)]
    while tokens.accept(","):
        found.append(_expression(tokens))
    tokens.expect(")")
    return tuple(found)
