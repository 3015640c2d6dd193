"""Does the query mean the rule? Runs the printed text on events made from the rule and compares with the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any, assert_never

from transpile.batch import TIMEOUT, RuleFile, map_files, with_library
from transpile.codes import Direction
from transpile.conversion import Conversion, Options, Status, choose_models, convert_source, nothing_read
from transpile.diagnostics import Diagnostic, Severity, diagnose
from transpile.evaluate import Unproven
from transpile.evaluate.shrink import shrink
from transpile.evaluate.witness import Witness, Witnesses, make_witnesses
from transpile.ir.rule import Rule
from transpile.source import Source, Span
from transpile.syntax.lexer import ParseError
from transpile.verify import codes
from transpile.verify.fault import as_written, at_fault, span_of
from transpile.verify.storage import Event
from transpile.verify.trial import Trial

PLACES = 2  # matching events that are moved to other log sources


class Verdict(StrEnum):
    """What running a query showed."""

    PROVEN = "proven"  # it agrees with the rule on every event made from the rule
    DISPROVEN = "disproven"  # there is an event on which it does not
    UNPROVEN = "unproven"  # it could not be put to the test
    REFUSED = "refused"  # there is no query
    ERROR = "error"  # the rule could not be read, or the tool failed


@dataclass(frozen=True, slots=True)
class Counterexample:
    """An event on which query and rule disagree, as small as it could be made.

    `stored` is the event as the platform holds it, by the data model. `predicate` is the smallest part of the rule
    whose own query is wrong about the event, as the rule's author wrote it; `span` its place.
    """

    event: Event
    stored: Event
    why: str
    rule_matches: bool
    query_matches: bool
    predicate: str = ""
    span: Span | None = None

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
        }


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of one rule in one language.

    `events` counts those on which query and rule were compared, `matching` those that the rule matches, `unreached` the
    tests in the rule that no matching event was found for: they can hardly ever help it to match.
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
    counterexample: Counterexample | None = None

    def to_dict(self) -> dict[str, Any]:
        """The proof as JSON-ready values: the object that `--format ndjson` writes on a line."""
        return {
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


def verify_files(
    files: Sequence[RuleFile],
    options: Options,
    *,
    jobs: int | None = None,
    timeout: float = TIMEOUT,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[list[Proof]]:
    """The proofs of each file's rules, in order, by several processes. Raises what `choose_models` raises."""
    choose_models(options)
    options = with_library(files, options)
    work, lost = partial(_verify, options), partial(_not_verified, options)
    for _, proofs in map_files(work, lost, files, jobs=jobs, timeout=timeout, progress=progress):
        yield proofs


def _verify(options: Options, source: Source) -> list[Proof]:
    return verify_source(source, options)


def _not_verified(options: Options, path: str, reason: Diagnostic) -> list[Proof]:
    return verify_conversions(nothing_read(path, options, reason), options)


def verify_source(source: Source, options: Options) -> list[Proof]:
    """Convert every rule of a source and put each query to the test: rule by rule, languages in the order given."""
    return verify_conversions(convert_source(source, options), options)


def verify_conversions(conversions: Iterable[Conversion], options: Options) -> list[Proof]:
    """Put conversions, which must still hold their rules, to the test. The events of a rule are made once."""
    proofs = []
    rule: Rule | None = None
    events: Witnesses | Unproven | None = None
    for conversion in conversions:
        if conversion.query is not None and conversion.rule is not None and conversion.rule is not rule:
            rule, events = conversion.rule, _witnesses(conversion.rule)
        proofs.append(_prove(conversion, events, options))
    return proofs


def reject_disproven(conversions: Sequence[Conversion], options: Options) -> list[Conversion]:
    """The conversions, those whose query is shown to be wrong refused, and those not proven with a note saying why."""
    checked = []
    for conversion, proof in zip(conversions, verify_conversions(conversions, options), strict=True):
        match proof.verdict:
            case Verdict.DISPROVEN:
                found = diagnose(codes.RUN001, _span(proof), reason=proof.reason)
                conversion = replace(
                    conversion, status=Status.REFUSED, query=None, diagnostics=(*conversion.diagnostics, found)
                )
            case Verdict.UNPROVEN:
                note = diagnose(codes.RUN002, reason=proof.reason)
                conversion = replace(conversion, diagnostics=(*conversion.diagnostics, note))
            case Verdict.PROVEN | Verdict.REFUSED | Verdict.ERROR:
                pass
            case _:
                assert_never(proof.verdict)
        checked.append(conversion)
    return checked


def _span(proof: Proof) -> Span | None:
    return proof.counterexample.span if proof.counterexample else None


def _witnesses(rule: Rule) -> Witnesses | Unproven:
    try:
        return make_witnesses(rule)
    except Unproven as reason:
        return reason


def _prove(conversion: Conversion, events: Witnesses | Unproven | None, options: Options) -> Proof:
    proof = Proof(
        conversion.path,
        conversion.id,
        conversion.title,
        conversion.target,
        conversion.model,
        Verdict.UNPROVEN,
        query=conversion.query,
    )
    if conversion.query is None:
        verdict = Verdict.ERROR if conversion.status is Status.ERROR else Verdict.REFUSED
        errors = [one.message for one in conversion.diagnostics if one.severity is Severity.ERROR]
        return replace(proof, verdict=verdict, reason="; ".join(dict.fromkeys(errors)))
    directions = _directions(conversion.diagnostics)
    if len(directions) > 1:
        return replace(proof, reason="the query is wider in one place and narrower in another")
    proof = replace(proof, direction=directions.pop() if directions else Direction.EXACT)
    if events is None or isinstance(events, Unproven):
        return replace(proof, reason=str(events or "the rule is not at hand"))
    try:
        trial = Trial(conversion, options)
        return _judge(proof, trial, events)
    except Unproven as reason:
        return replace(proof, reason=str(reason))
    except ParseError as error:
        return replace(proof, verdict=Verdict.DISPROVEN, reason=f"the query is not in the language: {error}")


def _directions(diagnostics: Iterable[Diagnostic]) -> set[Direction]:
    return {one.direction for one in diagnostics if one.direction is not Direction.EXACT}


def _judge(proof: Proof, trial: Trial, witnesses: Witnesses) -> Proof:
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
        if number not in unknown and _wrong(proof.direction, witness.matches, number in found):
            return _disproof(proof, trial, witness)
    matching = [number for number in sorted(found) if stored[number][0].matches]
    misplaced = _misplaced(proof, trial, [stored[number] for number in matching[:: len(matching) // PLACES + 1]])
    if misplaced is not None:
        return misplaced
    essential = [reason for number, reason in unknown.items() if not _is_odd(stored[number][0].event)]
    if essential:
        return replace(proof, reason=essential[0])
    if not proof.matching:
        return replace(proof, reason=_why_none_matches(witnesses, unknown.values()))
    return replace(proof, verdict=Verdict.PROVEN)


def _misplaced(proof: Proof, trial: Trial, stored: Sequence[tuple[Witness, Event]]) -> Proof | None:
    """The disproof of a query that takes events of other log sources, or not all of the rule's own."""
    near = [(witness, one) for witness, event in stored for one in trial.storage.neighbours(event)]
    found, unknown = trial.run([one.event for _, one in near])
    for number, (witness, one) in enumerate(near):
        if number not in unknown and _wrong(proof.direction, one.inside, number in found):
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


def _wrong(direction: Direction, rule: bool, query: bool) -> bool:
    match direction:
        case Direction.EXACT:
            return rule != query
        case Direction.WIDER:
            return rule and not query
        case Direction.NARROWER:
            return query and not rule
        case _:
            assert_never(direction)


def _is_odd(event: Event) -> bool:
    """Whether the event holds what not every platform can: null or a list."""
    return any(value is None or isinstance(value, list) for value in event.values())


def _disproof(proof: Proof, trial: Trial, witness: Witness) -> Proof:
    def shows(event: Event) -> bool:
        verdicts = trial.compare(event)
        return verdicts is not None and verdicts[0] is witness.matches and _wrong(proof.direction, *verdicts)

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
