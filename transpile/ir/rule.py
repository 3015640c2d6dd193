"""A detection rule, whatever language it was written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any

from transpile.ir.expr import Expr
from transpile.ir.stream import Events, LogSource, Stream
from transpile.record import record, replace
from transpile.source import Source, Span

ANY_LOGS = LogSource()

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@record
class NamedPart:
    """A part of a rule by the name that its author gave it: a Sigma selection, a step of a query."""

    name: str
    expr: Expr
    span: Span | None = None


@record
class Rule:
    """One rule: what it says of itself, and the stream of its alerts.

    `body` alone decides what matches; `parts` keeps the author's pieces and their names for readers, and `conditions`
    the text of the condition as the author wrote it. Dates are ISO 8601 (`2026-01-31`).
    `language` is that of `source`, by the name of its dialect; empty for a Sigma rule.
    `index`: the index patterns that the rule's file names beside a query.
    `meant_for`: the log sources that the rule's file names beside a query, perhaps by product alone; empty for most.
    `is_base`: the rule only serves correlations, so it must not become an alert of its own.
    """

    title: str
    body: Stream
    source: Source
    id: str | None = None
    name: str | None = None
    status: str | None = None
    level: str | None = None
    description: str | None = None
    author: str | None = None
    date: str | None = None
    modified: str | None = None
    license: str | None = None
    references: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    meant_for: tuple[LogSource, ...] = ()
    index: tuple[str, ...] = ()
    parts: tuple[NamedPart, ...] = ()
    conditions: tuple[str, ...] = ()
    span: Span | None = None
    custom: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    is_base: bool = False
    language: str = ""

    @classmethod
    def on_events(
        cls,
        title: str,
        condition: Expr,
        source: Source,
        *,
        logsource: LogSource = ANY_LOGS,
        dataset: str | None = None,
        **metadata: Any,
    ) -> Rule:
        """A rule on single events."""
        return cls(title, Events(condition, logsource, dataset), source, **metadata)

    @property
    def is_single(self) -> bool:
        """Whether each alert is one event."""
        return isinstance(self.body, Events)

    @property
    def events(self) -> Events:
        """The body of a rule whose alerts are single events. Raises `TypeError` for every other rule."""
        if isinstance(self.body, Events):
            return self.body
        raise TypeError(f"{self.title!r} relates several events, and here only rules on single events are expected")

    @property
    def condition(self) -> Expr:
        """The condition of a rule on single events."""
        return self.events.condition

    @property
    def logsource(self) -> LogSource:
        """The log source of a rule on single events."""
        return self.events.logsource

    @property
    def dataset(self) -> str | None:
        """The data set of a rule on single events."""
        return self.events.dataset

    @property
    def logsource_span(self) -> Span | None:
        """Where a rule on single events names its log source."""
        return self.events.logsource_span

    def with_events(self, **changes: Any) -> Rule:
        """A rule on single events, with other parts of its body (`condition`, `dataset` ...)."""
        return replace(self, body=replace(self.events, **changes))
