"""A query and its rule, ready to be run side by side on events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from transpile import dialects
from transpile.conversion import NO_MODEL, Options
from transpile.diagnostics import Report
from transpile.evaluate import Unproven
from transpile.evaluate.reference import compile_rule
from transpile.ir.rule import Rule
from transpile.source import Source

Event = Mapping[str, Any]


class Trial:
    """One rule and its query, ready to be run on events."""

    def __init__(self, rule: Rule, query: str, target: str, model: str, options: Options) -> None:
        self.rule, self.target, self.model, self.options = rule, target, model, options
        self.matches = compile_rule(rule)
        dialect = dialects.load(target)
        if dialect.run is None:
            raise Unproven(f"{dialect.title} cannot be run yet")
        tree = dialect.parse(Source(query, f"<{target}>"))
        self._run = partial(dialect.run, tree)
        self.store = _storage(rule, model, options)

    def run(self, events: Sequence[Event]) -> tuple[set[int], dict[int, str]]:
        """The positions that the query returns; and those of which nobody can tell, with the reason."""
        found: set[int] = set()
        unknown: dict[int, str] = {}
        # Events that hold lists are run apart: where the platform knows none, they would spoil the whole batch.
        lists = [number for number, event in enumerate(events) if any(isinstance(one, list) for one in event.values())]
        plain = [number for number in range(len(events)) if number not in set(lists)]
        for batch in (plain, lists):
            self._halve(events, batch, found, unknown)
        return found, unknown

    def _halve(self, events: Sequence[Event], batch: list[int], found: set[int], unknown: dict[int, str]) -> None:
        """Run a batch, or if it holds an event of which nobody can tell, each half of it."""
        try:
            found.update(batch[position] for position in self._run([events[number] for number in batch]))
        except Unproven as reason:
            if len(batch) == 1:
                unknown[batch[0]] = str(reason)
            else:
                middle = len(batch) // 2
                self._halve(events, batch[:middle], found, unknown)
                self._halve(events, batch[middle:], found, unknown)

    def compare(self, event: Event) -> tuple[bool, bool] | None:
        """Whether the rule and whether the query match the event; None if nobody can tell."""
        stored = self.store(event)
        if stored is None:
            return None
        found, unknown = self.run([stored])
        return None if unknown else (self.matches(event), bool(found))


def _storage(rule: Rule, model: str, options: Options) -> Callable[[Event], Event | None]:
    """How the platform stores an event of this rule's log source; None for an event that it cannot hold."""
    if model == NO_MODEL:
        return lambda event: event
    from transpile.pipelines import apply, events, load

    loaded = load.load(model)
    source = apply.apply(rule, loaded, Report(options.allow_approximate), unmapped=options.unmapped).source

    def store(event: Event) -> Event | None:
        try:
            stored = events.map_event(event, loaded, rule.logsource, source)
            single = {name: value[0] if isinstance(value, list) and value else value for name, value in event.items()}
            if single != event and _has_scalar_lists(stored, events.map_event(single, loaded, rule.logsource, source)):
                return None
        except events.Outside:
            return None
        return stored

    return store


def _has_scalar_lists(stored: Event, single: Event) -> bool:
    """Whether a column holds several values that holds a bare one when it is given one."""
    return any(isinstance(value, list) and not isinstance(single.get(name), list) for name, value in stored.items())
