"""The condition of a rule: its grammar, and what it means given the selections.

pySigma's own parser is not used: it takes `notepad` for `not epad`, knows no places in the text, and is slow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import assert_never

from transpile.ir.expr import And, Expr, Not, Or
from transpile.record import record
from transpile.source import Source
from transpile.syntax.infix import Binary, Infix
from transpile.syntax.lexer import SKIP, Lexer, ParseError, Token, Tokens

LONGEST = 50_000  # characters in a condition
_OPERATORS = ("and", "or", "not")
_QUANTIFIERS = ("1", "any", "all")
_LEXER = Lexer([(SKIP, r"\s+"), ("bracket", r"[()]"), ("word", r"[^\s()]+")])


@record
class Name:
    """A selection by its name; `start` and `end` are its place in the condition's text."""

    name: str
    start: int
    end: int


@record
class Quantified:
    """`1 of pattern` (`any of` is the same) or `all of pattern`; the pattern `them` stands for `*`."""

    quantifier: str
    pattern: str
    start: int
    end: int

    @property
    def all(self) -> bool:
        """Whether all of the selections must match, rather than one."""
        return self.quantifier == "all"

    def choose(self, names: Mapping[str, object]) -> list[str]:
        """The names that the pattern stands for; those with `_` in front only if the pattern has it too.

        >>> Quantified("1", "sel*", 0, 0).choose({"sel_a": 0, "_sel": 0, "filter": 0})
        ['sel_a']
        """
        pattern = "*" if self.pattern == "them" else self.pattern
        hidden = pattern.startswith("_")
        return [name for name in names if (hidden or not name.startswith("_")) and _fits(name, pattern)]


def _fits(name: str, pattern: str) -> bool:
    """Whether a name fits a pattern with `*`; in linear time, unlike a regex."""
    first, *rest = pattern.split("*")
    if not rest:
        return name == first
    if not name.startswith(first):
        return False
    at = len(first)
    for piece in rest[:-1]:
        at = name.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return len(name) - len(rest[-1]) >= at and name.endswith(rest[-1])


@record
class AllOf:
    """`a and b`."""

    args: tuple[Condition, ...]


@record
class OneOf:
    """`a or b`."""

    args: tuple[Condition, ...]


@record
class Negation:
    """`not a`."""

    arg: Condition


Reference = Name | Quantified
Condition = Reference | AllOf | OneOf | Negation


@lru_cache(maxsize=4096)
def parse(text: str) -> Condition:
    """The tree of a condition; raises `ParseError` with the place in `text`.

    >>> parse("selection and not 1 of filter_*").args[1]
    Negation(arg=Quantified(quantifier='1', pattern='filter_*', start=18, end=31))
    """
    source = Source(text)
    if len(text) > LONGEST:
        raise ParseError(f"it has more than {LONGEST:,} characters", source.span(0, len(text)))
    tokens = Tokens(source, _LEXER.tokens(source))
    found = _GRAMMAR.parse(tokens)
    if tokens.now.kind != "end":
        tokens.fail("expected `and`, `or` or the end")
    return found


def _operand(tokens: Tokens) -> Condition:
    if tokens.now.kind != "word" or tokens.at(*_OPERATORS):
        tokens.fail("expected the name of a selection")
    word = tokens.take()
    if word.text not in _QUANTIFIERS or tokens.now.text != "of":
        return Name(word.text, word.start, word.end)
    tokens.take()
    if tokens.now.kind != "word":
        tokens.fail("expected a name or pattern behind `of`")
    pattern = tokens.take()
    return Quantified(word.text, pattern.text, word.start, pattern.end)


_GRAMMAR: Infix[Condition] = Infix(
    levels=(Binary(("or",), OneOf), Binary(("and",), AllOf)),
    negate=Negation,
    operand=_operand,
    starts=lambda tokens: tokens.now.kind == "word",
)


def show(condition: Condition) -> str:
    """The text of a condition, with the brackets that it needs, and around an AND within an OR.

    >>> show(parse("(a and (b or c)) and not (d)")), show(parse("a or b and c"))
    ('a and (b or c) and not d', 'a or (b and c)')
    """
    match condition:
        case OneOf(args):
            return " or ".join(_within(arg, AllOf) for arg in args)
        case AllOf(args):
            return " and ".join(_within(arg, OneOf) for arg in args)
        case Negation(arg):
            return f"not {_within(arg, OneOf, AllOf)}"
        case Name(name):
            return name
        case Quantified(quantifier, pattern):
            return f"{quantifier} of {pattern}"
        case _:
            assert_never(condition)


def _within(condition: Condition, *bracketed: type) -> str:
    text = show(condition)
    return f"({text})" if isinstance(condition, bracketed) else text


def shouted(text: str) -> Iterator[Token]:
    """The operators that are not written in small letters."""
    for token in _LEXER.tokens(Source(text)):
        if token.text not in _OPERATORS and token.text.lower() in _OPERATORS:
            yield token


def references(condition: Condition) -> Iterator[Reference]:
    """Every name and pattern in a condition, left to right."""
    match condition:
        case AllOf(args) | OneOf(args):
            for arg in args:
                yield from references(arg)
        case Negation(arg):
            yield from references(arg)
        case Name() | Quantified():
            yield condition
        case _:
            assert_never(condition)


def mean(condition: Condition, meaning: Callable[[str], Expr | None], names: Mapping[str, object]) -> Expr | None:
    """What a condition means, given each selection's `meaning`, or None if nothing is left of it.

    A selection without meaning is one of which a pipeline dropped everything; it drops out of the condition,
    as it does in pySigma.
    """
    match condition:
        case AllOf(args):
            return _join(And, [mean(arg, meaning, names) for arg in args])
        case OneOf(args):
            return _join(Or, [mean(arg, meaning, names) for arg in args])
        case Negation(arg):
            inner = mean(arg, meaning, names)
            return None if inner is None else Not(inner)
        case Name(name):
            return meaning(name)
        case Quantified():
            chosen = condition.choose(names)
            if not chosen:  # all of nothing has been refused, so this is one of nothing
                return Or(())
            return _join(And if condition.all else Or, [meaning(name) for name in chosen])
        case _:
            assert_never(condition)


def _join(kind: type[And] | type[Or], args: list[Expr | None]) -> Expr | None:
    left = tuple(arg for arg in args if arg is not None)
    return None if not left else left[0] if len(left) == 1 else kind(left)
