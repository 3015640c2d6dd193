"""Elastic Security: Kibana's import file, and the TOML of the public rule repository."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from transpile import attack
from transpile.deploy.base import Platform
from transpile.deploy.item import Item, threats
from transpile.deploy.output import File
from transpile.deploy.templates import Templates
from transpile.deploy.threshold import as_threshold
from transpile.source import Source

_FRAMEWORK = "MITRE ATT&CK"

# Elastic's name for the one tactic that ATT&CK v19 split in two; its rules and its interface keep the older matrix.
_DEFENSE_EVASION = attack.Tactic("defense-evasion", "TA0005", "Defense Evasion")

_SEVERITY = {"informational": "low"}  # Elastic's lowest is low

_ANYWHERE = ("filebeat-*", "logs-*", "winlogbeat-*", "auditbeat-*", "packetbeat-*")

# Each run looks back this much further than the interval, so that an event indexed late is not missed.
_OVERLAP = 4


def index(item: Item) -> list[str]:
    """The index patterns that hold the events, by the places of the data model that the query reads."""
    return list(item.data or _ANYWHERE)


def query(item: Item, indices: Sequence[str]) -> str:
    """The item's query; an ES|QL query names its indices itself, which must be those of the rule."""
    if item.language != "esql":
        return item.query
    from transpile.dialects.esql.parse import parse
    from transpile.dialects.esql.print import print_query
    from transpile.dialects.esql.tree import From

    tree = parse(Source(item.query))
    if not isinstance(tree.source, From):
        return item.query
    return print_query(replace(tree, source=replace(tree.source, indices=tuple(indices))))


def threat(item: Item) -> list[dict[str, Any]]:
    """The rule's `threat` mapping: one entry a tactic, with names and links that end in a slash."""
    merged: dict[str, dict[str, Any]] = {}
    for tactic, branches in threats(item):
        shown = _DEFENSE_EVASION if tactic.key in attack.SPLIT_FROM_DEFENSE_EVASION else tactic
        entry = merged.setdefault(shown.id, {"framework": _FRAMEWORK, "tactic": _reference(shown), "technique": []})
        for technique, subs in branches:
            known = {one["id"] for one in entry["technique"]}
            if technique.id not in known:
                subtechniques = {"subtechnique": [_reference(sub) for sub in subs]} if subs else {}
                entry["technique"].append(_reference(technique) | subtechniques)
    return list(merged.values())


def _reference(one: attack.Tactic | attack.Technique) -> dict[str, str]:
    return {"id": one.id, "name": one.name, "reference": one.url}


def view(item: Item) -> dict[str, Any]:
    """What the templates show of an item."""
    rule, settings = item.rule, item.settings
    indices = list(settings.index) or index(item)
    tags = [f"Tactic: {entry['tactic']['name']}" for entry in threat(item)]
    tags += [f"OS: {name}" for key, name in _SYSTEMS if item.logsource.product == key]
    return {
        "item": item,
        "rule_id": item.id,
        "author": [part.strip() for part in (settings.author or rule.author or "").split(",") if part.strip()],
        "severity": _SEVERITY.get(settings.severity, settings.severity),
        "language": item.language,
        "type": "threshold" if item.threshold else item.language,
        "threshold": item.threshold,
        "query": query(item, indices),
        "index": indices,
        "interval": f"{settings.interval}m",
        "look_back": f"now-{item.window + max(_OVERLAP, settings.delay)}m",
        "tags": tags,
        "threat": threat(item),
        "references": list(rule.references),
        "false_positives": list(rule.falsepositives),
        "highlighted": _highlighted(item),
        "suppress_by": list(settings.suppress_by)[:3],  # Kibana takes at most three
        "created": rule.date,
        "updated": rule.modified or rule.date,
    }


def _highlighted(item: Item) -> list[str]:
    """What an alert of a rule on several events shows first: its group, and the value and times where rows have them.

    The alert of an EQL sequence holds what its events share, the group; it counts nothing and has no first time.
    """
    if item.result is None:
        return []
    named = (*item.result.group, item.result.value, item.result.first, item.result.last)
    return list(dict.fromkeys(name for name in named if name))


_SYSTEMS = (("windows", "Windows"), ("linux", "Linux"), ("macos", "macOS"))


def render(items: Sequence[Item], format_: str, templates: Templates) -> Iterator[File]:
    """`ndjson`: one file, a rule a line. `toml`: one file a rule."""
    views = [view(item) for item in items]
    if format_ == "ndjson":
        yield File("rules.ndjson", "".join(templates.render("elastic/rule.ndjson.j2", **one) for one in views))
        return
    for one in views:
        yield File(f"rules/{one['item'].stem}.toml", templates.render("elastic/rule.toml.j2", **one))


PLATFORM = Platform(
    "elastic",
    "Elastic Security",
    ("eql", "esql"),
    None,
    ("ndjson", "toml"),
    "toml",
    render,
    settle=as_threshold,
    parts={"rules.ndjson": r".+\n"},
)
