"""Names in a query: what `let` and `extend` define is put in the place of its name.

An expression that has gone through a scope holds columns of the source and constants only, `UNKNOWN` for what an
operator computed in a way that has no form in IR, and `MEASURE` for what `summarize` did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, cast

from transpile.dialects.kql.lift_values import UNKNOWN
from transpile.dialects.kql.tree import (
    Assignment,
    Call,
    Expr,
    Function,
    Let,
    Name,
    Pipeline,
    Script,
    Statement,
)

_LARGEST = 20_000  # nodes of an expression whose names are replaced; a larger one is unknown


@dataclass(slots=True)
class Scope:
    """The `let` statements of a query, by name."""

    lets: dict[str, Let] = field(default_factory=dict)

    def define(self, let: Let) -> None:
        """Take a `let` statement."""
        self.lets[let.name] = let

    def value(self, name: str) -> Expr | None:
        """What a `let` statement gives this name; None if there is none, or if it is a function."""
        let = self.lets.get(name)
        return let.value if let is not None and not isinstance(let.value, Function) else None

    def called(self, call: Call) -> Expr | None:
        """The body of a function of the query with its arguments in place; None if there is none or it is not plain."""
        let = self.lets.get(call.name)
        if let is None or call.scope is not None or not isinstance(let.value, Function):
            return None
        function = let.value
        parameters = parameters_of(function.parameters)
        body = _last(function.body)
        if parameters is None or body is None or len(call.args) > len(parameters):
            return None
        given = {name: default for name, default in parameters if default is not None}
        for (name, _), arg in zip(parameters, call.args, strict=False):
            given.update({arg.names[0]: arg.value} if isinstance(arg, Assignment) else {name: arg})
        if len(given) < len(parameters):
            return None
        for inner in function.body.statements[:-1]:
            if not isinstance(inner, Let) or isinstance(inner.value, Function):
                return None
            given[inner.name] = replace_names(inner.value, given)
        return cast("Expr", replace_names(body, given))


def _last(script: Script) -> Expr | None:
    last: Statement = script.statements[-1]
    return last if isinstance(last, Expr) else None


_PARAMETER = re.compile(r"\s*\[?'?\"?([A-Za-z_][\w ]*?)'?\"?\]?\s*:\s*(\w+)\s*(?:=\s*(.+?))?\s*")


def parameters_of(text: str) -> tuple[tuple[str, Expr | None], ...] | None:
    """The names and defaults of a function's parameters; None if one of them is a table.

    >>> parameters_of("a: string, b: long = 5")
    (('a', None), ('b', Number(value=5)))
    """
    from transpile.dialects.kql.parse import parse
    from transpile.source import Source
    from transpile.syntax.lexer import ParseError

    found: list[tuple[str, Expr | None]] = []
    for part in filter(str.strip, re.split(r",(?![^(]*\))", text)):
        one = _PARAMETER.fullmatch(part)
        if one is None:
            return None
        default: Expr | None = None
        if one[3] is not None:
            try:
                (value,) = parse(Source(one[3])).statements
            except (ParseError, ValueError):
                return None
            default = value if isinstance(value, Expr) else None
        found.append((one[1], default))
    return tuple(found)


def replace_names(node: Any, given: Mapping[str, Expr]) -> Any:
    """A tree with these names replaced, also in the tables that a pipeline begins with."""
    return change_names(node, lambda one: given.get(one.name) if isinstance(one, Name) else None, into_pipelines=True)


def change_names(node: Any, change: Callable[[Name | Call], Expr | None], *, into_pipelines: bool = False) -> Any:
    """A tree with each name and call put through `change`, where None keeps it. Subqueries are left alone."""
    match node:
        case Name():
            return change(node) or node
        case Pipeline() if not into_pipelines:
            return node
        case tuple():
            new = tuple(change_names(one, change, into_pipelines=into_pipelines) for one in node)
            return node if all(one is other for one, other in zip(new, node, strict=True)) else new
        case _ if is_dataclass(node) and not isinstance(node, type):
            changed = {}
            for one in fields(node):
                old = getattr(node, one.name)
                if one.name != "at" and (isinstance(old, tuple) or is_dataclass(old)):
                    new = change_names(old, change, into_pipelines=into_pipelines)
                    if new is not old:
                        changed[one.name] = new
            node = replace(node, **changed) if changed else node
            return (change(node) or node) if isinstance(node, Call) else node
        case _:
            return node


def size(node: Any) -> int:
    """How many nodes a tree has."""
    if isinstance(node, tuple):
        return sum(map(size, node))
    if is_dataclass(node) and not isinstance(node, type):
        return 1 + sum(size(getattr(node, one.name)) for one in fields(node) if one.name != "at")
    return 0


def within_limits(expr: Expr) -> Expr:
    """The expression, or `UNKNOWN` if it has grown too large."""
    return expr if size(expr) <= _LARGEST else UNKNOWN
