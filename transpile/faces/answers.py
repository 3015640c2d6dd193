"""Questions about rules and their answers as JSON-ready values, for faces that talk in JSON.

The objects are those of the command line's `--format json`. Every function takes texts as they are and raises
`AnswerError`, whose message says what is valid, for an invalid question.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from transpile import dialects
from transpile.conversion import AUTO, Conversion, Options, choose_models, convert_source, read_source_rules
from transpile.diagnostics import Severity
from transpile.evaluate import Unproven
from transpile.ir.rule import Rule
from transpile.lint.fix import fix_text
from transpile.lint.run import is_sigma, lint_source
from transpile.lint.settings import DEFAULTS
from transpile.matching.correlate import Alert, match_rules
from transpile.matching.logs import Broken, read_logs
from transpile.matching.run import RunTally
from transpile.matching.windows import normalise
from transpile.record import record
from transpile.report.description import by_rule, describe
from transpile.report.findings import with_lint
from transpile.report.why import verdicts
from transpile.source import Source
from transpile.verify import verify_source
from transpile.verify.audit import audit
from transpile.verify.compare import compare_rules

MOST_EXPLAINED = 20  # events whose verdicts are told part by part


class AnswerError(ValueError):
    """An invalid question; the message names the valid choices."""


@record
class ConversionRequest:
    """How to convert: languages to write (all by default), data models, and the language to read."""

    to: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    read: str = AUTO
    allow_approximate: bool = False
    keep_unmapped: bool = False

    def options(self) -> Options:
        """The options of a conversion. Raises `AnswerError` for an unknown name."""
        return _known(
            Options(
                targets=_targets(self.to),
                read=self.read,
                models=self.models,
                allow_approximate=self.allow_approximate,
                unmapped="keep" if self.keep_unmapped else "refuse",
            )
        )


def _known(options: Options) -> Options:
    """The options, whose names are all known. Raises `AnswerError` for one that is not."""
    try:
        choose_models(options)
    except (KeyError, ValueError) as error:
        raise AnswerError(str(error.args[0] if error.args else error)) from None
    return options


def _targets(names: Iterable[str]) -> tuple[str, ...]:
    known = dialects.writers()
    chosen = tuple(dict.fromkeys(name.strip().lower() for name in names if name.strip()))
    for name in chosen:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise AnswerError(
                f"unknown language {name!r}; " + (f"did you mean {near[0]!r}?" if near else f"expected {known}")
            )
    return chosen or tuple(name for name in known if dialects.load(name).by_default)


def convert(source: Source, asked: ConversionRequest) -> dict[str, Any]:
    """Every rule of a text in each language."""
    return {"conversions": [one.to_dict() for one in _conversions(source, asked.options())]}


def _conversions(source: Source, options: Options) -> list[Conversion]:
    found = convert_source(source, options)
    if not found:
        raise AnswerError("the text holds no rule")
    return found


def explain(source: Source, asked: ConversionRequest) -> dict[str, Any]:
    """What each rule looks for, what each line of a data model did, and its queries; approximate ones are marked."""
    options = asked.options()
    return {"rules": [describe(one) for one in by_rule(_conversions(source, options), len(options.targets))]}


def check(source: Source, asked: ConversionRequest) -> dict[str, Any]:
    """The findings about a text, those of the linter among them, and the text with what can be fixed safely."""
    options = asked.options()
    conversions = convert_source(source, options)
    linted = is_sigma(source)
    findings = with_lint(conversions, lint_source(source) if linted else _unlinted(source), DEFAULTS, options.targets)
    fixed = fix_text(source.text, source.path) if linted else None
    return {
        "findings": [one.to_dict() for one in findings],
        "fixed": fixed.text if fixed and fixed.mended else None,
    }


def _unlinted(source: Source) -> Any:
    from transpile.lint.run import Linted

    return Linted(source.path)


def verify(source: Source, asked: ConversionRequest) -> dict[str, Any]:
    """Whether each query means its rule, by events made from the rule."""
    return {"proofs": [one.to_dict() for one in verify_source(source, asked.options())]}


def verify_query(source: Source, query: str, language: str, asked: ConversionRequest) -> dict[str, Any]:
    """Whether a query that somebody else wrote means the first rule of a text."""
    options = ConversionRequest((language,), asked.models, asked.read, True, asked.keep_unmapped).options()
    return {"proofs": [audit(_conversions(source, options)[0], query, options).to_dict()]}


def diff(first: Source, second: Source) -> dict[str, Any]:
    """What the first rules of two texts match, compared."""
    return compare_rules(_first_rule(first), _first_rule(second)).to_dict()


def _first_rule(source: Source) -> Rule:
    readings = read_source_rules(source, Options(()))
    for reading in readings:
        if reading.rule is not None:
            return reading.rule
    errors = [one for reading in readings for one in reading.diagnostics if one.severity is Severity.ERROR]
    raise AnswerError(f"{source.path}: {errors[0].message if errors else 'holds no rule'}")


def parse_events(text: str) -> list[Mapping[str, Any]]:
    """Events in a text: JSON, a list of it, or JSON lines, as logs hold them. Raises `AnswerError`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "events.json")
        path.write_text(text, encoding="utf-8")
        found = []
        for record in read_logs(path):
            if isinstance(record, Broken):
                raise AnswerError(f"line {record.number} holds no event: {record.reason}")
            found.append(normalise(record.event))
    return found


def match(
    source: Source, events: Sequence[Mapping[str, Any]], *, read: str = AUTO, limit: int = 1000
) -> dict[str, Any]:
    """Which rules of a text match which events (by number, from 1), and what each part of a rule says of an event.

    Alerts of rules on many events need the usual time fields (`@timestamp`, `UtcTime` ...).
    """
    readings = read_source_rules(source, _known(Options((), read=read)))
    rules = [reading.rule for reading in readings if reading.rule is not None]
    if not rules:
        _first_rule(source)
    try:
        hits, alerts, tally = _matches(rules, events, limit)
        explained = [_verdicts(rule, events) for rule in rules if rule.is_single and not rule.is_base]
    except Unproven as reason:
        raise AnswerError(f"the rule cannot be run over events: {reason}") from None
    return {
        "events": len(events),
        "hits": hits,
        "alerts": alerts,
        "untimed": tally.untimed,
        "rules": explained,
    }


def _matches(
    rules: Sequence[Rule], events: Sequence[Mapping[str, Any]], limit: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], RunTally]:
    tally = RunTally()
    hits: list[dict[str, Any]] = []
    alerts: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "events.ndjson")
        path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
        for found in match_rules(rules, [path], tally):
            if isinstance(found, Alert):
                alerts.append(_alert(found, rules))
            elif len(hits) < limit:
                hits.append({"rule": rules[found.rule].id, "title": rules[found.rule].title, "event": found.number})
    return hits, alerts, tally


def _alert(alert: Alert, rules: Sequence[Rule]) -> dict[str, Any]:
    found = alert.to_dict(rules)
    found["records"] = [one["record"] for one in found["records"]]
    del found["rule_path"]
    return found


def _verdicts(rule: Rule, events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What each part of a rule says of the first events."""
    said = [[part.to_dict() for part in verdicts(rule, event)] for event in events[:MOST_EXPLAINED]]
    return {"rule": rule.id, "title": rule.title, "conditions": list(rule.conditions), "events": said}
