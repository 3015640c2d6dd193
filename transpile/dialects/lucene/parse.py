"""Parses query strings as Lucene's classic query parser does, with OR as the default operator.

Each operator between two clauses changes what both mean (QueryParserBase.addClause): AND makes them required, OR leaves
them as they are. So `a OR b AND c` asks for b and c, and a does not matter.
"""

from __future__ import annotations

import re
from dataclasses import replace

from transpile.dialects.lucene.tree import (
    And,
    Clauses,
    Everything,
    Fuzzy,
    Match,
    Not,
    Occur,
    Or,
    Phrase,
    Plain,
    Query,
    Range,
    Regex,
    Value,
    Wild,
    Wildcard,
    Within,
)
from transpile.dialects.lucene.words import START, TERM, characters, unescape
from transpile.source import Source
from transpile.syntax.lexer import ParseError

_BLANK = re.compile(r"[ \t\n\r\u3000]+")
_CONJUNCTION = re.compile(r"(AND|OR)(?![^ \t\n\r()\u3000])|(&&|\|\|)")
_NEGATION = re.compile(r"NOT(?![^ \t\n\r(\u3000])|!|-|\+")
_FIELD = re.compile(
    r"((?:\\[\s\S]|[^ \t\n\r+\-!():^\[\]\"{}~*?\\/\u3000])(?:\\[\s\S]|[^ \t\n\r!():^\[\]\"{}~*?\\/\u3000])*|\*)\s*:"
)
_PHRASE = re.compile(r'"((?:[^"\\]|\\[\s\S])*)"')
_REGEX = re.compile(r"/((?:[^/\\]|\\[\s\S])*)/")
_RANGE = re.compile(r'([\[{])\s*("(?:[^"\\]|\\[\s\S])*"|[^\s\]}]+)\s+TO\s+("(?:[^"\\]|\\[\s\S])*"|[^\s\]}]+)\s*([\]}])')
_FUZZY = re.compile(r"~(\d*(?:\.\d+)?)")
_BOOST = re.compile(r"\^(\d+(?:\.\d+)?)")
_COMPARISON = re.compile(r"([<>]=?)(?=[\s\S])")
_DEEPEST = 150


def parse(source: Source) -> Query:
    """The tree of a query string. Raises `ParseError`, with the place, for what Lucene would not parse.

    >>> parse(Source("a:1 AND NOT b:x*")).args[1] == Not(Match("b", Wild(("x", Wildcard.ANY))))
    True
    """
    reader = _Reader(source)
    found = reader.query()
    if reader.at < len(source.text):
        raise reader.error("unexpected character")
    return found


class _Reader:
    """A cursor over a query string."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 0
        self.depth = 0
        self.blank()

    def error(self, message: str) -> ParseError:
        found = repr(self.text[self.at]) if self.at < len(self.text) else "the end"
        return ParseError(f"{message}, found {found}", self.source.span(self.at, self.at + 1))

    def blank(self) -> None:
        if found := _BLANK.match(self.text, self.at):
            self.at = found.end()

    def accept(self, regex: re.Pattern[str]) -> re.Match[str] | None:
        found = regex.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    # --- clauses

    def query(self) -> Query:
        """Clauses up to the end of the text or a closing parenthesis."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.error("nested too deeply")
        clauses: list[tuple[Occur, Query]] = []
        while self.at < len(self.text) and self.text[self.at] != ")":
            required = False
            if clauses:
                found = self.accept(_CONJUNCTION)
                required = found is not None and (found[1] or found[2]) in ("AND", "&&")
                self.blank()
            occur = self.modifier()
            one = self.clause()
            if required and clauses[-1][0] is Occur.SHOULD:
                clauses[-1] = (Occur.MUST, clauses[-1][1])
            if required and occur is Occur.SHOULD:
                occur = Occur.MUST
            clauses.append((occur, one))
            self.blank()
        self.depth -= 1
        if not clauses:
            raise self.error("expected a term")
        return combine(tuple(clauses))

    def modifier(self) -> Occur:
        found = self.accept(_NEGATION)
        self.blank()
        if found is None:
            return Occur.SHOULD
        return Occur.MUST if found.group() == "+" else Occur.MUST_NOT

    def clause(self) -> Query:
        start = self.at
        field = None
        if found := self.accept(_FIELD):
            field = unescape(found[1])
            self.blank()
        if self.text.startswith("(", self.at):
            self.at += 1
            self.blank()
            inner = self.query()
            if not self.text.startswith(")", self.at):
                raise self.error("expected )")
            self.at += 1
            self.accept(_BOOST)
            return inner if field is None else Within(field, inner)
        value = self.value(field is not None)
        if field in (None, "*") and value == Wild((Wildcard.ANY,)):
            return Everything()
        if field is None and isinstance(value, Plain):
            value = self.several_terms(value)
        boost = self.accept(_BOOST)
        return Match(field, value, boost[1] if boost else None, self.source.span(start, self.at))

    def several_terms(self, value: Plain) -> Plain:
        """Terms side by side are analysed together, so a keyword field is asked for them as one text."""
        while True:
            here = self.at
            self.blank()
            if here == self.at or _CONJUNCTION.match(self.text, self.at) or _NEGATION.match(self.text, self.at):
                break
            if _FIELD.match(self.text, self.at) or not START.match(self.text, self.at):
                break
            more = self.accept(TERM)
            if more is None or any(char in "*?" and not escaped for char, escaped in characters(more.group())):
                break
            if self.text[self.at : self.at + 1] in ("~", "^", ":"):
                break
            value = replace(value, text=f"{value.text} {unescape(more.group())}")
        self.at = here
        return value

    # --- values

    def value(self, of_field: bool) -> Value:
        if found := self.accept(_PHRASE):
            return self.fuzzy(Phrase(unescape(found[1])))
        if found := self.accept(_REGEX):
            return Regex(found[1])
        if found := self.accept(_RANGE):
            return Range(_bound(found[2]), _bound(found[3]), found[1] == "[", found[4] == "]")
        if of_field and (found := self.accept(_COMPARISON)):
            self.blank()
            return self.comparison(found[1])
        term = self.accept(TERM) if START.match(self.text, self.at) else None
        if term is None or term.group() in ("AND", "OR", "NOT"):
            raise self.error("expected a term")
        return self.term(term.group())

    def term(self, text: str) -> Value:
        parts: list[str | Wildcard] = []
        for char, escaped in characters(text):
            last = parts[-1] if parts else None
            if char in "*?" and not escaped:
                parts.append(Wildcard(char))
            elif isinstance(last, str):
                parts[-1] = last + char
            else:
                parts.append(char)
        if len(parts) == 1 and isinstance(parts[0], str):
            return self.fuzzy(Plain(parts[0]))
        return Wild(tuple(parts))

    def fuzzy(self, value: Plain | Phrase) -> Value:
        found = self.accept(_FUZZY)
        return Fuzzy(value, found[1]) if found else value

    def comparison(self, sign: str) -> Range:
        """`field:>=10`: a range with one end."""
        minus = "-" if self.text.startswith("-", self.at) else ""
        self.at += len(minus)
        found = self.accept(_PHRASE) or self.accept(TERM)
        if found is None:
            raise self.error("expected a number")
        text = minus + unescape(found[1] if found.re is _PHRASE else found.group())
        inclusive = sign.endswith("=")
        if sign[0] == ">":
            return Range(text, None, includes_low=inclusive)
        return Range(None, text, includes_high=inclusive)


def _bound(text: str) -> str | None:
    if text == "*":
        return None
    return unescape(text[1:-1] if text[0] == '"' else text)


def combine(clauses: tuple[tuple[Occur, Query], ...]) -> Query:
    """The query that clauses are together.

    >>> combine(((Occur.MUST_NOT, Everything()),))
    Not(arg=Everything())
    """
    occurs = {occur for occur, _ in clauses}
    if len(clauses) == 1:
        occur, one = clauses[0]
        return Not(one) if occur is Occur.MUST_NOT else one
    if occurs == {Occur.SHOULD}:
        return Or(tuple(one for _, one in clauses))
    if Occur.SHOULD not in occurs:
        return And(tuple(Not(one) if occur is Occur.MUST_NOT else one for occur, one in clauses))
    return Clauses(clauses)
