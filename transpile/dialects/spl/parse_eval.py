"""The eval language of `where` and `eval`.

Precedence, loosest first: XOR, OR, AND, NOT (Search Reference, `eval`, "Boolean expressions"), then comparisons,
`+ - .`, `* / %` and the sign.
"""

from __future__ import annotations

import re
from collections.abc import Callable

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
    String,
    Xor,
)
from transpile.source import Source
from transpile.text.lexer import SKIP, Lexer, Tokens

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
    before = re.sub(r"[^\n]", " ", source.text[:start])
    return Tokens(source, _LEXER.tokens(Source(before + source.text[start:end], source.path)))


def parse_condition(source: Source, start: int, end: int) -> EvalExpr:
    """The expression between two offsets. Raises `ParseError`."""
    tokens = _tokens(source, start, end)
    expr = _xor(tokens)
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
    return unquote(target), _xor(tokens)


def _xor(tokens: Tokens) -> EvalExpr:
    return _run(
        tokens, "xor", Xor, lambda tokens: _run(tokens, "or", Or, lambda tokens: _run(tokens, "and", And, _not))
    )


def _run(
    tokens: Tokens,
    word: str,
    build: Callable[[tuple[EvalExpr, ...]], EvalExpr],
    operand: Callable[[Tokens], EvalExpr],
) -> EvalExpr:
    found = [operand(tokens)]
    while tokens.now.kind == "word" and tokens.accept(word):
        found.append(operand(tokens))
    return found[0] if len(found) == 1 else build(tuple(found))


def _not(tokens: Tokens) -> EvalExpr:
    tokens.enter()
    try:
        if tokens.accept("!") or (tokens.now.kind == "word" and tokens.accept("not")):
            return Not(_not(tokens))
        return _comparison(tokens)
    finally:
        tokens.leave()


def _comparison(tokens: Tokens) -> EvalExpr:
    left = _sum(tokens)
    if tokens.now.kind == "word" and tokens.accept("in"):
        return Among(left, _arguments(tokens))
    operator = tokens.now.text.upper()
    if operator not in COMPARISONS:
        return left
    tokens.take()
    return Binary(operator, left, _sum(tokens))


def _sum(tokens: Tokens) -> EvalExpr:
    return _left_to_right(tokens, SUMS, lambda tokens: _left_to_right(tokens, PRODUCTS, _sign))


def _left_to_right(tokens: Tokens, operators: tuple[str, ...], operand: Callable[[Tokens], EvalExpr]) -> EvalExpr:
    expr = operand(tokens)
    while tokens.now.kind == "operator" and tokens.now.text in operators:
        operator = tokens.take().text
        expr = Binary(operator, expr, operand(tokens))
    return expr


def _sign(tokens: Tokens) -> EvalExpr:
    tokens.enter()
    try:
        return Negative(_sign(tokens)) if tokens.accept("-") else _atom(tokens)
    finally:
        tokens.leave()


def _atom(tokens: Tokens) -> EvalExpr:
    if tokens.accept("("):
        inner = _xor(tokens)
        tokens.expect(")")
        return inner
    token = tokens.now
    match token.kind:
        case "string":
            return String(unquote_eval(tokens.take().text))
        case "name":
            return Name(unquote_eval(tokens.take().text))
        case "macro":
            return Macro(tokens.take().text[1:-1])
        case "number":
            return Number(tokens.take().text)
        case "word" if tokens.ahead().text == "(" and token.text.upper() not in ("AND", "OR", "XOR", "NOT"):
            return Call(tokens.take().text.lower(), _arguments(tokens))
        case "word" if token.text.upper() not in EVAL_WORDS:
            return Name(tokens.take().text)
        case _:
            return Name(tokens.fail("expected an expression").text)


def _arguments(tokens: Tokens) -> tuple[EvalExpr, ...]:
    tokens.expect("(")
    if tokens.accept(")"):
        return ()
    found = [_xor(tokens)]
    while tokens.accept(","):
        found.append(_xor(tokens))
    tokens.expect(")")
    return tuple(found)
