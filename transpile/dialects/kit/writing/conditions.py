"""The way down through a condition: connectives, NOT, and lists of neighbouring tests on one field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar, assert_never

from transpile.diagnostics import Report
from transpile.ir import expr as ir
from transpile.ir.match import Field
from transpile.ir.walk import by_field
from transpile.record import record

T = TypeVar("T")


@record
class Connectives(Generic[T]):
    """How a native tree is put together. `every` and `some` get two operands or more, of which none is of their kind.

    `opposite` gets what holds where the operand of NOT does, and gives what holds everywhere else: here a language
    sees to missing values.
    """

    every: type[Any]
    some: type[Any]
    opposite: Callable[[T], T]
    constant: Callable[[bool], T]


@record
class Leaves(Generic[T]):
    """What a condition holds at its ends.

    `tests`: neighbouring alternatives on one field (one, under AND), as expressions of which one has to hold.
    """

    tests: Callable[[Field, list[ir.Match]], list[T]]
    keyword: Callable[[ir.Keyword], T]
    computed: Callable[[ir.Match], T]


def lower_condition(expr: ir.Expr, report: Report, connectives: Connectives[T], leaves: Leaves[T]) -> T:
    """The native tree of a condition.

    `report.negated` tells the leaves whether they are under an odd number of NOTs.
    """

    def go(one: ir.Expr) -> T:
        match one:
            case ir.And(args):
                return join(connectives.every, [go(arg) for arg in args], connectives.constant(True))
            case ir.Or(args):
                return some(args)
            case ir.Not(arg):
                with under_not(report):
                    inner = go(arg)
                return connectives.opposite(inner)
            case ir.Match():
                return some((one,))
            case ir.Keyword():
                return leaves.keyword(one)
            case ir.Constant(value):
                return connectives.constant(value)
            case ir.Opaque():
                ir.never_written(one)
            case _:
                assert_never(one)

    def some(args: tuple[ir.Expr, ...]) -> T:
        found: list[T] = []
        for field, group in by_field(args):
            if field is not None:
                found += leaves.tests(field, [arg for arg in group if isinstance(arg, ir.Match)])
                continue
            found += [leaves.computed(arg) if isinstance(arg, ir.Match) else go(arg) for arg in group]
        return join(connectives.some, found, connectives.constant(False))

    return go(expr)


@contextmanager
def under_not(report: Report) -> Iterator[None]:
    """What is reported within is reported of what is under a NOT."""
    report.negated = not report.negated
    try:
        yield
    finally:
        report.negated = not report.negated


def join(kind: type[Any], operands: Iterable[T], neutral: T) -> T:
    """The operands under one node that has a tuple `args`, flat; the operand itself if it is the only one.

    >>> join(ir.Or, [ir.TRUE, ir.Or((ir.FALSE, ir.TRUE))], ir.FALSE).args
    (Constant(value=True), Constant(value=False), Constant(value=True))
    """
    flat: list[T] = []
    for one in operands:
        flat.extend(_args(one) if isinstance(one, kind) else (one,))
    if not flat:
        return neutral
    if len(flat) == 1:
        return flat[0]
    build: Callable[[tuple[T, ...]], T] = kind
    return build(tuple(flat))


def _args(node: Any) -> tuple[Any, ...]:
    found: tuple[Any, ...] = node.args
    return found
