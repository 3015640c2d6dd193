"""Microsoft Defender XDR: custom detection rules, as the body that Microsoft Graph's `detectionRule` takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from transpile.codes import Code
from transpile.deploy import codes
from transpile.deploy.base import Platform
from transpile.deploy.entities import table
from transpile.deploy.escape import duration
from transpile.deploy.item import Item
from transpile.deploy.kusto_columns import lacking
from transpile.deploy.output import File
from transpile.deploy.sentinel import tactic_names
from transpile.deploy.templates import Templates

_SEVERITY = {"critical": "high"}  # the platform knows nothing above high

# How often a custom detection may run, in minutes, and how Graph spells it.
# The platform looks back four times as long, 30 days for the longest ("Create custom detection rules").
_PERIODS = ((60, "1H", 240), (180, "3H", 720), (720, "12H", 2_880), (1440, "24H", 43_200))
_LONGEST = _PERIODS[-1][2]

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


def period(interval: int, timespan: int = 0) -> str | None:
    """The platform's schedule that runs at least as often as wanted, or its most frequent one; all in minutes.

    It is a less frequent one where the look-back of that would not cover the time span of a rule and the interval;
    None if none covers them.

    >>> period(30), period(240), period(10_000), period(60, 6 * 60), period(60, 30 * 1440)
    ('1H', '3H', '24H', '3H', None)
    """
    wanted = max((length for length, _, _ in _PERIODS if length <= interval), default=0)
    return next((name for length, name, back in _PERIODS if length >= wanted and back >= timespan + length), None)


def view(item: Item) -> dict[str, Any]:
    """What the template shows of an item."""
    asset, identifier = _ASSETS.get(table(item.dataset), _DEVICE_ASSET)
    tactics = tactic_names(item.coverage.tactics)
    return {
        "item": item,
        "description": item.described(3000),
        "severity": _SEVERITY.get(item.settings.severity, item.settings.severity),
        "period": period(item.settings.interval, _span(item)),
        "category": tactics[0] if tactics else "SuspiciousActivity",
        "techniques": item.technique_ids,
        "asset": f"#microsoft.graph.security.{asset}",
        "identifier": identifier,
    }


def problems(item: Item) -> Iterator[tuple[Code, dict[str, Any]]]:
    """A table or query whose rows cannot raise an alert, for want of `Timestamp`, `ReportId` or an asset's column.

    And a rule whose events span more than the platform looks back.
    """
    source = table(item.dataset)
    if not source.startswith("Device") and source not in _ASSETS:
        yield codes.DEP002, {"table": source or "Events"}
    elif item.result is not None:
        asset = _ASSETS.get(source, _DEVICE_ASSET)[1]
        if missing := lacking(item.query, ("Timestamp", "ReportId", asset[0].upper() + asset[1:])):
            yield codes.DEP006, {"columns": ", ".join(missing)}
    if period(item.settings.interval, _span(item)) is None:
        needed = duration(_span(item) + _PERIODS[-1][0])
        yield codes.DEP005, {"needed": needed, "limit": duration(_LONGEST), "platform": "Microsoft Defender XDR"}


def _span(item: Item) -> int:
    """The minutes that a look-back has to cover besides the interval: time span and lag; 0 for single events."""
    return item.window - item.settings.interval + item.settings.delay if item.result else 0


def render(items: Sequence[Item], format_: str, templates: Templates) -> Iterator[File]:
    """`json`: a file a rule."""
    for item in items:
        yield File(f"rules/{item.stem}.json", templates.render("defender/rule.json.j2", **view(item)))


PLATFORM = Platform("defender", "Microsoft Defender XDR", ("kql",), "defender", ("json",), "json", render, problems)
