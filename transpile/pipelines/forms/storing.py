"""Stores one value of an event: lists member by member, empty values and others by their form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transpile.pipelines.forms import How


def store(value: Any, how: How) -> Iterator[tuple[str, Any]]:
    """Where a value is kept on the platform: columns and what each holds. Raises `Unstorable`.

    A list is stored member by member, each column holding the list of what its members leave there.
    """
    if isinstance(value, list) and value:
        columns: dict[str, list[Any]] = {}
        for member in value:
            for column, kept in store(member, how):
                columns.setdefault(column, []).append(kept)
        return iter(columns.items())
    return how.empty(value) if value is None or value == "" or value == [] else how.store(value)
