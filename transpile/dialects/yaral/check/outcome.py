"""What is wrong with the outcome section."""

from __future__ import annotations

from collections.abc import Iterator

from transpile.dialects.yaral.check.expressions import Finding, expression_findings, kind
from transpile.dialects.yaral.check.scope import Scope
from transpile.dialects.yaral.functions import FUNCTIONS, Type
from transpile.dialects.yaral.tree import (
    And,
    Arithmetic,
    Call,
    Compare,
    Expr,
    InList,
    Not,
    Or,
    Path,
    Quantified,
    Rule,
    Variable,
    walk,
)

_MOST = 20


def outcome_findings(rule: Rule, scope: Scope) -> Iterator[Finding]:
    """The findings of each line: at most twenty, each of known names, aggregated where the rule groups events."""
    if len(rule.outcome) > _MOST:
        yield rule.outcome[_MOST], f"more than {_MOST} outcomes"
    defined: set[str] = set()
    grouped = frozenset(rule.match.variables) if rule.match else frozenset()
    for line in rule.outcome:
        if line.name in defined:
            yield line, f"${line.name} is defined twice"
        if line.name in scope.events or line.name in scope.placeholders:
            yield line, f"${line.name} is already a variable of the events section"
        yield from expression_findings(line.value, "outcome")
        for node in walk(line.value):
            if isinstance(node, Path) and node.variable not in scope.events:
                yield node, f"${node.variable} is not an event of the events section"
            elif isinstance(node, Variable) and node.name not in defined and node.name not in scope.placeholders:
                yield node, f"${node.name} is not defined before this line"
        if line.name == "risk_score" and kind(line.value) in (Type.TEXT, Type.TRUTH, Type.LIST):
            yield line, "risk_score is a number"
        if rule.match:
            yield from _unaggregated(line.value, frozenset(defined) | grouped)
        defined.add(line.name)


def _unaggregated(expr: Expr, single: frozenset[str]) -> Iterator[Finding]:
    """Fields and placeholders outside of an aggregation: with a match section they have many values."""
    match expr:
        case Call(function, args):
            if ((known := FUNCTIONS.get(function)) and known.aggregate) or function.startswith("metrics."):
                return
            for arg in args:
                yield from _unaggregated(arg, single)
        case Path() | Quantified():
            yield expr, "with a match section a field has many values: gather them (array_distinct, max, count ...)"
        case Variable(name) if name not in single:
            yield expr, f"with a match section ${name} has many values: gather them (array_distinct, max, count ...)"
        case Arithmetic(left, _, right) | Compare(left, _, right):
            yield from _unaggregated(left, single)
            yield from _unaggregated(right, single)
        case And(args) | Or(args):
            for arg in args:
                yield from _unaggregated(arg, single)
        case Not(arg) | InList(arg):
            yield from _unaggregated(arg, single)
        case _:
            pass
