"""What `verify` finds out about a query: the verdict, and the events that show a disproof."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, assert_never

from transpile.codes import Direction
from transpile.evaluate.rows import Key
from transpile.ir.timed import Timed
from transpile.matching.times import as_text
from transpile.record import record
from transpile.source import Span

Event = Mapping[str, Any]

NEVER_MATCHES = "no event can match the rule, which contradicts itself or its log source; the query matches none either"
NONE_MATCHES = "none of the documents matches the rule or the query"


class Verdict(StrEnum):
    """What running a query showed."""

    PROVEN = "proven"  # it agrees with the rule on every event made from the rule; some match, or logic says none can
    DISPROVEN = "disproven"  # there is an event on which it does not
    UNPROVEN = "unproven"  # it could not be put to the test
    REFUSED = "refused"  # there is no query
    ERROR = "error"  # the rule could not be read, or the tool failed


@record
class Counterexample:
    """An event on which query and rule disagree, as small as it could be made.

    `stored` is the event as the platform holds it, by the data model. `predicate` is the smallest part of the rule
    whose own query is wrong about the event, as the rule's author wrote it; `span` its place. `document` is the place
    of an event that was not made, in the user's own export.
    """

    event: Event
    stored: Event
    why: str
    rule_matches: bool
    query_matches: bool
    predicate: str = ""
    span: Span | None = None
    document: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The counterexample as JSON-ready values."""
        return {
            "event": dict(self.event),
            "stored": dict(self.stored),
            "why": self.why,
            "rule_matches": self.rule_matches,
            "query_matches": self.query_matches,
            "predicate": self.predicate or None,
            "line": self.span.line if self.span else None,
            "column": self.span.column if self.span else None,
            "document": self.document or None,
        }


@record
class StreamCounterexample:
    """A stream of events on which query and rule alert on different groups, as small as it could be made.

    `stored` are the events as the platform holds them. Groups are the values of the rule's group-by fields, in order.
    """

    events: tuple[Timed, ...]
    stored: tuple[Timed, ...]
    why: str
    rule_alerts: tuple[Key, ...]
    query_alerts: tuple[Key, ...]

    def to_dict(self) -> dict[str, Any]:
        """The counterexample as JSON-ready values."""
        return {
            "events": [
                {"time": as_text(one.time), "event": dict(one.event), "stored": dict(kept.event)}
                for one, kept in zip(self.events, self.stored, strict=True)
            ],
            "why": self.why,
            "rule_alerts": [list(key) for key in self.rule_alerts],
            "query_alerts": [list(key) for key in self.query_alerts],
        }


@record
class Proof:
    """What became of one rule in one language.

    `events` counts those on which query and rule were compared, `matching` those that the rule matches, `unreached` the
    tests in the rule that no matching event was found for: they can hardly ever help it to match.

    For a rule on many events, `streams` counts the streams on which they were compared, `matching` those on which the
    rule alerts, and `open` names the open points on which its verdict on other streams depends, with their number.
    """

    path: str
    id: str | None
    title: str | None
    target: str
    model: str
    verdict: Verdict
    reason: str = ""
    direction: Direction = Direction.EXACT
    events: int = 0
    matching: int = 0
    unreached: int = 0
    query: str | None = None
    counterexample: Counterexample | StreamCounterexample | None = None
    streams: int | None = None
    open: tuple[tuple[str, int], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The proof as JSON-ready values: the object that `--format ndjson` writes on a line."""
        found: dict[str, Any] = {
            "path": self.path,
            "id": self.id,
            "title": self.title,
            "target": self.target,
            "model": self.model,
            "verdict": self.verdict.value,
            "reason": self.reason or None,
            "direction": self.direction.value,
            "events": self.events,
            "matching": self.matching,
            "unreached": self.unreached,
            "query": self.query,
            "counterexample": self.counterexample.to_dict() if self.counterexample else None,
        }
        return found if self.streams is None else {**found, "streams": self.streams, "open": dict(self.open)}


def is_wrong(direction: Direction, rule: bool, query: bool) -> bool:
    """Whether a query whose rule says `rule` may not say `query`."""
    match direction:
        case Direction.EXACT:
            return rule != query
        case Direction.WIDER:
            return rule and not query
        case Direction.NARROWER:
            return query and not rule
        case _:
            assert_never(direction)
