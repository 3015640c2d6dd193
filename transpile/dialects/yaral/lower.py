"""From IR to a YARA-L rule about one event, `$e`: name, meta, events, risk score, condition."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from transpile.diagnostics import Report
from transpile.dialects.yaral import codes, tree
from transpile.dialects.yaral.lower_stages import lower_stages
from transpile.dialects.yaral.meta import meta_lines, outcome_lines, rule_name
from transpile.dialects.yaral.pattern import any_pattern, either, ends
from transpile.dialects.yaral.predicate import EVENT, REFUSED, TEXT_TYPES, operand_of, predicate
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or, never_written
from transpile.ir.match import Number, Pattern
from transpile.ir.rule import Rule
from transpile.ir.walk import without_covered


def lower(rule: Rule, report: Report) -> tree.Rule:
    """The YARA-L rule that means `rule`; what it cannot say, or not exactly, goes to the report."""
    if not rule.is_single:
        found = lower_stages(rule, report, _expr)
        if any(isinstance(line, tree.Compare) and isinstance(line.left, tree.Arithmetic) for line in found.events):
            report.note(codes.YAR022, rule.span)
        return found
    condition = _expr(rule.condition, report)
    return tree.Rule(
        name=rule_name(rule),
        meta=meta_lines(rule),
        events=condition.args if isinstance(condition, tree.And) else (condition,),
        outcome=outcome_lines(rule),
        condition=tree.Variable(EVENT),
    )


def _expr(expr: Expr, report: Report) -> tree.Expr:
    match expr:
        case And(args):
            return _all(_expr(arg, report) for arg in args)
        case Or(args):
            return _either(args, report)
        case Not(arg):
            report.negated = not report.negated
            inner = _expr(arg, report)
            report.negated = not report.negated
            return _negated(inner)
        case Match():
            return predicate(expr, report)
        case Keyword(test, span):
            keyword = test.literal if isinstance(test, Pattern) else test.pattern
            report.refuse(codes.YAR001, span, keyword=repr(keyword))
            return REFUSED
        case Constant(value):
            report.refuse(codes.YAR010, events="every event" if value else "no event")
            return REFUSED
        case Opaque():
            never_written(expr)
        case _:
            assert_never(expr)


def _all(exprs: Iterable[tree.Expr]) -> tree.Expr:
    """All of these, in one AND."""
    args: list[tree.Expr] = []
    for expr in exprs:
        args.extend(expr.args if isinstance(expr, tree.And) else (expr,))
    return tree.And(tuple(args))


def _negated(expr: tree.Expr) -> tree.Expr:
    """The opposite, with `!=` for a scalar field and a literal: it holds for an unset field, as NOT does in Sigma."""
    match expr:
        case tree.Compare(tree.Path(), "=", tree.String() | tree.Number() | tree.Truth() as literal):
            return tree.Compare(expr.left, "!=", literal, expr.nocase)
        case tree.Compare(tree.Path(), "!=", tree.String("") as literal):
            return tree.Compare(expr.left, "=", literal)
        case tree.Not(arg):
            return arg
        case _:
            return tree.Not(expr)


def _either(args: tuple[Expr, ...], report: Report) -> tree.Expr:
    """One of these; patterns of one field that fit one regex are joined, in the place of the first."""
    groups: dict[object, list[Expr]] = {}
    for arg in without_covered(args):
        groups.setdefault(_alike(arg), []).append(arg)
    found: list[tree.Expr] = []
    for group in groups.values():
        lowered = _expr(group[0], report) if len(group) == 1 else _patterns(group, report)
        found.extend(lowered.args if isinstance(lowered, tree.Or) else (lowered,))
    return either(found)


def _alike(expr: Expr) -> object:
    """What the patterns that one regex can hold have in common; something of its own for anything else."""
    pattern = _pattern(expr)
    if not isinstance(expr, Match) or pattern is None or pattern.matches_empty:
        return id(expr)
    return expr.field.name, pattern.cased, *ends(pattern)


def _pattern(expr: Expr) -> Pattern | None:
    """The pattern that a field of text is tested with; a number is the pattern of its spelling."""
    if not isinstance(expr, Match) or (expr.field.mapped and expr.field.type not in TEXT_TYPES):
        return None
    match expr.test:
        case Pattern() as pattern:
            return pattern
        case Number(value):
            return Pattern.of(str(value))
        case _:
            return None


def _patterns(group: list[Expr], report: Report) -> tree.Expr:
    """The patterns of one group in as few predicates as are readable."""
    first = group[0]
    operand = operand_of(first, report) if isinstance(first, Match) else None
    return any_pattern(operand, list(filter(None, map(_pattern, group)))) if operand else REFUSED
