"""Do two rules match the same events? Compared by the reference meaning of both, on events made from either.

Both rules speak of fields by the same names: those of Sigma, or of one platform.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from transpile.evaluate import Unproven
from transpile.evaluate.reference import compile_rule
from transpile.evaluate.shrink import shrink
from transpile.evaluate.witness import make_witnesses
from transpile.ir.passes import simplify
from transpile.ir.rule import Rule
from transpile.record import record

Event = Mapping[str, Any]


class Relation(StrEnum):
    """How the second rule stands to the first."""

    EQUAL = "equal"  # no event tells them apart
    WIDER = "wider"  # it matches all that the first matches, and more
    NARROWER = "narrower"  # it matches nothing that the first does not, and less
    DIFFERENT = "different"  # each matches events that the other does not
    UNPROVEN = "unproven"


@record
class Comparison:
    """What comparing two rules showed, and the smallest events that only one of them matches.

    `events` counts those that both were asked about, `common` those that both match.
    """

    relation: Relation
    only_first: Event | None = None
    only_second: Event | None = None
    events: int = 0
    common: int = 0
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON-ready values."""
        return {
            "relation": self.relation.value,
            "only_first": dict(self.only_first) if self.only_first is not None else None,
            "only_second": dict(self.only_second) if self.only_second is not None else None,
            "events": self.events,
            "common": self.common,
            "reason": self.reason or None,
        }


def compare_rules(first: Rule, second: Rule) -> Comparison:
    """How the second rule stands to the first. Never raises.

    Rules that relate several events are equal if they are written alike; otherwise nothing is said of them.
    """
    if not (first.is_single and second.is_single):
        if simplify(first).body == simplify(second).body:
            return Comparison(Relation.EQUAL, reason="both relate events in the same way")
        return Comparison(Relation.UNPROVEN, reason="rules that relate several events are not compared by events")
    try:
        one, other = compile_rule(first), compile_rule(second)
        made = [witness.event for rule in (first, second) for witness in make_witnesses(rule).events]
    except Unproven as reason:
        return Comparison(Relation.UNPROVEN, reason=str(reason))
    verdicts = [(event, one(event), other(event)) for event in made]
    common = sum(here and there for _, here, there in verdicts)
    only_first = next((event for event, here, there in verdicts if here and not there), None)
    only_second = next((event for event, here, there in verdicts if there and not here), None)
    small_first = _small(only_first, one, other) if only_first is not None else None
    small_second = _small(only_second, other, one) if only_second is not None else None
    if not any(here or there for _, here, there in verdicts):
        return Comparison(Relation.UNPROVEN, events=len(made), reason="no event that either rule matches was found")
    relation = _relation(only_first is not None, only_second is not None)
    return Comparison(relation, small_first, small_second, len(made), common)


@record
class Side:
    """A rule as one side of comparisons: its meaning, and the events made from it, each with whether it matches."""

    matches: Callable[[Event], bool]
    events: tuple[tuple[Event, bool], ...]


def side_of(rule: Rule) -> Side:
    """What comparing a rule on single events takes, made once for many comparisons. Raises `Unproven`."""
    matches = compile_rule(rule)
    return Side(matches, tuple((one.event, matches(one.event)) for one in make_witnesses(rule).events))


@record
class Containment:
    """A rule that matches all that another matches: how many events were tried, and how many both match.

    `witness`: the smallest event of the wider rule alone; None if the two are equal as far as events show.
    """

    events: int
    common: int
    witness: Event | None


def containment(first: Side, second: Side) -> Containment | None:
    """How the second rule contains the first, by the events made from either; None where an event refutes it."""
    common, more = 0, None
    for event, here, there in _verdicts(first, second):
        if here and not there:
            return None
        common += here and there
        if more is None and there and not here:
            more = event
    witness = _small(more, second.matches, first.matches) if more is not None else None
    return Containment(len(first.events) + len(second.events), common, witness) if common else None


def _verdicts(first: Side, second: Side) -> Iterator[tuple[Event, bool, bool]]:
    """Each event of either rule, with whether the first and the second match it."""
    for event, here in first.events:
        yield event, here, second.matches(event)
    for event, there in second.events:
        yield event, first.matches(event), there


def _relation(only_first: bool, only_second: bool) -> Relation:
    match only_first, only_second:
        case True, True:
            return Relation.DIFFERENT
        case True, False:
            return Relation.NARROWER
        case False, True:
            return Relation.WIDER
        case _:
            return Relation.EQUAL


def _small(event: Event, matches: Callable[[Event], bool], misses: Callable[[Event], bool]) -> Event:
    """The smallest event that one rule matches and the other does not."""
    return shrink(event, lambda smaller: matches(smaller) and not misses(smaller))
