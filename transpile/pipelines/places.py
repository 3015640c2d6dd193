"""Which of a data model's places serve a rule, and which parts of a rule already tell the events of a place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.match import ANY, Case, Field, Number, Pattern, Shape, Test
from transpile.ir.rule import Rule
from transpile.ir.walk import replace_leaves
from transpile.pipelines.forms import Condition, Rename
from transpile.pipelines.leaf import holds
from transpile.pipelines.model import Model, ModelSource
from transpile.record import replace


def sources_for(rule: Rule, model: Model) -> tuple[ModelSource, ...]:
    """The model's places for the rule's log source, the best first, but for those of other Windows event numbers."""
    found = model.sources.get(rule.logsource, ())
    wanted = event_numbers(rule.condition) if len(found) > 1 else None
    if any(source.events for source in found):
        found = tuple(one for one in found if not one.events or (wanted and wanted <= one.events))
    if wanted:
        found = tuple(one for one in found if not _has_others(one, wanted)) or found
    return found


def _has_others(source: ModelSource, wanted: frozenset[int]) -> bool:
    """Whether a place tells its events by numbers of which the rule wants none."""
    entry = source.find("EventID")
    if entry is None or not isinstance(entry.how, Rename):
        return False
    column = entry.how.field.name
    told = [one.values for one in source.where if one.field.name == column and one.values and not one.more]
    return any(wanted.isdisjoint(int(value) for value in values if str(value).isdecimal()) for values in told)


def event_numbers(expr: Expr) -> frozenset[int] | None:
    """The event numbers (`EventID`) to which the rule keeps itself; None if it takes any."""
    match expr:
        case Match(Field("EventID"), Number(number)):
            return frozenset({int(number)})
        case Match(Field("EventID"), Pattern() as pattern):
            spelled = pattern.literal if pattern.shape is Shape.EQUALS else ""  # digits are the same in any case
            return frozenset({int(spelled)}) if spelled.isdecimal() else None
        case And(args):
            known = [numbers for arg in args if (numbers := event_numbers(arg)) is not None]
            return frozenset.intersection(*known) if known else None
        case Or(args):
            found: frozenset[int] = frozenset()
            for arg in args:
                if (numbers := event_numbers(arg)) is None:  # nearly always the first
                    return None
                found |= numbers
            return found if args else None
        case Match() | Keyword() | Not() | Constant() | Opaque():
            return None
        case _:
            assert_never(expr)


def _as_stored(expr: Expr) -> Expr:
    """The condition with its texts compared case-sensitively."""

    def cased(leaf: Match | Keyword) -> Expr:
        if isinstance(leaf, Match) and isinstance(leaf.test, Pattern):
            return replace(leaf, test=replace(leaf.test, case=Case.SENSITIVE))
        return leaf

    return replace_leaves(expr, cased)


def as_said(condition: Condition, said: Iterable[Expr], *, cased: bool = False) -> Expr:
    """A source's condition, or what the rule itself says of the field if that is not wider.

    `cased`: the model spells the values as they are stored, so that letters in the other case need no look.
    """
    own = next((part for part in said if _is_within(part, condition)), None)
    return own if own is not None else _as_stored(condition.expr) if cased else condition.expr


def _is_within(part: Expr, condition: Condition) -> bool:
    """Whether each way to pass a part of a rule passes a source's condition."""
    if isinstance(part, Or):
        return all(_is_within(arg, condition) for arg in part.args)
    kept = condition.expr.args if isinstance(condition.expr, Or) else (condition.expr,)
    return isinstance(part, Match) and any(
        isinstance(one, Match) and one.value == part.value and _implies(part.test, one.test) for one in kept
    )


def _implies(test: Test, wider: Test) -> bool:
    """Whether what passes a test of one value, or of how values begin, passes another test."""
    match test, wider:
        case Pattern((str(first), *others)), Pattern((*_, last)) if not others or last is ANY:
            return holds(wider, first)
        case _:
            return test == wider


def conjuncts(expr: Expr) -> Iterable[Expr]:
    """What must hold, one by one."""
    if isinstance(expr, And):
        for arg in expr.args:
            yield from conjuncts(arg)
    else:
        yield expr
