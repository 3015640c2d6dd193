"""Passes: `Rule -> Rule` functions that keep the meaning, run in one order before a rule is written.

Each has a before/after test, and all are proved together on generated events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from operator import is_
from typing import assert_never

from transpile.ir.expr import FALSE, TRUE, And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.match import ANY, Boolean, Compare, Exists, Field, FieldRef, FieldType, Null, Number, Order, Pattern
from transpile.ir.rule import Rule
from transpile.ir.stream import (
    MATCHED,
    Aggregate,
    Events,
    Measure,
    MeasureKind,
    Stream,
    Together,
    Union,
    Where,
)
from transpile.ir.walk import leaves, name_of, replace_events, replace_leaves, replace_stages
from transpile.record import replace


def simplify(rule: Rule) -> Rule:
    """Flatten nested ANDs and ORs, drop double negations, constants and repeats."""
    return replace(rule, body=_plainer(_map_conditions(rule.body, simplify_expr)))


def _plainer(stream: Stream) -> Stream:
    """The stream with the conditions over inputs simplified, and inputs of which any will do counted instead."""

    def change(one: Stream) -> Stream:
        if isinstance(one, Where):
            return _without_values(one)
        if not isinstance(one, Together):
            return one
        holds = None if one.holds is None else simplify_expr(one.holds)
        if not _takes_any(one.inputs, holds):
            return one if holds == one.holds else replace(one, holds=holds)
        every = one.inputs[0] if len(one.inputs) == 1 else Union(one.inputs)
        counted = Aggregate(every, (Measure("event_count", MeasureKind.COUNT),), one.by, one.within, one.span)
        return Where(counted, Match(Field("event_count"), Compare(Order.GTE, 1)), one.span, one.name)

    return replace_stages(stream, change)


def _without_values(stage: Where) -> Stream:
    """The stage, or a count of events instead of one of different values that may be none: then any event will do."""
    match stage.input:
        case Aggregate(_, (Measure(name, MeasureKind.DISTINCT),), by) as rows if _may_be_none(stage.condition, name):
            count = "event_count" if "event_count" not in by else name
            counted = replace(rows, measures=(Measure(count, MeasureKind.COUNT),))
            return replace(stage, input=counted, condition=Match(Field(count), Compare(Order.GTE, 1)))
        case _:
            return stage


def _may_be_none(condition: Expr, name: str) -> bool:
    """Whether a condition is a lower bound that no values at all meet."""
    match condition:
        case And(args):
            return all(_may_be_none(arg, name) for arg in args)
        case Match(Field(column), Compare(Order.GTE, bound)):
            return column == name and bound <= 0
        case Match(Field(column), Compare(Order.GT, bound)):
            return column == name and bound < 0
        case _:
            return False


def _takes_any(inputs: tuple[Stream, ...], holds: Expr | None) -> bool:
    """Whether a row of any input is enough."""
    asked: tuple[Expr, ...] = holds.args if isinstance(holds, Or) else () if holds is None else (holds,)
    named = {arg.value.name for arg in asked if isinstance(arg, Match) and isinstance(arg.value, Field)}
    match asked:
        case ():
            return len(inputs) == 1
        case (Match(Field(name), Compare(Order.GTE, 1) | Compare(Order.GT, 0)),) if name == MATCHED:
            return True
        case _:
            plain = all(isinstance(arg, Match) and isinstance(arg.test, Exists) for arg in asked)
            return plain and named == set(map(name_of, inputs))


def _map_conditions(stream: Stream, change: Callable[[Expr], Expr]) -> Stream:
    """The stream with the condition of each of its `Events` put through `change`; unchanged parts are shared."""

    def changed(events: Events) -> Events:
        condition = change(events.condition)
        return events if condition is events.condition else replace(events, condition=condition)

    return replace_events(stream, changed)


def simplify_expr(expr: Expr) -> Expr:
    """`simplify` for an expression alone; the very same one if there is nothing to simplify."""
    match expr:
        case Match() | Keyword() | Constant() | Opaque():
            return expr
        case And():
            return _join(expr, neutral=TRUE, absorbing=FALSE)
        case Or():
            return _join(expr, neutral=FALSE, absorbing=TRUE)
        case Not(arg):
            inner = simplify_expr(arg)
            if isinstance(inner, Not):
                return inner.arg
            if isinstance(inner, Constant):
                return FALSE if inner.value else TRUE
            return expr if inner is arg else Not(inner)
        case _:
            assert_never(expr)


def _join(whole: And | Or, neutral: Constant, absorbing: Constant) -> Expr:
    """The arguments of an And or Or, flat, each once."""
    kind, args = type(whole), whole.args
    flat: list[Expr] = []
    for arg in args:
        if isinstance(arg, Match):  # nearly all are; what follows would come to the same, more slowly
            flat.append(arg)
            continue
        simple = simplify_expr(arg)
        if isinstance(simple, kind):
            flat += simple.args
        elif not isinstance(simple, Constant):
            flat.append(simple)
        elif simple == absorbing:
            return absorbing
    if not flat:
        return neutral
    parts = _unrepeated(flat)
    if len(parts) == 1:
        return parts[0]
    same = len(parts) == len(args) and all(map(is_, parts, args))
    return whole if same else kind(tuple(parts))


def _unrepeated(parts: list[Expr]) -> list[Expr]:
    """Each part once. To compare parts that hold others takes long, so it is done only where two could be the same."""
    holding = [type(part) for part in parts if not isinstance(part, Match)]
    keys = [
        (part.value, part.test)
        if isinstance(part, Match)
        else kind
        if holding.count(kind := type(part)) == 1
        else _key(part)
        for part in parts
    ]
    if len(set(keys)) == len(parts):
        return parts
    found: dict[object, Expr] = {}
    for key, part in zip(keys, parts, strict=True):
        found.setdefault(key, part)
    return list(found.values())


def _key(expr: Expr) -> object:
    """What makes two expressions the same: everything but spans and how a leaf was written."""
    match expr:
        case Match(value, test):
            return value, test
        case Keyword(test):
            return Keyword, test
        case And(args):
            return And, tuple(map(_key, args))
        case Or(args):
            return Or, tuple(map(_key, args))
        case Not(arg):
            return Not, _key(arg)
        case Constant():
            return expr
        case Opaque(text, language):
            return Opaque, text, language
        case _:
            assert_never(expr)


_TYPED = (Number, Compare, Boolean)  # what is not asked of a string


def infer_types(rule: Rule) -> Rule:
    """Give each unmapped field the one type that the rule's own literals ask for.

    A platform's column has a single type, so a field is a number only if every test of it is numeric
    (`EventID: 4688`), a boolean likewise, and otherwise a string. Each `Events` of a stream is typed by itself.
    """
    body = _map_conditions(rule.body, _typed)
    return rule if body is rule.body else replace(rule, body=body)


def _typed(condition: Expr) -> Expr:
    """`infer_types` for the condition of one `Events`."""
    found = list(leaves(condition))
    if not any(isinstance(leaf.test, _TYPED) for leaf in found):
        return condition
    wanted: dict[str, FieldType] = {}
    for leaf in found:
        if not isinstance(leaf, Match) or not isinstance(leaf.value, Field):
            continue
        if leaf.value.mapped or isinstance(leaf.test, Null) or leaf.test == Pattern((ANY,)):
            continue  # presence says nothing about the type
        match leaf.test:
            case Number() | Compare():
                type_ = FieldType.NUMBER
            case Boolean():
                type_ = FieldType.BOOLEAN
            case _:
                type_ = FieldType.STRING
        name = leaf.value.name
        wanted[name] = type_ if wanted.get(name, type_) is type_ else FieldType.STRING
    typed = {name: Field(name, type_) for name, type_ in wanted.items() if type_ is not FieldType.STRING}
    return replace_leaves(condition, partial(_retype, typed)) if typed else condition


def _retype(typed: Mapping[str, Field], leaf: Match | Keyword) -> Expr:
    """A leaf on the typed fields."""

    def known(field: Field) -> Field:
        return field if field.mapped else typed.get(field.name, field)

    if isinstance(leaf, Keyword):
        return leaf
    test = leaf.test
    if isinstance(test, FieldRef) and known(test.field) is not test.field:
        leaf = replace(leaf, test=replace(test, field=known(test.field)))
    value = leaf.value
    if not isinstance(value, Field) or known(value) is value:
        return leaf
    return replace(leaf, value=known(value))


PASSES: tuple[Callable[[Rule], Rule], ...] = (simplify, infer_types)


def run_passes(rule: Rule) -> Rule:
    """The rule after every pass, in order."""
    for one in PASSES:
        rule = one(rule)
    return rule
