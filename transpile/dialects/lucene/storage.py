"""How Elasticsearch stores the events of an event category."""

from __future__ import annotations

from transpile.dialects.base import DataSet, Event

_COLUMN = "event.category"


def data_set(name: str) -> DataSet:
    """The data set of an event category; `any` and none at all hold events of every one."""
    if name in ("", "any"):
        return DataSet()

    def store(event: Event) -> Event:
        return event if _COLUMN in event else {**event, _COLUMN: [name]}

    return DataSet(store, (_COLUMN, name))
