"""The smallest event that still shows a disagreement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

MOST = 400  # events tried

Event = Mapping[str, Any]


def shrink(event: Event, shows: Callable[[Event], bool]) -> Event:
    """The event with every field dropped and every text shortened that is not needed for `shows` to hold.

    >>> shrink({"a": "xxabxx", "b": 1, "c": "c"}, lambda event: "ab" in event.get("a", "") and "c" in event)
    {'a': 'ab', 'c': ''}
    """
    tried = 0
    again = True
    while again:
        again = False
        for smaller in _smaller(event):
            tried += 1
            if tried > MOST:
                return event
            if shows(smaller):
                event, again = smaller, True
                break
    return event


def _smaller(event: Event) -> Iterator[Event]:
    """Events a little smaller than this one, the boldest steps first."""
    for name in event:
        yield {other: value for other, value in event.items() if other != name}
    for name, value in event.items():
        if isinstance(value, str) and value:
            size = len(value)
            while size:
                for start in range(0, len(value) - size + 1, size):
                    yield {**event, name: value[:start] + value[start + size :]}
                size //= 2
        elif isinstance(value, list) and len(value) > 1:
            for at in range(len(value)):
                yield {**event, name: value[:at] + value[at + 1 :]}
