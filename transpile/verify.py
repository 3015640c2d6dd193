"""Does the query mean the rule? Runs the printed text on events made from the rule and compares with the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any, assert_never

from transpile import dialects
from transpile.convert import NO_MODEL, Conversion, Options, Status, convert_reading, convert_source, effect
from transpile.diagnostics import Diagnostic, Effect, Report, Severity, diagnose
from transpile.dialects.base import Dialect, Reading
from transpile.evaluate import Unproven
from transpile.evaluate.reference import compile_rule
from transpile.evaluate.shrink import shrink
from transpile.evaluate.witness import Witness, Witnesses, make_witnesses
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Or
from transpile.ir.rule import Rule
from transpile.source import Source, Span
from transpile.text.lexer import ParseError

Event = Mapping[str, Any]


class Verdict(StrEnum):
    """What running a query showed."""

    PROVEN = "proven"  # it agrees with the rule on every event made from the rule
    DISPROVEN = "disproven"  # there is an event on which it does not
    UNPROVEN = "unproven"  # it could not be put to the test
    REFUSED = "refused"  # there is no query
    ERROR = "error"  # the rule could not be read, or the tool failed


class Direction(StrEnum):
    """How a query may differ from its rule."""

    EXACT = "exact"
    WIDER = "wider"  # it may match more
    NARROWER = "narrower"  # it may miss


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
    """What became of one rule in one language. `events` counts those on which query and rule were compared."""

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
            "query": self.query,
            "counterexample": self.counterexample.to_dict() if self.counterexample else None,
        }


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
        proofs.append(_verify(conversion, events, options))
    return proofs


def reject_disproven(conversions: Sequence[Conversion], options: Options) -> list[Conversion]:
    """The conversions, those whose query is shown to be wrong refused, and those not proven with a note saying why."""
    checked = []
    for conversion, proof in zip(conversions, verify_conversions(conversions, options), strict=True):
        match proof.verdict:
            case Verdict.DISPROVEN:
                found = diagnose("RUN001", _span(proof), reason=proof.reason)
                conversion = replace(
                    conversion, status=Status.REFUSED, query=None, diagnostics=(*conversion.diagnostics, found)
                )
            case Verdict.UNPROVEN:
                note = diagnose("RUN002", reason=proof.reason)
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


def _verify(conversion: Conversion, events: Witnesses | Unproven | None, options: Options) -> Proof:
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
    assert conversion.rule is not None
    try:
        trial = _Trial(conversion.rule, conversion.query, conversion.target, conversion.model, options)
        return _judge(proof, trial, events)
    except Unproven as reason:
        return replace(proof, reason=str(reason))
    except ParseError as error:
        return replace(proof, verdict=Verdict.DISPROVEN, reason=f"the query is not in the language: {error}")


def _directions(diagnostics: Iterable[Diagnostic]) -> set[Direction]:
    return {
        Direction.WIDER if one.code.endswith("W") else Direction.NARROWER
        for one in diagnostics
        if effect(one) is Effect.APPROXIMATE
    }


def _judge(proof: Proof, trial: _Trial, witnesses: Witnesses) -> Proof:
    """Compare on all events; on a disagreement make it small and find what is at fault."""
    stored = [(witness, kept) for witness in witnesses.events if (kept := trial.store(witness.event)) is not None]
    found, unknown = trial.run([kept for _, kept in stored])
    compared = [pair for number, pair in enumerate(stored) if number not in unknown]
    proof = replace(proof, events=len(compared), matching=sum(witness.matches for witness, _ in compared))
    for number, (witness, _) in enumerate(stored):
        if number not in unknown and _wrong(proof.direction, witness.matches, number in found):
            return _disproof(proof, trial, witness)
    essential = [reason for number, reason in unknown.items() if not _is_odd(stored[number][0].event)]
    if essential:
        return replace(proof, reason=essential[0])
    if not proof.matching:
        where = "" if any(witness.matches for witness in witnesses.events) else " could be made"
        return replace(proof, reason=f"no event that the rule matches{where or ' can be stored on the platform'}")
    return replace(proof, verdict=Verdict.PROVEN)


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


def _disproof(proof: Proof, trial: _Trial, witness: Witness) -> Proof:
    def shows(event: Event) -> bool:
        verdicts = trial.compare(event)
        return verdicts is not None and verdicts[0] is witness.matches and _wrong(proof.direction, *verdicts)

    event = shrink(witness.event, shows)
    part = _at_fault(trial, event, proof.direction)
    words = "misses an event that the rule matches" if witness.matches else "matches an event that the rule does not"
    return replace(
        proof,
        verdict=Verdict.DISPROVEN,
        reason=f"the query {words}",
        counterexample=Counterexample(
            event,
            trial.store(event) or {},
            witness.why,
            witness.matches,
            not witness.matches,
            _as_written(part, trial.rule) if part else "",
            _span_of(part) if part else None,
        ),
    )


class _Trial:
    """One rule and its query, ready to be run on events."""

    def __init__(self, rule: Rule, query: str, target: str, model: str, options: Options) -> None:
        self.rule, self.target, self.model, self.options = rule, target, model, options
        self.matches = compile_rule(rule)
        dialect: Dialect = dialects.load(target)
        if dialect.run is None:
            raise Unproven(f"{dialect.title} cannot be run yet")
        tree = dialect.parse(Source(query, f"<{target}>"))
        self._run = partial(dialect.run, tree)
        self.store = _storage(rule, model, options)

    def run(self, events: Sequence[Event]) -> tuple[set[int], dict[int, str]]:
        """The positions that the query returns; and those of which nobody can tell, with the reason."""
        try:
            return set(self._run(events)), {}
        except Unproven:
            found: set[int] = set()
            unknown: dict[int, str] = {}
            for number, event in enumerate(events):
                try:
                    if list(self._run([event])):
                        found.add(number)
                except Unproven as reason:
                    unknown[number] = str(reason)
            return found, unknown

    def compare(self, event: Event) -> tuple[bool, bool] | None:
        """Whether the rule and whether the query match the event; None if nobody can tell."""
        stored = self.store(event)
        if stored is None:
            return None
        found, unknown = self.run([stored])
        return None if unknown else (self.matches(event), bool(found))


def _storage(rule: Rule, model: str, options: Options) -> Callable[[Event], Event | None]:
    """How the platform stores an event of this rule's log source; None for an event that it cannot hold."""
    if model == NO_MODEL:
        return lambda event: event
    from transpile.pipelines import apply, events, load

    loaded = load.load(model)
    source = apply.apply(rule, loaded, Report(options.allow_approximate), unmapped=options.unmapped).source

    def store(event: Event) -> Event | None:
        try:
            return events.map_event(event, loaded, rule.logsource, source)
        except events.Outside:
            return None

    return store


def _at_fault(trial: _Trial, event: Event, direction: Direction) -> Expr | None:
    """The smallest part of the rule whose own query is wrong about the event."""
    for part in _parts(trial.rule.condition):
        rule = replace(trial.rule, condition=part)
        options = replace(trial.options, targets=(trial.target,), models=(trial.model,))
        conversion = convert_reading(Reading(rule), rule.source, options)[0]
        if conversion.query is None:
            continue
        try:
            verdicts = _Trial(rule, conversion.query, trial.target, trial.model, options).compare(event)
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
            case Match() | Keyword() | Constant():
                size = 1
            case _:
                assert_never(part)
        found.setdefault(size, []).append(part)
        return size

    collect(expr)
    return [part for size in sorted(found) for part in found[size]]


def _span_of(part: Expr) -> Span | None:
    match part:
        case Match() | Keyword():
            return part.span
        case And(args) | Or(args):
            return next((span for arg in args if (span := _span_of(arg))), None)
        case Not(arg):
            return _span_of(arg)
        case Constant():
            return None
        case _:
            assert_never(part)


def _as_written(part: Expr, rule: Rule) -> str:
    """The line of the rule that says this part, or for lack of one the field."""
    span = _span_of(part)
    line = rule.source.line(span.line).strip() if span else ""
    if isinstance(part, Match):
        return line if part.field.name in line else f"{part.field.name}: {line}".strip(": ")
    return line
