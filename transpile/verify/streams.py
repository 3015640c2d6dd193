"""Puts the query of a rule on many events to the test: on streams of timed events made from the rule.

Query and rule agree on a stream if they alert on the same groups, or, for an approximate query, if the query's are no
fewer (wider) or no more (narrower). The times of an exact query's alerts must lie within a window that satisfies the
rule. What a stream shows of a rule may depend on an open point of the specification: then the query must follow at
least one reading of it, and only a query that follows ours can be proven.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import field
from enum import Enum, auto

from transpile.codes import Direction
from transpile.evaluate import Unproven
from transpile.evaluate.facts import fold
from transpile.evaluate.open_points import OPEN_POINTS, OURS, Letters, Readings, window_of
from transpile.evaluate.rows import Key
from transpile.evaluate.stream_make import Bases
from transpile.evaluate.stream_witness import Remembered, WitnessStream, make_streams
from transpile.evaluate.streams import Alerts, key_text
from transpile.ir.stream import Events
from transpile.ir.timed import Row, Timed
from transpile.ir.walk import stages
from transpile.pipelines.dead import never_alerts
from transpile.record import record, replace
from transpile.verify.proof import NEVER_MATCHES, Proof, StreamCounterexample, Verdict
from transpile.verify.stream_trial import StreamTrial

MOST_TRIED = 300  # smaller streams that are tried to make a disproof small


class StreamOutcome(Enum):
    """What one stream says of a query."""

    AGREES = auto()
    WRONG = auto()
    OURS = auto()  # it depends on an open point, and the query follows our reading
    OTHER = auto()  # it depends on an open point, and the query follows another reading


@record
class StreamResult:
    """A query and its rule on one stream; `point` is the open point that a query reads otherwise."""

    outcome: StreamOutcome
    alerts: Alerts
    query: frozenset[Key]
    point: str = ""


@record
class Streams:
    """The streams of one rule by data model: languages that share one are put to the same."""

    bases: Bases
    by_model: dict[str, Remembered] = field(default_factory=dict)

    def of(self, model: str, trial: StreamTrial) -> Remembered:
        """The streams that the platform of a data model can hold, with what the rule says of them."""
        if model not in self.by_model:
            made = make_streams(
                trial.rule.body, trial.reference, self.bases, trial.prepare, never=never_alerts(trial.rule.body)
            )
            self.by_model[model] = Remembered(made)
        return self.by_model[model]


def judge_streams(proof: Proof, trial: StreamTrial, streams: Streams) -> Proof:
    """Compare on every stream made from the rule; on a disagreement make the stream small."""
    seen: Counter[StreamOutcome] = Counter()
    points: Counter[str] = Counter()
    events = matching = answered = 0
    other = unknown = ""
    lengths = {window.seconds for stage in stages(trial.rule.body) if (window := window_of(stage)) is not None}
    for witness in streams.of(proof.model, trial):
        try:
            found = compare(trial, witness.events, witness.origins, witness.alerts, proof.direction)
        except Unproven as reason:
            open_here = [point.question for point in witness.alerts.depends]
            if not open_here and _at_an_edge(witness, lengths):
                open_here = [OPEN_POINTS["edge"].question]  # which the platform's documentation leaves open too
            points.update(open_here)
            unknown = unknown or ("" if open_here else str(reason))
            continue
        if found is None:
            continue
        if found.outcome is StreamOutcome.WRONG:
            return _disproof(replace(proof, streams=seen.total() + 1), trial, witness)
        seen[found.outcome] += 1
        events += len(witness.events)
        matching += found.outcome is StreamOutcome.AGREES and bool(found.alerts.groups)
        answered += bool(found.query)
        points.update(point.question for point in found.alerts.depends)
        if found.outcome is StreamOutcome.OTHER:
            other = other or found.point
    proof = replace(
        proof, events=events, matching=matching, streams=seen.total(), open=tuple(sorted(points.most_common()))
    )
    if unknown:
        return replace(proof, reason=unknown)
    if other:
        return replace(proof, reason=f"open point: {other}; the query follows another reading")
    if not matching and never_alerts(trial.rule.body):
        return replace(proof, verdict=Verdict.PROVEN, reason=NEVER_MATCHES)
    if not matching:
        why = f"open point: {points.most_common(1)[0][0]}" if points else "no stream was found that the rule alerts on"
        return replace(proof, reason=why)
    if proof.direction is Direction.NARROWER and not answered:
        return replace(proof, reason="the query alerts on no stream; a query that never does would agree as well")
    return replace(proof, verdict=Verdict.PROVEN)


def _at_an_edge(witness: WitnessStream, lengths: set[int]) -> bool:
    """Whether two events are exactly as far apart as one of the rule's windows is long."""
    times = {one.time for one in witness.events}
    return any(time - length in times for time in times for length in lengths)


def compare(
    trial: StreamTrial, events: Sequence[Timed], origins: Sequence[Events], alerts: Alerts, direction: Direction
) -> StreamResult | None:
    """Query and rule on one stream; None if the platform cannot hold it. Raises `Unproven`."""
    stored = trial.store(events, origins)
    if stored is None:
        return None
    rows = trial.rows(stored)
    keys = frozenset(map(trial.key_of, rows))
    right = [_is_right(direction, groups, keys, readings) for readings, groups in alerts.readings]
    if right[0]:
        timely = alerts.depends or direction is not Direction.EXACT or _is_timely(trial, rows, stored, alerts)
        outcome = StreamOutcome.OURS if alerts.depends else StreamOutcome.AGREES if timely else StreamOutcome.WRONG
        return StreamResult(outcome, alerts, keys)
    point = _other_reading(direction, alerts, keys, right)
    return StreamResult(StreamOutcome.OTHER if point else StreamOutcome.WRONG, alerts, keys, point)


def _other_reading(direction: Direction, alerts: Alerts, query: frozenset[Key], right: Sequence[bool]) -> str:
    """The open point that a query which does not follow our reading may read otherwise; empty if there is none."""
    if len(right) == 1 and alerts.depends:
        return alerts.depends[0].question  # there are too many readings to tell which
    for (readings, _), one in zip(alerts.readings, right, strict=True):
        if one:
            return next(point.question for point in alerts.depends if getattr(readings, point.name) != point.ours)
    folded = replace(OURS, letters=Letters.FOLDED)
    if _is_right(direction, frozenset(map(_folded, alerts.groups)), query, folded):
        return OPEN_POINTS["letters"].question
    return ""


def _folded(key: Key) -> Key:
    return tuple(None if one is None else fold(one) for one in key)


def _is_right(direction: Direction, rule: frozenset[Key], query: frozenset[Key], readings: Readings) -> bool:
    if readings.letters is Letters.FOLDED:
        query = frozenset(map(_folded, query))
    match direction:
        case Direction.EXACT:
            return rule == query
        case Direction.WIDER:
            return rule <= query
        case Direction.NARROWER:
            return rule >= query


def _is_timely(trial: StreamTrial, rows: Sequence[Row], stored: Sequence[Timed], alerts: Alerts) -> bool:
    """Whether the last event of each alert of the query lies within a window for which the rule alerts."""
    windows: dict[Key, list[tuple[float, float]]] = {}
    for alert in alerts.rows:
        for key in trial.reference.groups_of([alert], OURS):
            windows.setdefault(key, []).append((alert.first, alert.time))
    for row in rows:
        last = max((stored[number].time for number in row.events), default=None)
        within = windows.get(trial.key_of(row), ())
        if last is not None and not any(start <= last <= end for start, end in within):
            return False
    return True


def _disproof(proof: Proof, trial: StreamTrial, witness: WitnessStream) -> Proof:
    def wrong(events: Sequence[Timed], origins: Sequence[Events]) -> StreamResult | None:
        try:
            found = compare(trial, events, origins, trial.reference.alerts(events), proof.direction)
        except Unproven:
            return None
        return found if found is not None and found.outcome is StreamOutcome.WRONG else None

    events, origins = witness.events, witness.origins
    found = wrong(events, origins)
    assert found is not None
    tried = 0
    again = True
    while again:
        again = False
        for smaller in _smaller(events, origins):
            tried += 1
            if tried > MOST_TRIED:
                break
            if (less := wrong(*smaller)) is not None:
                (events, origins), found, again = smaller, less, True
                break
    rule, query = found.alerts.groups, found.query
    shown = StreamCounterexample(
        tuple(events),
        tuple(trial.store(events, origins) or ()),
        witness.why,
        tuple(sorted(rule, key=key_text)),
        tuple(sorted(query, key=key_text)),
    )
    return replace(proof, verdict=Verdict.DISPROVEN, reason=_reason(rule, query), counterexample=shown)


def _reason(rule: frozenset[Key], query: frozenset[Key]) -> str:
    missed, extra = sorted(map(key_text, rule - query)), sorted(map(key_text, query - rule))
    if missed:
        return f"the query misses an alert of the rule{_for(missed[0])}"
    if extra:
        return f"the query alerts{_for(extra[0])} and the rule does not"
    return "the query alerts at a time at which the rule does not"


def _for(group: str) -> str:
    return f" for {group}" if group else ""


def _smaller(
    events: Sequence[Timed], origins: Sequence[Events]
) -> Iterator[tuple[tuple[Timed, ...], tuple[Events, ...]]]:
    """Streams a little smaller: without half of the events, without one, and with an event that lacks a field."""
    count = len(events)
    size = count // 2
    while size:
        for start in range(0, count - size + 1, size):
            kept = [at for at in range(count) if not start <= at < start + size]
            yield tuple(events[at] for at in kept), tuple(origins[at] for at in kept)
        size //= 2
    for name in dict.fromkeys(name for one in events for name in one.event):
        rest = tuple(
            one._replace(event={field: value for field, value in one.event.items() if field != name}) for one in events
        )
        yield rest, tuple(origins)
