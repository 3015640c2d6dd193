"""Whether more events in an input of a rule make for more alerts, for fewer, or for either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import reduce
from typing import assert_never

from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.match import Compare, Exists, Field, Order
from transpile.ir.stream import (
    MATCHED,
    Aggregate,
    Compute,
    Events,
    Join,
    JoinKind,
    MeasureKind,
    OpaqueStage,
    Sequence,
    Stream,
    Together,
    Union,
    Where,
)
from transpile.ir.walk import name_of


class Polarity(Enum):
    """What more events of an input do to the alerts of a rule."""

    MORE = 1
    EITHER = 0
    FEWER = -1

    def of(self, inner: Polarity) -> Polarity:
        """The polarity through two stages."""
        return Polarity(self.value * inner.value)

    @property
    def turned(self) -> tuple[bool, ...]:
        """Whether an input that is wider makes the alerts narrower; both where it does either."""
        return {Polarity.MORE: (False,), Polarity.EITHER: (False, True), Polarity.FEWER: (True,)}[self]

    def both(self, other: Polarity) -> Polarity:
        """The polarity where an input works in two ways."""
        return self if self is other else Polarity.EITHER


# What never shrinks when rows are added. A sum does where numbers are negative.
GROWING = frozenset({MeasureKind.COUNT, MeasureKind.DISTINCT, MeasureKind.MAXIMUM})


def polarities(stream: Stream) -> Mapping[str, Polarity]:
    """The polarity of each `Events` of a stream, by its name.

    >>> from transpile.ir.expr import TRUE
    >>> from transpile.ir.stream import Step
    >>> {name: one.name for name, one in polarities(
    ...     Sequence((Step(Events(TRUE, name="a")), Step(Events(TRUE, name="b"), absent=True)))).items()}
    {'a': 'MORE', 'b': 'FEWER'}
    """
    found: dict[str, Polarity] = {}
    for name, one in _of(stream, Polarity.MORE):
        found[name] = found[name].both(one) if name in found else one
    return found


def _of(stream: Stream, outer: Polarity) -> Iterator[tuple[str, Polarity]]:
    match stream:
        case Events(name=name):
            yield name, outer
        case Where(Aggregate() as input, condition):
            yield from _of(input.input, outer.of(of_condition(condition, input)))
        case Where(input) | Compute(input):
            yield from _of(input, outer)
        case Aggregate(input):
            yield from _of(input, outer)
        case Sequence(steps, until=until):
            for step in steps:
                yield from _of(step.input, outer.of(Polarity.FEWER if step.absent else Polarity.MORE))
            if until is not None:
                yield from _of(until, outer.of(Polarity.FEWER))
        case Together(streams, holds=holds):
            for one in streams:
                yield from _of(one, outer.of(of_together(holds, name_of(one))))
        case Union(streams):
            for one in streams:
                yield from _of(one, outer)
        case Join(left, right, kind=kind):
            yield from _of(left, outer)
            yield from _of(right, outer.of(Polarity.FEWER if kind is JoinKind.ANTI else Polarity.MORE))
        case OpaqueStage():
            return
        case _:
            assert_never(stream)


def of_condition(condition: Expr, stage: Aggregate) -> Polarity:
    """What more rows do to the alerts of a condition on the measures of an aggregate.

    They never only make for fewer: a group without rows has no alert, and its first row may give it one.
    """
    growing = {measure.name for measure in stage.measures if measure.kind in GROWING}
    found = list(_tests(condition, Polarity.MORE))
    known = [
        one.of(_ORDERS[match.test.order])
        if isinstance(match.test, Compare) and isinstance(match.value, Field) and match.value.name in growing
        else Polarity.EITHER
        for match, one in found
        if not (isinstance(match.value, Field) and match.value.name in stage.by)  # it tells groups apart
    ]
    found_of_all = reduce(Polarity.both, known) if known else Polarity.MORE
    return found_of_all if found_of_all is Polarity.MORE else Polarity.EITHER


_ORDERS = {
    Order.GT: Polarity.MORE,
    Order.GTE: Polarity.MORE,
    Order.LT: Polarity.FEWER,
    Order.LTE: Polarity.FEWER,
}


def of_together(holds: Expr | None, name: str) -> Polarity:
    """What more rows of one input do to the alerts of a condition over inputs.

    A row that the condition excludes can only make for fewer. Any other ends a window of its own, and may alert there.
    """
    if holds is None:
        return Polarity.MORE
    found = of_input(holds, name) or Polarity.MORE
    return found if found is Polarity.MORE or _excludes(holds, name) else Polarity.EITHER


def _excludes(holds: Expr, name: str) -> bool:
    match holds:
        case And(args):
            return any(_excludes(arg, name) for arg in args)
        case Not(Or(args)):
            return any(_excludes(Not(arg), name) for arg in args)
        case Not(Match(Field(excluded), Exists())):
            return excluded == name
        case _:
            return False


def of_input(holds: Expr, name: str) -> Polarity | None:
    """What more rows of one input do to a condition over inputs; None if it does not ask for it."""
    result: Polarity | None = None
    for match, one in _tests(holds, Polarity.MORE):
        if not isinstance(match.value, Field) or match.value.name not in (name, MATCHED):
            continue
        if match.value.name == name and isinstance(match.test, Exists):
            this = one
        elif match.value.name == MATCHED and isinstance(match.test, Compare):
            this = one.of(_ORDERS[match.test.order])
        else:
            this = Polarity.EITHER
        result = this if result is None else result.both(this)
    return result


def _tests(condition: Expr, sign: Polarity) -> Iterator[tuple[Match, Polarity]]:
    match condition:
        case Match():
            yield condition, sign
        case And(args) | Or(args):
            for arg in args:
                yield from _tests(arg, sign)
        case Not(arg):
            yield from _tests(arg, sign.of(Polarity.FEWER))
        case Keyword() | Constant() | Opaque():
            return
        case _:
            assert_never(condition)
