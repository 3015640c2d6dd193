"""The ways to make a condition true or false: which leaves must hold and which must not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, assert_never

from transpile.evaluate import Unproven
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or


class Need(NamedTuple):
    """A leaf that must hold, or must not."""

    leaf: Match | Keyword
    holds: bool


Way = tuple[Need, ...]


def ways(expr: Expr, holds: bool = True, shift: int = 0) -> list[Way]:
    """Enough ways to make `expr` hold (or fail) that every leaf has its part in one; empty if there is none.

    Where all of several parts are needed, their alternatives are paired off, not multiplied: there are as many ways
    as the longest part has alternatives. Another `shift` pairs them differently.
    """
    match expr:
        case Match() | Keyword():
            return [(Need(expr, holds),)]
        case Not(arg):
            return ways(arg, not holds, shift)
        case And(args) | Or(args):
            parts = [ways(arg, holds, shift) for arg in args]
            if isinstance(expr, And) is holds:
                return _together(parts, shift)
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


def negations(expr: Expr) -> Iterator[Expr]:
    """What stands under each outermost NOT."""
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
