"""Lowers a rule on single events, or an item of a sequence, to an event query."""

from __future__ import annotations

import re

from transpile.diagnostics import Report
from transpile.dialects.eql import codes
from transpile.dialects.eql.lower_condition import lower_condition
from transpile.dialects.eql.tree import Boolean, Event
from transpile.ir.expr import And, Expr, Match
from transpile.ir.match import Case, Cidr, Field, FieldRef, Pattern, Shape
from transpile.ir.stream import Events
from transpile.ir.walk import leaves, value_fields
from transpile.source import Span

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def lower_events(events: Events, report: Report) -> Event:
    """The query on single events.

    The data set is the event category, None or `any` for events of every one. A test of the field `event.category` that
    stands first names the category as well.
    """
    addresses: dict[str, Span | None] = {}
    for leaf in leaves(events.condition):
        if not isinstance(leaf, Match):
            continue
        if isinstance(leaf.test, Cidr) and isinstance(leaf.value, Field) and not leaf.value.mapped:
            addresses.setdefault(leaf.value.name, leaf.span)
        others = (leaf.test.field,) if isinstance(leaf.test, FieldRef) else ()
        own = (leaf.value,) if isinstance(leaf.value, Field) else value_fields(leaf.value)
        for field in (*own, *others):
            if not field.name.isprintable() and _CONTROL.search(field.name):
                report.refuse(codes.EQL008, leaf.span, field=field.name)
    for name, span in addresses.items():
        report.note(codes.EQL007, span, field=name)
    category, condition = _categorised(events)
    if condition is None:
        return Event(category, Boolean(True))
    return Event(category, lower_condition(condition, report, frozenset(addresses)))


def _categorised(events: Events) -> tuple[str | None, Expr | None]:
    """The category of the events, and what else is asked of them."""
    if events.dataset is not None:
        return (None if events.dataset == "any" else events.dataset), events.condition
    first, *rest = events.condition.args if isinstance(events.condition, And) else (events.condition,)
    match first:
        case Match(Field("event.category"), Pattern(case=Case.SENSITIVE) as pattern) if pattern.shape is Shape.EQUALS:
            return pattern.literal, _all(rest)
        case _:
            return None, events.condition


def _all(args: list[Expr]) -> Expr | None:
    return None if not args else args[0] if len(args) == 1 else And(tuple(args))
