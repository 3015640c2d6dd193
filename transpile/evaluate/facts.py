"""One event as the reference meaning looks at it: values by field, as text, and with case folded away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from transpile.evaluate.values import MISSING, lookup


def fold(text: str) -> str:
    """The text without its case, by Unicode's simple case folding: one character for one, so `?` keeps its meaning.

    >>> fold("C:\\\\Größe"), fold("STRASSE"), fold("Straße")
    ('c:\\\\größe', 'strasse', 'straße')
    """
    folded = text.casefold()
    # Full folding only ever lengthens (ß becomes ss), so an equal length means that nothing was expanded.
    return folded if len(folded) == len(text) else "".join(map(_fold_character, text))


_ASCII_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def fold_ascii(text: str) -> str:
    """The text with A to Z made small, and no other letter.

    >>> fold_ascii("GRÖSSE")
    'grÖsse'
    """
    return text.translate(_ASCII_FOLD)


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character


def spell(value: Any) -> str | None:
    """A value as text: strings as they are, numbers in their usual decimal spelling; None for null and maps.

    JSON knows one kind of number, so 1.0 is spelled `1`.

    >>> spell(4688), spell(1.0), spell(0.5), spell(True), spell(None)
    ('4688', '1', '0.5', 'true', None)
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value) if isinstance(value, int) else None


def members(value: Any) -> Iterator[Any]:
    """The values that a field holds: the members of a list, however nested, or the one value itself; never null."""
    if isinstance(value, list | tuple):
        for member in value:
            yield from members(member)
    elif value is not None and value is not MISSING:
        yield value


class Facts:
    """An event whose fields are looked up, spelled and folded once each, however many rules ask.

    It caches, so the event must not change meanwhile.
    """

    __slots__ = ("_anywhere", "_folded", "_folded_anywhere", "_texts", "_values", "event")

    def __init__(self, event: Mapping[str, Any]) -> None:
        self.event = event
        self._values: dict[str, tuple[Any, ...]] = {}
        self._texts: dict[str, tuple[str, ...]] = {}
        self._folded: dict[str, tuple[str, ...]] = {}
        self._anywhere: tuple[str, ...] | None = None
        self._folded_anywhere: tuple[str, ...] | None = None

    def raw(self, name: str) -> Any:
        """What the field holds, as it is in the event, or `MISSING`."""
        return lookup(self.event, name)

    def values(self, name: str) -> tuple[Any, ...]:
        """The field's values, lists opened, nulls left out; empty if it is missing."""
        found = self._values.get(name)
        if found is None:
            raw = lookup(self.event, name)
            if isinstance(raw, str):
                found = (raw,)
            else:
                found = () if raw is MISSING else tuple(members(raw))
            self._values[name] = found
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        """The field's values as text."""
        found = self._texts.get(name)
        if found is None:
            found = values = self.values(name)
            if len(values) != 1 or type(values[0]) is not str:
                found = tuple(text for value in values if (text := spell(value)) is not None)
            self._texts[name] = found
        return found

    def folded(self, name: str) -> tuple[str, ...]:
        """The field's values as text without case."""
        found = self._folded.get(name)
        if found is None:
            found = tuple(map(fold, self.texts(name)))
            self._folded[name] = found
        return found

    def anywhere(self) -> tuple[str, ...]:
        """Every value in the event as text, at any depth; names of fields are not among them."""
        if self._anywhere is None:
            self._anywhere = tuple(texts_within(self.event))
        return self._anywhere

    def folded_anywhere(self) -> tuple[str, ...]:
        """Every value in the event as text without case."""
        if self._folded_anywhere is None:
            self._folded_anywhere = tuple(map(fold, self.anywhere()))
        return self._folded_anywhere


def texts_within(value: Any) -> Iterator[str]:
    """Every value in a value, at any depth, as text."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from texts_within(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_within(inner)
    elif (text := spell(value)) is not None:
        yield text
