"""Limits that a field's way of storing puts on its values, such as `1 and not a text`: said once, and read back."""

from __future__ import annotations

from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import Field, Pattern, Value
from transpile.ir.passes import simplify_expr
from transpile.ir.walk import leaves
from transpile.pipelines.forms.registry import DWORDS, NOT_DWORD, NUMBERS


def together(args: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Alternatives, each perhaps kept in several fields, sorted by field so that they can be written as lists."""
    tests = {(arg.value, arg.test) for arg in args if isinstance(arg, Match)}
    if len(tests) == len(args):  # nearly always each is one test, and no two are the same
        return args
    args = _with_one_limit(args)
    whole = simplify_expr(Or(args))
    if not isinstance(whole, Or) or len(whole.args) == len(args):
        return args
    groups: dict[Value | int, list[Expr]] = {}
    for i, part in enumerate(whole.args):
        groups.setdefault(part.value if isinstance(part, Match) else i, []).append(part)
    return tuple(part for group in groups.values() for part in group)


def _with_one_limit(args: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Alternatives `(a and not n) or (b and not n)` as `(a or b) and not n`, where `n` are values of one field."""
    limited: dict[object, list[And]] = {}
    for arg in args:
        if isinstance(arg, And) and (limit := _limit(arg)) is not None:
            limited.setdefault(limit, []).append(arg)
    if all(len(alike) == 1 for alike in limited.values()):
        return args
    merged = {id(one): _merged(alike) for alike in limited.values() for one in alike}
    found: dict[int, Expr] = {}
    for arg in args:
        new = merged.get(id(arg), arg)
        found.setdefault(id(new), new)
    return tuple(found.values())


def _limit(arg: And) -> object | None:
    """What makes the limits of two alternatives the same, without places; None for one that has another form."""
    match arg.args:
        case (Match() | Or(), Not(Or() as names)):
            tests = tuple((leaf.value, leaf.test) for leaf in leaves(names) if isinstance(leaf, Match))
            return tests if len({value for value, _ in tests}) == 1 else None
        case _:
            return None


def _merged(alike: list[And]) -> And:
    return And((simplify_expr(Or(tuple(one.args[0] for one in alike))), alike[0].args[1]))


def says_number(expr: Expr, type_: str) -> bool | None:
    """Whether a part of a rule says of registry data that it is a number (True), or that it is none (False).

    `type_` is the field that has the name of its type. None for any other part.
    """
    alike = expr.arg if isinstance(expr, Not) else expr
    names: set[str] = set()
    for leaf in alike.args if isinstance(alike, Or) else (alike,):
        match leaf:
            case Match(Field(name), Pattern((str(text),))) if name == type_:
                names.add(text.upper())
            case _:
                return None
    if isinstance(expr, Not):
        return True if names >= set(NOT_DWORD) else False if names == set(NUMBERS) else None
    return True if names <= set(DWORDS) else None
