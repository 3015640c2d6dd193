"""A lexer from a table of token kinds, shared by the dialects' parsers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from transpile.source import Source, Span


class Token(NamedTuple):
    """A piece of text with its kind and its place, as character offsets into the source."""

    kind: str
    text: str
    start: int
    end: int


class ParseError(ValueError):
    """The text is not in the language. Carries where and why."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(f"{span.line}:{span.column}: {message}")
        self.message = message
        self.span = span


END = "end"
SKIP = "skip"  # tokens of this kind (blanks, comments) are dropped


class Lexer:
    """Cuts a text into tokens by the first kind whose regex matches.

    >>> lexer = Lexer([("word", r"[a-z]+"), (SKIP, r"\\s+")])
    >>> [token.text for token in lexer.tokens(Source("ab cd"))]
    ['ab', 'cd', '']
    """

    def __init__(self, kinds: Sequence[tuple[str, str]], flags: int = 0) -> None:
        self._kinds = [kind for kind, _ in kinds]
        self._regex = re.compile("|".join(f"({pattern})" for _, pattern in kinds), flags)

    def tokens(self, source: Source, start: int = 0, stop: int | None = None) -> list[Token]:
        """All tokens between two offsets, closed by one of kind END; `ParseError` at what no kind matches."""
        text, found, position, kinds = source.text, [], start, self._kinds
        end = len(text) if stop is None else stop
        for match in self._regex.finditer(text, position, end):
            begin, after = match.span()
            if begin != position or after == begin:
                break
            kind = kinds[(match.lastindex or 1) - 1]
            if kind != SKIP:
                found.append(Token(kind, match.group(), begin, after))
            position = after
        if position < end:
            raise ParseError(f"unexpected {text[position]!r}", source.span(position, position + 1))
        found.append(Token(END, "", position, position))
        return found


class Tokens:
    """A cursor over tokens with the few moves that a recursive-descent parser makes."""

    def __init__(self, source: Source, tokens: list[Token]) -> None:
        self.source = source
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    @property
    def now(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._next]

    @property
    def last(self) -> Token:
        """The token taken last."""
        return self._tokens[max(self._next - 1, 0)]

    def ahead(self, distance: int = 1) -> Token:
        """The token `distance` after the next one."""
        return self._tokens[min(self._next + distance, len(self._tokens) - 1)]

    def take(self) -> Token:
        """The next token, moving past it."""
        token = self.now
        if token.kind != END:
            self._next += 1
        return token

    def at(self, *texts: str) -> bool:
        """Whether the next token reads as one of these, ignoring case."""
        return self.now.kind != END and self.now.text.lower() in texts

    def accept(self, *texts: str) -> Token | None:
        """The next token if it reads as one of these (lower-case), else None without moving."""
        return self.take() if self.at(*texts) else None

    def expect(self, text: str) -> Token:
        """The next token, which must read as `text`; `ParseError` otherwise."""
        return self.accept(text) or self.fail(f"expected {text!r}")

    def expect_kind(self, kind: str) -> Token:
        """The next token, which must be of this kind; `ParseError` otherwise."""
        return self.take() if self.now.kind == kind else self.fail(f"expected {kind}")

    def fail(self, message: str) -> Token:
        """Raise `ParseError` at the next token (typed as if it gave one, so that `or` reads well)."""
        token = self.now
        found = repr(token.text) if token.kind != END else "the end"
        raise ParseError(
            f"{message}, found {found}",
            self.source.span(token.start, max(token.end, token.start + 1)),
        )

    def span(self, start: Token) -> Span:
        """The span from `start` to the last token taken."""
        return self.source.span(start.start, self.last.end)

    def enter(self, limit: int = 200) -> None:
        """Count one level of nesting; `ParseError` past `limit`, instead of a blown stack."""
        self._depth += 1
        if self._depth > limit:
            self.fail(f"nested deeper than {limit} levels")

    def leave(self) -> None:
        """Leave a level counted by `enter`."""
        self._depth -= 1
