"""Events made from a rule, and what the rule and each of its queries say of them: a proof to look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from transpile.conversion import Conversion, Options
from transpile.evaluate import Unproven
from transpile.evaluate.stream_make import make_bases
from transpile.evaluate.stream_witness import make_streams
from transpile.evaluate.witness import Witness, make_witnesses
from transpile.ir.rule import Rule
from transpile.matching.times import as_text
from transpile.record import record
from transpile.syntax.lexer import ParseError
from transpile.verify.stream_trial import StreamTrial
from transpile.verify.trial import Trial

MATCHING, MISSING = 6, 18  # events shown of each sort
STREAMS = 12


@record
class Example:
    """Events (one, or a stream with times), why they were made, what the rule says and what each query says.

    `rule` and the values of `queries` are whether it matches, or the groups that it alerts on; a query of which nobody
    can tell, or whose platform cannot hold the events, is left out.
    """

    events: tuple[tuple[str | None, Mapping[str, Any]], ...]
    why: str
    rule: bool | tuple[str, ...]
    queries: Mapping[str, bool | tuple[str, ...]]

    def to_dict(self) -> dict[str, Any]:
        """The example as JSON-ready values."""
        return {
            "events": [{"time": time, "event": dict(event)} for time, event in self.events],
            "why": self.why,
            "rule": self.rule,
            "queries": dict(self.queries),
        }


def examples(conversions: Sequence[Conversion], options: Options) -> list[Example]:
    """Examples for one rule, matching ones first. Raises `Unproven` where events cannot be made from it.

    `conversions` are those of the rule to several languages, and must still hold it.
    """
    rule = next((one.rule for one in conversions if one.rule is not None), None)
    written = [one for one in conversions if one.query is not None]
    if rule is None or not written:
        return []
    return _of_events(rule, written, options) if rule.is_single else _of_streams(rule, written)


def _of_events(rule: Rule, conversions: Iterable[Conversion], options: Options) -> list[Example]:
    made = make_witnesses(rule).events
    chosen = [*islice((one for one in made if one.matches), MATCHING), *_spread(made)]
    said: list[dict[str, bool | tuple[str, ...]]] = [{} for _ in chosen]
    for conversion in conversions:
        try:
            trial = Trial(conversion, options)
        except (Unproven, ParseError):
            continue
        for number, witness in enumerate(chosen):
            verdicts = trial.compare(witness.event)
            if verdicts is not None and verdicts[0] is witness.matches:
                said[number][conversion.target] = verdicts[1]
    return [
        Example(((None, one.event),), one.why, one.matches, verdicts)
        for one, verdicts in zip(chosen, said, strict=True)
    ]


def _spread(made: Sequence[Witness]) -> list[Witness]:
    """Near misses of every sort: an even share of those that do not match."""
    missing = [one for one in made if not one.matches]
    step = max(1, -(-len(missing) // MISSING))
    return missing[::step]


def _of_streams(rule: Rule, conversions: Iterable[Conversion]) -> list[Example]:
    found: list[Example] = []
    bases = make_bases(rule.body)
    trials: list[tuple[str, StreamTrial]] = []
    for conversion in conversions:
        try:
            trials.append((conversion.target, StreamTrial(conversion)))
        except (Unproven, ParseError):
            continue
    if not trials:
        return []
    first = trials[0][1]
    for stream in islice(make_streams(rule.body, first.reference, bases, first.prepare), STREAMS):
        said: dict[str, bool | tuple[str, ...]] = {}
        for target, trial in trials:
            try:
                stored = trial.store(stream.events, stream.origins)
                if stored is not None:
                    said[target] = _groups(trial.key_of(row) for row in trial.rows(stored))
            except Unproven:
                continue
        events = tuple((as_text(one.time), one.event) for one in stream.events)
        found.append(Example(events, stream.why, _groups(stream.alerts.groups), said))
    return found


def _groups(keys: Iterable[tuple[str | None, ...]]) -> tuple[str, ...]:
    return tuple(
        sorted({", ".join(one if one is not None else "(none)" for one in key) or "all events" for key in keys})
    )
