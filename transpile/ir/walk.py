"""Ways through an expression that every room needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import assert_never

from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Or
from transpile.ir.match import Field, Null, Pattern, Test


def leaves(expr: Expr) -> Iterator[Match | Keyword]:
    """The matches and keywords of an expression, left to right."""
    waiting = [expr]
    while waiting:
        match waiting.pop():
            case Match() | Keyword() as leaf:
                yield leaf
            case And(args) | Or(args):
                waiting += reversed(args)
            case Not(arg):
                waiting.append(arg)
            case Constant():
                pass
            case other:
                assert_never(other)


def replace_leaves(expr: Expr, change: Callable[[Match | Keyword], Expr]) -> Expr:
    """The expression with each match and keyword put through `change`; unchanged parts are shared."""
    match expr:
        case And(args):
            new = tuple(replace_leaves(arg, change) for arg in args)
            return expr if all(map(_same, new, args)) else And(new)
        case Or(args):
            new = tuple(replace_leaves(arg, change) for arg in args)
            return expr if all(map(_same, new, args)) else Or(new)
        case Not(arg):
            changed = replace_leaves(arg, change)
            return expr if changed is arg else Not(changed)
        case Match() | Keyword():
            return change(expr)
        case Constant():
            return expr
        case _:
            assert_never(expr)


def _same(one: Expr, other: Expr) -> bool:
    return one is other


def by_field(args: tuple[Expr, ...]) -> Iterator[tuple[Field | None, list[Expr]]]:
    """Neighbouring matches on one field as one group; anything else as a group of its own under None.

    This is how a printer finds the lists of values that a language says with `in (...)`.
    """
    group: list[Expr] = []
    current: Field | None = None
    for arg in args:
        this = arg.field if isinstance(arg, Match) else None
        if this is not None and this == current:
            group.append(arg)
            continue
        if group:
            yield current, group
        group, current = [arg], this
    if group:
        yield current, group


def without_covered(args: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Alternatives without the empty string of a field of which `Null` is asked as well.

    For platforms on which a field has one value. Of several, one may be empty while the field is not null.
    """
    nulls = {arg.field for arg in args if isinstance(arg, Match) and isinstance(arg.test, Null)}
    if not nulls:
        return args
    return tuple(
        arg
        for arg in args
        if not (isinstance(arg, Match) and arg.field in nulls and not arg.field.repeated and _is_empty(arg.test))
    )


def _is_empty(test: Test) -> bool:
    return isinstance(test, Pattern) and not test.parts
