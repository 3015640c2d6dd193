"""Values in events: finding a field, nested or flat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final


class _Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


def lookup(event: Mapping[str, Any], name: str) -> Any:
    """The value of a field, by its flat name or by its dotted path through maps and lists of maps; or `MISSING`.

    A path through a list gathers what its members hold.

    >>> lookup({"a.b": 1}, "a.b"), lookup({"a": {"b": 1}}, "a.b"), lookup({"a": [{"b": 1}, {"b": 2}]}, "a.b")
    (1, 1, [1, 2])
    >>> lookup({"a": None}, "a"), lookup({}, "a")
    (None, MISSING)
    """
    if name in event:
        return event[name]
    start = name.find(".")
    while start > 0:
        head, rest = name[:start], name[start + 1 :]
        inner = event.get(head)
        if isinstance(inner, Mapping):
            found = lookup(inner, rest)
            if found is not MISSING:
                return found
        elif isinstance(inner, list):
            members = [lookup(member, rest) for member in inner if isinstance(member, Mapping)]
            members = [member for member in members if member is not MISSING]
            if members:
                return members
        start = name.find(".", start + 1)
    return _by_key(event, name) if name.endswith("']") else MISSING


def _by_key(event: Mapping[str, Any], name: str) -> Any:
    """A path that ends in a key in brackets, for a key that holds a dot: `AdditionalFields['TO.GROUP']`."""
    path, _, key = name[:-2].rpartition("['")
    inner = lookup(event, path) if path else MISSING
    return inner.get(key, MISSING) if isinstance(inner, Mapping) else MISSING
