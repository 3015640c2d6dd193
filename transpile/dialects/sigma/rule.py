"""One rule or filter, from the map that it is in YAML to its condition in IR."""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from transpile.codes import Code
from transpile.diagnostics import Diagnostic, Severity, diagnose
from transpile.dialects.base import ReadOptions
from transpile.dialects.sigma import codes
from transpile.dialects.sigma import condition as conditions
from transpile.dialects.sigma.aggregation import Aggregation, AggregationError, Near, parse_aggregation
from transpile.dialects.sigma.aggregation import stream as aggregate
from transpile.dialects.sigma.condition import Condition, Name
from transpile.dialects.sigma.direct import meanings as direct_meanings
from transpile.dialects.sigma.guess import guess
from transpile.dialects.sigma.naming import slug
from transpile.dialects.sigma.pipelines import Draft, apply_pipelines, on_platform
from transpile.dialects.sigma.timespan import TimespanError, seconds
from transpile.dialects.sigma.tree import MapEntry, Mapping, Node, Scalar, Sequence
from transpile.dialects.sigma.tree import part as _place
from transpile.ir.expr import Constant, Expr, Or
from transpile.ir.passes import simplify_expr
from transpile.ir.rule import NamedPart, Rule
from transpile.ir.stream import Events, LogSource, Stream
from transpile.source import Source, Span
from transpile.syntax.lexer import ParseError

if TYPE_CHECKING:
    from sigma.rule import SigmaDetection

_LOGSOURCE = ("category", "product", "service")
_MOST_TOLD = 20  # unknown names in a condition
_MOST_NAMED = 12  # known names in a hint
_NO_SELECTIONS = {"detection": frozenset(("condition", "timeframe")), "filter": frozenset(("condition", "rules"))}


@dataclass(slots=True)
class RuleReader:
    """Reads one rule; what it finds goes to `findings`, and the rule is lost if there is an error among them.

    `block` is the key that holds the selections: a filter has them under `filter`.
    """

    node: Mapping
    source: Source
    options: ReadOptions
    findings: list[Diagnostic]
    block: str = "detection"
    aggregation: Aggregation | Near | None = field(default=None, init=False)

    @property
    def failed(self) -> bool:
        """Whether the rule is lost."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def read(self, metadata: dict[str, Any]) -> Rule | None:
        """The rule, with metadata that is already read; None with an error among the findings."""
        draft = self.draft(metadata)
        if draft is not None and not self.failed:
            apply_pipelines(draft, self.options.pipelines, self.findings)
        return None if draft is None or self.failed else self.rule(draft)

    def draft(self, metadata: dict[str, Any]) -> Draft | None:
        """The rule as pySigma's objects, complete unless there are errors among the findings."""
        logsource = self.logsource()
        detection = self.node.find(self.block)
        if detection is None or not isinstance(detection.value, Mapping):
            problem = "is missing" if detection is None else "is not a map"
            span = detection.key.span if detection else _missing(self.block, self.node, self.node.span)
            self.find(codes.SIG021, span, problem=problem)
            return None
        entries = [entry for entry in detection.value.entries if entry.key.text not in _NO_SELECTIONS[self.block]]
        if not entries:
            self.find(codes.SIG021, detection.key.span, problem="has no selections")
        names = {entry.key.text: entry.key.span for entry in entries}
        meanings = None if self.options.pipelines else direct_meanings(entries)
        read = self.selections(entries) if meanings is None else {}
        texts = self.conditions(detection, names)
        return Draft(metadata, logsource, read, texts, names, meanings)

    def selections(self, entries: Many[MapEntry]) -> dict[str, SigmaDetection]:
        """The selections as pySigma's objects, without those that cannot be read."""
        from transpile.dialects.sigma.parse import DetectionParser

        parser = DetectionParser(self.options.values, self.findings)
        found = {entry.key.text: parser.selection(entry.key, entry.value) for entry in entries}
        return {name: one for name, one in found.items() if one is not None}

    def logsource(self) -> LogSource:
        """The log source; empty, with a finding, where it cannot be read."""
        entry = self.node.find("logsource")
        if entry is None or not isinstance(entry.value, Mapping):
            problem = "is missing" if entry is None else "is not a map"
            span = entry.key.span if entry else _missing("logsource", self.node, self.node.span)
            self.find(codes.SIG020, span, problem=problem)
            return LogSource()
        words: dict[str, str] = {}
        several: list[tuple[str, Sequence, list[str]]] = []
        for key in _LOGSOURCE:
            value = entry.value.value(key)
            if isinstance(value, Sequence):
                names = [one.text for one in value.items if isinstance(one, Scalar) and one.text]
                if len(names) == len(value.items) > 1:
                    several.append((key, value, names))
                    continue
                value = value.items[0] if len(names) == len(value.items) == 1 else value
            if value is None or (isinstance(value, Scalar) and (value.is_null or not value.text)):
                continue
            if not isinstance(value, Scalar):
                self.find(codes.SIG020, value.span, problem=f"has a {key} that is not a name")
                continue
            words[key] = value.text
            if value.text != value.text.lower():
                self.find(codes.SIG084, value.span, key=key, value=value.text)
        for key, listed, names in several:
            if words:
                self.find(codes.SIG025, listed.span, key=key, values=", ".join(names))
            else:
                self.find(codes.SIG020, listed.span, problem=f"has a {key} that is not a name")
        if not words and not self.failed:
            self.find(codes.SIG020, entry.key.span, problem="names no category, product or service")
        return LogSource(**words)

    def conditions(self, detection: MapEntry, names: Map[str, Span]) -> list[str]:
        """The texts of the condition, each checked against the names of the selections."""
        assert isinstance(detection.value, Mapping)
        entry = detection.value.find("condition")
        if entry is None:
            self.no_condition(detection)
            return []
        scalars: list[Node] = entry.value.items if isinstance(entry.value, Sequence) else [entry.value]
        if not scalars:
            self.find(codes.SIG022, entry.key.span, problem="is empty")
        timeframe = detection.value.find("timeframe")
        texts: list[str] = []
        used: set[str] = set()
        for scalar in scalars:
            if not isinstance(scalar, Scalar) or not scalar.text.strip():
                problem = "is empty" if isinstance(scalar, Scalar) else "is not text"
                self.find(codes.SIG022, scalar.span, problem=problem)
                continue
            before, bar, what = scalar.text.partition("|")
            if bar:
                texts += self.old_form(scalar, before, what, timeframe, alone=len(scalars) == 1)
            else:
                texts.append(scalar.text)
        for scalar in scalars if not self.failed else ():
            assert isinstance(scalar, Scalar)
            if "|" in scalar.text:
                for text in texts:
                    used |= self.check_condition(text, scalar, names, scalar.text.find(text))
            else:
                used |= self.check_condition(scalar.text, scalar, names, 0)
        if not self.failed:
            for name, span in names.items():
                if name not in used:
                    self.find(codes.SIG056, span, name=name)
        if timeframe is not None and self.aggregation is None and not self.failed:
            self.find(codes.SIG082, timeframe.key.span)
        return texts

    def no_condition(self, detection: MapEntry) -> None:
        """Say that there is no condition, and where it is if it is in the wrong place."""
        outside = self.node.find("condition")
        if outside is None:
            assert isinstance(detection.value, Mapping)
            span = _missing("condition", detection.value, detection.key.span)
            self.find(codes.SIG022, span, problem="is missing")
        else:
            self.find(
                codes.SIG022, outside.key.span, problem=f"is outside of `{self.block}`; indent it to be a key of it"
            )

    def old_form(self, scalar: Scalar, before: str, what: str, timeframe: MapEntry | None, *, alone: bool) -> list[str]:
        """The conditions on events in a condition that counts or relates them (`| count() by x > 5`)."""
        place = _place(scalar, len(before), len(scalar.text))
        try:
            if not alone or self.block == "filter":
                raise AggregationError("it must be the only condition of a rule")
            if timeframe is None:
                raise AggregationError("without a `timeframe`, it does not say within what time")
            span = timeframe.value.span
            length = seconds(timeframe.value.text if isinstance(timeframe.value, Scalar) else "")
            found = parse_aggregation(what.strip(), length, place)
        except TimespanError as error:
            self.find(codes.SIG089, span, value=error.text)
            return []
        except AggregationError as error:
            self.find(codes.SIG054, place, what=what.strip(), reason=error)
            return []
        self.aggregation = found
        self.find(codes.SIG105, place, kind=found.kind)
        return [before.strip(), *found.conditions]

    def check_condition(self, text: str, scalar: Scalar, names: Map[str, Span], at: int) -> set[str]:
        """The names that a condition, which is `at` in the scalar, uses; finds what it names wrongly."""
        try:
            parsed = conditions.parse(text)
        except ParseError as error:
            start, end = error.span.column - 1, error.span.end_column - 1
            place = scalar.span if error.span.line > 1 else _place(scalar, at + start, at + end)
            self.find(codes.SIG050, place, reason=error.message)
            return set(names)
        if text != text.lower():
            for token in conditions.shouted(text):
                place = _place(scalar, at + token.start, at + token.end)
                self.find(codes.SIG057, place, word=token.text, lower=token.text.lower())
        used: set[str] = set()
        told: set[str] = set()
        for reference in conditions.references(parsed):
            place = _place(scalar, at + reference.start, at + reference.end)
            if isinstance(reference, Name):
                used.add(reference.name)
                if reference.name not in names and reference.name not in told and len(told) < _MOST_TOLD:
                    told.add(reference.name)
                    self.find(codes.SIG051, place, name=reference.name, hint=did_you_mean(reference.name, names))
                continue
            chosen = reference.choose(names)
            used.update(chosen)
            if not chosen and reference.all:
                hint = did_you_mean(reference.pattern, names)
                self.find(codes.SIG052, place, pattern=reference.pattern, hint=hint)
            elif not chosen:
                self.find(codes.SIG053, place, pattern=reference.pattern, quantifier=reference.quantifier)
        return used

    def rule(self, draft: Draft) -> Rule | None:
        """The IR rule of a draft, or None with an error among the findings."""
        meanings = draft.meanings
        if meanings is None:
            from transpile.dialects.sigma.lift import lift_all

            lifted = lift_all(draft.detections, self.findings)
            meanings = {
                name: expr if expr is None or name in draft.places else on_platform(expr)
                for name, expr in lifted.items()
            }
        found = [self.meaning(text, meanings, draft) for text in draft.conditions]
        body = None if self.failed else self.body(found, draft)
        if body is None:
            return None
        parts = [NamedPart(name, expr, draft.places.get(name)) for name, expr in meanings.items() if expr is not None]
        return Rule(
            body=body,
            source=self.source,
            parts=tuple(parts),
            conditions=tuple(draft.conditions if self.aggregation is None else self.texts()),
            span=self.node.span,
            **draft.metadata,
        )

    def texts(self) -> list[str]:
        """The conditions as the author wrote them."""
        detection = self.node.value(self.block)
        condition = detection.value("condition") if isinstance(detection, Mapping) else None
        return [condition.text] if isinstance(condition, Scalar) else []

    def body(self, found: list[Expr | None], draft: Draft) -> Stream | None:
        """The stream of a rule whose conditions mean `found`."""
        entry = self.node.find("logsource")
        span = entry.value.span if entry else None
        if self.aggregation is not None:
            whole = [self.whole(expr) for expr in found]
            if any(expr is None for expr in whole):
                return None
            name = slug(draft.metadata["title"]) or "events"
            events = [Events(expr, draft.logsource, logsource_span=span) for expr in whole if expr is not None]
            return aggregate(self.aggregation, events, draft.conditions, name)
        present = [expr for expr in found if expr is not None]
        expr = self.whole(None if not present else present[0] if len(present) == 1 else Or(tuple(present)))
        return None if expr is None else Events(expr, draft.logsource, logsource_span=span)

    def whole(self, expr: Expr | None) -> Expr | None:
        """A condition that neither holds of every event nor of none; None with a finding for one that does."""
        if expr is None:
            self.find(codes.SIG062, None, what="the condition")
            return None
        simple = simplify_expr(expr) if any(f.kind == codes.SIG053 for f in self.findings) else expr
        if isinstance(simple, Constant):
            entry = self.node.find(self.block)
            self.find(codes.SIG055, entry.key.span if entry else None, truth="true" if simple.value else "false")
            return None
        return simple

    def meaning(self, text: str, meanings: Map[str, Expr | None], draft: Draft) -> Expr | None:
        """What a condition means that was checked before, but that a pipeline may have changed since."""
        try:
            parsed: Condition = conditions.parse(text)
        except ParseError as error:
            self.find(codes.SIG060, None, reason=f"the condition it makes cannot be read: {error.message}")
            return None
        for reference in conditions.references(parsed):
            if isinstance(reference, Name) and reference.name not in meanings:
                reason = f"the condition it makes names `{reference.name}`, which is not there"
                self.find(codes.SIG060, None, reason=reason)
                return None
        return conditions.mean(parsed, meanings.__getitem__, draft.places)

    def find(self, code: Code, span: Span | None, **facts: Any) -> None:
        """Note a finding."""
        self.findings.append(diagnose(code, span, **facts))


def _missing(key: str, node: Mapping, whole: Span) -> Span:
    """Where to say that a key is missing: at one that looks like it, or else `whole`."""
    close = guess(key, [entry.key.text for entry in node.entries], cutoff=0.8)
    entry = node.find(close) if close else None
    return entry.key.span if entry else whole


def did_you_mean(name: str, names: Map[str, object] | list[str]) -> str:
    """A hint for a name that is not known: the nearest known one, or all that there are."""
    close = guess(name, names)
    if close:
        return f"did you mean `{close}`?"
    known = ", ".join(f"`{known}`" for known in names) if len(names) <= _MOST_NAMED else ""
    return f"expected {known}" if known else ""
