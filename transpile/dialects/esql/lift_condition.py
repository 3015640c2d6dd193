"""Lifts conditions: what makes an ES|QL expression true, and what makes it false, as conditions that are never null.

An operator on a column without a value is null, and so is NOT of it. So each test has two conditions in IR: that it
holds, and that it does not though its columns have values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce

from transpile.codes import Direction
from transpile.diagnostics import Report
from transpile.dialects.base import Left
from transpile.dialects.esql import codes
from transpile.dialects.esql import tree as esql
from transpile.dialects.esql.lift_tests import Predicate, lift_test
from transpile.dialects.esql.lift_values import UnliftableError, columns_of
from transpile.dialects.esql.print import layout
from transpile.ir.expr import FALSE, TRUE, And, Constant, Expr, Match, Not, Or
from transpile.ir.match import ANY, Field, Null, Pattern
from transpile.source import Span

PRESENT = Pattern((ANY,))


@dataclass(slots=True)
class Lifting:
    """The way up through one query: what is left out goes to `left` and `report`.

    `opaque`: columns that commands without a counterpart compute; None if they may be any.
    """

    report: Report = field(default_factory=Report)
    left: list[Left] = field(default_factory=list)
    opaque: set[str] | None = field(default_factory=set)
    lookback: int | None = None

    def holds(self, expr: esql.Expr, most: bool = True) -> Expr:
        """When the expression is true; what has no form stands for as many rows as possible, or as few."""
        match expr:
            case esql.And(args):
                return join(And, [self.holds(arg, most) for arg in args])
            case esql.Or((esql.IsNull(esql.Column(one), False, span), esql.Compare(_, other, esql.String("")))) if (
                other == esql.Column(one) and not self.is_opaque(expr)
            ):
                return Match(Field(one), Null(), "null", span)
            case esql.Or(args):
                return join(Or, [self.holds(arg, most) for arg in args])
            case esql.Not(arg):
                return self.fails(arg, most)
            case esql.Boolean(value):
                return Constant(value)
            case esql.Call("COALESCE", (inner, esql.Boolean(default))):
                return opposite(self.fails(inner, not most)) if default else self.holds(inner, most)
            case _:
                return self.test(expr, most, lambda found: found.holds)

    def fails(self, expr: esql.Expr, most: bool = True) -> Expr:
        """When the expression is false, which it is not where it is null."""
        match expr:
            case esql.And(args):
                return join(Or, [self.fails(arg, most) for arg in args])
            case esql.Or(args):
                return join(And, [self.fails(arg, most) for arg in args])
            case esql.Not(arg):
                return self.holds(arg, most)
            case esql.Boolean(value):
                return Constant(not value)
            case esql.Call("COALESCE", (inner, esql.Boolean(default))):
                return self.fails(inner, most) if default else opposite(self.holds(inner, not most))
            case _:
                return self.test(expr, most, _fails)

    def test(self, expr: esql.Expr, most: bool, side: Callable[[Predicate], Expr]) -> Expr:
        """One side of a test, or what stands for it if it has no form in IR."""
        try:
            if self.is_opaque(expr):
                raise UnliftableError("another command computes a column of it")
            return side(lift_test(expr))
        except UnliftableError as error:
            self.leave_out(expr, str(error))
            return TRUE if most else FALSE

    def is_opaque(self, expr: esql.Expr) -> bool:
        """Whether the expression needs a column that is not known."""
        return self.opaque is None or not self.opaque.isdisjoint(columns_of(expr))

    def leave_out(self, expr: esql.Expr, reason: str) -> None:
        """Note a condition that the rule does without, so that it matches more."""
        text, span = layout(expr).flat[:200], getattr(expr, "span", None)
        self.left.append(Left(text, span, Direction.WIDER, codes.ESQ010))
        self.report.approximate(codes.ESQ010, span, wider=True, text=text, reason=reason)

    def leave(self, text: str, span: Span | None, effect: Direction) -> None:
        """Note a command that the rule does without."""
        text = " ".join(text.split())[:300]
        if effect is Direction.EXACT:
            self.left.append(Left(text, span, effect, codes.ESQ014))
            self.report.note(codes.ESQ014, span, text=text)
        else:
            self.left.append(Left(text, span, effect, codes.ESQ011))
            self.report.approximate(codes.ESQ011, span, wider=True, text=text)

    def note_lookback(self, text: str, span: Span | None) -> None:
        """Note a condition on the time that became the look-back."""
        self.left.append(Left(text, span, Direction.EXACT, codes.ESQ015))


def _fails(found: Predicate) -> Expr:
    present = [Match(Field(name), PRESENT, "exists", found.span) for name in sorted(found.needs)]
    return join(And, [*present, opposite(found.holds)])


def opposite(expr: Expr) -> Expr:
    """NOT of a condition that is never null."""
    match expr:
        case Not(arg):
            return arg
        case Constant(value):
            return Constant(not value)
        case _:
            return Not(expr)


def join(kind: type[And] | type[Or], args: list[Expr]) -> Expr:
    """The arguments under one And or Or, without constants.

    >>> join(And, [TRUE, Not(TRUE)]), join(Or, [TRUE, Not(TRUE)])
    (Not(arg=Constant(value=True)), Constant(value=True))
    """
    absorbing, neutral = (FALSE, TRUE) if kind is And else (TRUE, FALSE)
    if absorbing in args:
        return absorbing
    kept: list[Expr] = reduce(lambda found, one: [*found, *(one.args if isinstance(one, kind) else (one,))], args, [])
    kept = [one for one in dict.fromkeys(kept) if one != neutral]
    return kept[0] if len(kept) == 1 else kind(tuple(kept)) if kept else neutral
