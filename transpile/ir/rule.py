"""A detection rule, whatever language it was written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from transpile.ir.expr import Expr
from transpile.source import Source, Span

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LogSource:
    """Which logs a rule reads, in Sigma's three words; each may be absent."""

    category: str | None = None
    product: str | None = None
    service: str | None = None

    def __str__(self) -> str:
        words = (("category", self.category), ("product", self.product), ("service", self.service))
        return ", ".join(f"{name} {value}" for name, value in words if value) or "any"


@dataclass(frozen=True, slots=True)
class Stage:
    """A named part of a rule: a Sigma selection, a step of a query pipeline."""

    name: str
    expr: Expr
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it says of itself, which logs it reads, and which events it matches.

    `condition` alone decides what matches; `stages` keeps the author's parts and their names for readers.
    `dataset` is set by a data model: the Kusto table, EQL event category or CIM data set that holds the events.
    `conditions` text is as the author wrote it. Dates are ISO 8601 (`2026-01-31`).
    """

    title: str
    condition: Expr
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
    logsource: LogSource = LogSource()
    logsource_span: Span | None = None
    stages: tuple[Stage, ...] = ()
    conditions: tuple[str, ...] = ()
    span: Span | None = None
    dataset: str | None = None
    custom: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
