"""Which events a rule speaks of: by number where it names one, else by the class of its log source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from transpile.catalog.names import catalog_name
from transpile.catalog.predicates import Counting, Test, as_comparison, counting, own_name, tests
from transpile.catalog.titles import ANY, EVENT_ID, EventKind, sort_key, tables
from transpile.catalog.values import rendered
from transpile.ir.expr import Match
from transpile.ir.match import Pattern, Shape
from transpile.ir.rule import Rule
from transpile.ir.stream import Events, LogSource
from transpile.ir.walk import all_events
from transpile.pipelines.load import load


def events_of(rule: Rule, language: str) -> tuple[EventKind, ...]:
    """The events that a rule speaks of, in the order of pages; only those that the table knows."""
    known = counting(language)
    read = (as_comparison(test, rule.source, known) for test in tests(rule.body))
    all_tests = [test for test in read if isinstance(test.leaf, Match)]
    found: set[EventKind] = set()
    for events in all_events(rule.body):
        own = [test for test in all_tests if test.events is events or test.events is None]
        found.update(_of_events(events, own, known))
    return tuple(sorted(found, key=sort_key))


def _of_events(events: Events, own: list[Test], known: Counting) -> Iterator[EventKind]:
    known_events = tables()
    table = (events.dataset or "").partition(" ")[0]
    if table in known_events.raw["tables_of"]:
        types = list(_words(own, {"ActionType"}))
        yield from (EventKind(f"Defender-{table}", one) for one in types or [ANY])
        return
    if not _may_be_windows(events.logsource, own, known):
        return
    numbers = [one for one in _words(own, known.events | known.codes | {"EventID"}) if one.isdecimal()]
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
    raw = tables().raw
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


def _numbered(numbers: Iterable[str], providers: list[str]) -> Iterator[EventKind]:
    """The events of these numbers: of the providers that the rule names, else of the one that has the number."""
    known_events = tables()
    named = [one for provider in providers for one in known_events.raw["many"].get(provider, [provider])]
    for number in numbers:
        event = f"{EVENT_ID}{number}"
        for provider in named or known_events.order:
            if (provider, event) in known_events.titles:
                yield EventKind(provider, event)
                if not named:
                    break


def _of_class(events: Events, own: list[Test]) -> Iterator[EventKind]:
    known_events = tables()
    raw = known_events.raw
    logsource = events.logsource
    if logsource.category in raw["categories"]:
        if logsource.product == "windows":
            yield from known_events.classes[raw["categories"][logsource.category]]
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
            yield from known_events.classes[raw["words"][word]]
