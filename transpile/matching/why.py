"""Why an event matches a rule or does not: which parts hold, and what the event says in their fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, assert_never

from transpile.evaluate.facts import Facts
from transpile.evaluate.reference import Check, compile_check
from transpile.evaluate.values import MISSING, lookup
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.rule import Rule
from transpile.ir.walk import value_fields
from transpile.record import record

Event = Mapping[str, Any]

# Where events say which machine they are of, the surest first.
HOSTS = (
    "Computer", "winlog.computer_name", "host.name", "DeviceName", "ComputerName", "Hostname", "hostname",
    "agent.hostname", "principal.hostname", "HostName", "host",
)  # fmt: skip
_USERS = ("userIdentity.arn", "user", "actor.alternateId")


def host_of(event: Event) -> str | None:
    """The machine that an event is of, else who acted; None if it tells neither.

    >>> host_of({"host": {"name": "ws-1"}}), host_of({"a": 1})
    ('ws-1', None)
    """
    for name in (*HOSTS, *_USERS):
        value = lookup(event, name)
        if isinstance(value, str) and value:
            return value
    return None


@record
class ConditionStep:
    """A part of a condition: whether it holds for an event, the parts that it is made of, and what the event says."""

    expr: Expr
    holds: bool
    below: tuple[ConditionStep, ...] = ()
    fields: tuple[tuple[str, Any], ...] = ()  # of a test: its fields and their values, `MISSING` where there is none

    @property
    def lacking(self) -> int:
        """How many tests would have to come out otherwise for the part to hold."""
        if self.holds:
            return 0
        counts = [one.lacking for one in self.below]
        if not counts:
            return 1
        match self.expr:
            case And():
                return sum(counts)
            case Or():
                return min(counts)
            case _:
                return 1


class Tracer:
    """Explains conditions; keeps what it has compiled, by the identity of each part."""

    def __init__(self) -> None:
        self._checks: dict[int, tuple[Expr, Check]] = {}

    def step(self, expr: Expr, facts: Facts) -> ConditionStep:
        """Whether a part holds, and why."""
        match expr:
            case And(args) | Or(args):
                return ConditionStep(expr, self._holds(expr, facts), tuple(self.step(one, facts) for one in args))
            case Not(arg):
                return ConditionStep(expr, self._holds(expr, facts), (self.step(arg, facts),))
            case Match(value, _):
                said = tuple((one.name, lookup(facts.event, one.name)) for one in value_fields(value))
                return ConditionStep(expr, self._holds(expr, facts), (), said)
            case Keyword() | Constant() | Opaque():
                return ConditionStep(expr, self._holds(expr, facts))
            case _:
                assert_never(expr)

    def deciding(self, rule: Rule, event: Event) -> dict[str, Any]:
        """The fields whose values made an event match, in the order of the condition."""
        facts = Facts(event)
        return dict(self._deciding(rule.condition, facts))

    def _deciding(self, expr: Expr, facts: Facts) -> Iterator[tuple[str, Any]]:
        match expr:
            case And(args):
                for one in args:
                    yield from self._deciding(one, facts)
            case Or(args):
                held = next((one for one in args if self._holds(one, facts)), None)
                if held is not None:
                    yield from self._deciding(held, facts)
            case Match(value, _):
                for field in value_fields(value):
                    if (said := lookup(facts.event, field.name)) is not MISSING:
                        yield field.name, said
            case _:
                return

    def _holds(self, expr: Expr, facts: Facts) -> bool:
        known = self._checks.get(id(expr))
        if known is None:  # the part is kept, so that no other gets its identity
            known = self._checks[id(expr)] = (expr, compile_check(expr))
        return known[1](facts)


@record
class Explained:
    """One event before one rule: the whole condition, and the author's named parts."""

    path: str
    number: int
    event: Event
    whole: ConditionStep
    parts: tuple[tuple[str, ConditionStep], ...]

    @property
    def lacking(self) -> int:
        """How far the event is from a match: 0 for one that matches."""
        return self.whole.lacking


def explain_event(tracer: Tracer, rule: Rule, path: str, number: int, event: Event) -> Explained:
    """Why an event matches a rule on single events, or does not."""
    facts = Facts(event)
    parts = tuple((part.name, tracer.step(part.expr, facts)) for part in rule.parts)
    return Explained(path, number, event, tracer.step(rule.condition, facts), parts)


def find_rule(rules: Sequence[Rule], name: str) -> Rule | None:
    """The rule with this id, name, title or path (or the end of one); None if there is none."""
    wanted = name.casefold()
    exact = [one for one in rules if wanted in {(said or "").casefold() for said in (one.id, one.name, one.title)}]
    near = [one for one in rules if one.source.path.replace("\\", "/").casefold().endswith(wanted)]
    return next(iter((*exact, *near)), None)
