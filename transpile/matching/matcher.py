"""Many rules against many events: looks for the rules' needles first, and asks only the rules whose needle is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from transpile.evaluate.facts import Facts
from transpile.evaluate.reference import Check, compile_check
from transpile.ir.rule import Rule
from transpile.matching.needles import Needle, needles
from transpile.matching.route import Route, key_of, route_of

Event = Mapping[str, Any]

GRAM = 4  # long needles are found by one run of this many characters
FEW = 24  # needles of one field that are looked for one by one
REMEMBERED = 20_000  # values of one field whose rules are remembered


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
            index = self._indexes[key] = _Index((number, self._needles[number]) for number in applying)
        return index


class _Index:
    """Needles by field, and the rules that cannot be told by any."""

    def __init__(self, rules: Iterable[tuple[int, frozenset[Needle] | None]]) -> None:
        self._always: list[int] = []
        fields: dict[str | None, list[tuple[Needle, int]]] = {}
        for number, found in rules:
            if found is None:
                self._always.append(number)
                continue
            for needle in found:
                fields.setdefault(needle.field, []).append((needle, number))
        keywords = fields.pop(None, None)
        self._anywhere = _FieldIndex(keywords) if keywords else None
        indexes = {name: _FieldIndex(given) for name, given in fields.items() if name is not None}
        self._plain = {name: index for name, index in indexes.items() if "." not in name}
        # A name with dots may be a path through the event.
        self._paths = {name: index for name, index in indexes.items() if "." in name}

    def candidates(self, facts: Facts) -> list[int]:
        """The rules that may match, in order."""
        found: set[int] = set(self._always)
        plain = self._plain
        for name in plain.keys() & facts.event.keys():
            index = plain[name]
            for text in facts.folded(name):
                found.update(index.of(text))
        for name, index in self._paths.items():
            for text in facts.folded(name):
                found.update(index.of(text))
        if self._anywhere:
            found |= self._anywhere.find("\n".join(facts.folded_anywhere()))
        return sorted(found)


class _FieldIndex:
    """The needles of one field."""

    def __init__(self, given: Iterable[tuple[Needle, int]]) -> None:
        whole: dict[str, set[int]] = {}
        inside: dict[str, set[int]] = {}
        for needle, number in given:
            (whole if needle.whole else inside).setdefault(needle.text, set()).add(number)
        self._whole = {text: frozenset(numbers) for text, numbers in whole.items()}
        self._grams: dict[str, list[tuple[str, frozenset[int]]]] = {}
        self._inside: list[tuple[str, frozenset[int]]] = []
        chosen = _choose_grams(inside) if len(inside) > FEW else {}
        for text, numbers in inside.items():
            entry = text, frozenset(numbers)
            if text in chosen:
                self._grams.setdefault(chosen[text], []).append(entry)
            else:
                self._inside.append(entry)
        self._remembered: dict[str, frozenset[int]] = {}

    def of(self, text: str) -> frozenset[int]:
        """The rules one of whose needles is in the value."""
        known = self._remembered.get(text)
        if known is None:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            known = self._remembered[text] = self.find(text)
        return known

    def find(self, text: str) -> frozenset[int]:
        """`of` for a value that is not worth remembering."""
        found: set[int] = set(self._whole.get(text, ()))
        for needle, numbers in self._inside:
            if needle in text:
                found |= numbers
        if self._grams:
            grams = {text[at : at + GRAM] for at in range(len(text) - GRAM + 1)}
            for gram in grams & self._grams.keys():
                for needle, numbers in self._grams[gram]:
                    if needle in text:
                        found |= numbers
        return frozenset(found)


def _choose_grams(texts: Iterable[str]) -> dict[str, str]:
    """For each text that is long enough, the run of `GRAM` characters in it that the fewest of them share."""
    each = {text: [text[at : at + GRAM] for at in range(len(text) - GRAM + 1)] for text in texts}
    counts: dict[str, int] = {}
    for grams in each.values():
        for gram in set(grams):
            counts[gram] = counts.get(gram, 0) + 1
    return {text: min(grams, key=lambda gram: (counts[gram], gram)) for text, grams in each.items() if grams}
