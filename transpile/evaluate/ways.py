"""The ways to make a condition true or false: which leaves must hold and which must not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, assert_never

from transpile.evaluate import Unproven
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.match import Null


class Need(NamedTuple):
    """A leaf that must hold, or must not."""

    leaf: Match | Keyword
    holds: bool


Way = tuple[Need, ...]


def ways(expr: Expr, holds: bool = True, shift: int = 0, *, alone: bool = False) -> list[Way]:
    """Enough ways to make `expr` hold (or fail) that every leaf has its part in one; empty if there is none.

    Where all of several parts are needed, their alternatives are paired off, not multiplied: there are as many ways
    as the longest part has alternatives. Another `shift` pairs them differently. With `alone`, alternatives of an OR
    that hold of missing fields are made to fail where another is the way.
    """
    match expr:
        case Match() | Keyword():
            return [(Need(expr, holds),)]
        case Not(arg):
            return ways(arg, not holds, shift, alone=alone)
        case And(args) | Or(args):
            parts = [ways(arg, holds, shift, alone=alone) for arg in args]
            if isinstance(expr, And) is holds:
                return _together(parts, shift)
            if alone and holds:
                parts = [_without_others(part, args, at) for at, part in enumerate(parts)]
            return [way for part in parts for way in part]
        case Constant(value):
            return [()] if value is holds else []
        case Opaque(text):
            raise Unproven(f"the meaning of {text!r} is not known")
        case _:
            assert_never(expr)


def _together(parts: list[list[Way]], shift: int) -> list[Way]:
    if not all(parts):
        return []
    longest = max(parts, key=len, default=[()])
    return [
        tuple(need for part in parts for need in part[(i if part is longest else i + shift) % len(part)])
        for i in range(len(longest))
    ]


def _without_others(part: list[Way], args: tuple[Expr, ...], at: int) -> list[Way]:
    """The ways of an alternative, each with a way in which those others fail that hold of missing fields."""
    for number, other in enumerate(args):
        if number != at and holds_of_nothing(other) and (against := ways(other, holds=False)):
            part = [(*way, *against[turn % len(against)]) for turn, way in enumerate(part)]
    return part


def holds_of_nothing(expr: Expr) -> bool:
    """Whether a condition holds of an event without any field."""
    match expr:
        case Match(test=test):
            return isinstance(test, Null)
        case Not(arg):
            return not holds_of_nothing(arg)
        case And(args):
            return all(map(holds_of_nothing, args))
        case Or(args):
            return any(map(holds_of_nothing, args))
        case Constant(value):
            return value
        case Keyword() | Opaque():
            return False
        case _:
            assert_never(expr)


def has_open_alternatives(expr: Expr) -> bool:
    """Whether some alternative of an OR holds of missing fields, so that it hides what is wrong with the others."""
    match expr:
        case Or(args):
            return any(map(holds_of_nothing, args)) or any(map(has_open_alternatives, args))
        case And(args):
            return any(map(has_open_alternatives, args))
        case Not(arg):
            return has_open_alternatives(arg)
        case Match() | Keyword() | Constant() | Opaque():
            return False
        case _:
            assert_never(expr)


def negations(expr: Expr) -> Iterator[Expr]:
    """What is under each outermost NOT."""
    match expr:
        case And(args) | Or(args):
            for arg in args:
                yield from negations(arg)
        case Not(arg):
            yield arg
        case Match() | Keyword() | Constant() | Opaque():
            return
        case _:
            assert_never(expr)
