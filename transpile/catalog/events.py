"""Which events a rule speaks of: by number where it names one, else by the class of its log source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from transpile.catalog.names import catalog_name, data
from transpile.catalog.predicates import Counting, Test, counting, own_name, tests
from transpile.catalog.values import rendered
from transpile.ir.expr import Match
from transpile.ir.match import Pattern, Shape
from transpile.ir.rule import Rule
from transpile.ir.stream import Events, LogSource
from transpile.ir.walk import all_events
from transpile.pipelines.load import load

ANY = "any"
EVENT_ID = "Event ID "


class Event(NamedTuple):
    """A kind of event: who writes it, and its number or type."""

    provider: str
    event: str


@dataclass(frozen=True, slots=True)
class _Tables:
    """The content of `events.yml`."""

    titles: dict[tuple[str, str], str]
    order: dict[str, int]
    classes: dict[str, tuple[Event, ...]]
    raw: dict[str, Any]


@cache
def _tables() -> _Tables:
    raw = data("events.yml")
    titles = {
        (provider, f"{EVENT_ID}{number}"): title
        for provider, one in raw["titles"].items()
        for number, title in one.items()
    }
    order = {provider: number for number, provider in enumerate(raw["titles"])}
    classes = {
        name: tuple(Event(one.rpartition(" ")[0], EVENT_ID + one.rpartition(" ")[2]) for one in members)
        for name, members in raw["classes"].items()
    }
    return _Tables(titles, order, classes, raw)


def title_of(event: Event) -> str:
    """What an event is called; empty if it is not in the table.

    >>> title_of(Event("Sysmon", "Event ID 1")), title_of(Event("Defender-DeviceLogonEvents", "LogonSuccess"))
    ('Process creation', 'Logon succeeded')
    """
    found = _tables().titles.get((event.provider, event.event))
    if found is not None or not event.provider.startswith("Defender-"):
        return found or ""
    if event.event == ANY:
        return f"{_tables().raw['activity'].get(event.provider.removeprefix('Defender-'), 'Activity')} (any)"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", event.event).lower()
    for word, past in (("success", "succeeded"), ("failure", "failed")):
        words = re.sub(rf"\b{word}$", past, words)
    return words[:1].upper() + words[1:]


def sort_key(event: Event) -> tuple[int, str, int, str]:
    """The order of events on pages: Sysmon, Security, Defender, the other providers; then by number."""
    number = int(event.event.removeprefix(EVENT_ID)) if event.event.startswith(EVENT_ID) else 0
    order = _tables().order.get(event.provider, 99)
    if event.provider.startswith("Defender-"):
        order = 1
        return order, "~" + event.provider, 0 if event.event == ANY else 1, event.event
    return order, event.provider, number, event.event


def events_of(rule: Rule, language: str) -> tuple[Event, ...]:
    """The events that a rule speaks of, in the order of pages; only those that the table knows."""
    known = counting(language)
    all_tests = [test for test in tests(rule.body) if isinstance(test.leaf, Match)]
    found: set[Event] = set()
    for events in all_events(rule.body):
        own = [test for test in all_tests if test.events is events or test.events is None]
        found.update(_of_events(events, own, known))
    return tuple(sorted(found, key=sort_key))


def _of_events(events: Events, own: list[Test], known: Counting) -> Iterator[Event]:
    tables = _tables()
    table = (events.dataset or "").partition(" ")[0]
    if table in tables.raw["tables_of"]:
        types = list(_words(own, {"ActionType"}))
        yield from (Event(f"Defender-{table}", one) for one in types or [ANY])
        return
    if not _may_be_windows(events.logsource, own, known):
        return
    numbers = [one for one in _words(own, known.events | known.codes | {"EventID"}) if one.isdigit()]
    providers = list(_providers(events.logsource, own, table))
    if numbers:
        yield from _numbered(numbers, providers)
        return
    yield from _of_class(events, own)


def systems_of(rule: Rule, language: str) -> tuple[str, ...]:
    """The systems that a rule asks for, in a language that has a field for them."""
    known = counting(language)
    return tuple(
        dict.fromkeys(_words((one for one in tests(rule.body) if isinstance(one.leaf, Match)), known.platform))
    )


def _may_be_windows(logsource: LogSource, own: list[Test], known: Counting) -> bool:
    if logsource.product not in (None, "windows"):
        return False
    systems = set(_words(own, known.platform))
    return not systems or "windows" in systems


def _words(own: Iterable[Test], fields: Iterable[str]) -> Iterator[str]:
    """The values that some fields must have."""
    wanted = set(fields)
    for test in own:
        leaf = test.leaf
        assert isinstance(leaf, Match)
        name = own_name(leaf, test.events)
        if test.nots % 2 == 0 and (name in wanted or catalog_name(name) in wanted):
            if isinstance(leaf.test, Pattern) and leaf.test.shape is not Shape.EQUALS:
                continue
            yield rendered(leaf.test)


def _providers(logsource: LogSource, own: list[Test], table: str) -> Iterator[str]:
    raw = _tables().raw
    if table in raw["tables"]:
        yield raw["tables"][table]
    kind = load("none").kinds.get(logsource) if logsource.product else None
    for channel in kind.facts.get("channel", ()) if kind else ():
        if (provider := raw["channels"].get(str(channel).lower())) is not None:
            yield provider
    if logsource.service == "system":
        yield "system"
    for value in _all_words(own, set(raw["sources"])):
        for word, provider in raw["source_words"].items():
            if word in value.lower():
                yield provider
                break


def _all_words(own: Iterable[Test], fields: set[str]) -> Iterator[str]:
    for test in own:
        leaf = test.leaf
        if isinstance(leaf, Match) and test.nots % 2 == 0 and own_name(leaf, test.events) in fields:
            yield rendered(leaf.test)


def _numbered(numbers: Iterable[str], providers: list[str]) -> Iterator[Event]:
    """The events of these numbers: of the providers that the rule names, else of the one that has the number."""
    tables = _tables()
    named = [one for provider in providers for one in tables.raw["many"].get(provider, [provider])]
    for number in numbers:
        event = f"{EVENT_ID}{number}"
        for provider in named or tables.order:
            if (provider, event) in tables.titles:
                yield Event(provider, event)
                if not named:
                    break


def _of_class(events: Events, own: list[Test]) -> Iterator[Event]:
    tables = _tables()
    raw = tables.raw
    logsource = events.logsource
    if logsource.category in raw["categories"]:
        if logsource.product == "windows":
            yield from tables.classes[raw["categories"][logsource.category]]
        return
    kind = load("none").kinds.get(logsource) if logsource.product else None
    if kind is not None and logsource.category:
        numbers = list(map(str, kind.facts.get("event_id", ())))
        if numbers:
            yield from _numbered(numbers, list(_providers(logsource, own, "")))
        return
    words = [events.dataset or "", *_words(own, set(raw["selectors"]))]
    for word in words:
        if word in raw["words"]:
            yield from tables.classes[raw["words"][word]]
