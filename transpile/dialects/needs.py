"""What a rule asks of a language, held against what the language can express."""

from __future__ import annotations

from collections.abc import Iterator

from transpile.codes import Direction
from transpile.diagnostics import Diagnostic, Report, diagnose
from transpile.dialects import codes
from transpile.dialects.base import Dialect, Left
from transpile.ir.expr import And, Expr, Match, Not, Opaque, Or
from transpile.ir.match import Call, Compare, Field, Function, Literal, Order, Value
from transpile.ir.rule import Rule
from transpile.ir.stream import (
    Aggregate,
    Compute,
    Events,
    Join,
    Measure,
    MeasureKind,
    OpaqueStage,
    Sequence,
    Stream,
    Together,
    Where,
    Window,
    WindowKind,
)
from transpile.ir.walk import conditions, leading, leaves, stages
from transpile.record import replace
from transpile.source import Source, Span

Need = tuple[type | Function | Opaque | OpaqueStage, Span | None]


def needs_of(rule: Rule) -> tuple[Need, ...]:
    """What a rule asks for beyond tests of fields of single events, with where it does; nothing for most rules."""
    found: dict[Need, None] = {}
    for stage in stages(rule.body):
        if isinstance(stage, OpaqueStage):
            found[stage, stage.span] = None
        elif not isinstance(stage, Events):
            found[type(stage), getattr(stage, "span", None)] = None
        if isinstance(stage, Compute):
            found.update(dict.fromkeys((need, None) for column in stage.columns for need in _of_value(column.value)))
    for condition in conditions(rule.body):
        found.update(dict.fromkeys(_of_condition(condition)))
    return tuple(found)


def _of_condition(expr: Expr) -> Iterator[Need]:
    waiting = [expr]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Match):  # by type and not by `match`: every rule goes this way for each data model
            if not isinstance(one.value, Field):
                yield from ((need, one.span) for need in _of_value(one.value))
        elif isinstance(one, And | Or):
            waiting += reversed(one.args)
        elif isinstance(one, Not):
            waiting.append(one.arg)
        elif isinstance(one, Opaque):
            yield one, one.span


def _of_value(value: Value) -> Iterator[type | Function]:
    match value:
        case Call(function, args):
            yield function
            for arg in args:
                yield from _of_value(arg)
        case Literal():
            yield Literal
        case Field():
            pass


def fit(
    rule: Rule, needs: tuple[Need, ...], dialect: Dialect, report: Report, source: Source
) -> tuple[Rule, tuple[Left, ...]]:
    """The rule as far as a language can express it, and what was left out of it; what is missing goes to the report."""
    related = _without_relations(rule, needs, dialect, report)
    fitted, left = _without_functions(
        related, needs_of(related) if related is not rule else needs, dialect, report, source
    )
    _remark_sums(fitted, dialect, report)
    report.diagnostics += unmet(needs_of(fitted) if left or related is not rule else needs, dialect)
    return fitted, left


def _without_relations(rule: Rule, needs: tuple[Need, ...], dialect: Dialect, report: Report) -> Rule:
    """The events alone of a rule that groups them by a function that the language lacks.

    Not of one that relates different events: those of one base rule alone are not what it looks for.
    """
    missing = next((one for one, _ in needs if isinstance(one, Function) and one not in dialect.can.functions), None)
    if missing is None or isinstance(rule.body, Events) or any(map(_relates, stages(rule.body))):
        return rule
    asked = {need for need, _ in needs if isinstance(need, type) and need is not Literal}
    events = leading(rule.body)
    if events is None or not asked <= dialect.can.stages:
        return rule
    report.approximate(codes.DIA005, rule.span, wider=True, language=dialect.title, function=missing.value)
    return replace(rule, body=events)


def _remark_sums(rule: Rule, dialect: Dialect, report: Report) -> None:
    """Say of each sum that is asked for a lower bound of which values a query in sliding windows is right."""
    if dialect.rows is None or rule.is_single:
        return
    for stage in stages(rule.body):
        match stage:
            case Where(
                Aggregate(_, (Measure(kind=MeasureKind.SUM, fields=(name, *_)),), _, Window(kind=kind)), condition
            ):
                asks = [leaf.test for leaf in leaves(condition) if isinstance(leaf, Match)]
                lower = any(isinstance(one, Compare) and one.order in (Order.GT, Order.GTE) for one in asks)
                if lower and kind is WindowKind.SLIDING:
                    report.note(codes.DIA006, stage.span, field=name)


def _relates(stage: Stream) -> bool:
    return isinstance(stage, Sequence | Together | Join)


def _without_functions(
    rule: Rule, needs: tuple[Need, ...], dialect: Dialect, report: Report, source: Source
) -> tuple[Rule, tuple[Left, ...]]:
    """A rule on single events without the tests of functions that the language lacks, and what was left out of it.

    Only what must hold beside something else is left out, so that the rule is wider. `source` is the rule's text.
    """
    missing = {need for need, _ in needs if isinstance(need, Function) and need not in dialect.can.functions}
    if not missing or not isinstance(rule.body, Events) or not isinstance(rule.body.condition, And):
        return rule, ()
    parts = rule.body.condition.args
    asked = {part: missing.intersection(need for need, _ in _of_condition(part)) for part in parts}
    kept = tuple(part for part in parts if not asked[part])
    if not kept:
        return rule, ()
    left = []
    for part, functions in asked.items():
        spans = dict.fromkeys(leaf.span for leaf in leaves(part))
        for function in sorted(functions):
            report.approximate(
                codes.DIA004, next(iter(spans)), wider=True, language=dialect.title, function=function.value
            )
        if functions:
            left += [
                Left((span.source or source).text_at(span), span, Direction.WIDER, codes.DIA004)
                for span in spans
                if span
            ]
    condition = kept[0] if len(kept) == 1 else And(kept)
    return replace(rule, body=replace(rule.body, condition=condition)), tuple(left)


def unmet(needs: tuple[Need, ...], dialect: Dialect) -> Iterator[Diagnostic]:
    """A refusal for each thing that a rule asks for and the language cannot express."""
    for need, span in needs:
        if isinstance(need, Opaque | OpaqueStage):
            yield diagnose(codes.DIA002, span, text=f"`{' '.join(need.text.split())[:200]}`")
        elif isinstance(need, Function) and need not in dialect.can.functions:
            yield diagnose(codes.DIA001, span, language=dialect.title, what=f"the function {need.value}")
        elif isinstance(need, type) and need is not Literal and need not in dialect.can.stages:
            yield diagnose(codes.DIA001, span, language=dialect.title, what=_STAGES.get(need.__name__, need.__name__))


_STAGES = {
    "Where": "a condition on the result of a stage",
    "Compute": "computed columns",
    "Aggregate": "an aggregation over time",
    "Sequence": "a sequence of events",
    "Together": "events within one time window",
    "Union": "several log sources in one rule",
    "Join": "a join",
}
