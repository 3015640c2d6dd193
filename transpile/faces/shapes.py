"""The shapes of answers, from which the tools' output schemas are made. The objects are those of `--format json`."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict


class Diagnostic(TypedDict):
    """A finding; line and column count from 1."""

    code: str
    severity: str
    message: str
    line: int | None
    column: int | None
    hint: str | None
    file: NotRequired[str]


class Conversion(TypedDict):
    """One rule in one language: exact, approximate, refused or error; `query` is null for the last two."""

    path: str
    id: str | None
    title: str | None
    target: str
    model: str
    status: str
    query: str | None
    diagnostics: list[Diagnostic]
    result: NotRequired[dict[str, Any]]
    read: NotRequired[dict[str, Any]]


class Conversions(TypedDict):
    """Rule by rule, languages in the order asked for."""

    conversions: list[Conversion]


class Part(TypedDict):
    """A named part of a rule, in words."""

    name: str
    lines: list[str]


class Mapped(TypedDict):
    """What a line of a data model put in the place of the rule's own words."""

    model: str
    was: str
    became: str
    by: str


class FindingOnTargets(Diagnostic):
    """A finding and the languages that it concerns."""

    targets: list[str]


class RuleExplained(TypedDict):
    """One rule, its parts in words, what the data models made of it, and its queries."""

    path: str
    id: str | None
    title: str | None
    logsources: list[str]
    level: str | None
    status: str | None
    tags: list[str]
    description: str | None
    conditions: list[str]
    parts: list[Part]
    mapping: list[Mapped]
    diagnostics: list[FindingOnTargets]
    conversions: list[Conversion]


class Explanation(TypedDict):
    """Every rule of a text."""

    rules: list[RuleExplained]


class Finding(FindingOnTargets):
    """A finding about one rule of a text."""

    path: str
    id: str | None
    title: str | None


class Findings(TypedDict):
    """Findings, and the whole text with what can be fixed safely; null where nothing can."""

    findings: list[Finding]
    fixed: str | None


class Proof(TypedDict):
    """Proven, disproven (with the smallest event that shows it), unproven and why, refused, or error."""

    path: str
    id: str | None
    title: str | None
    target: str
    model: str
    verdict: str
    reason: str | None
    direction: str
    events: int
    matching: int
    unreached: int
    query: str | None
    counterexample: dict[str, Any] | None
    streams: NotRequired[int]
    open: NotRequired[dict[str, int]]


class Proofs(TypedDict):
    """Rule by rule, languages in the order asked for."""

    proofs: list[Proof]


class Hit(TypedDict):
    """A rule that matches an event, by its number from 1."""

    rule: str | None
    title: str
    event: int


class Alert(TypedDict):
    """An alert of a rule on many events: its group, and the numbers of its events."""

    rule: str | None
    title: str
    level: str | None
    group: dict[str, Any]
    first: str
    last: str
    events: int
    records: list[int]


class RuleVerdicts(TypedDict):
    """What each part of a rule says of each of the first events: a line, whether it holds, and the lines below it."""

    rule: str | None
    title: str
    conditions: list[str]
    events: list[list[dict[str, Any]]]


class Matches(TypedDict):
    """Which rules match which events; `untimed` counts the events that could not be correlated."""

    events: int
    hits: list[Hit]
    alerts: list[Alert]
    untimed: int
    rules: list[RuleVerdicts]


class Comparison(TypedDict):
    """How the second rule compares with the first, and the smallest events that only one of them matches."""

    relation: str
    only_first: dict[str, Any] | None
    only_second: dict[str, Any] | None
    events: int
    common: int
    reason: str | None


class Language(TypedDict):
    """A language, whether rules are read from it and written in it, and its default data model."""

    name: str
    title: str
    read: bool
    written: bool
    default_model: str


class DataModel(TypedDict):
    """A data model and the languages that it is for; empty for all."""

    name: str
    title: str
    languages: list[str]


class Known(TypedDict):
    """The languages and data models that other tools take by name."""

    languages: list[Language]
    models: list[DataModel]


class CodeExplained(TypedDict):
    """What a diagnostic code means, and what to do about it."""

    code: str
    effect: str
    message: str
    explanation: str
    hint: str | None
