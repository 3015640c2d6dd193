"""How Google SecOps stores the values that a field table names by key: labels are a list of keys and values."""

from __future__ import annotations

import re
from typing import Any

from transpile.dialects.base import DataSet, Event

_LABEL = re.compile(r'(?P<holder>[\w.]+\.(?:labels|detection_fields))\["(?P<key>[^"]+)"\]')


def data_set(name: str) -> DataSet:
    """The one data set that there is."""
    return DataSet(store)


def store(event: Event) -> Event:
    """The event with values of labels in their lists.

    >>> store({'a.labels["x"]': "1", "b": 2})
    {'b': 2, 'a.labels': [{'key': 'x', 'value': '1'}]}
    """
    labels: dict[str, list[dict[str, Any]]] = {}
    for name, value in event.items():
        if found := _LABEL.fullmatch(name):
            labels.setdefault(found["holder"], []).append({"key": found["key"], "value": value})
    if not labels:
        return event
    rest = {name: value for name, value in event.items() if not _LABEL.fullmatch(name)}
    return {**rest, **labels}
