"""A row as searches see it: values by field, as text, and without case. Nothing here is the reference's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transpile.dialects.kit.running.values import all_values, spell, values


def fold(text: str) -> str:
    """The text without its case, one character for one.

    >>> fold("C:\\\\Größe")
    'c:\\\\größe'
    """
    folded = text.casefold()
    return folded if len(folded) == len(text) else "".join(map(_folded, text))


def _folded(character: str) -> str:
    found = character.casefold()
    return found if len(found) == 1 else character


class Facts:
    """A row whose fields are looked up and spelled once each. The row must not change meanwhile."""

    __slots__ = ("_folded", "_texts", "event")

    def __init__(self, event: Mapping[str, Any]) -> None:
        self.event = event
        self._texts: dict[str, tuple[str, ...]] = {}
        self._folded: dict[str, tuple[str, ...]] = {}

    def values(self, name: str) -> tuple[Any, ...]:
        """The field's values, lists opened, nulls left out. Raises `Unproven` for an object."""
        return tuple(values(self.event, name))

    def texts(self, name: str) -> tuple[str, ...]:
        """The field's values as text."""
        found = self._texts.get(name)
        if found is None:
            found = self._texts[name] = tuple(map(spell, self.values(name)))
        return found

    def folded(self, name: str) -> tuple[str, ...]:
        """The field's values as text without case."""
        found = self._folded.get(name)
        if found is None:
            found = self._folded[name] = tuple(map(fold, self.texts(name)))
        return found

    def anywhere(self) -> tuple[str, ...]:
        """Every value in the row as text, at any depth."""
        return tuple(spell(value) for _, value in all_values(self.event))
