"""Constants: those of a query, and whether a condition of IR still holds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from transpile.dialects.kql.tree import Number, Pipeline, String
from transpile.ir.expr import Expr, Keyword, Match
from transpile.ir.match import Call, Cidr, Compare, Literal, Pattern, Regex, TimePart, Value
from transpile.ir.match import Number as Equal
from transpile.ir.walk import leaves
from transpile.regex import escape_pcre


def constants_of(node: Any) -> Iterator[str]:
    """The texts and numbers in a predicate, without those of subqueries."""
    match node:
        case String(value):
            yield value
        case Number(value):
            yield str(value)
        case Pipeline():
            return
        case tuple():
            for one in node:
                yield from constants_of(one)
        case _ if is_dataclass(node):
            for one in fields(node):
                if one.name != "at":
                    yield from constants_of(getattr(node, one.name))
        case _:
            pass


def is_in(constants: Iterator[str], condition: Expr) -> bool:
    """Whether a condition holds all of these constants, as such or within a regex."""
    held = "\n".join(text for leaf in leaves(condition) for text in texts_of(leaf)).lower()
    return all(one.lower() in held or escape_pcre(one).lower() in held for one in constants)


def texts_of(leaf: Match | Keyword) -> Iterator[str]:
    """The constants that a test holds."""
    match leaf.test:
        case Pattern() as pattern:
            yield pattern.literal
        case Regex(pattern):
            yield pattern
        case Equal(value) | Compare(_, value) | TimePart(_, value):
            yield str(value)
        case Cidr(network):
            yield network
        case _:
            pass
    if isinstance(leaf, Match):
        yield from _arguments(leaf.value)


def _arguments(value: Value) -> Iterator[str]:
    match value:
        case Literal(constant):
            yield str(constant)
        case Call(_, args):
            for arg in args:
                yield from _arguments(arg)
        case field:
            yield field.name
