"""Puts the query of a rule on single events to the test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from transpile.evaluate.shrink import shrink
from transpile.evaluate.witness import Witness, Witnesses
from transpile.pipelines.dead import never_alerts
from transpile.record import replace
from transpile.verify.fault import as_written, at_fault, span_of
from transpile.verify.proof import NEVER_MATCHES, Counterexample, Event, Proof, Verdict, is_wrong
from transpile.verify.trial import Trial

PLACES = 2  # matching events that are moved to other log sources


def judge(proof: Proof, trial: Trial, witnesses: Witnesses) -> Proof:
    """Compare on all events; on a disagreement make it small and find what is at fault."""
    stored = list(_stored(trial, witnesses))
    found, unknown = trial.run([kept for _, kept in stored])
    compared = [pair for number, pair in enumerate(stored) if number not in unknown]
    proof = replace(
        proof,
        events=len(compared),
        matching=sum(witness.matches for witness, _ in compared),
        unreached=len(witnesses.unreached),
    )
    for number, (witness, _) in enumerate(stored):
        if number not in unknown and is_wrong(proof.direction, witness.matches, number in found):
            return _disproof(proof, trial, witness)
    matching = [number for number in sorted(found) if stored[number][0].matches]
    misplaced = _misplaced(proof, trial, [stored[number] for number in matching[:: len(matching) // PLACES + 1]])
    if misplaced is not None:
        return misplaced
    essential = [reason for number, reason in unknown.items() if not _is_odd(stored[number][0].event)]
    if essential:
        return replace(proof, reason=essential[0])
    if not proof.matching and never_alerts(trial.rule.body):
        return replace(proof, verdict=Verdict.PROVEN, reason=NEVER_MATCHES)
    if not proof.matching:
        return replace(proof, reason=_why_none_matches(witnesses, unknown.values()))
    return replace(proof, verdict=Verdict.PROVEN)


def _misplaced(proof: Proof, trial: Trial, stored: Sequence[tuple[Witness, Event]]) -> Proof | None:
    """The disproof of a query that takes events of other log sources, or not all of the rule's own."""
    near = [(witness, one) for witness, event in stored for one in trial.storage.neighbours(event)]
    found, unknown = trial.run([one.event for _, one in near])
    for number, (witness, one) in enumerate(near):
        if number not in unknown and is_wrong(proof.direction, one.inside, number in found):
            words = "misses an event" if one.inside else "matches an event of another log source than those"
            why = f"{one.column}: {'another value' if one.inside else 'no value'} of the log source"
            shown = Counterexample(
                witness.event, one.event, why, one.inside, not one.inside, span=trial.rule.logsource_span
            )
            reason = f"the query {words} that the rule matches"
            return replace(proof, verdict=Verdict.DISPROVEN, reason=reason, counterexample=shown)
    return None


def _stored(trial: Trial, witnesses: Witnesses) -> Iterator[tuple[Witness, Event]]:
    """The events that the platform can hold, and how it does."""
    for witness in witnesses.events:
        prepared = trial.prepare(witness.event)
        if prepared is not None:
            complete, kept = prepared
            if complete is not witness.event:
                witness = Witness(complete, witness.why, trial.matches(complete))
            yield witness, kept


def _why_none_matches(witnesses: Witnesses, unknown: Iterable[str]) -> str:
    matching = [witness.event for witness in witnesses.events if witness.matches]
    if not matching:
        return "no event that the rule matches was found"
    if all(map(_is_odd, matching)):
        return "the rule can only match an event that has several values in one field"
    return next(iter(unknown), "the platform can hold none of the events that the rule matches")


def _is_odd(event: Event) -> bool:
    """Whether the event holds what not every platform can: null or a list."""
    return any(value is None or isinstance(value, list) for value in event.values())


def _disproof(proof: Proof, trial: Trial, witness: Witness) -> Proof:
    def shows(event: Event) -> bool:
        verdicts = trial.compare(event)
        return verdicts is not None and verdicts[0] is witness.matches and is_wrong(proof.direction, *verdicts)

    event = trial.storage.complete(shrink(witness.event, shows))
    part = at_fault(trial, event)
    words = "misses an event that the rule matches" if witness.matches else "matches an event that the rule does not"
    return replace(
        proof,
        verdict=Verdict.DISPROVEN,
        reason=f"the query {words}",
        counterexample=Counterexample(
            event,
            trial.storage.store(event) or {},
            witness.why,
            witness.matches,
            not witness.matches,
            as_written(part, trial.rule) if part else "",
            span_of(part) if part else None,
        ),
    )
