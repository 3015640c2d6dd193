"""Kinds of events by provider and number, with their titles, from `events.yml`."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from transpile.catalog.names import data
from transpile.record import record

ANY = "any"
EVENT_ID = "Event ID "


class EventKind(NamedTuple):
    """A kind of event: who writes it, and its number or type."""

    provider: str
    event: str


@record
class Tables:
    """The content of `events.yml`."""

    titles: dict[tuple[str, str], str]
    order: dict[str, int]
    classes: dict[str, tuple[EventKind, ...]]
    raw: dict[str, Any]


@cache
def tables() -> Tables:
    """The content of `events.yml`."""
    raw = data("events.yml")
    titles = {
        (provider, f"{EVENT_ID}{number}"): title
        for provider, one in raw["titles"].items()
        for number, title in one.items()
    }
    order = {provider: number for number, provider in enumerate(raw["titles"])}
    classes = {
        name: tuple(EventKind(one.rpartition(" ")[0], EVENT_ID + one.rpartition(" ")[2]) for one in members)
        for name, members in raw["classes"].items()
    }
    return Tables(titles, order, classes, raw)


def title_of(event: EventKind) -> str:
    """What an event is called; empty if it is not in the table.

    >>> title_of(EventKind("Sysmon", "Event ID 1")), title_of(EventKind("Defender-DeviceLogonEvents", "LogonSuccess"))
    ('Process creation', 'Logon succeeded')
    """
    found = tables().titles.get((event.provider, event.event))
    if found is not None or not event.provider.startswith("Defender-"):
        return found or ""
    if event.event == ANY:
        return f"{tables().raw['activity'].get(event.provider.removeprefix('Defender-'), 'Activity')} (any)"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", event.event).lower()
    for word, past in (("success", "succeeded"), ("failure", "failed")):
        words = re.sub(rf"\b{word}$", past, words)
    return words[:1].upper() + words[1:]


def sort_key(event: EventKind) -> tuple[int, str, int, str]:
    """The order of events on pages: Sysmon, Security, Defender, the other providers; then by number."""
    number = int(event.event.removeprefix(EVENT_ID)) if event.event.startswith(EVENT_ID) else 0
    order = tables().order.get(event.provider, 99)
    if event.provider.startswith("Defender-"):
        order = 1
        return order, "~" + event.provider, 0 if event.event == ANY else 1, event.event
    return order, event.provider, number, event.event
