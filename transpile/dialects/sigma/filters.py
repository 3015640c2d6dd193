"""Filters: conditions that are added to rules, which they name or whose log source they share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from transpile.diagnostics import Diagnostic, Severity, diagnose
from transpile.dialects.base import ReadOptions
from transpile.dialects.sigma import codes
from transpile.dialects.sigma.library import ANY_RULE, LibraryEntry, References, scalars
from transpile.dialects.sigma.metadata import read_metadata
from transpile.dialects.sigma.rule import RuleReader, did_you_mean
from transpile.dialects.sigma.stages import elsewhere
from transpile.dialects.sigma.tree import Mapping
from transpile.ir.expr import And, Expr
from transpile.ir.rule import NamedPart, Rule
from transpile.ir.stream import Events, LogSource, Stream
from transpile.ir.walk import all_events, replace_events
from transpile.record import record
from transpile.source import Source, Span

_CHAINSAW = ("kind", "timestamp", "group", "authors")  # keys of a Chainsaw rule, which has a `filter` too


@record
class Filter:
    """A filter that can be applied, or None for its condition with the reason why not."""

    title: str
    logsource: LogSource
    condition: Expr | None
    span: Span | None
    findings: tuple[Diagnostic, ...]

    @property
    def reason(self) -> str:
        """What is wrong with it."""
        return "; ".join(one.message for one in self.findings if one.severity is Severity.ERROR)


def read_filter(entry: LibraryEntry, options: ReadOptions) -> Filter:
    """The filter of a document."""
    findings = list(entry.findings)
    metadata = read_metadata(entry.node, findings)
    found = entry.node.find("filter")
    assert found is not None
    reader = RuleReader(entry.node, entry.source, options, findings, block="filter")
    rule = None
    if entry.node.find("logsource") is None and any(entry.node.find(key) for key in _CHAINSAW):
        reader.find(codes.SIG101, found.key.span, problem="belongs to a Chainsaw rule, which is not a Sigma rule")
    elif isinstance(found.value, Mapping) and found.value.find("rules") is None:
        reader.find(codes.SIG101, found.key.span, problem="has no `rules`; list ids or names, or write `any`")
    else:
        rule = reader.read(dict(metadata))
    condition = rule.condition if rule is not None and not reader.failed else None
    logsource = rule.logsource if rule is not None else LogSource()
    return Filter(metadata["title"], logsource, condition, found.key.span, tuple(findings))


def unknown_rules(entry: LibraryEntry, texts: References) -> Iterable[Diagnostic]:
    """A finding for each rule that a filter names and no text holds."""
    block = entry.node.value("filter")
    for scalar in scalars(block.value("rules")) if isinstance(block, Mapping) else ():
        if scalar.text != ANY_RULE and not texts.find(scalar.text, entry.source):
            hint = did_you_mean(scalar.text, texts.names()) or "pass the file that holds the rule as well"
            yield diagnose(codes.SIG102, scalar.span, name=scalar.text, hint=hint)


def _contains(outer: LogSource, inner: LogSource) -> bool:
    """Whether every word of the filter's log source is in the rule's."""
    pairs = ((outer.category, inner.category), (outer.product, inner.product), (outer.service, inner.service))
    return all(wanted is None or wanted == found for wanted, found in pairs)


@dataclass(slots=True)
class Filters:
    """The filters of one text and its library, each read once."""

    texts: References
    options: ReadOptions
    read: dict[LibraryEntry, Filter] = field(default_factory=dict)
    parts: dict[LibraryEntry, list[NamedPart]] = field(default_factory=dict)  # what they added to each rule

    def of(self, entry: LibraryEntry) -> Filter:
        """A filter, read when it is first asked for."""
        if entry not in self.read:
            self.read[entry] = read_filter(entry, self.options)
        return self.read[entry]

    def apply(self, rule: Rule, entry: LibraryEntry, findings: list[Diagnostic]) -> Rule:
        """The rule with every filter that is meant for it; what each did, or why it could not, goes to `findings`."""
        named = [one for one in self.texts.referring(entry) if one.is_filter]
        for other in named:
            found = self.of(other)
            fits = any(_contains(found.logsource, events.logsource) for events in all_events(rule.body))
            if found.condition is None:
                if len(self.texts.meant(entry, other)) > 1:
                    continue  # which of several rules of one name is meant, only the filter could have said
                findings.append(
                    diagnose(codes.SIG100, rule.span and _head(entry), title=found.title, reason=found.reason)
                )
            elif not fits:
                span = rule.logsource_span if rule.is_single else None
                findings.append(diagnose(codes.SIG099, span, title=found.title, wanted=found.logsource))
            else:
                rule = self.filtered(rule, found, entry, other.source, findings)
        for other in self.texts.general_filters():
            found = self.of(other)
            if other in named or found.condition is None:
                continue
            if any(_contains(found.logsource, events.logsource) for events in all_events(rule.body)):
                rule = self.filtered(rule, found, entry, other.source, findings)
        return rule

    def filtered(
        self, rule: Rule, found: Filter, entry: LibraryEntry, there: Source, findings: list[Diagnostic]
    ) -> Rule:
        """The rule under a filter: its events must pass the filter's condition as well."""
        condition, span = found.condition, found.span
        assert condition is not None
        if there != entry.source:
            condition, span = elsewhere(condition, there), elsewhere(span, there)

        def narrowed(events: Events) -> Stream:
            if not _contains(found.logsource, events.logsource):
                return events
            return replace(events, condition=And((events.condition, condition)))

        findings.append(diagnose(codes.SIG098, span, title=found.title))
        part = NamedPart(found.title, condition, span)
        self.parts.setdefault(entry, []).append(part)
        return replace(rule, body=replace_events(rule.body, narrowed), parts=(*rule.parts, part))


def _head(entry: LibraryEntry) -> Span:
    """Where a rule says what it is called."""
    named = entry.node.find("name") or entry.node.find("id") or entry.node.find("title")
    return named.value.span if named else entry.node.span
