"""What an explanation says of a mapping: columns, conditions, and the nearest names to one that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from typing import assert_never

from transpile.diagnostics import Diagnostic
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.rule import Rule
from transpile.ir.stream import LogSource
from transpile.ir.walk import value_text
from transpile.pipelines.forms import Condition
from transpile.pipelines.model import Model, ModelSource


def told_condition(condition: Condition, equals: str = " = ") -> str:
    """A source's condition, for people."""
    if not condition.values:
        return f"not {column_names(condition.expr)}"
    first = f"{condition.field.name}{equals}{_or(condition.values)}"
    return (
        f"{first}, {', '.join(told_condition(one, equals) for one in condition.more)}, or others"
        if condition.more
        else first
    )


@lru_cache(maxsize=4096)
def near_fields(name: str, source: ModelSource) -> str:
    """The nearest names of a source to one that it lacks, in words."""
    return _near(name, source.names())


@lru_cache(maxsize=1024)
def near_sources(logsource: LogSource, model: Model) -> str:
    """What the model has that is nearest: other events of the same log, or the log sources of like names."""
    events = sorted(number for source in model.sources.get(logsource, ()) for number in source.events)
    if events:
        return f"; of these logs it has the events {', '.join(map(str, events))}"
    known = {_word(one): str(one) for one in model.sources if one.product in (logsource.product, None)}
    near = get_close_matches(_word(logsource), sorted(known), 3, 0.6)
    return f"; near: {', or '.join(known[one] for one in near)}" if near else ""


def _word(logsource: LogSource) -> str:
    return logsource.category or logsource.service or logsource.product or ""


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), 3, 0.6)
    return f"; near: {', '.join(near)}" if near else ""


def column_names(expr: Expr) -> str:
    """The columns of an expression, in words."""
    match expr:
        case Match(value):
            return value_text(value)
        case And(args) | Or(args):
            return ", ".join(dict.fromkeys(name for arg in args if (name := column_names(arg))))
        case Not(arg):
            return column_names(arg)
        case Keyword() | Constant() | Opaque():
            return ""
        case _:
            assert_never(expr)


def _or(values: Iterable[object]) -> str:
    return " or ".join(map(str, values))


def at_name(diagnostic: Diagnostic, name: str | None, rule: Rule) -> Diagnostic:
    """A finding on an unknown name where that name is, rather than at the value that is asked of it."""
    span = diagnostic.span
    if name is None or span is None:
        return diagnostic
    place = (span.source or rule.source).name_before(name, span)
    return diagnostic._replace(span=place._replace(source=span.source)) if place else diagnostic
