"""Which part of a rule came out wrong."""

from __future__ import annotations

from typing import assert_never

from transpile.conversion import convert_reading
from transpile.dialects.base import Reading
from transpile.evaluate import Unproven
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.rule import Rule
from transpile.ir.walk import value_text
from transpile.record import replace
from transpile.source import Span, mark
from transpile.syntax.lexer import ParseError
from transpile.verify.storage import Event
from transpile.verify.trial import Trial


def at_fault(trial: Trial, event: Event) -> Expr | None:
    """The smallest part of the rule whose own query is wrong about the event."""
    for part in _parts(trial.rule.condition):
        rule = trial.rule.with_events(condition=part)
        options = replace(trial.options, targets=(trial.target,), models=(trial.model,))
        conversion = convert_reading(Reading(rule), rule.source, options)[0]
        if conversion.query is None:
            continue
        try:
            verdicts = Trial(conversion, options).compare(event)
        except (Unproven, ParseError):
            continue
        if verdicts is not None and verdicts[0] is not verdicts[1]:
            return part
    return None


def _parts(expr: Expr) -> list[Expr]:
    """Every part of an expression, the smallest first."""
    found: dict[int, list[Expr]] = {}

    def collect(part: Expr) -> int:
        match part:
            case And(args) | Or(args):
                size = 1 + sum(map(collect, args))
            case Not(arg):
                size = 1 + collect(arg)
            case Match() | Keyword() | Constant() | Opaque():
                size = 1
            case _:
                assert_never(part)
        found.setdefault(size, []).append(part)
        return size

    collect(expr)
    return [part for size in sorted(found) for part in found[size]]


def span_of(part: Expr) -> Span | None:
    """Where the part begins in the rule, if anything in it has a place."""
    match part:
        case Match() | Keyword() | Opaque():
            return part.span
        case And(args) | Or(args):
            return next((span for arg in args if (span := span_of(arg))), None)
        case Not(arg):
            return span_of(arg)
        case Constant():
            return None
        case _:
            assert_never(part)


def as_written(part: Expr, rule: Rule) -> str:
    """The line of the rule that says this part, or for lack of one the field."""
    span = span_of(part)
    line = "".join(mark((span.source or rule.source).line(span.line), span.column - 1, span.column)) if span else ""
    line = line.strip()
    if isinstance(part, Match):
        name = value_text(part.value)
        return line if name in line else f"{name}: {line}".strip(": ")
    return line
