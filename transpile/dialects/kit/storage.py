"""How events are stored on platforms that several languages query."""

from __future__ import annotations

from transpile.dialects.base import DataSet, Event

_CATEGORY = "event.category"  # an array in the Elastic Common Schema


def event_category(name: str) -> DataSet:
    """The data set of an ECS event category; `any` and none at all hold events of every one."""
    if name in ("", "any"):
        return DataSet()

    def store(event: Event) -> Event:
        return event if _CATEGORY in event else {**event, _CATEGORY: [name]}

    return DataSet(store, (_CATEGORY, name))
