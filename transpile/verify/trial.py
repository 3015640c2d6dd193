"""A query and its rule, ready to be run side by side on events."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from transpile import dialects
from transpile.conversion import Conversion, Options
from transpile.evaluate import Unproven
from transpile.evaluate.reference import compile_rule
from transpile.source import Source
from transpile.verify.storage import Event, Storage


class Trial:
    """One rule and its query, ready to be run on events."""

    def __init__(self, conversion: Conversion, options: Options) -> None:
        """Parses the query's text. Raises `Unproven`, and `ParseError` where the text is not in the language."""
        assert conversion.rule is not None
        assert conversion.query is not None
        rule = self.rule = conversion.rule
        self.target, self.model, self.options = conversion.target, conversion.model, options
        self.matches = compile_rule(rule)
        dialect = dialects.load(self.target)
        if dialect.run is None:
            raise Unproven(f"{dialect.title} cannot be run yet")
        tree = dialect.parse(Source(conversion.query, f"<{self.target}>"))
        self._run = partial(dialect.run, tree)
        self.storage = Storage(rule, self.target, self.model, conversion.applied)

    def run(self, events: Sequence[Event]) -> tuple[set[int], dict[int, str]]:
        """The positions that the query returns; and those of which nobody can tell, with the reason."""
        found: set[int] = set()
        unknown: dict[int, str] = {}
        # Events that hold lists are run apart: where the platform knows none, they would spoil the whole batch.
        lists = [number for number, event in enumerate(events) if any(isinstance(one, list) for one in event.values())]
        plain = [number for number in range(len(events)) if number not in set(lists)]
        for batch in filter(None, (plain, lists)):
            self._halve(events, batch, found, unknown)
        return found, unknown

    def _halve(self, events: Sequence[Event], batch: list[int], found: set[int], unknown: dict[int, str]) -> None:
        """Run a batch, or if it holds an event of which nobody can tell, each half of it."""
        if not batch:
            return
        try:
            found.update(batch[position] for position in self._run([events[number] for number in batch]))
        except Unproven as reason:
            if len(batch) == 1:
                unknown[batch[0]] = str(reason)
            else:
                middle = len(batch) // 2
                self._halve(events, batch[:middle], found, unknown)
                self._halve(events, batch[middle:], found, unknown)

    def prepare(self, event: Event) -> tuple[Event, Event] | None:
        """The event with what its log source says of itself, and as the platform stores it; None if it cannot."""
        complete = self.storage.complete(event)
        stored = self.storage.store(complete)
        return None if stored is None else (complete, stored)

    def compare(self, event: Event) -> tuple[bool, bool] | None:
        """Whether the rule and whether the query match the event; None if nobody can tell."""
        prepared = self.prepare(event)
        if prepared is None:
            return None
        found, unknown = self.run([prepared[1]])
        return None if unknown else (self.matches(prepared[0]), bool(found))
