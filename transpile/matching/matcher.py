"""Many rules against many events: looks for the rules' needles first, and asks only the rules whose needle is there."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from transpile.evaluate.facts import Facts, fold, texts_within
from transpile.evaluate.reference import Check, compile_check
from transpile.ir.rule import Rule
from transpile.matching.needles import Needle, Needles, needles
from transpile.matching.route import Route, key_of, route_of

Event = Mapping[str, Any]

GRAM = 4  # long needles are found by one run of this many bytes
FEW = 40  # needles that are looked for one by one; more of them in long texts,
LOOK = 2  # where looking for one costs as much as this many characters' runs
REMEMBERED = 2_048  # values of one field that are remembered
NONE: frozenset[int] = frozenset()


class Matcher:
    """Finds which of its rules match an event, by the reference meaning.

    With `routed`, a rule is asked only about events of its log source, as far as an event tells its own
    (`route.route_of`).
    """

    def __init__(self, rules: Sequence[Rule], *, routed: bool = False) -> None:
        self._checks: list[Check] = [compile_check(rule.condition) for rule in rules]
        self._needles = [needles(rule.condition) for rule in rules]
        self._routes: list[Route | None] = [route_of(rule.logsource) if routed else None for rule in rules]
        self._routed = routed
        self._grams = _choose_grams(
            {needle.text for found in self._needles for needle in found or () if not needle.whole}
        )
        self._indexes: dict[object, _Index] = {}

    def match(self, event: Event) -> list[int]:
        """The positions of the rules that match, in order."""
        facts = Facts(event)
        checks = self._checks
        return [number for number in self._index(event).candidates(facts) if checks[number](facts)]

    def _index(self, event: Event) -> _Index:
        """The index of the rules for events of this log source; made when the first such event comes."""
        key = key_of(event) if self._routed else None
        index = self._indexes.get(key)
        if index is None:
            applying = [number for number, route in enumerate(self._routes) if route is None or route.takes(key)]
            index = self._indexes[key] = _Index(((number, self._needles[number]) for number in applying), self._grams)
        return index


class _Index:
    """Needles by field, and the rules that cannot be told by any."""

    def __init__(self, rules: Iterable[tuple[int, Needles | None]], grams: Mapping[str, int]) -> None:
        self._always: list[int] = []
        fields: dict[str | None, list[tuple[Needle, int]]] = {}
        for number, found in rules:
            if found is None:
                self._always.append(number)
                continue
            for needle in found:
                fields.setdefault(needle.field, []).append((needle, number))
        keywords = fields.pop(None, None)
        self._anywhere = _FieldIndex(keywords, grams) if keywords else None
        indexes = {name: _FieldIndex(given, grams) for name, given in fields.items() if name is not None}
        self._plain = {name: index for name, index in indexes.items() if "." not in name}
        # A name with dots may be a path through the event.
        self._paths = {name: index for name, index in indexes.items() if "." in name}

    def candidates(self, facts: Facts) -> list[int]:
        """The rules that may match, in order."""
        event = facts.event
        found = set(self._always)
        for name in self._plain.keys() & event.keys():
            index = self._plain[name]
            value = event[name]
            for text in (value,) if type(value) is str else facts.texts(name):
                if hit := index.of(text):
                    found |= hit
        for name, index in self._paths.items():
            for text in facts.texts(name):
                found |= index.of(text)
        if self._anywhere:
            found |= self._anywhere.of_all(event.values())
        return sorted(found)


class _FieldIndex:
    """The needles of one field."""

    def __init__(self, given: Iterable[tuple[Needle, int]], grams: Mapping[str, int]) -> None:
        whole: dict[str, set[int]] = {}
        inside: dict[str, set[int]] = {}
        for needle, number in given:
            (whole if needle.whole else inside).setdefault(needle.text, set()).add(number)
        self._whole = {text: frozenset(numbers) for text, numbers in whole.items()}
        self._inside = [(text, frozenset(numbers)) for text, numbers in inside.items()]
        self._short: list[tuple[str, frozenset[int]]] = []
        self._grams: dict[int, list[tuple[str, frozenset[int]]]] = {}
        for entry in self._inside:
            if entry[0] in grams:
                self._grams.setdefault(grams[entry[0]], []).append(entry)
            else:
                self._short.append(entry)
        self._gram_set = frozenset(self._grams)
        # What the last values came to, in two generations: logs repeat themselves.
        self._recent: dict[str, frozenset[int]] = {}
        self._older: dict[str, frozenset[int]] = {}

    def of(self, text: str) -> frozenset[int]:
        """The rules one of whose needles is in the value."""
        known = self._recent.get(text)
        if known is None:
            known = self._older.get(text)
            if known is None:
                known = self.find(text)
            self._recent[text] = known
            self._age()
        return known

    def of_all(self, values: Iterable[Any]) -> frozenset[int]:
        """The rules one of whose needles is in one of the values of an event."""
        found = NONE
        unknown: list[str] = []
        recent, older = self._recent, self._older
        for value in values:
            kind = type(value)
            if kind is str or kind is int:
                text = value if kind is str else str(value)
                known = recent.get(text)
                if known is None:
                    known = older.get(text)
                    if known is None:
                        unknown.append(text)
                        continue
                    recent[text] = known
                if known:
                    found |= known
            else:
                unknown += texts_within(value)
        # Seldom is there anything: one look at all of them is cheaper than one at each.
        if unknown and self.find("\n".join(unknown)):
            return found.union(*map(self.of, unknown))
        recent.update(dict.fromkeys(unknown, NONE))
        self._age()
        return found

    def _age(self) -> None:
        if len(self._recent) >= REMEMBERED:
            self._older, self._recent = self._recent, {}

    def find(self, text: str) -> frozenset[int]:
        """`of` without remembering."""
        text = fold(text)
        found = self._whole.get(text, NONE)
        if len(self._inside) * LOOK < len(text) or len(self._inside) < FEW:
            likely = self._inside
        else:
            likely = self._short + [entry for gram in _present(text, self._gram_set) for entry in self._grams[gram]]
        for needle, numbers in likely:
            if needle in text:
                found |= numbers
        return found


def _present(text: str, wanted: frozenset[int]) -> set[int]:
    """Which of the wanted runs of `GRAM` bytes, read as numbers, are in the text."""
    raw = memoryview(text.encode("utf-8", "surrogatepass"))
    found: set[int] = set()
    for start in range(GRAM):
        end = len(raw) - (len(raw) - start) % GRAM
        if end > start:
            found |= wanted.intersection(raw[start:end].cast("I"))
    return found


def _choose_grams(texts: Iterable[str]) -> dict[str, int]:
    """For each text that is long enough, the run of `GRAM` bytes in it, as a number, that the fewest of them share."""
    each: dict[str, list[int]] = {}
    for text in texts:
        raw = text.encode("utf-8", "surrogatepass")
        each[text] = [int.from_bytes(raw[at : at + GRAM], sys.byteorder) for at in range(len(raw) - GRAM + 1)]
    counts = Counter(gram for grams in each.values() for gram in set(grams))
    return {text: min(grams, key=lambda gram: (counts[gram], gram)) for text, grams in each.items() if grams}
