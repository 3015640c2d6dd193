"""Microsoft Defender XDR: custom detection rules, as the body that Microsoft Graph's `detectionRule` takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from transpile.codes import Code
from transpile.deploy import codes
from transpile.deploy.base import Platform
from transpile.deploy.entities import table
from transpile.deploy.escape import cut
from transpile.deploy.item import Item
from transpile.deploy.output import File
from transpile.deploy.sentinel import tactic_names
from transpile.deploy.templates import Templates

_SEVERITY = {"critical": "high"}  # the platform knows nothing above high

# How often a custom detection may run, in minutes, and how Graph spells it.
_PERIODS = ((60, "1H"), (180, "3H"), (720, "12H"), (1440, "24H"))

# What an alert is about, by table: Graph's type of the asset, and the column that identifies it.
_DEVICE_ASSET = ("impactedDeviceAsset", "deviceId")
_ASSETS = {
    "CloudAppEvents": ("impactedUserAsset", "accountObjectId"),
    "IdentityLogonEvents": ("impactedUserAsset", "accountObjectId"),
    "IdentityDirectoryEvents": ("impactedUserAsset", "accountObjectId"),
    "IdentityQueryEvents": ("impactedUserAsset", "accountObjectId"),
    "EmailEvents": ("impactedMailboxAsset", "recipientEmailAddress"),
    "EmailAttachmentInfo": ("impactedMailboxAsset", "recipientEmailAddress"),
    "EmailUrlInfo": ("impactedMailboxAsset", "recipientEmailAddress"),
}


def period(minutes: int) -> str:
    """The platform's schedule that runs at least as often as wanted, or its most frequent one.

    >>> period(30), period(240), period(10_000)
    ('1H', '3H', '24H')
    """
    return next((name for length, name in reversed(_PERIODS) if length <= minutes), _PERIODS[0][1])


def view(item: Item) -> dict[str, Any]:
    """What the template shows of an item."""
    asset, identifier = _ASSETS.get(table(item.dataset), _DEVICE_ASSET)
    tactics = tactic_names(item.coverage)
    return {
        "item": item,
        "description": cut(item.description, 3000),
        "severity": _SEVERITY.get(item.settings.severity, item.settings.severity),
        "period": period(item.settings.interval),
        "category": tactics[0] if tactics else "SuspiciousActivity",
        "techniques": item.technique_ids,
        "asset": f"#microsoft.graph.security.{asset}",
        "identifier": identifier,
    }


def problems(item: Item) -> Iterator[tuple[Code, dict[str, Any]]]:
    """A table whose rows cannot raise an alert: it wants `Timestamp`, `ReportId` and an asset's column."""
    source = table(item.dataset)
    if not source.startswith("Device") and source not in _ASSETS:
        yield codes.DEP002, {"table": source or "Events"}


def render(items: Sequence[Item], format_: str, templates: Templates) -> Iterator[File]:
    """`json`: a file a rule."""
    for item in items:
        yield File(f"rules/{item.stem}.json", templates.render("defender/rule.json.j2", **view(item)))


PLATFORM = Platform("defender", "Microsoft Defender XDR", "kql", "defender", ("json",), "json", render, problems)
