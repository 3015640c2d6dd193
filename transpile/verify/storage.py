"""How a platform keeps the events of one rule's log source, by a data model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import permutations
from typing import Any

from transpile import dialects
from transpile.dialects.base import DataSet
from transpile.ir.expr import And, Expr, Match
from transpile.ir.match import FieldRef, Test
from transpile.ir.rule import Rule
from transpile.ir.walk import leaves, value_fields
from transpile.pipelines import events, load
from transpile.pipelines.apply import Applied
from transpile.pipelines.dropped import asks_for_any, takes_word
from transpile.pipelines.forms import Cases, Conditions, Fixed, Rename, Values
from transpile.pipelines.model import Model, ModelSource
from transpile.pipelines.stored import Unstorable
from transpile.verify.neighbours import STRANGERS, Neighbour, neighbours

Event = Mapping[str, Any]


class Storage:
    """Puts events of a rule's log source into the platform's form. Without a data model they stay as they are."""

    def __init__(
        self, rule: Rule, target: str, model: str, applied: Applied | None, columns: Iterable[str] = ()
    ) -> None:
        """`applied` is what the data model made of the rule, or of a rule that it is a part of.

        `columns` are fields beside those of the rule's own tests that its events may have.
        """
        self._logsource = rule.logsource
        self._model: Model = load.load(model)
        self._source: ModelSource | None = applied.source if applied else None
        self._given: dict[str, Any] = {}
        # Fields that the rule asks for a word that the platform drops: they are in every event. And those of which it
        # asks only whether there is a value: the word is none there, as MAP024 says.
        self._always: frozenset[str] = frozenset()
        self._any: frozenset[str] = frozenset()
        self._same: list[tuple[str, str]] = []
        self._asked: frozenset[str] = frozenset()  # the columns that the rule's own tests are of
        self._data_set = DataSet()
        if applied is not None and self._source is not None:
            names = _names(rule.condition) | set(columns)
            self._given = dict(_givens(names, self._source))
            if word := self._source.dropped:
                self._always = frozenset(_asked(rule, lambda test: takes_word(test, word)))
                self._any = frozenset(_asked(rule, asks_for_any)) - self._always
            self._same = list(_same(names, self._source))
            self._asked = frozenset(_names(_own(applied.rule.condition, self._source)))
            self._data_set = dialects.load(target).data_set(applied.rule.dataset or "")
        elif applied is None:
            self._data_set = dialects.load(target).data_set(rule.dataset or "")

    def complete(self, event: Event) -> Event:
        """The event with what every event of its log source says, such as its channel, where it says nothing else.

        Of two fields that the platform keeps in one column, which no event has both of, it then has both.
        """
        more = {name: value for name, value in self._given.items() if name not in event}
        for one, other in self._same:
            if one in event and other not in event:
                more[other] = event[one]
        return {**more, **event} if more else event

    def store(self, event: Event) -> Event | None:
        """A complete event as the platform keeps it; None for one that it cannot hold."""
        if self._model.is_none:
            return self._data_set.store(event)
        if any(event.get(name) in (None, "") for name in self._given) or not all(map(event.get, self._always)):
            return None
        if self._source is not None and any(event.get(name) == self._source.dropped for name in self._any):
            return None
        try:
            stored = self._map(event)
            single = {name: value[0] if isinstance(value, list) and value else value for name, value in event.items()}
            if single != event and _has_scalar_lists(stored, self._map(single)):
                return None
        except Unstorable:
            return None
        return self._data_set.store(stored)

    def neighbours(self, stored: Event) -> Iterator[Neighbour]:
        """Events like a stored one that matches, of the same log source and of others."""
        if (source := self._source) is not None:
            # No row of a table is without what its name sees to; what the text of a data set sees to is tried.
            holds = source.holds if "| where" in (source.dataset or "") else ()
            yield from neighbours(stored, (*source.where, *holds), self._asked)
        if self._data_set.category is not None and (column := self._data_set.category[0]) not in self._asked:
            yield Neighbour({**stored, column: [STRANGERS[0]]}, False, column)

    def _map(self, event: Event) -> Event:
        return events.map_event(event, self._model, self._logsource, self._source)


def _givens(names: set[str], source: ModelSource) -> Iterator[tuple[str, Any]]:
    """The fields of the rule whose value the log source itself decides, with that value."""
    constants = {one.field.name: one.values[0] for one in (*source.where, *source.holds) if one.values and not one.more}
    for name in names:
        entry = source.find(name)
        how = entry.how if entry else None
        if isinstance(how, Fixed):
            yield name, how.value
        elif isinstance(how, Cases):
            yield from ((name, value) for value, case in how.table.items() if _tells(case, constants))
        elif isinstance(how, Values):
            yield from ((name, value) for value, new in how.table.items() if new == constants.get(how.field.name))
        elif isinstance(how, Rename) and how.field.name in constants and "*" not in str(constants[how.field.name]):
            yield name, constants[how.field.name]
    if source.events:
        yield "EventID", min(source.events)


def _asked(rule: Rule, wanted: Callable[[Test], bool]) -> Iterator[str]:
    """The fields that are asked in such a way."""
    for leaf in leaves(rule.condition):
        if isinstance(leaf, Match) and wanted(leaf.test):
            yield from (field.name for field in value_fields(leaf.value))


def _same(names: set[str], source: ModelSource) -> Iterator[tuple[str, str]]:
    """Pairs of the rule's fields that are two names for one column."""
    hows = [(name, entry.how) for name in sorted(names) if (entry := source.find(name)) is not None]
    for (one, here), (other, there) in permutations(hows, 2):
        if isinstance(here, Rename) and here == there:
            yield one, other


def _tells(case: Conditions, constants: Mapping[str, Any]) -> bool:
    """Whether what the log source always says is what tells this value."""
    return all(constants.get(one.field.name) == one.values[0] for one in case)


def _own(mapped: Expr, source: ModelSource) -> Expr:
    """The mapped condition without what tells the log source."""
    return mapped.args[-1] if source.where and isinstance(mapped, And) else mapped


def _names(condition: Expr) -> set[str]:
    """The fields that a condition asks about."""
    tested = [leaf for leaf in leaves(condition) if isinstance(leaf, Match)]
    others = [leaf.test.field.name for leaf in tested if isinstance(leaf.test, FieldRef)]
    return {field.name for leaf in tested for field in value_fields(leaf.value)} | set(others)


def _has_scalar_lists(stored: Event, single: Event) -> bool:
    """Whether a column holds several values that holds a bare one when it is given one."""
    return any(isinstance(value, list) and not isinstance(single.get(name), list) for name, value in stored.items())
