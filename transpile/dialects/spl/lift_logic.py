"""Conditions put together, without what goes without saying."""

from __future__ import annotations

from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import ANY, Null, Pattern, Value
from transpile.ir.passes import simplify_expr

PRESENT = Pattern((ANY,))


def both(*parts: Expr) -> Expr:
    """All of the parts, without what another of them implies."""
    whole = simplify_expr(And(parts))
    if not isinstance(whole, And):
        return whole
    implied = {value for part in whole.args for value in _tested(part)}
    kept = tuple(part for part in whole.args if not (isinstance(part, Match) and _is_implied(part, implied)))
    return kept[0] if len(kept) == 1 else And(kept)


def either(*parts: Expr) -> Expr:
    """At least one of the parts, without what implies another of them."""
    whole = simplify_expr(Or(parts))
    if not isinstance(whole, Or):
        return whole
    denied = [part.arg for part in whole.args if isinstance(part, Not) and isinstance(part.arg, Match)]
    tested = {part.value for part in denied if _implies_presence(part)}
    needless = [part for part in denied if _is_implied(part, tested)]
    kept = tuple(part for part in whole.args if not (isinstance(part, Not) and part.arg in needless))
    return kept[0] if len(kept) == 1 else Or(kept)


def given(when: Expr, then: Expr) -> Expr:
    """What is left of `then` where `when` holds."""
    parts = then.args if isinstance(then, And) else (then,)
    kept = tuple(part for part in parts if not _same(part, when))
    return then if len(kept) == len(parts) else both(*kept)


def _same(one: Expr, other: Expr) -> bool:
    """Whether two tests are one, wherever they are in the text."""
    if isinstance(one, Match) and isinstance(other, Match):
        return one.value == other.value and one.test == other.test
    return one == other


def opposite(part: Expr) -> Expr:
    """Not the part."""
    return simplify_expr(Not(part))


def _tested(part: Expr) -> set[Value]:
    """The values that must be there for the part to hold."""
    match part:
        case Match(value) if _implies_presence(part):
            return {value}
        case And(args):
            return set().union(*map(_tested, args))
        case Or(args):
            return set.intersection(*map(_tested, args)) if args else set()
        case _:
            return set()


def _is_implied(part: Match, tested: set[Value]) -> bool:
    return part.test == PRESENT and part.value in tested


def _implies_presence(part: Match) -> bool:
    return part.test != PRESENT and not isinstance(part.test, Null)
