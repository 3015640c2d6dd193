"""Many rules against many events: looks for the rules' needles first, and asks only the rules whose needle is there."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from transpile.evaluate.facts import Facts, fold, texts_within
from transpile.evaluate.reference import Check, compile_check
from transpile.ir.rule import Rule
from transpile.matching.needles import Needle, Needles, needles
from transpile.matching.route import Route, key_of, route_of

Event = Mapping[str, Any]

GRAM = 4  # bytes of a run that long needles are found by
FEW = 20  # needles that are looked for one by one,
FEW_SHORT = 60  # and those that a run is not easily found of
REMEMBERED = 1_024  # values of one field that are remembered, if they come again
CLEAN = 8_192  # values of any field that are remembered to hold no keyword
LONGEST = 2_000  # characters of what is remembered at once
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
        self._runs = _choose_runs({needle.text for found in self._needles for needle in found or ()})
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
            index = self._indexes[key] = _Index(((number, self._needles[number]) for number in applying), self._runs)
        return index


class _Index:
    """Needles by field, and the rules that cannot be told by any."""

    def __init__(self, rules: Iterable[tuple[int, Needles | None]], runs: Mapping[str, _Runs]) -> None:
        self._always: list[int] = []
        fields: dict[str | None, list[tuple[Needle, int]]] = {}
        for number, found in rules:
            if found is None:
                self._always.append(number)
                continue
            for needle in found:
                fields.setdefault(needle.field, []).append((needle, number))
        keywords = fields.pop(None, None)
        self._anywhere = _Finder(keywords, runs) if keywords else None
        finders = {name: _Finder(given, runs) for name, given in fields.items() if name is not None}
        self._plain = {name: finder for name, finder in finders.items() if "." not in name}
        # A name with dots may be a path through the event.
        self._paths = {name: finder for name, finder in finders.items() if "." in name}
        self._clean: set[Any] = set()  # values in which there is no keyword
        # Among them True equals 1: where a keyword is in the words for either, none are kept.
        self._words = self._anywhere is not None and bool(self._anywhere.find("true\nfalse\n1\n0"))

    def candidates(self, facts: Facts) -> list[int]:
        """The rules that may match, in order."""
        event = facts.event
        found = set(self._always)
        for name in self._plain.keys() & event.keys():
            value = event[name]
            finder = self._plain[name]
            for text in (value,) if type(value) is str else facts.texts(name):
                if numbers := finder.of(text):
                    found |= numbers
        for name, finder in self._paths.items():
            for text in facts.texts(name):
                found |= finder.of(text)
        if self._anywhere:
            self._keywords(self._anywhere, event.values(), found)
        return sorted(found)

    def _keywords(self, anywhere: _Finder, values: Iterable[Any], found: set[int]) -> None:
        """Add the rules one of whose keywords is in one of the values."""
        if self._words:
            texts = list(texts_within(list(values)))
        else:
            try:
                fresh = set(values) - self._clean
            except TypeError:  # lists and maps are unhashable
                fresh = set(texts_within(list(values))) - self._clean
            if not fresh:
                return
            texts = [str(value) for value in fresh if type(value) is str or type(value) is int]
            if len(texts) < len(fresh):
                texts = list(texts_within(list(fresh)))
        # Seldom is there anything: one look at all of them is cheaper than one at each.
        together = "\n".join(texts)
        if anywhere.find(together):
            found.update(*map(anywhere.find, texts))
        elif not self._words and len(together) <= LONGEST:
            if len(self._clean) > CLEAN:
                self._clean.clear()
            self._clean |= fresh


class _Runs(NamedTuple):
    """Runs of `GRAM` bytes in a needle, as numbers; wherever it stands, one begins at a multiple of `stride`."""

    stride: int
    numbers: tuple[int, ...]


class _Finder:
    """The needles that are looked for in one field, or anywhere. Logs repeat themselves: `of` remembers."""

    def __init__(self, given: Iterable[tuple[Needle, int]], runs: Mapping[str, _Runs]) -> None:
        whole: dict[str, set[int]] = {}
        inside: dict[str, set[int]] = {}
        for needle, number in given:
            (whole if needle.whole else inside).setdefault(needle.text, set()).add(number)
        self._whole = {text: frozenset(numbers) for text, numbers in whole.items()}
        entries = [(text, frozenset(numbers)) for text, numbers in inside.items()]
        if len(entries) < FEW:
            runs = {}
        short = [text for text, _ in entries if (found := runs.get(text)) is None or found.stride < GRAM]
        if len(short) < FEW_SHORT:
            runs = {text: runs[text] for text, _ in entries if text in runs and text not in short}
        self._one_by_one = [entry for entry in entries if entry[0] not in runs]
        self._by_run: dict[int, list[tuple[str, frozenset[int]]]] = {}
        starts: list[set[int]] = [set() for _ in range(GRAM)]
        for entry in entries:
            if (found := runs.get(entry[0])) is not None:
                for start in range(0, GRAM, found.stride):
                    starts[start].update(found.numbers)
                for run in found.numbers:
                    self._by_run.setdefault(run, []).append(entry)
        # Which runs to look for at multiples of GRAM and this much.
        self._starts = [(start, frozenset(some)) for start, some in enumerate(starts) if some]

        self._known: dict[str, frozenset[int]] = {}
        self._asked = 0
        self._repeats = True

    def of(self, text: str) -> frozenset[int]:
        """The rules one of whose needles is in the value."""
        self._asked += 1
        numbers = self._known.get(text)
        if numbers is None:
            numbers = self.find(text)
            if self._repeats and len(text) <= LONGEST:
                self._remember(text, numbers)
        return numbers

    def _remember(self, text: str, numbers: frozenset[int]) -> None:
        if len(self._known) >= REMEMBERED:
            # Where hardly any value comes again, it only costs.
            self._repeats = self._asked > 2 * REMEMBERED
            self._asked = 0
            self._known.clear()
        self._known[text] = numbers

    def find(self, text: str) -> frozenset[int]:
        """`of` without remembering."""
        text = fold(text)
        found = self._whole.get(text, NONE)
        for needle, numbers in self._one_by_one:
            if needle in text:
                found |= numbers
        if self._starts:
            raw = memoryview(text.encode("utf-8", "surrogatepass"))
            for start, wanted in self._starts:
                end = len(raw) - (len(raw) - start) % GRAM
                for run in wanted.intersection(raw[start:end].cast("I")) if end > start else ():
                    for needle, numbers in self._by_run[run]:
                        if needle in text:
                            found |= numbers
        return found


def _choose_runs(texts: Iterable[str]) -> dict[str, _Runs]:
    """For each text that is long enough, neighbouring runs of bytes in it, such that few others have them.

    In seven bytes there are four runs side by side: one begins at a multiple of four, wherever the text stands.
    """
    each: dict[str, list[int]] = {}
    for text in texts:
        raw = text.encode("utf-8", "surrogatepass")
        if len(raw) >= GRAM:
            each[text] = [int.from_bytes(raw[at : at + GRAM], sys.byteorder) for at in range(len(raw) - GRAM + 1)]
    counts = Counter(run for runs in each.values() for run in set(runs))

    def rarest(runs: list[int]) -> _Runs:
        stride = 4 if len(runs) >= 4 else 2 if len(runs) >= 2 else 1
        windows = [tuple(runs[at : at + stride]) for at in range(len(runs) - stride + 1)]
        return _Runs(stride, min(windows, key=lambda window: (sum(counts[run] for run in window), window)))

    return {text: rarest(runs) for text, runs in each.items()}
