"""Parses Kibana queries by their grammar (grammar.peggy of kbn-es-query), choice by choice.

The grammar has no tokens: a text without quotes runs on, blanks included, to the next special character or keyword, and
a keyword is one only between blanks (`not` needs one behind it). There are no comments.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn, TypeVar

from transpile.dialects.kuery.tree import (
    AllOf,
    And,
    AnyOf,
    Anywhere,
    Boolean,
    Everything,
    Expr,
    Is,
    Name,
    Nested,
    NoneOf,
    Not,
    Null,
    Or,
    Order,
    Range,
    Text,
    Value,
    Values,
    Wildcard,
)
from transpile.source import Source, Span
from transpile.syntax.lexer import ParseError

_BLANK = r"[ \t\r\n\u00A0]"
_BLANKS = re.compile(f"{_BLANK}*")
_OR = re.compile(f"{_BLANK}+(?i:or){_BLANK}+")
_AND = re.compile(f"{_BLANK}+(?i:and){_BLANK}+")
_NOT = re.compile(f"(?i:not){_BLANK}+")
_QUOTED = re.compile(r'"((?:\\[\\"]|[^"])*+)"')
_QUOTED_ESCAPE = re.compile(r'\\(?:([trn])|u([0-9a-fA-F]{4})|([\\"]))')
_PLAIN = re.compile(
    r"(?:\\[trn]|\\[\\():<>\"*{}]|\\u[0-9a-fA-F]{4}|\\(?i:or|and|not)|\*"
    rf"|(?!{_BLANK}+(?i:or|and){_BLANK}+)(?!(?i:not){_BLANK}+)[^\\():<>\"*{{}}])+"
)
_PIECE = re.compile(r"\\(?:([trn])|u([0-9a-fA-F]{4})|([\\():<>\"*{}])|((?i:or|and|not)))|(\*)|([^\\*]+)")
_ESCAPES = {"t": "\t", "r": "\r", "n": "\n"}
_ORDER = re.compile(r"<=|>=|<|>")
_DEEPEST = 100
_TRIMMED = " \t\r\n\v\f\u00a0\ufeff\u2028\u2029"  # String.prototype.trim, as far as a query holds them

Node = TypeVar("Node")


def parse(source: Source) -> Expr:
    """The tree of a query. Raises `ParseError`, with the place, for what Kibana would not parse.

    >>> parse(Source("process.name:(cmd.exe or power*)"))
    Is(name=Text(value='process.name', quoted=False), values=AnyOf(args=(Text(value='cmd.exe', quoted=False), \
Wildcard(parts=('power', None)))))
    """
    return _Parser(source).query()


class _Parser:
    """A cursor over the text."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 0
        self.depth = 0

    def query(self) -> Expr:
        self.blanks()
        if self.at == len(self.text):
            return Everything()
        found = self.either()
        self.blanks()
        if self.at < len(self.text):
            self.fail("expected `and`, `or` or the end of the query")
        return found

    # --- the cursor

    def blanks(self) -> None:
        found = _BLANKS.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def accept(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found.group()

    def accept_char(self, char: str) -> bool:
        found = self.text.startswith(char, self.at)
        self.at += found
        return found

    def expect(self, char: str) -> None:
        self.blanks()
        if not self.accept_char(char):
            self.fail(f"expected `{char}`")

    def span(self, start: int) -> Span:
        return self.source.span(start, self.at)

    def fail(self, message: str) -> NoReturn:
        found = repr(self.text[self.at]) if self.at < len(self.text) else "the end"
        raise ParseError(f"{message}, found {found}", self.source.span(self.at, self.at + 1))

    def within(self, read: Callable[[], Node], closing: str) -> Node:
        """What is in brackets that are already open."""
        self.depth += 1
        if self.depth > _DEEPEST:
            self.fail(f"nested deeper than {_DEEPEST} levels")
        self.blanks()
        found = read()
        self.expect(closing)
        self.depth -= 1
        return found

    # --- queries

    def either(self) -> Expr:
        found = [self.both()]
        while self.accept(_OR):
            found.append(self.both())
        return found[0] if len(found) == 1 else Or(tuple(found))

    def both(self) -> Expr:
        found = [self.negated()]
        while self.accept(_AND):
            found.append(self.negated())
        return found[0] if len(found) == 1 else And(tuple(found))

    def negated(self) -> Expr:
        return Not(self.part()) if self.accept(_NOT) else self.part()

    def part(self) -> Expr:
        start = self.at
        if self.accept_char("("):
            return self.within(self.either, ")")
        value = self.literal()
        end = self.at
        self.blanks()
        if self.accept_char(":"):
            self.blanks()
            name = _name(value)
            if self.accept_char("{"):
                query = self.within(self.either, "}")
                return Nested(name, query, self.span(start))
            values = self.values()
            return Is(name, values, self.span(start))
        if order := self.accept(_ORDER):
            self.blanks()
            bound = self.literal()
            return Range(_name(value), Order(order), bound, self.span(start))
        self.at = end
        return Anywhere(value, self.span(start))

    # --- values

    def values(self) -> Values:
        return self.within(self.either_value, ")") if self.accept_char("(") else self.literal()

    def either_value(self) -> Values:
        found = [self.both_values()]
        while self.accept(_OR):
            found.append(self.both_values())
        return found[0] if len(found) == 1 else AnyOf(tuple(found))

    def both_values(self) -> Values:
        found = [self.negated_value()]
        while self.accept(_AND):
            found.append(self.negated_value())
        return found[0] if len(found) == 1 else AllOf(tuple(found))

    def negated_value(self) -> Values:
        return NoneOf(self.values()) if self.accept(_NOT) else self.values()

    def literal(self) -> Value:
        start = self.at
        if quoted := _QUOTED.match(self.text, start):
            self.at = quoted.end()
            return Text(_joined(_QUOTED_ESCAPE.sub(_unescape, quoted.group(1))), True, self.span(start))
        written = self.accept(_PLAIN)
        if written is None:
            self.fail("expected a field or a value")
        end = self.at
        self.at = start + len(written.rstrip(_TRIMMED)) or end
        span = self.span(start)
        self.at = end
        return _value(written, span)


def _name(value: Value) -> Name:
    """A literal as the name of a field."""
    match value:
        case Boolean(truth, span):
            return Text(str(truth).lower(), True, span)
        case Null(span):
            return Text("null", True, span)
        case _:
            return value


def _value(written: str, span: Span) -> Value:
    """The value of a text without quotes."""
    parts: list[str | None] = []
    for found in _PIECE.finditer(written):
        piece = None if found.group(5) else found.group(6) or _unescape(found) or found.group(4) or ""
        if piece is None or not parts or parts[-1] is None:
            parts.append(piece)
        else:
            parts[-1] = f"{parts[-1]}{piece}"
    return _trimmed([_joined(part) if part is not None else None for part in parts], span)


def _trimmed(parts: list[str | None], span: Span) -> Value:
    if parts[0] is not None:
        parts[0] = parts[0].lstrip(_TRIMMED)
    if parts[-1] is not None:
        parts[-1] = parts[-1].rstrip(_TRIMMED)
    if None in parts:
        kept = [part for part in parts if part != ""]
        pairs = zip(kept, ["", *kept], strict=False)
        return Wildcard(tuple(one for one, before in pairs if one is not None or before is not None), span)
    text = parts[0] or ""
    if not text:
        return Text("", True, span)
    match text:
        case "null":
            return Null(span)
        case "true" | "false":
            return Boolean(text == "true", span)
        case _:
            return Text(text, False, span)


def _unescape(found: re.Match[str]) -> str:
    control, code, char = found.group(1), found.group(2), found.group(3)
    return _ESCAPES[control] if control else chr(int(code, 16)) if code else char or ""


def _joined(text: str) -> str:
    """The text with the halves of characters beyond 16 bits put together, as JavaScript has them."""
    if not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
