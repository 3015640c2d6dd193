"""Microsoft Sentinel: analytic rules as YAML, ARM templates, Bicep and Terraform."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from transpile import attack
from transpile.codes import Code
from transpile.deploy import codes
from transpile.deploy.base import Platform
from transpile.deploy.entities import CONNECTORS, entities_in, entities_of, table
from transpile.deploy.escape import duration
from transpile.deploy.item import Item, threats
from transpile.deploy.output import File
from transpile.deploy.templates import Templates
from transpile.pipelines import datasets

API_VERSION = "2024-09-01"

_SEVERITY = {
    "informational": "Informational",
    "low": "Low",
    "medium": "Medium",
    "high": "High",
    "critical": "High",  # the platform knows nothing above High
}
_QUERY_LIMIT = 10_000  # characters that the platform takes
_LONGEST = 20_160  # minutes: 14 days
_DELAY = 5  # minutes by which the platform itself delays each run
_HOURLY_FROM = 2_880  # a window of two days or more may be looked at once an hour at most


def tactic_names(tactics: Iterable[attack.Tactic]) -> list[str]:
    """The tactics as the platform spells them: no blanks, and Defense Evasion for what ATT&CK v19 split from it.

    >>> tactic_names(attack.coverage(["attack.stealth", "attack.defense-impairment", "attack.impact"]).tactics)
    ['DefenseEvasion', 'Impact']
    """
    names = [
        "DefenseEvasion" if tactic.key in attack.SPLIT_FROM_DEFENSE_EVASION else _camel(tactic.name)
        for tactic in tactics
    ]
    return list(dict.fromkeys(names))


def _camel(name: str) -> str:
    return "".join(word[0].upper() + word[1:] for word in name.split())


def schedule(item: Item) -> tuple[int, int]:
    """How often the rule runs and how far back it looks, in minutes; the platform takes 5 minutes to 14 days.

    The platform runs each rule five minutes late, for the lag of ingestion ("Scheduled analytics rules in Microsoft
    Sentinel"): only a longer lag adds to the look-back, so that no event is looked at twice for nothing.
    """
    frequency = max(item.settings.interval, 5)
    lag = max(item.settings.delay - _DELAY, 0)
    period = max(item.window - item.settings.interval + frequency + lag, frequency)
    if period >= _HOURLY_FROM and frequency < 60:
        period += 60 - frequency
        frequency = 60
    if not item.timespan:  # single events: a later run finds what a shorter look-back leaves out
        period = min(period, _LONGEST)
    return frequency, period


def iso_duration(minutes: int) -> str:
    """A duration in ISO 8601.

    >>> iso_duration(90), iso_duration(2880)
    ('PT90M', 'P2D')
    """
    if minutes % 1440 == 0:
        return f"P{minutes // 1440}D"
    return f"PT{minutes // 60}H" if minutes % 60 == 0 else f"PT{minutes}M"


def view(item: Item) -> dict[str, Any]:
    """What the templates show of an item."""
    frequency, period = schedule(item)
    source = table(item.dataset)
    connector = CONNECTORS.get(source)
    techniques = list(dict.fromkeys(item.technique_ids))
    return {
        "item": item,
        "name": item.title,
        "description": item.described(5000),
        "severity": _SEVERITY[item.settings.severity],
        "connectors": [{"connectorId": connector, "dataTypes": [source]}] if connector else [],
        "frequency": frequency,
        "period": period,
        "short": duration,
        "iso": iso_duration,
        "tactics": tactic_names(tactic for tactic, _ in threats(item)),
        "techniques": techniques,
        "main_techniques": list(dict.fromkeys(technique.partition(".")[0] for technique in techniques)),
        "entities": [
            {
                "entityType": entity.type,
                "fieldMappings": [{"identifier": name, "columnName": column} for name, column in entity.identifiers],
            }
            for entity in (
                entities_in(datasets.tables(item.dataset or "")) if item.result is None else entities_of(item.group)
            )
        ],
        "details": details(item),
        "grouping": iso_duration(min(period, 7 * 1440)) if item.result else None,
        "suppression": bool(item.settings.suppress_for),
        "suppression_for": min(max(item.settings.suppress_for, 5), 1440) if item.settings.suppress_for else 300,
        "version": f"{item.settings.version}.0.0",
        "label": item.stem if item.stem[0].isalpha() else f"rule_{item.stem}",
        "api_version": API_VERSION,
    }


def details(item: Item) -> dict[str, str]:
    """What an alert shows besides its entities: columns of the query's rows, by name (at most 20 letters)."""
    if item.result is None:
        return {}
    named = {"Value": item.result.value, "FirstSeen": item.result.first, "LastSeen": item.result.last}
    groups = {(re.sub(r"\W|_", "", column) or "Group")[:20]: column for column in item.group}
    return dict(list(({name: column for name, column in named.items() if column} | groups).items())[:20])


def problems(item: Item) -> Iterator[tuple[Code, dict[str, Any]]]:
    """A query over the platform's limit, or a look-back over it."""
    _, period = schedule(item)
    if period > _LONGEST:
        yield codes.DEP005, {"needed": duration(period), "limit": "14d", "platform": "Microsoft Sentinel"}
    if len(item.query) > _QUERY_LIMIT:
        yield codes.DEP001, {"length": len(item.query), "limit": _QUERY_LIMIT, "platform": "Microsoft Sentinel"}


def render(items: Sequence[Item], format_: str, templates: Templates) -> Iterator[File]:
    """`arm-single`: one file for all; every other format: a file a rule, and what binds them together."""
    views = [view(item) for item in items]
    match format_:
        case "yaml":
            yield from _each(views, "rules/{}.yaml", "sentinel/rule.yaml.j2", templates)
        case "arm":
            for one in views:
                text = templates.render("sentinel/template.json.j2", rules=[one])
                yield File(f"rules/{one['item'].stem}.json", text)
        case "arm-single":
            yield File("azuredeploy.json", templates.render("sentinel/template.json.j2", rules=views))
        case "bicep":
            yield from _each(views, "rules/{}.bicep", "sentinel/rule.bicep.j2", templates)
            yield File("main.bicep", templates.render("sentinel/main.bicep.j2", rules=views))
        case "terraform":
            yield from _each(views, "{}.tf", "sentinel/rule.tf.j2", templates)
            yield File("providers.tf", templates.render("sentinel/providers.tf.j2"))


def _each(views: Sequence[dict[str, Any]], path: str, template: str, templates: Templates) -> Iterator[File]:
    for one in views:
        yield File(path.format(one["item"].stem), templates.render(template, **one))


PLATFORM = Platform(
    "sentinel",
    "Microsoft Sentinel",
    ("kql",),
    "sentinel",
    ("yaml", "arm", "arm-single", "bicep", "terraform"),
    "yaml",
    render,
    problems,
    unread=("bicep", "terraform"),
    parts={"main.bicep": r"(?ms)^module .*?^}\n\n?"},
)
