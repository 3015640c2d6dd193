"""From a Sigma text to IR rules: the reader that the rest of the tool calls."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

from transpile.codes import Code
from transpile.diagnostics import Diagnostic, Severity, diagnose
from transpile.dialects.base import Reading, ReadOptions
from transpile.dialects.sigma import codes
from transpile.dialects.sigma import condition as conditions
from transpile.dialects.sigma.collection import candidates
from transpile.dialects.sigma.condition import Condition, Name
from transpile.dialects.sigma.guess import guess
from transpile.dialects.sigma.lift import lift_all
from transpile.dialects.sigma.load import load
from transpile.dialects.sigma.metadata import read_metadata
from transpile.dialects.sigma.parse import DetectionParser, Values
from transpile.dialects.sigma.pipelines import Draft, apply_pipelines
from transpile.dialects.sigma.tree import Entry, Mapping, Node, Scalar, Sequence
from transpile.dialects.sigma.tree import part as _place
from transpile.ir.expr import Constant, Expr, Or
from transpile.ir.passes import simplify_expr
from transpile.ir.rule import NamedPart, Rule
from transpile.ir.stream import Events, LogSource
from transpile.source import Source, Span
from transpile.syntax.lexer import ParseError

_NO_VALUES: Values = MappingProxyType({})
_LOGSOURCE = ("category", "product", "service")
_MOST_TOLD = 20  # unknown names in a condition
_NO_SELECTIONS = frozenset(("condition", "timeframe"))


_DEFAULTS = ReadOptions()


def read(source: Source, options: ReadOptions = _DEFAULTS) -> list[Reading]:
    """What the text holds, one `Reading` for each YAML document that is a rule or tries to be. Never raises.

    Only a rule whose log source, detection or condition cannot be understood is lost; the diagnostics of a rule
    that could be read are notes.
    """
    return [reading for _, reading in read_nodes(source, options)]


def read_nodes(source: Source, options: ReadOptions = _DEFAULTS) -> list[tuple[Mapping | None, Reading]]:
    """What `read` returns, each reading with the map that it was read from; None where there is no map."""
    found: list[tuple[Mapping | None, Reading]] = []
    with _no_garbage_collection():
        for node, findings in candidates(load(source)):
            if node is None:
                found.append((None, Reading(None, tuple(findings))))
            else:
                found.append((node, _RuleReader(node, findings, source, options).read()))
    return found


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Reading makes many objects that stay and hardly a cycle; to look for cycles meanwhile takes as long again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(slots=True)
class _RuleReader:
    """Reads one rule; what it finds goes to `findings`, and the rule is lost if there is an error among them."""

    node: Mapping
    findings: list[Diagnostic]
    source: Source
    options: ReadOptions

    def read(self) -> Reading:
        metadata = read_metadata(self.node, self.findings)
        for key, code in (("correlation", codes.SIG011), ("filter", codes.SIG012)):
            entry = self.node.find(key)
            if entry is not None:
                self.find(code, entry.key.span)
                return self.reading(metadata, None)
        draft = self.draft(metadata)
        if draft is not None and not self.failed:
            apply_pipelines(draft, self.options.pipelines, self.findings)
        if draft is None or self.failed:
            return self.reading(metadata, None)
        return self.reading(draft.metadata, self.rule(draft))

    def reading(self, metadata: Map[str, Any], rule: Rule | None) -> Reading:
        return Reading(None if self.failed else rule, tuple(self.findings), metadata["id"], metadata["title"])

    @property
    def failed(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def draft(self, metadata: dict[str, Any]) -> Draft | None:
        """The rule as pySigma's objects, complete unless there are errors among the findings."""
        logsource = self.logsource()
        detection = self.node.find("detection")
        if detection is None or not isinstance(detection.value, Mapping):
            problem = "is missing" if detection is None else "is no map"
            self.find(
                codes.SIG021,
                detection.key.span if detection else _missing("detection", self.node, self.node.span),
                problem=problem,
            )
            return None
        parser = DetectionParser(self.options.values, self.findings)
        entries = [entry for entry in detection.value.entries if entry.key.text not in _NO_SELECTIONS]
        if not entries:
            self.find(codes.SIG021, detection.key.span, problem="has no selections")
        names = {entry.key.text: entry.key.span for entry in entries}
        detections = {entry.key.text: parser.selection(entry.key, entry.value) for entry in entries}
        texts = self.conditions(detection, names)
        read = {name: found for name, found in detections.items() if found is not None}
        return Draft(metadata, logsource, read, texts, names)

    def logsource(self) -> LogSource:
        entry = self.node.find("logsource")
        if entry is None or not isinstance(entry.value, Mapping):
            problem = "is missing" if entry is None else "is no map"
            self.find(
                codes.SIG020,
                entry.key.span if entry else _missing("logsource", self.node, self.node.span),
                problem=problem,
            )
            return LogSource()
        words: dict[str, str] = {}
        for key in _LOGSOURCE:
            value = entry.value.value(key)
            if value is None or (isinstance(value, Scalar) and (value.is_null or not value.text)):
                continue
            if not isinstance(value, Scalar):
                self.find(codes.SIG020, value.span, problem=f"has a {key} that is no name")
                continue
            words[key] = value.text
            if value.text != value.text.lower():
                self.find(codes.SIG084, value.span, key=key, value=value.text)
        if not words and not self.failed:
            self.find(codes.SIG020, entry.key.span, problem="names no category, product or service")
        return LogSource(**words)

    def conditions(self, detection: Entry, names: Map[str, Span]) -> list[str]:
        """The texts of the condition, each checked against the names of the selections."""
        assert isinstance(detection.value, Mapping)
        entry = detection.value.find("condition")
        if entry is None:
            span = _missing("condition", detection.value, detection.key.span)
            self.find(codes.SIG022, span, problem="is missing")
            return []
        scalars: list[Node] = entry.value.items if isinstance(entry.value, Sequence) else [entry.value]
        texts: list[str] = []
        used: set[str] = set()
        for scalar in scalars:
            if not isinstance(scalar, Scalar) or not scalar.text.strip():
                self.find(codes.SIG022, scalar.span, problem="is empty" if isinstance(scalar, Scalar) else "is no text")
                continue
            texts.append(scalar.text)
            used |= self.check_condition(scalar, names)
        if not scalars:
            self.find(codes.SIG022, entry.key.span, problem="is empty")
        if not self.failed:
            for name, span in names.items():
                if name not in used:
                    self.find(codes.SIG056, span, name=name)
        timeframe = detection.value.find("timeframe")
        if timeframe is not None and not any("|" in text for text in texts):
            self.find(codes.SIG082, timeframe.key.span)
        return texts

    def check_condition(self, scalar: Scalar, names: Map[str, Span]) -> set[str]:
        """The names that a condition uses; finds what it names wrongly."""
        before, bar, what = scalar.text.partition("|")
        if bar:
            self.find(codes.SIG054, _place(scalar, len(before), len(scalar.text)), what=what.strip())
            return set(names)
        try:
            parsed = conditions.parse(scalar.text)
        except ParseError as error:
            start, end = error.span.column - 1, error.span.end_column - 1
            at = scalar.span if error.span.line > 1 else _place(scalar, start, end)
            self.find(codes.SIG050, at, reason=error.message)
            return set(names)
        if scalar.text != scalar.text.lower():
            for token in conditions.shouted(scalar.text):
                place = _place(scalar, token.start, token.end)
                self.find(codes.SIG057, place, word=token.text, lower=token.text.lower())
        used: set[str] = set()
        told: set[str] = set()
        for reference in conditions.references(parsed):
            place = _place(scalar, reference.start, reference.end)
            if isinstance(reference, Name):
                used.add(reference.name)
                if reference.name not in names and reference.name not in told and len(told) < _MOST_TOLD:
                    told.add(reference.name)
                    self.find(codes.SIG051, place, name=reference.name, hint=_did_you_mean(reference.name, names))
                continue
            chosen = reference.choose(names)
            used.update(chosen)
            if not chosen and reference.all:
                hint = _did_you_mean(reference.pattern, names)
                self.find(codes.SIG052, place, pattern=reference.pattern, hint=hint)
            elif not chosen:
                self.find(codes.SIG053, place, pattern=reference.pattern, quantifier=reference.quantifier)
        return used

    def rule(self, draft: Draft) -> Rule | None:
        """The IR rule of a draft, or None with an error among the findings."""
        meanings = lift_all(draft.detections, self.findings)
        whole: list[Expr] = []
        for text in draft.conditions:
            parsed = self.parse_again(text, meanings)
            meaning = conditions.mean(parsed, meanings.__getitem__, draft.places) if parsed else None
            if meaning is not None:
                whole.append(meaning)
        if self.failed:
            return None
        if not whole:
            self.find(codes.SIG062, None, what="the condition")
            return None
        expr = whole[0] if len(whole) == 1 else Or(tuple(whole))
        simple = simplify_expr(expr) if any(f.kind == codes.SIG053 for f in self.findings) else expr
        if isinstance(simple, Constant):
            entry = self.node.find("detection")
            self.find(codes.SIG055, entry.key.span if entry else None, always="always" if simple.value else "never")
            return None
        logsource = self.node.find("logsource")
        parts = [NamedPart(name, expr, draft.places.get(name)) for name, expr in meanings.items() if expr is not None]
        span = logsource.value.span if logsource else None
        return Rule(
            body=Events(simple, draft.logsource, logsource_span=span),
            source=self.source,
            parts=tuple(parts),
            conditions=tuple(draft.conditions),
            span=self.node.span,
            **draft.metadata,
        )

    def parse_again(self, text: str, names: Map[str, object]) -> Condition | None:
        """The tree of a condition that was checked before, but that a pipeline may have changed since."""
        try:
            parsed = conditions.parse(text)
        except ParseError as error:
            self.find(codes.SIG060, None, reason=f"the condition it makes cannot be read: {error.message}")
            return None
        for reference in conditions.references(parsed):
            if isinstance(reference, Name) and reference.name not in names:
                self.find(
                    codes.SIG060, None, reason=f"the condition it makes names `{reference.name}`, which is not there"
                )
                return None
        return parsed

    def find(self, code: Code, span: Span | None, **facts: Any) -> None:
        self.findings.append(diagnose(code, span, **facts))


def _missing(key: str, node: Mapping, whole: Span) -> Span:
    """Where to say that a key is missing: at one that looks like it, or else `whole`."""
    close = guess(key, [entry.key.text for entry in node.entries], cutoff=0.8)
    entry = node.find(close) if close else None
    return entry.key.span if entry else whole


def _did_you_mean(name: str, names: Map[str, object]) -> str:
    close = guess(name, names)
    if close:
        return f"did you mean `{close}`?"
    known = ", ".join(f"`{known}`" for known in islice(names, _MOST_TOLD))
    return f"there are {known}" if known else ""
