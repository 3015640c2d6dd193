"""The search language: terms and comparisons under NOT, OR, AND, in that order of precedence."""

from __future__ import annotations

import re
from collections.abc import Callable

from transpile.dialects.spl.parse_eval import place_of
from transpile.dialects.spl.strings import is_bare, unquote
from transpile.dialects.spl.tree import (
    And,
    Comparison,
    Directive,
    In,
    Literal,
    Macro,
    Not,
    Or,
    Pipeline,
    SearchExpr,
    Subsearch,
    Value,
)
from transpile.source import Source
from transpile.syntax.infix import Binary, Infix
from transpile.syntax.lexer import SKIP, Lexer, Token, Tokens

_LEXER = Lexer(
    [
        (SKIP, r"\s+|```.*?```"),
        ("string", r'"(?:[^"\\]|\\.)*"'),
        ("macro", r"`[^`]*`"),
        ("operator", r"!=|<=|>=|==?|<|>"),
        ("mark", r"[()\[\],]"),
        ("word", r'(?:[^\s"()\[\],=<>!|`\\]|\\.|!(?!=))+'),
        ("other", r'[^"`]'),  # a subsearch holds what its own commands understand
    ],
    re.DOTALL,
)
_BOOLEAN = ("AND", "OR", "NOT")
_ENDS = ("", ")", "]", ",", "or")
_DIRECTIVES = ("CASE", "TERM")

ReadPipeline = Callable[[int, int], Pipeline]


def search_tokens(source: Source, start: int, end: int) -> list[Token]:
    """The tokens of a stretch of the source, at their places in it, closed by one of kind END."""
    return [_as_term(token) for token in _LEXER.tokens(source, start, end)]


def _as_term(token: Token) -> Token:
    """`and`, `or` and `not` are operators in capitals only (Search Manual, "Boolean expressions")."""
    if token.kind == "word" and token.text.upper() in _BOOLEAN and token.text not in _BOOLEAN:
        return token._replace(kind="string", text=f'"{token.text}"')
    return token


def parse_search(source: Source, start: int, end: int, read_pipeline: ReadPipeline) -> SearchExpr:
    """The search expression between two offsets; `read_pipeline` reads a subsearch. Raises `ParseError`."""
    tokens = Tokens(source, search_tokens(source, start, end))
    grammar: Infix[SearchExpr] = Infix(
        levels=(Binary(("and", ""), And), Binary(("or",), Or)),
        negate=Not,
        operand=lambda tokens: _operand(tokens, read_pipeline),
        starts=lambda tokens: tokens.now.text.lower() not in _ENDS,
    )
    expr = grammar.parse(tokens)
    tokens.expect_kind("end")
    return expr


def _operand(tokens: Tokens, read_pipeline: ReadPipeline) -> SearchExpr:
    token = tokens.now
    if token.text == "[":
        return _subsearch(tokens, read_pipeline)
    if token.kind not in ("word", "string", "macro"):
        tokens.fail("expected a term")
    follower = tokens.ahead()
    if token.kind != "macro":
        if follower.kind == "operator":
            tokens.take()
            operator = tokens.take().text
            value = _value(tokens, compared=True)
            return Comparison(
                unquote(token.text), "=" if operator == "==" else operator, value, place_of(token, tokens)
            )
        if follower.text == "IN" and tokens.ahead(2).text == "(":
            tokens.take()
            tokens.take()
            return In(unquote(token.text), _values(tokens), place_of(token, tokens))
    return _value(tokens)


def _values(tokens: Tokens) -> tuple[Value, ...]:
    """The reference asks for a comma between values; Splunk does without, and passes over those too many."""
    tokens.expect("(")
    found: list[Value] = []
    while not found or not tokens.accept(")"):
        if not tokens.accept(","):
            found.append(_value(tokens))
    return tuple(found)


def _value(tokens: Tokens, *, compared: bool = False) -> Value:
    """A term or value; after an operator (`compared`) a bare one may hold parentheses: `C:\\Program*(x86)`."""
    token = tokens.take()
    place = (token.start, token.end)
    match token.kind:
        case "string":
            return Literal(unquote(token.text), place=place)
        case "macro":
            return Macro(token.text[1:-1], place)
        case "word":
            if token.text in _DIRECTIVES and tokens.at("(") and tokens.now.start == token.end:
                return _directive(tokens, token)
            text = _joined(tokens, token, compared)
            return Literal(text, is_bare(text), place_of(token, tokens))
        case _:
            return Literal(tokens.fail(f"expected a value after {token.text!r}").text)


def _joined(tokens: Tokens, token: Token, compared: bool) -> str:
    """A bare value with what sticks to it without a blank: `a=b=c`, `*"x y"*`."""
    text, end = unquote(token.text), token.end
    while tokens.now.start == end:
        if compared and tokens.at("("):
            opener = tokens.take()
            closer = _closing(tokens, "(", ")")
            text, end = text + tokens.source.text[opener.start : closer.end], closer.end
        elif tokens.now.kind in ("word", "string", "operator"):
            token = tokens.take()
            text, end = text + unquote(token.text), token.end
        else:
            break
    return text


def _closing(tokens: Tokens, opener: str, closer: str) -> Token:
    """The token that closes the bracket taken last, taken."""
    depth = 1
    while True:
        token = tokens.take()
        depth += {opener: 1, closer: -1}.get(token.text, 0)
        if token.kind == "end":
            tokens.fail(f"expected {closer!r}")
        if not depth:
            return token


def _directive(tokens: Tokens, name: Token) -> Directive:
    opener = tokens.expect("(")
    closer = _closing(tokens, "(", ")")
    text = tokens.source.text[opener.end : closer.start].strip()
    return Directive(name.text, text, (name.start, closer.end))


def _subsearch(tokens: Tokens, read_pipeline: ReadPipeline) -> Subsearch:
    opener = tokens.expect("[")
    closer = _closing(tokens, "[", "]")
    return Subsearch(read_pipeline(opener.end, closer.start), (opener.start, closer.end))
