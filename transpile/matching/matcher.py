"""Many rules against many events: looks for the rules' needles first, and asks only the rules whose needle is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from transpile.evaluate import Unproven
from transpile.evaluate.facts import Facts
from transpile.evaluate.reference import Check, compile_check
from transpile.ir.expr import Expr
from transpile.ir.rule import Rule
from transpile.matching.index import Index
from transpile.matching.needles import clauses
from transpile.matching.route import Route, route_of
from transpile.matching.shapes import UNKNOWN, EventOrigin, origin_of

Event = Mapping[str, Any]


class Matcher:
    """Finds which of its rules match an event, by the reference meaning.

    With `routed`, a rule is asked only about events of its log source, as far as an event tells its own
    (`route.route_of`). Raises `Unproven` for a rule without a meaning to Python: at once, or with `lazily` never; such
    a rule matches nothing, and no rule is compiled before an event has its needle.
    """

    def __init__(self, rules: Sequence[Rule], *, routed: bool = False, lazily: bool = False) -> None:
        self._checks: list[Check] = [
            self._when_asked(number, rule.condition) if lazily else compile_check(rule.condition)
            for number, rule in enumerate(rules)
        ]
        self._conditions = [rule.condition for rule in rules]
        self._clauses = [clauses(rule.condition) for rule in rules]
        self._routes: list[Route | None] = [route_of(rule.logsource) if routed else None for rule in rules]
        self._routed = routed
        self._indexes: dict[object, Index] = {}
        self._shared: dict[tuple[int, ...], Index] = {}

    def _when_asked(self, number: int, condition: Expr) -> Check:
        def first(facts: Facts) -> bool:
            try:
                check = compile_check(condition)
            except Unproven:
                check = _never
            self._checks[number] = check
            return check(facts)

        return first

    def match(self, event: Event, origin: EventOrigin | None = None) -> list[int]:
        """The positions of the rules that match, in order; without an `origin` the event itself tells it."""
        facts = Facts(event)
        checks = self._checks
        return [number for number in self.index(event, origin).candidates(facts) if checks[number](facts)]

    def holds(self, number: int, facts: Facts) -> bool:
        """Whether a rule, by its position, matches an event."""
        return self._checks[number](facts)

    def condition(self, number: int) -> Expr:
        """The condition of a rule."""
        return self._conditions[number]

    def index(self, event: Event, origin: EventOrigin | None) -> Index:
        """The index of the rules for events from there; made when the first such event comes."""
        key = (origin_of(event) if origin is None else origin) if self._routed else UNKNOWN
        index = self._indexes.get(key)
        if index is None:
            applying = tuple(number for number, route in enumerate(self._routes) if route is None or route.takes(key))
            index = self._shared.get(applying)
            if index is None:
                index = self._shared[applying] = Index([(number, self._clauses[number]) for number in applying])
            self._indexes[key] = index
        return index


def _never(facts: Facts) -> bool:
    return False
