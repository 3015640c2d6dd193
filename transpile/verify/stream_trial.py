"""A rule on many events and its query, ready to be run side by side on streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from transpile import dialects
from transpile.conversion import Conversion
from transpile.dialects.base import Row
from transpile.evaluate import Unproven
from transpile.evaluate.facts import Facts, members, spell
from transpile.evaluate.reference import compile_check
from transpile.evaluate.rows import Key
from transpile.evaluate.streams import StreamReference
from transpile.ir.rule import Rule
from transpile.ir.stream import Events
from transpile.ir.timed import Timed
from transpile.ir.walk import all_events, group_by
from transpile.pipelines.apply import Applied
from transpile.pipelines.streams import pairs_of
from transpile.record import replace
from transpile.source import Source
from transpile.verify.storage import Event, Storage


class StreamTrial:
    """One rule on many events and its query."""

    def __init__(self, conversion: Conversion) -> None:
        """Parses the query's text. Raises `Unproven`, and `ParseError` where the text is not in the language."""
        assert conversion.rule is not None
        assert conversion.query is not None
        rule = self.rule = conversion.rule
        dialect = dialects.load(conversion.target)
        if dialect.rows is None or conversion.result is None:
            raise Unproven(f"queries on many events in {dialect.title} cannot be run yet")
        self.result = conversion.result
        joined = {names[0]: names for names in self.result.either}
        rest = {name for names in self.result.either for name in names[1:]}
        self._key_columns = [joined.get(name, (name,)) for name in self.result.group if name not in rest]
        pairs = pairs_of(rule.body, conversion.applied.parts) if conversion.applied else {}
        self._parted = [pairs[name][1] if name in pairs else None for name in group_by(rule.body)]
        self._rows = partial(dialect.rows, dialect.parse(Source(conversion.query, f"<{conversion.target}>")))
        self.reference = StreamReference(rule.body)
        self._checks = {id(one): compile_check(one.condition) for one in all_events(rule.body)}
        self._places = dict(_places(rule, conversion))

    def prepare(self, origin: Events, event: Event) -> Event | None:
        """An event of a base rule's log source as every event of it is; None if the platform cannot hold it.

        None too for an event that another base rule, whose log source is kept elsewhere, would match: its query cannot
        see it there, and the rule does not say whether it should.
        """
        storage, applied = self._places[id(origin)]
        complete = storage.complete(event)
        if storage.store(complete) is None:
            return None
        facts = Facts(complete)
        for other, (_, there) in self._places.items():
            apart = applied is not None and there is not None and applied.source is not there.source
            if apart and self._checks[other](facts):
                return None
        return complete

    def store(self, events: Sequence[Timed], origins: Sequence[Events]) -> list[Timed] | None:
        """The events as the platform holds them; None if it cannot hold one of them."""
        stored = []
        for timed, origin in zip(events, origins, strict=True):
            storage, applied = self._places[id(origin)]
            kept = storage.store(timed.event)
            if kept is None:
                return None
            stored.append(Timed(timed.time, kept, applied.rule.dataset if applied else None))
        return stored

    def rows(self, stored: Sequence[Timed]) -> list[Row]:
        """The rows of the query. Raises `Unproven`."""
        rows: list[Row] = self._rows(stored)
        return rows

    def key_of(self, row: Row) -> Key:
        """The group that a row of the query is an alert of, as the result's columns tell it."""
        found: list[str | None] = []
        for names in self._key_columns:
            texts = [text for name in names if (text := _text(row.columns, name)) is not None]
            found.append(", ".join(texts) if texts else None)
        if not any(self._parted):
            return tuple(found)
        rest = iter(found)
        return tuple(next(rest) if at is None else _joined(next(rest), at, next(rest)) for at in self._parted)


def _joined(head: str | None, at: str, tail: str | None) -> str | None:
    """A value that is kept in two columns."""
    return None if head is None or tail is None else f"{head}{at}{tail}"


def _text(columns: Mapping[str, Any], name: str) -> str | None:
    """A value as text; of a list with one value, that. None where there is none."""
    texts = [text for value in members(columns.get(name)) if (text := spell(value))]
    return ", ".join(texts) if texts else None


def _places(rule: Rule, conversion: Conversion) -> list[tuple[int, tuple[Storage, Applied | None]]]:
    """How the events of each base rule are stored, and what the data model made of it."""
    applied = conversion.applied
    parts: Sequence[Applied | None] = applied.parts if applied else [None for _ in all_events(rule.body)]
    found: list[tuple[int, tuple[Storage, Applied | None]]] = []
    for events, part in zip(all_events(rule.body), parts, strict=True):
        columns = tuple(part.columns) if part else ()
        storage = Storage(replace(rule, body=events), conversion.target, conversion.model, part, columns)
        found.append((id(events), (storage, part)))
    return found
