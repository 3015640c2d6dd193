"""Conditions that no event meets both of."""

from __future__ import annotations

from transpile.ir.expr import And, Constant, Expr, Match, Not, Or
from transpile.ir.match import Number, Pattern


def are_apart(one: Expr, other: Expr) -> bool:
    """Whether it is plain that no event meets both conditions: they ask different values of one field.

    A field is taken to hold one value.

    >>> from transpile.ir.match import Field
    >>> a, b = (Match(Field("EventID"), Number(number)) for number in (1, 2))
    >>> are_apart(And((a, Match(Field("User"), Pattern(("x",))))), b), are_apart(a, Or((a, b)))
    (True, False)
    """
    if isinstance(one, Or):
        return all(are_apart(arg, other) for arg in one.args)
    if isinstance(other, Or):
        return all(are_apart(one, arg) for arg in other.args)
    if isinstance(one, And):
        return any(are_apart(arg, other) for arg in one.args)
    if isinstance(other, And):
        return any(are_apart(one, arg) for arg in other.args)
    if isinstance(one, Not) or isinstance(other, Not):
        return _bare(one) == Not(_bare(other)) or _bare(other) == Not(_bare(one))
    if isinstance(one, Constant) or isinstance(other, Constant):
        return Constant(False) in (one, other)
    if not isinstance(one, Match) or not isinstance(other, Match) or one.value != other.value:
        return False
    match one.test, other.test:
        case (Number(first), Number(second)):
            return first != second
        case (Pattern((str(first),)), Pattern((str(second),))):
            return first.casefold() != second.casefold()
        case _:
            return False


def _bare(expr: Expr) -> Expr:
    """A test without its place in a text."""
    if isinstance(expr, Not):
        return Not(_bare(expr.arg))
    return Match(expr.value, expr.test) if isinstance(expr, Match) else expr
