"""Boolean expressions by precedence: one parser for every language's AND, OR and NOT."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from transpile.record import record
from transpile.syntax.lexer import Tokens

T = TypeVar("T")


@record
class Binary(Generic[T]):
    """An infix operator: its spellings (lower-case; `""` = side by side) and what it builds of its operands."""

    words: tuple[str, ...]
    build: Callable[[tuple[T, ...]], T]


@record
class Infix(Generic[T]):
    """A language's boolean grammar: operators from loosest to tightest, NOT, and how its operands are read.

    `starts` tells whether the next token can begin an operand, which is what ends a run of operands that
    stand side by side. Without `brackets`, `operand` reads what is in brackets too: for a language in which
    that may also be part of a sum.
    """

    levels: Sequence[Binary[T]]
    negate: Callable[[T], T]
    operand: Callable[[Tokens], T]
    starts: Callable[[Tokens], bool]
    not_words: tuple[str, ...] = ("not",)
    brackets: bool = True

    def parse(self, tokens: Tokens, level: int = 0) -> T:
        """The expression at the cursor; `ParseError` where it is none."""
        if level == len(self.levels):
            return self._unary(tokens)
        operator = self.levels[level]
        found = [self.parse(tokens, level + 1)]
        while tokens.accept(*operator.words) or ("" in operator.words and self.starts(tokens)):
            found.append(self.parse(tokens, level + 1))
        return found[0] if len(found) == 1 else operator.build(tuple(found))

    def _unary(self, tokens: Tokens) -> T:
        tokens.enter()
        try:
            if tokens.accept(*self.not_words):
                return self.negate(self._unary(tokens))
            if self.brackets and tokens.accept("("):
                inner = self.parse(tokens)
                tokens.expect(")")
                return inner
            return self.operand(tokens)
        finally:
            tokens.leave()
