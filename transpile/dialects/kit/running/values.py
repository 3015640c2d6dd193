"""Values of events: finding a field, opening lists, and spelling values as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from transpile.evaluate import Unproven

Event = Mapping[str, Any]


def find(event: Event, name: str) -> list[Any]:
    """What is under a name, flat or as a path through objects and lists of objects; nothing if it is missing.

    >>> find({"a.b": 1}, "a.b"), find({"a": [{"b": 1}, {"b": 2}]}, "a.b"), find({}, "a"), find({"a": None}, "a")
    ([1], [1, 2], [], [None])
    """
    if name in event:
        return [event[name]]
    for end, char in enumerate(name):
        if char != "." or (inner := event.get(name[:end])) is None:
            continue
        objects = inner if isinstance(inner, list) else [inner]
        found = [value for one in objects if isinstance(one, Mapping) for value in find(one, name[end + 1 :])]
        if found:
            return found
    return []


class _Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


def at(event: Event, name: str) -> Any:
    """What a name leads to as it is, or `MISSING`: like `find`, but the members of a list of objects give a list.

    >>> at({"a.b": 1}, "a.b"), at({"a": [{"b": 1}, {"c": 2}]}, "a.b"), at({"a": None}, "a"), at({}, "a.b")
    (1, [1], None, MISSING)
    """
    if name in event:
        return event[name]
    end = name.find(".")
    while end >= 0:
        inner, rest = event.get(name[:end]), name[end + 1 :]
        if isinstance(inner, Mapping) and (found := at(inner, rest)) is not MISSING:
            return found
        if isinstance(inner, list):
            held = [at(one, rest) for one in inner if isinstance(one, Mapping)]
            if held := [value for value in held if value is not MISSING]:
                return held
        end = name.find(".", end + 1)
    return MISSING


def spell(value: str | float) -> str:
    """A value as text: truth values as JSON spells them, whole numbers without a point.

    >>> spell("a"), spell(True), spell(1.0), spell(0.5)
    ('a', 'true', '1', '0.5')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def values(event: Event, name: str) -> list[Any]:
    """The values of a field: the members of its lists, however nested, without nulls.

    Raises `Unproven` for an object, which is not a value.

    >>> values({"a": [1, [None, "x"]]}, "a"), values({"a": None}, "a")
    ([1, 'x'], [])
    """
    return [value for found in find(event, name) for value in _members(found, name)]


def _members(value: Any, name: str) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for member in value:
            yield from _members(member, name)
    elif isinstance(value, Mapping):
        raise Unproven(f"{name} is an object, which is not a field")
    elif value is not None:
        yield value


def all_values(event: Event) -> Iterator[tuple[str, Any]]:
    """Every value of an event at any depth, nulls left out, each with the path of its field.

    >>> list(all_values({"a": {"b": [1, None]}, "c": "x"}))
    [('a.b', 1), ('c', 'x')]
    """
    for name, value in event.items():
        yield from _within(name, value)


def _within(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _within(f"{path}.{name}", inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _within(path, inner)
    elif value is not None:
        yield path, value
