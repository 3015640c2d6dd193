"""What is wrong with the condition section: which events must be there, and conditions on outcomes."""

from __future__ import annotations

from collections.abc import Iterator

from transpile.dialects.yaral.check.expressions import Finding, expression_findings
from transpile.dialects.yaral.check.scope import Scope, mentioned
from transpile.dialects.yaral.tree import (
    Absent,
    And,
    Call,
    Compare,
    Count,
    Expr,
    Not,
    Number,
    Or,
    Path,
    Rule,
    String,
    Variable,
    walk,
)

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


def condition_findings(rule: Rule, scope: Scope) -> Iterator[Finding]:
    """The findings of the condition: known names, the terms' forms, bounded events, `or` and `not` where allowed."""
    condition = rule.condition
    grouped = frozenset(rule.match.variables) if rule.match else frozenset()
    for node in walk(condition):
        name = node.name if isinstance(node, Variable | Count | Absent) else None
        if name is not None and name not in scope.names:
            yield node, f"${name} in the condition is neither an event nor a placeholder nor an outcome"
        elif name in grouped:
            yield node, f"${name} is in match, so it has one value here; the condition cannot ask for it"
        elif isinstance(node, Path):
            yield node, "the condition speaks of events and outcomes, not of fields"
    yield from expression_findings(condition, "condition")
    yield from _terms(condition, scope)
    yield from _events(condition, scope)


def _terms(expr: Expr, scope: Scope) -> Iterator[Finding]:
    match expr:
        case And(args):
            for arg in args:
                yield from _terms(arg, scope)
        case Or(args):
            events = frozenset().union(*(_events_of(arg, scope) for arg in args))
            if len(events) > 1:
                yield args[0], "or cannot join different events"
            if events and any(not _is_bounded(node) for arg in args for node in _event_terms(arg, scope)):
                yield args[0], "or cannot be combined with a condition that an event may be absent"
            for arg in args:
                yield from _terms(arg, scope)
        case Not(arg):
            if _events_of(arg, scope):
                yield arg, "not cannot precede an event or placeholder; write !"
            yield from _terms(arg, scope)
        case Compare():
            yield from _comparison(expr, scope)
        case Variable(name):
            if name in scope.outcomes and name not in scope.events:
                yield expr, f"${name} is an outcome: compare it with a value"
        case Absent() | Call():
            pass
        case _:
            yield expr, "this is not a condition"


def _comparison(expr: Compare, scope: Scope) -> Iterator[Finding]:
    sides = {type(expr.left), type(expr.right)}
    if Count in sides:
        number = expr.right if isinstance(expr.left, Count) else expr.left
        if not isinstance(number, Number) or not isinstance(number.value, int):
            yield expr, "a count is compared with a whole number"
    for side in (expr.left, expr.right):
        if isinstance(side, Variable) and (side.name in scope.events or side.name in scope.placeholders):
            yield expr, f"${side.name} cannot be compared here; #{side.name} counts it"
    if String in sides and expr.operator not in ("=", "!="):
        yield expr, "text is compared with = and != here"


def _events(condition: Expr, scope: Scope) -> Iterator[Finding]:
    """Every event must be spoken of, itself or by a placeholder, and one at least must be there."""
    spoken = frozenset().union(*(_events_of(node, scope) for node in walk(condition)))
    for event in sorted(scope.events - spoken):
        yield condition, f"the condition does not speak of ${event}"
    terms = list(_event_terms(condition, scope))
    if terms and not any(map(_is_bounded, terms)):
        yield condition, "the condition asks for no event that must be there"


def _events_of(expr: Expr, scope: Scope) -> frozenset[str]:
    """The events that a condition speaks of, itself or by placeholders."""
    names = [*mentioned(expr), *(node.name for node in walk(expr) if isinstance(node, Absent))]
    found = frozenset(name for name in names if name in scope.events)
    return found.union(*(scope.placeholders.get(name, frozenset()) for name in names))


def _event_terms(expr: Expr, scope: Scope) -> Iterator[Expr]:
    """The terms of a condition that are about events or placeholders."""
    match expr:
        case And(args) | Or(args):
            for arg in args:
                yield from _event_terms(arg, scope)
        case Not(arg):
            yield from _event_terms(arg, scope)
        case _:
            if _events_of(expr, scope):
                yield expr


def _is_bounded(term: Expr) -> bool:
    """Whether the term forces the event to exist ("Bounded and unbounded conditions")."""
    match term:
        case Variable():
            return True
        case Compare(Count(), operator, Number(value)):
            return _forces(operator, value)
        case Compare(Number(value), operator, Count()):
            return _forces(_FLIPPED[operator], value)
        case _:
            return False


def _forces(operator: str, value: float) -> bool:
    return operator == ">" or (operator in (">=", "=") and value > 0)
