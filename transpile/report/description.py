"""One rule and its queries as JSON-ready values: what `report.rule` prints, for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transpile.conversion import Conversion
from transpile.ir.rule import Rule
from transpile.ir.walk import all_events
from transpile.report.findings import gather
from transpile.report.words import outline


def describe(conversions: Sequence[Conversion]) -> dict[str, Any]:
    """What one rule looks for, what the data models made of it, and its queries; `conversions` are those of one rule.

    They must still hold their rule and trace.
    """
    first = conversions[0]
    rule = first.rule
    return {
        "path": first.path,
        "id": first.id,
        "title": first.title,
        **_metadata(rule),
        "conditions": list(rule.conditions) if rule else [],
        "parts": [_part(part.name, list(outline(part.expr).lines())) for part in rule.parts] if rule else [],
        "mapping": _mapping(conversions),
        "diagnostics": [{**one.diagnostic.to_dict(), "targets": list(one.targets)} for one in gather(conversions)],
        "conversions": [one.to_dict() for one in conversions],
    }


def _metadata(rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"logsources": [], "level": None, "status": None, "tags": [], "description": None}
    return {
        "logsources": list(dict.fromkeys(str(events.logsource) for events in all_events(rule.body))),
        "level": rule.level,
        "status": rule.status,
        "tags": list(rule.tags),
        "description": rule.description,
    }


def _part(name: str, lines: list[str]) -> dict[str, Any]:
    return {"name": name, "lines": lines}


def _mapping(conversions: Sequence[Conversion]) -> list[dict[str, Any]]:
    """What each line of a data model put in the place of the rule's own words, once a model."""
    rows = {
        (conversion.model, was, became, str(place)): None
        for conversion in conversions
        for was, became, place in conversion.trace
    }
    return [{"model": model, "was": was, "became": became, "by": place} for model, was, became, place in rows]


def by_rule(conversions: Sequence[Conversion], languages: int) -> list[Sequence[Conversion]]:
    """Conversions of several rules to so many languages, rule by rule."""
    return [conversions[start : start + languages] for start in range(0, len(conversions), languages)]
