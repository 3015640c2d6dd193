"""Parses ES|QL as Elasticsearch reads it (its grammars, EsqlBaseLexer.g4 and EsqlBaseParser.g4).

Commands that bear on which rows a query returns have nodes; all others are kept as their text.
"""

from __future__ import annotations

from collections.abc import Callable

from transpile.dialects.esql.parse_expressions import CONDITION, name, pattern_name, string
from transpile.dialects.esql.parse_tokens import LEXER
from transpile.dialects.esql.tree import (
    Assignment,
    Column,
    Command,
    Eval,
    Expand,
    Expr,
    From,
    Keep,
    Key,
    Limit,
    Other,
    Query,
    Rename,
    Sort,
    Stats,
    Where,
)
from transpile.source import Source, Span
from transpile.syntax.lexer import END, Token, Tokens


def parse(source: Source) -> Query:
    """The tree of a query. Raises `ParseError`, with the place, for what Elasticsearch would not parse.

    >>> parse(Source("from logs-* | where a.b == b")).commands[0].condition.left
    Column(name='a.b')
    """
    tokens = Tokens(source, LEXER.tokens(source))
    while tokens.at("set"):  # SET setting = value; before the query
        _skip(tokens, ";")
        tokens.expect(";")
    query_source = _from(tokens) if tokens.accept("from") else _other(tokens)
    commands = []
    while tokens.accept("|"):
        commands.append(_command(tokens))
    if tokens.now.kind != END:
        tokens.fail("expected | or the end of the query")
    return Query(query_source, tuple(commands))


# --- sources


def _from(tokens: Tokens) -> From | Other:
    start = tokens.now
    if tokens.at("("):
        return _other(tokens, "FROM ")
    indices = [_index(tokens)]
    while tokens.accept(","):
        indices.append(_index(tokens))
    metadata: tuple[str, ...] = ()
    if tokens.at("[") and tokens.ahead().text.lower() == "metadata":  # the older form, in brackets
        tokens.take()
    if tokens.accept("metadata"):
        metadata = tuple(_separated(tokens, name))
        tokens.accept("]")
    if tokens.now.kind != END and not tokens.at("|"):
        tokens.fail(f"expected an index pattern after {start.text}")
    return From(tuple(indices), metadata)


def _index(tokens: Tokens) -> str:
    """An index pattern: everything up to a blank, comma or pipe, or a string."""
    if tokens.now.kind in ("string", "raw"):
        return string(tokens)
    first = last = tokens.now
    if tokens.now.kind == END or tokens.at("|", ","):
        tokens.fail("expected an index pattern")
    while tokens.now.kind != END and not tokens.at("|", ",") and (last is first or tokens.now.start == last.end):
        last = tokens.take()
        if tokens.now.start != last.end:
            break
    return tokens.source.text[first.start : last.end]


def _skip(tokens: Tokens, *ends: str) -> tuple[Token, Token]:
    """Pass tokens up to one of these outside of brackets; the first and the last of them."""
    first = last = tokens.now
    depth = 0
    while tokens.now.kind != END and not (depth <= 0 and tokens.at(*ends)):
        depth += tokens.at("(", "[", "{") - tokens.at(")", "]", "}")
        last = tokens.take()
    return first, last


def _other(tokens: Tokens, before: str = "") -> Other:
    if tokens.now.kind not in ("word", "sign"):
        tokens.fail("expected a command")
    first, last = _skip(tokens, "|")
    return Other(before + tokens.source.text[first.start : last.end], tokens.source.span(first.start, last.end))


# --- commands


def _command(tokens: Tokens) -> Command:
    start = tokens.now
    word = start.text.lower()
    if word == "inline" and tokens.ahead().text.lower() == "stats":
        tokens.take()
        tokens.take()
        return _stats(tokens, start, inline=True)
    build = _COMMANDS.get(word)
    if build is None:
        return _other(tokens)
    tokens.take()
    return build(tokens, start)


def _span(tokens: Tokens, start: Token) -> Span:
    return tokens.span(start)


def _where(tokens: Tokens, start: Token) -> Where:
    return Where(CONDITION.parse(tokens), _span(tokens, start))


def _eval(tokens: Tokens, start: Token) -> Eval:
    return Eval(tuple(_separated(tokens, _assignment)), _span(tokens, start))


def _stats(tokens: Tokens, start: Token, inline: bool = False) -> Stats:
    measures: tuple[Assignment, ...] = ()
    if not tokens.at("by", "|") and tokens.now.kind != END:
        measures = tuple(_separated(tokens, _assignment))
    by = tuple(_separated(tokens, _assignment)) if tokens.accept("by") else ()
    return Stats(measures, by, inline, _span(tokens, start))


def _inlinestats(tokens: Tokens, start: Token) -> Stats:
    return _stats(tokens, start, inline=True)


def _assignment(tokens: Tokens) -> Assignment:
    start = tokens.now
    value: Expr = CONDITION.parse(tokens)
    assigned = None
    if isinstance(value, Column) and tokens.accept("="):
        start = tokens.now
        assigned, value = value.name, CONDITION.parse(tokens)
    text = tokens.source.text[start.start : tokens.ahead(-1).end]
    condition = CONDITION.parse(tokens) if tokens.accept("where") else None
    return Assignment(value, assigned, condition, " ".join(text.split()))


def _keep(tokens: Tokens, start: Token) -> Keep:
    return Keep(tuple(_separated(tokens, pattern_name)), False, _span(tokens, start))


def _drop(tokens: Tokens, start: Token) -> Keep:
    return Keep(tuple(_separated(tokens, pattern_name)), True, _span(tokens, start))


def _rename(tokens: Tokens, start: Token) -> Rename:
    return Rename(tuple(_separated(tokens, _pair)), _span(tokens, start))


def _pair(tokens: Tokens) -> tuple[str, str]:
    one = pattern_name(tokens)
    if tokens.accept("="):
        return pattern_name(tokens), one
    tokens.expect("as")
    return one, pattern_name(tokens)


def _sort(tokens: Tokens, start: Token) -> Sort:
    return Sort(tuple(_separated(tokens, _key)), _span(tokens, start))


def _key(tokens: Tokens) -> Key:
    value = CONDITION.parse(tokens)
    direction = tokens.accept("asc", "desc")
    nulls = None
    if tokens.accept("nulls"):
        nulls = (tokens.accept("first", "last") or tokens.fail("expected FIRST or LAST")).text.upper()
    return Key(value, direction.text.upper() if direction else None, nulls)


def _limit(tokens: Tokens, start: Token) -> Limit | Other:
    if not tokens.now.text.isdigit():  # a parameter, or an expression
        _, last = _skip(tokens, "|")
        return Other(tokens.source.text[start.start : last.end], tokens.source.span(start.start, last.end))
    count = int(tokens.take().text)
    return Limit(count, _span(tokens, start))


def _expand(tokens: Tokens, start: Token) -> Expand:
    return Expand(name(tokens), _span(tokens, start))


def _separated(tokens: Tokens, one: Callable[[Tokens], object]) -> list:  # type: ignore[type-arg]
    found = [one(tokens)]
    while tokens.accept(","):
        found.append(one(tokens))
    return found


_COMMANDS: dict[str, Callable[[Tokens, Token], Command]] = {
    "where": _where,
    "eval": _eval,
    "stats": _stats,
    "inlinestats": _inlinestats,
    "keep": _keep,
    "drop": _drop,
    "rename": _rename,
    "sort": _sort,
    "limit": _limit,
    "mv_expand": _expand,
}
