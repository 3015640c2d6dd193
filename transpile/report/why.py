"""Why a rule matches an event or does not: the outline of each of its parts, each line with its verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from transpile.evaluate.facts import Facts
from transpile.evaluate.reference import compile_check
from transpile.ir.expr import And, Expr, Not, Or
from transpile.ir.rule import Rule
from transpile.record import record
from transpile.report.words import outline, runs


@record
class VerdictLine:
    """A line of an outline, whether it holds of the event, and what is below it."""

    line: str
    holds: bool
    below: tuple[VerdictLine, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The line as JSON-ready values."""
        return {"line": self.line, "holds": self.holds, "below": [one.to_dict() for one in self.below]}


@record
class PartVerdict:
    """A named part of a rule and its verdict on an event."""

    name: str
    verdict: VerdictLine

    def to_dict(self) -> dict[str, Any]:
        """The part as JSON-ready values."""
        return {"name": self.name, **self.verdict.to_dict()}


def verdicts(rule: Rule, event: Mapping[str, Any]) -> Iterator[PartVerdict]:
    """What each named part of a rule says of an event. Raises `Unproven` where a regular expression cannot be run."""
    facts = Facts(event)
    for part in rule.parts:
        yield PartVerdict(part.name, verdict(part.expr, facts))


def verdict(expr: Expr, facts: Facts) -> VerdictLine:
    """An expression as an outline with verdicts; values for one field and verb share a line, as in `outline`.

    >>> from transpile.ir.expr import Match
    >>> from transpile.ir.match import Field, Pattern
    >>> verdict(Not(Match(Field("Image"), Pattern.of("a"))), Facts({"Image": "a"}))
    VerdictLine(line='not: Image is a', holds=False, below=())
    """
    holds = compile_check(expr)(facts)
    match expr:
        case And(args) | Or(args):
            groups = [one for key, members in runs(args) for one in ([type(expr)(tuple(members))] if key else members)]
            if len(groups) > 1:
                return VerdictLine(outline(expr).line, holds, tuple(verdict(one, facts) for one in groups))
        case Not(arg):
            inner = verdict(arg, facts)
            return VerdictLine(f"not: {inner.line}", holds, inner.below)
    return VerdictLine(outline(expr).line, holds)
