"""Lists: several tests of one field by one operator become one test with several values."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from transpile.record import record

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value", bound=Hashable)
T = TypeVar("T")


@record
class ListItem(Generic[Key, Value]):
    """One value of a list; items of one key (operator, kind of literal) belong to one list."""

    key: Key
    value: Value


def gather(
    found: Iterable[T | ListItem[Key, Value]], build: Callable[[Key, tuple[Value, ...]], Iterable[T]]
) -> list[T]:
    """The expressions, and in the place of each list's first item what `build` makes of the list, without repeats.

    >>> gather([ListItem("in", 1), "x", ListItem("in", 2), ListItem("in", 1)], lambda key, values: [f"{key} {values}"])
    ['in (1, 2)', 'x']
    """
    lists: dict[Key, dict[Value, None]] = {}
    order: list[T | ListItem[Key, Value]] = []
    for one in found:
        if not isinstance(one, ListItem):
            order.append(one)
            continue
        if one.key not in lists:
            order.append(one)
        lists.setdefault(one.key, {})[one.value] = None
    made: list[T] = []
    for place in order:
        made.extend(build(place.key, tuple(lists[place.key])) if isinstance(place, ListItem) else (place,))
    return made
