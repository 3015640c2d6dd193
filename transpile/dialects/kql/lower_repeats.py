"""Gives what a query converts over and over a name: `extend ServiceName = tostring(AdditionalFields.ServiceName)`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from transpile.dialects.kql.literals import is_identifier
from transpile.dialects.kql.tree import Assignment, Call, Columns, Expr, Name, Operator, Path, Star, Where, names
from transpile.record import replace

_OFTEN = 4  # times that a conversion must be written to be given a name


def named_once(operators: Sequence[Operator]) -> list[Operator]:
    """The operators, with each often repeated `tostring(column.property)` computed once, where it is first needed.

    >>> one = Call("tostring", (Path(Name("D"), "x"),))
    >>> [type(each).__name__ for each in named_once([Where(Call("f", (one,) * 4))])]
    ['Columns', 'Where']
    """
    counts = Counter(one for operator in operators if isinstance(operator, Where) for one in _conversions(operator))
    often = [one for one, count in counts.items() if count >= _OFTEN]
    if not often or any(isinstance(one, Star) for operator in operators for one in _nodes(operator)):
        return list(operators)
    taken = {name for operator in operators for name in names(operator)}
    found = list(operators)
    for conversion in often:
        path = conversion.args[0]
        assert isinstance(path, Path)
        if path.member in taken or not is_identifier(path.member):
            continue
        taken.add(path.member)
        first = next(at for at, one in enumerate(found) if isinstance(one, Where) and conversion in _conversions(one))
        found = [one if at < first else _replaced(one, conversion, Name(path.member)) for at, one in enumerate(found)]
        found.insert(first, Columns("extend", (Assignment((path.member,), conversion),)))
    return found


def _nodes(node: Any) -> Iterator[Any]:
    if isinstance(node, tuple):
        for one in node:
            yield from _nodes(one)
    elif is_dataclass(node):
        yield node
        for one in fields(node):
            yield from _nodes(getattr(node, one.name))


def _conversions(node: Any) -> Iterator[Call]:
    return (one for one in _nodes(node) if isinstance(one, Call) and _is_conversion(one))


def _is_conversion(call: Call) -> bool:
    return call.name == "tostring" and len(call.args) == 1 and isinstance(call.args[0], Path)


def _replaced(node: Any, old: Expr, new: Expr) -> Any:
    """A tree with one expression in the place of another."""
    if node == old:
        return new
    if isinstance(node, tuple):
        return tuple(_replaced(one, old, new) for one in node)
    if not is_dataclass(node) or isinstance(node, type):
        return node
    return replace(node, **{one.name: _replaced(getattr(node, one.name), old, new) for one in fields(node)})
