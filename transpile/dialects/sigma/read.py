"""From a Sigma text to IR rules: the reader that the rest of the tool calls."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from transpile.codes import Code
from transpile.diagnostics import Diagnostic, Severity, diagnose
from transpile.dialects.base import Reading, ReadOptions
from transpile.dialects.sigma import codes
from transpile.dialects.sigma.collection import candidates
from transpile.dialects.sigma.correlation import Correlation, is_generating, parse_correlation
from transpile.dialects.sigma.filters import Filters, unknown_rules
from transpile.dialects.sigma.library import LibraryEntry, References, is_filter
from transpile.dialects.sigma.load import load
from transpile.dialects.sigma.metadata import read_metadata
from transpile.dialects.sigma.rule import RuleReader, did_you_mean
from transpile.dialects.sigma.stages import StageInput, UndefinedError, elsewhere, renamed, stream_of
from transpile.dialects.sigma.tree import Mapping, Scalar
from transpile.garbage import no_garbage_collection
from transpile.ir.rule import NamedPart, Rule
from transpile.ir.stream import Stream
from transpile.ir.walk import all_events
from transpile.source import Source

_DEFAULTS = ReadOptions()
_MOST_PLACES = 3  # of rules of one name
_MOST_RULES, _MOST_LEVELS = 1_000, 20  # that a correlation is built on
_MOST_OPEN = 3 * _MOST_LEVELS  # levels that are read at a time


def read(source: Source, options: ReadOptions = _DEFAULTS) -> list[Reading]:
    """What the text holds, one `Reading` for each YAML document that is a rule or tries to be. Never raises.

    Only a rule whose log source, detection or condition cannot be understood is lost; the diagnostics of a rule
    that could be read are notes. Filters are in the rules that they apply to; one that is at fault is a reading too.
    """
    return [reading for node, reading in read_nodes(source, options) if not _is_served(node, reading)]


def _is_served(node: Mapping | None, reading: Reading) -> bool:
    """Whether a document is a filter without fault: there is nothing to say of it beside the rules it applies to."""
    faulty = any(one.severity is Severity.ERROR for one in reading.diagnostics)
    return node is not None and is_filter(node) and not faulty


def read_nodes(source: Source, options: ReadOptions = _DEFAULTS) -> list[tuple[Mapping | None, Reading]]:
    """A reading for each document, filters without fault too, with the map that it was read from, if it is one."""
    with no_garbage_collection():
        found = list(candidates(load(source)))
        own = [None if node is None else LibraryEntry(source, node, tuple(known)) for node, known in found]
        references = References([entry for entry in own if entry is not None], source, options.library)
        reader = _Reader(source, options, references)
        return [
            (node, Reading(None, tuple(known)) if entry is None else reader.document(entry))
            for entry, (node, known) in zip(own, found, strict=True)
        ]


class _Refused(Exception):
    """A correlation cannot be built; the reason is among its findings."""


@dataclass(slots=True)
class _Reader:
    """Reads the documents of one text, and those of the library that they refer to; each once."""

    source: Source
    options: ReadOptions
    texts: References
    filters: Filters = field(init=False)
    known: dict[LibraryEntry, Reading] = field(default_factory=dict)
    open: list[LibraryEntry] = field(default_factory=list)  # correlations that are being read, outermost first
    reasons: dict[LibraryEntry, str] = field(default_factory=dict)  # why a rule that a correlation names cannot be used
    sizes: dict[LibraryEntry, tuple[int, int]] = field(default_factory=dict)  # of correlations: rules and levels

    def __post_init__(self) -> None:
        self.filters = Filters(self.texts, self.options)

    def document(self, entry: LibraryEntry) -> Reading:
        """The reading of a document; that of a filter has no rule."""
        if not entry.is_filter:
            return self.rule(entry)
        found = self.filters.of(entry)
        findings = (*found.findings, *unknown_rules(entry, self.texts))
        return Reading(None, findings, entry.text("id"), found.title)

    def rule(self, entry: LibraryEntry) -> Reading:
        """The reading of a rule or correlation."""
        if entry not in self.known:
            self.known[entry] = self.correlation(entry) if entry.is_correlation else self.single(entry)
        return self.known[entry]

    def single(self, entry: LibraryEntry) -> Reading:
        """The reading of a rule with a detection of its own, under its filters."""
        findings = list(entry.findings)
        metadata = read_metadata(entry.node, findings)
        reader = RuleReader(entry.node, entry.source, self.options, findings)
        rule = reader.read(dict(metadata))
        if rule is not None:
            rule = self.filters.apply(rule, entry, findings)
        return self.reading(entry, metadata, rule, findings)

    def reading(
        self, entry: LibraryEntry, metadata: dict[str, Any], rule: Rule | None, findings: list[Diagnostic]
    ) -> Reading:
        """What is known of a rule; marked if it only serves correlations."""
        if any(finding.severity is Severity.ERROR for finding in findings):
            rule = None
        if rule is not None:
            users = [one for one in self.texts.referring(entry) if one.is_correlation]
            if users and not any(is_generating(one.node.value("correlation")) for one in users):
                rule = replace(rule, is_base=True)
                title = users[0].text("title") or users[0].label
                named = entry.node.find("title") or entry.node.find("name")
                findings.append(diagnose(codes.SIG097, named.value.span if named else None, title=title))
        return Reading(rule, tuple(findings), metadata["id"], metadata["title"])

    def correlation(self, entry: LibraryEntry) -> Reading:
        """The reading of a correlation rule."""
        findings = list(entry.findings)
        metadata = read_metadata(entry.node, findings)
        found = parse_correlation(entry.node, findings)
        rule = None
        if len(self.open) >= _MOST_OPEN:
            findings.append(diagnose(codes.SIG107, entry.node.span, count="many", levels=f"over {_MOST_OPEN}"))
        elif found is not None:
            self.open.append(entry)
            with contextlib.suppress(_Refused):
                rule = self.correlated(entry, found, metadata, findings)
            self.open.pop()
        return self.reading(entry, metadata, rule, findings)

    def correlated(
        self, entry: LibraryEntry, found: Correlation, metadata: dict[str, Any], findings: list[Diagnostic]
    ) -> Rule:
        """The rule of a correlation. Raises `_Refused`, with the reasons among the findings."""
        before = len(findings)
        meant = [(scalar, self.meant(entry, scalar, findings)) for scalar in found.rules]
        if any(one is None for _, one in meant):
            raise _Refused
        bases = {base: scalar for scalar, base in meant if base is not None}
        rules = {base: rule for base, scalar in bases.items() if (rule := self.base(entry, base, scalar, findings))}
        fields = self.aliases(entry, found, list(bases), findings)
        if len(rules) < len(bases) or any(one.severity is Severity.ERROR for one in findings[before:]):
            raise _Refused
        sizes = [self.sizes.get(base, (1, 0)) for base in rules]
        self.sizes[entry] = count, levels = sum(one for one, _ in sizes), 1 + max(one for _, one in sizes)
        if count > _MOST_RULES or levels > _MOST_LEVELS:
            findings.append(diagnose(codes.SIG107, found.span, count=count, levels=levels))
            raise _Refused
        inputs = [
            StageInput(bases[base].text, self.stream(entry, base, rule), fields[base]) for base, rule in rules.items()
        ]
        try:
            body = stream_of(found, inputs, entry.text("name") or entry.text("id") or "")
        except UndefinedError as error:
            findings.append(diagnose(codes.SIG096, found.condition_span or found.span, what=str(error)))
            raise _Refused from None
        return Rule(
            body=body,
            source=entry.source,
            parts=tuple(part for base, rule in rules.items() for part in self.parts(entry, base, rule, bases[base])),
            conditions=(_words(found),),
            span=entry.node.span,
            **metadata,
        )

    def meant(self, entry: LibraryEntry, scalar: Scalar, findings: list[Diagnostic]) -> LibraryEntry | None:
        """The one rule that a reference means, or None with a finding."""

        def wrong(code: Code, **facts: Any) -> None:
            findings.append(diagnose(code, scalar.span, name=scalar.text, **facts))

        choices = [one for one in self.texts.find(scalar.text, entry.source) if not one.is_filter]
        if not choices:
            titled = self.texts.titled(scalar.text)
            names = [name for name in self.texts.names() if name not in entry.keys]
            hint = "rules are named by id or name, not by title" if titled else did_you_mean(scalar.text, names)
            wrong(codes.SIG090, hint=hint or "pass the file that holds the rule as well")
        elif len(choices) > 1:
            places = ", ".join(f"{one.source.path}:{one.node.span.line}" for one in choices[:_MOST_PLACES])
            places += ", ..." if len(choices) > _MOST_PLACES else ""
            wrong(codes.SIG091, count=len(choices), places=places)
        elif choices[0] in self.open:
            path = [one.label for one in self.open[self.open.index(choices[0]) :]]
            wrong(codes.SIG092, path=" -> ".join([*path, choices[0].label]))
        else:
            return choices[0]
        return None

    def base(self, entry: LibraryEntry, base: LibraryEntry, scalar: Scalar, findings: list[Diagnostic]) -> Rule | None:
        """The rule that a correlation names, or None with its reasons as a finding of the correlation."""
        reading = self.rule(base)
        if reading.rule is None:
            wrong = [one for one in reading.diagnostics if one.severity is Severity.ERROR]
            own = dict.fromkeys(f"{one.code}: {one.message}" for one in wrong if one.kind is not codes.SIG093)
            reason = self.reasons[entry] = "; ".join(own) or self.reasons[base]  # of a chain, what is wrong at its root
            where = "" if base.source == entry.source else f" ({base.source.path})"
            findings.append(diagnose(codes.SIG093, scalar.span, name=scalar.text, where=where, reason=reason))
            return None
        findings += [one._replace(span=scalar.span) for one in reading.diagnostics if one.severity is Severity.WARNING]
        return reading.rule

    def stream(self, entry: LibraryEntry, base: LibraryEntry, rule: Rule) -> Stream:
        """The stream of a rule that a correlation names, as an input of it."""
        body = rule.body if base.source == entry.source else elsewhere(rule.body, base.source)
        return renamed(body, base.label)

    def parts(self, entry: LibraryEntry, base: LibraryEntry, rule: Rule, scalar: Scalar) -> Iterator[NamedPart]:
        """The parts of a correlation that one of its rules makes: the rule itself, and its filters."""
        here = base.source == entry.source
        for events in all_events(rule.body):
            condition = events.condition if here else elsewhere(events.condition, base.source)
            yield NamedPart(events.name or scalar.text, condition, scalar.span)
        for part in self.filters.parts.get(base, ()):
            yield part if here else elsewhere(part, base.source)

    def aliases(
        self, entry: LibraryEntry, found: Correlation, bases: list[LibraryEntry], findings: list[Diagnostic]
    ) -> dict[LibraryEntry, dict[str, str]]:
        """For each rule, the fields that aliases stand for; without one, the field has the alias's name."""
        fields: dict[LibraryEntry, dict[str, str]] = {base: {} for base in bases}
        known = [key for base in bases for key in base.keys]
        for alias, named in found.aliases:
            for key, name in named:
                base = next((one for one in bases if key.text in one.keys), None)
                if base is None:
                    problem = f"`{alias.text}` names `{key.text}`, which is not a rule of this correlation"
                    findings.append(
                        diagnose(codes.SIG095, key.span, problem=f"{problem}; {did_you_mean(key.text, known)}")
                    )
                else:
                    fields[base][alias.text] = name
            left = [base for base in bases if alias.text not in fields[base] and alias.text in found.by]
            findings += [diagnose(codes.SIG103, alias.span, alias=alias.text, name=base.label) for base in left]
        return fields


def _words(found: Correlation) -> str:
    """A correlation in a line: `event_count gte 10 within 300 s by user`."""
    bounds = " and ".join(f"{one.operator} {one.value}" for one in found.bounds)
    fields = ", ".join(scalar.text for scalar in found.fields)
    pieces = [found.kind, f"of {fields}" if fields else "", bounds, f"within {found.seconds} s"]
    by = f"by {', '.join(found.by)}" if found.by else ""
    return " ".join(piece for piece in (*pieces, by) if piece)
