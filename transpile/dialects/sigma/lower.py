"""From IR to Sigma: a rule as SigmaHQ's conventions have it, with its base rules where it relates events.

https://github.com/SigmaHQ/sigma-specification/blob/main/sigmahq/sigmahq-rule-convention.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from transpile.diagnostics import Diagnostic, Report
from transpile.dialects.sigma import codes
from transpile.dialects.sigma.computed import Unwritable, without_functions
from transpile.dialects.sigma.detection import detection_of
from transpile.dialects.sigma.lower_stages import correlation_of
from transpile.dialects.sigma.metadata import KNOWN_KEYS
from transpile.dialects.sigma.naming import slug
from transpile.dialects.sigma.plain import Map, Plain, Text
from transpile.dialects.sigma.spelling import minds_more_case, spell
from transpile.ir.expr import And, Constant, Expr, Keyword, Match
from transpile.ir.match import Field
from transpile.ir.passes import simplify_expr
from transpile.ir.rule import Rule
from transpile.ir.stream import Events, LogSource, Stream
from transpile.ir.walk import leading, leaves, replace_leaves

_NAMESPACE = UUID("2f6cf8b6-0f6b-5d0c-9c93-5a1f5d9a7b6e")  # of the ids that are made here; any constant would do
_LOGSOURCE = ("category", "product", "service")
_TAG = re.compile(r"[a-z0-9_-]+\.[a-z0-9._-]+")
_OUTSIDE = frozenset(("lookback",))  # custom keys that formats use for themselves
_ANY_FIELD = "EventID"  # what a condition that is always true asks about, where the rule shows no field
_SHORTEST = 16  # characters of a description


def lower(rule: Rule, report: Report) -> Text:
    """The documents of a rule: the rule itself, and behind it those that a correlation names."""
    writer = _Writer(rule, report)
    if isinstance(rule.body, Events):
        documents = [writer.single(rule.body)]
    else:
        documents = writer.correlated(rule.body)
    return Text(tuple(map(_encodable_map, documents)), tuple(map(_encodable, writer.comment())))


@dataclass(slots=True)
class _Writer:
    """Writes one rule; what Sigma cannot express goes to the report."""

    rule: Rule
    report: Report
    language: str = field(init=False)

    def __post_init__(self) -> None:
        self.language = self.rule.language

    def single(self, events: Events) -> Map:
        """The document of a rule on single events."""
        detection = self.detection(events, keep=True)
        return Map((*self.head(), ("logsource", self.logsource(events)), ("detection", detection), *self.tail()))

    def correlated(self, body: Stream) -> list[Map]:
        """The documents of a rule that relates events."""
        taken = {name for name in (self.rule.id, self.rule.name, self.id()) if name}
        tried = Report()
        found = correlation_of(body, tried, self.prefix(), taken)
        if found is None:
            return self.filter_alone(body, tried)
        self.report.diagnostics += tried.diagnostics
        first, *inner = found.correlations
        name = (("name", first.name),) if first.name and not self.rule.name else ()
        documents = [Map((*self.head(name), ("correlation", first.block), *self.tail()))]
        documents += [
            Map((*self.beside(one.name), ("correlation", one.block), ("level", self.level()))) for one in inner
        ]
        for events in found.events:
            logsource, detection = self.logsource(events), self.detection(events, keep=False)
            head = self.beside(events.name)
            documents.append(
                Map((*head, ("logsource", logsource), ("detection", detection), ("level", "informational")))
            )
        return documents

    def filter_alone(self, body: Stream, tried: Report) -> list[Map]:
        """The rule on single events that each alert has one of, where nothing relates them as the rule does."""
        refusal = next(one for one in tried.diagnostics if one.kind == codes.SIG120)
        events = leading(body)
        if events is None:
            self.report.diagnostics += tried.diagnostics
            return []
        self.report.approximate(codes.SIG127, refusal.span, wider=True, why=refusal.message)
        return [self.single(events)]

    def prefix(self) -> str:
        """What the names of base rules begin with: nothing where they are those of Sigma rules."""
        return f"{slug(self.rule.title)[:60]}_" if self.language else ""

    def head(self, name: tuple[tuple[str, Plain], ...] = ()) -> Iterator[tuple[str, Plain]]:
        """What a rule says of itself, in SigmaHQ's order, up to its log source."""
        rule = self.rule
        yield "title", rule.title
        yield "id", self.id()
        if rule.name:
            yield "name", rule.name
        yield from name
        related = self.related()
        if related:
            yield "related", related
        status = rule.status or ("experimental" if self.language else None)
        for key, value in (
            ("status", status),
            ("description", self.description()),
            ("license", rule.license),
            ("references", _distinct(rule.references)),
            ("author", rule.author),
            ("date", rule.date),
            ("modified", rule.modified if rule.modified != rule.date or not self.language else None),
            ("tags", _distinct(tag for tag in rule.tags if _TAG.fullmatch(tag.lower()))),
        ):
            if value:
                yield key, value

    def tail(self) -> Iterator[tuple[str, Plain]]:
        """What comes behind the detection."""
        for key, value in (
            ("fields", _distinct(self.rule.fields)),
            ("falsepositives", _distinct(self.line(text) for text in self.rule.falsepositives)),
            ("level", self.level()),
        ):
            if value:
                yield key, value
        for key, value in self.rule.custom.items():
            if key not in _OUTSIDE and key not in KNOWN_KEYS:
                yield key, _plain(value)

    def beside(self, name: str) -> Iterator[tuple[str, Plain]]:
        """The head of a rule that the main one is built on."""
        yield "title", f"{self.rule.title} - {name}"
        yield "id", _made(f"{self.id()}\n{name}")
        yield "name", name
        if self.rule.status or self.language:
            yield "status", self.rule.status or "experimental"
        yield "description", f"Base rule of the correlation {self.rule.title}"
        for key, value in (("author", self.rule.author), ("date", self.rule.date)):
            if value:
                yield key, value

    def id(self) -> str:
        """The rule's own id, or one that is the same each time: of another language, or where it has none."""
        rule = self.rule
        if rule.id and not self.language:
            return rule.id
        line = rule.span.line if rule.span else 0
        return _made(rule.id or f"{rule.title}\n{line}\n{rule.source.text}")

    def related(self) -> Plain:
        """The relations of a Sigma rule; of another language, that this one is derived from it."""
        if not self.language:
            return _plain(self.rule.custom.get("related"))
        return (Map((("id", self.rule.id), ("type", "derived"))),) if self.rule.id and _is_uuid(self.rule.id) else None

    def description(self) -> str | None:
        """The description; of another language, at least which one it was."""
        found = self.rule.description
        if self.language and (not found or len(found) < _SHORTEST):
            found = f"{found or self.rule.title} (converted from {self.language})"
        return found

    def line(self, text: str) -> str:
        """A text of another language's metadata on one line, without the indentation that it had there."""
        return " ".join(text.split()) if self.language else text

    def level(self) -> str | None:
        """The level; medium where another language has none."""
        return self.rule.level or ("medium" if self.language else None)

    def comment(self) -> Iterator[str]:
        """The query that the rule was read from, above it."""
        if self.language:
            yield f"Source query ({self.language}):"
            yield from (f"  {line}" if line else "" for line in self.rule.source.text.strip().splitlines())

    def logsource(self, events: Events) -> Map:
        """The log source, or a name in its place, since Sigma needs one."""
        found = events.logsource
        words = tuple((key, word) for key in _LOGSOURCE if (word := getattr(found, key)))
        if found == LogSource():
            words = (
                (("service", slug(events.dataset)),)
                if events.dataset and slug(events.dataset)
                else (("product", "any"),)
            )
            self.report.note(codes.SIG123, None, found=": ".join(words[0]))
        return Map(words)

    def detection(self, events: Events, *, keep: bool) -> Plain:
        """The detection of events; empty, with the reason in the report, where Sigma has no form for it."""
        expr = simplify_expr(self.without_functions(events.condition, keep))
        if isinstance(expr, Constant) and expr.value and not self.is_refused():
            return self.any_event(events)
        if isinstance(expr, Constant):
            if not self.is_refused():
                self.report.refuse(codes.SIG124, events.logsource_span, truth="false")
            return Map(())
        for leaf in leaves(expr):
            self.check(leaf)
        rule = self.rule
        found = detection_of(expr, rule.parts, rule.conditions) if keep else detection_of(expr)
        if found is None and not self.is_refused():
            self.report.refuse(codes.SIG120, None, what="this condition")
        return found or Map(())

    def is_refused(self) -> bool:
        """Whether a part of the rule has no form in Sigma, as the report says."""
        return any(one.kind == codes.SIG120 for one in self.report.diagnostics)

    def any_event(self, events: Events) -> Plain:
        """The detection of every event of a log source; Sigma has no word for that but what is or is not."""
        shown = (*(field.name for field in events.columns), *self.rule.fields, _ANY_FIELD)
        name = next(name for name in shown if "|" not in name and _encodable(name) == name)
        self.report.note(codes.SIG126, events.logsource_span)
        return Map((("selection", Map(((name, "*"),))), ("condition", "selection or not selection")))

    def without_functions(self, condition: Expr, single: bool) -> Expr:
        """A condition on fields alone. Of a rule on single events, tests beside others that have no such form go."""
        if not single or not isinstance(condition, And):
            return replace_leaves(condition, self.fields_alone)
        found = self.report.diagnostics
        kept: list[Expr] = []
        refusals: list[Diagnostic] = []
        for part in condition.args:
            before = len(found)
            written = replace_leaves(part, self.fields_alone)
            if len(found) == before:
                kept.append(written)
            else:
                refusals += found[before:]
                del found[before:]
        if not kept:
            found += refusals
        else:
            for one in refusals:
                self.report.approximate(codes.SIG128, one.span, wider=True, why=one.message)
        return And(tuple(kept))

    def fields_alone(self, leaf: Match | Keyword) -> Expr:
        """A test without functions; what has no such form is reported, and dropped."""
        if isinstance(leaf, Keyword) or isinstance(leaf.value, Field):
            return leaf
        try:
            return without_functions(leaf)
        except Unwritable as problem:
            self.report.refuse(codes.SIG120, leaf.span, what=problem.what)
            return Constant(True)

    def check(self, leaf: Match | Keyword) -> None:
        """Report what is particular about a test."""
        if minds_more_case(leaf.test):
            self.report.approximate(codes.SIG122, leaf.span, wider=True)
        spelling = spell(leaf.test)
        if spelling is None:
            self.report.refuse(codes.SIG120, leaf.span, what="this number")
        elif _encodable(text := f"{leaf.value if isinstance(leaf, Match) else ''}{spelling.value}") != text:
            self.report.refuse(codes.SIG120, leaf.span, what="half of a surrogate pair")
        if isinstance(leaf, Match) and isinstance(leaf.value, Field) and "|" in leaf.value.name:
            self.report.refuse(codes.SIG120, leaf.span, what=f"the field name `{leaf.value.name}`")


def _made(text: str) -> str:
    """An id that is always the same for a text."""
    return str(uuid5(_NAMESPACE, _encodable(text)))


def _encodable(text: str) -> str:
    """A text without lone surrogates, which no file can hold."""
    return text.encode("utf-8", "replace").decode()


def _encodable_map(node: Map) -> Map:
    return Map(tuple((_encodable(key), _encodable_value(value)) for key, value in node.entries))


def _encodable_value(value: Plain) -> Plain:
    match value:
        case Map():
            return _encodable_map(value)
        case tuple():
            return tuple(map(_encodable_value, value))
        case str():
            return _encodable(value)
        case _:
            return value


def _distinct(values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _plain(value: Any) -> Plain:
    """A custom value as the tree of a text holds it."""
    if isinstance(value, Mapping):
        return Map(tuple((str(key), _plain(one)) for key, one in value.items()))
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _is_uuid(text: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) is not None
