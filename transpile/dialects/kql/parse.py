"""Reads Kusto queries: statements, pipelines and tabular operators. `parse_scalar` reads the expressions in them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from transpile.dialects.kql.parse_scalar import LEXER, Cursor
from transpile.dialects.kql.parse_tabular import Tabular
from transpile.dialects.kql.tree import (
    Call,
    Expr,
    Function,
    Let,
    Name,
    Path,
    Pipeline,
    RawStatement,
    Script,
    Statement,
)
from transpile.source import Source
from transpile.syntax.lexer import END, ParseError, Token

_LONGEST = 4_000_000  # characters; no platform takes a query of half the length
_STATEMENTS = ("set", "declare", "alias", "restrict")
_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}")
# What goes on with the expression or the operator before it, on a line of its own.
_GOES_ON = frozenset(
    """
    and or by on in has contains startswith endswith matches between with to asc desc nulls kind of from step limit
    """.split()  # noqa: SIM905
)


def parse(source: Source) -> Script:
    """The tree of a query text. Raises `ParseError` with the place.

    >>> parse(Source("T | where a == 1")).statements[0].source
    Name(name='T')
    """
    if len(source.text) > _LONGEST:
        raise ParseError(f"a query of more than {_LONGEST} characters", source.span(0, 1))
    return parse_tokens(source, LEXER.tokens(source))


def parse_tokens(source: Source, tokens: Iterable[Token]) -> Script:
    """The tree of a part of a text, given by its tokens; the last one is `END`."""
    parser = _Parser(Cursor(source, list(tokens)))
    script = parser.script()
    if parser.tokens.now.kind != END:
        parser.tokens.fail("expected the end")
    return script


def split(source: Source) -> list[Source]:
    """The queries of a text, each with the `let` statements before it.

    Queries are parted by `;`, or by a blank line, as the vendor's editors part them. A statement that cannot be read
    is kept in the query that it is in, and costs no other query.

    >>> [one.text for one in split(Source("let a = 1;\\nT | where b == a\\n\\nU | where c == 2"))]
    ['let a = 1;\\nT | where b == a', 'U | where c == 2']
    """
    if len(source.text) > _LONGEST:
        return [source]
    try:
        tokens = LEXER.tokens(source)
    except ParseError:
        return [source]
    queries: list[Source] = []
    before: list[tuple[int, str]] = []
    for start, end in _statements(source.text, tokens):
        text = source.text[start:end]
        if LEXER.tokens(Source(text))[0].text.lower() in ("let", *_STATEMENTS):
            before.append((start, text.rstrip().rstrip(";") + ";\n"))
        else:
            used = _used(before, text)
            whole = "".join(statement for _, statement in used) + text
            queries.append(source.excerpt(whole, used[0][0] if used else start))
    return queries if len(queries) > 1 else [source]


def _used(before: list[tuple[int, str]], text: str) -> list[tuple[int, str]]:
    """Of the statements before a query, those whose name it uses, directly or through others."""
    words = {token.text for token in LEXER.tokens(Source(text))}
    used: list[tuple[int, str]] = []
    for start, statement in reversed(before):
        tokens = LEXER.tokens(Source(statement))
        if tokens[0].text.lower() != "let" or tokens[1].text in words:
            used.insert(0, (start, statement))
            words.update(token.text for token in tokens)
    return used


def _statements(text: str, tokens: list[Token]) -> Iterable[tuple[int, int]]:
    """The extent of each statement."""
    start, depth, last = None, 0, tokens[0]
    for token, after in zip(tokens, [*tokens[1:], tokens[-1]], strict=True):
        if after.text == "|" and _begins_query(text, last, token):
            depth = 0  # whatever was left open before, the next query is not lost with it
        is_end = last.text == ";" or token.kind == END or is_parted(text, last, token)
        if start is not None and depth == 0 and (is_end or (after.text == "|" and _begins_query(text, last, token))):
            yield start, last.end - (last.text == ";")
            start = None
        if start is None and token.text != ";":
            start = token.start
        depth = max(0, depth + (token.text in _OPENING) - (token.text in _CLOSING))
        last = token
    if start is not None and depth:
        yield start, last.end


def _begins_query(text: str, last: Token, token: Token) -> bool:
    """Whether a word, which a `|` follows, begins a line behind a blank one, and goes on with nothing before it."""
    if token.kind != "word" or last.text in (",", "=", "|") or text[token.start - 1 : token.start] != "\n":
        return False
    return "\n\n" in text[last.end : token.start].replace("\r", "")


def is_parted(text: str, last: Token, token: Token) -> bool:
    """Whether a blank line between two tokens parts two queries: the one may end there and the other may begin."""
    if token.kind not in ("word", "[", "string") or last.text in ("|", ",", "=", "=>"):
        return False
    if token.text.lower().lstrip("!") in _GOES_ON or (last.kind == "operator" and last.text not in (*_CLOSING, "*")):
        return False
    lines = text[last.end : token.start].split("\n")
    return any(not line.strip() for line in lines[1:-1])


@lru_cache(maxsize=2048)  # a data set with the columns of a rule; a large repository has some hundreds
def parse_dataset(text: str) -> tuple[tuple[Statement, ...], Pipeline]:
    """What a data model names as the source of events: a table (brackets are not needed), a function call, `union`
    of tables, or any beginning of a query; as the statements before it and a pipeline to go on with.

    >>> parse_dataset("my-table")
    ((), Pipeline(source=Name(name='my-table'), operators=()))
    """
    try:
        *before, table = parse(Source(text)).statements
    except ParseError:
        before, table = [], Name(text)
    match table:
        case Pipeline():
            return tuple(before), table
        case Name() | Call() | Path():
            return tuple(before), Pipeline(table)
        case _:
            return (), Pipeline(Name(text))


class _Parser(Tabular):
    """A cursor over one text. It lives for one call of `parse`."""

    def script(self) -> Script:
        """Statements parted by `;`, up to the end or a `}`."""
        found: list[Statement] = []
        while self.tokens.now.kind != END and not self.tokens.at("}"):
            if self.tokens.accept(";"):
                continue
            found.append(self.statement())
            if not self.tokens.accept(";"):
                break
        if not found:
            self.tokens.fail("expected a query")
        return Script(tuple(found))

    def statement(self) -> Statement:
        """One statement."""
        if self.tokens.at("let") and self.tokens.ahead().kind in ("word", "[") and self.tokens.ahead(2).text != ".":
            return self.let()
        if self.tokens.at(*_STATEMENTS) and self.tokens.ahead().kind == "word":
            start = self.tokens.now.start
            return RawStatement(self.raw(), self.place(start))
        return self.expression()

    def let(self) -> Let:
        """`let name = value`."""
        start = self.tokens.take().start
        name = self.name()
        self.tokens.expect("=")
        view = self.tokens.at("view") and self.tokens.ahead().text == "("
        if view:
            self.tokens.take()
        if not self.tokens.at("(") or not self.is_function():
            value = self.expression()
            return Let(name, value, self.place(start))
        self.tokens.take()
        parameters = self.raw()
        self.tokens.expect(")")
        self.tokens.expect("{")
        body = self.script()
        self.tokens.expect("}")
        return Let(name, Function(parameters, body, view), self.place(start))

    def is_function(self) -> bool:
        """Whether the parenthesis at the cursor closes before a `{`."""
        distance = depth = 0
        while (token := self.tokens.ahead(distance)).kind != END:
            depth += token.text in _OPENING
            depth -= token.text in _CLOSING
            distance += 1
            if depth == 0:
                return self.tokens.ahead(distance).text == "{"
        return False

    def expression(self) -> Expr:
        """A scalar expression or a pipeline: they look alike up to the first `|`."""
        return self.pipeline()
