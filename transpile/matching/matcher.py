"""Many rules against many events: looks for the rules' needles first, and asks only the rules whose needle is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from transpile.evaluate import Unproven
from transpile.evaluate.facts import Facts, fold
from transpile.evaluate.reference import Check, compile_check
from transpile.ir.expr import Expr
from transpile.ir.rule import Rule
from transpile.matching.needles import Needle, Needles, needles
from transpile.matching.route import Route, route_of
from transpile.matching.shapes import UNKNOWN, EventOrigin, origin_of

try:
    from ahocorasick_rs import BytesAhoCorasick
except ImportError:  # in the browser
    from transpile.matching.search import BytesAhoCorasick  # type: ignore[assignment]

Event = Mapping[str, Any]

REMEMBERED = 1_024  # values of one field that are remembered
LONGEST = 500  # characters of such a value
NONE: frozenset[int] = frozenset()
_SPELLED = frozenset({int, float, bool, type(None)})  # values that are not text, with what is in their spellings:
_DIGITS, _WORDS = frozenset("-+.0123456789e"), ("true", "false", "-inf", "nan")


class Matcher:
    """Finds which of its rules match an event, by the reference meaning.

    With `routed`, a rule is asked only about events of its log source, as far as an event tells its own
    (`route.route_of`). Raises `Unproven` for a rule without a meaning to Python: at once, or with `lazily` never; such
    a rule matches nothing, and no rule is compiled before an event has its needle.
    """

    def __init__(self, rules: Sequence[Rule], *, routed: bool = False, lazily: bool = False) -> None:
        self._checks: list[Check] = [
            self._when_asked(number, rule.condition) if lazily else compile_check(rule.condition)
            for number, rule in enumerate(rules)
        ]
        self._needles = [needles(rule.condition) for rule in rules]
        self._routes: list[Route | None] = [route_of(rule.logsource) if routed else None for rule in rules]
        self._routed = routed
        self._indexes: dict[object, _Index] = {}

    def _when_asked(self, number: int, condition: Expr) -> Check:
        def first(facts: Facts) -> bool:
            try:
                check = compile_check(condition)
            except Unproven:
                check = _never
            self._checks[number] = check
            return check(facts)

        return first

    def match(self, event: Event, origin: EventOrigin | None = None) -> list[int]:
        """The positions of the rules that match, in order; without an `origin` the event itself tells it."""
        facts = Facts(event)
        checks = self._checks
        return [number for number in self._index(event, origin).candidates(facts) if checks[number](facts)]

    def _index(self, event: Event, origin: EventOrigin | None) -> _Index:
        """The index of the rules for events from there; made when the first such event comes."""
        key = (origin_of(event) if origin is None else origin) if self._routed else UNKNOWN
        index = self._indexes.get(key)
        if index is None:
            applying = [number for number, route in enumerate(self._routes) if route is None or route.takes(key)]
            index = self._indexes[key] = _Index((number, self._needles[number]) for number in applying)
        return index


def _never(facts: Facts) -> bool:
    return False


class _Index:
    """Needles by field, and the rules that cannot be told by any."""

    def __init__(self, rules: Iterable[tuple[int, Needles | None]]) -> None:
        self._always: list[int] = []
        fields: dict[str | None, list[tuple[Needle, int]]] = {}
        for number, found in rules:
            if found is None:
                self._always.append(number)
                continue
            for needle in found:
                fields.setdefault(needle.field, []).append((needle, number))
        keywords = fields.pop(None, None)
        self._anywhere = _Finder(keywords) if keywords else None
        self._only_in_texts = not any(_may_be_spelled(needle.text) for needle, _ in keywords or ())
        finders = {name: _Finder(given) for name, given in fields.items() if name is not None}
        self._plain = {name: finder for name, finder in finders.items() if "." not in name}
        # A name with dots may be a path through the event.
        self._paths = {name: finder for name, finder in finders.items() if "." in name}

    def candidates(self, facts: Facts) -> list[int]:
        """The rules that may match, in order."""
        event = facts.event
        found = set(self._always)
        plain = self._plain
        for name, value in event.items():
            if (finder := plain.get(name)) is None:
                continue
            for one in (value,) if type(value) is str or type(value) is int else facts.texts(name):
                if numbers := finder.of(one):
                    found |= numbers
        for name, finder in self._paths.items():
            for text in facts.texts(name):
                found |= finder.of(text)
        if self._anywhere:
            # Seldom is there anything: one look at all values is cheaper than one at each.
            found |= self._anywhere.find(self._all_values(facts))
        return sorted(found)

    def _all_values(self, facts: Facts) -> str:
        """Every value in the event that may hold a keyword, as one text."""
        if self._only_in_texts:
            with suppress(TypeError):  # a list or a map is among them
                return "\n".join([value for value in facts.event.values() if type(value) not in _SPELLED])
        return "\n".join(facts.anywhere())


def _may_be_spelled(keyword: str) -> bool:
    """Whether the spelling of a number or a truth value may hold the keyword."""
    return _DIGITS.issuperset(keyword) or any(keyword in word for word in _WORDS)


class _Finder:
    """The needles that are looked for in one field, or anywhere. Logs repeat themselves: `of` remembers."""

    def __init__(self, given: Iterable[tuple[Needle, int]]) -> None:
        whole: dict[str, set[int]] = {}
        inside: dict[str, set[int]] = {}
        for needle, number in given:
            (whole if needle.whole else inside).setdefault(needle.text, set()).add(number)
        self._always = frozenset(inside.pop("", ()))
        self._whole = {text: frozenset(numbers) for text, numbers in whole.items()}
        self._inside = [frozenset(numbers) for numbers in inside.values()]
        self._search = BytesAhoCorasick(list(map(_encoded, inside))).find_matches_as_indexes if inside else None
        self._known: dict[str | int, frozenset[int]] = {}

    def of(self, value: str | int) -> frozenset[int]:
        """The rules one of whose needles is in the value."""
        numbers = self._known.get(value)
        if numbers is None:
            numbers = self.find(str(value))
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            if not isinstance(value, str) or len(value) <= LONGEST:
                self._known[value] = numbers
        return numbers

    def find(self, text: str) -> frozenset[int]:
        """`of` without remembering."""
        text = fold(text)
        found = self._always | self._whole.get(text, NONE)
        if self._search and (places := self._search(_encoded(text), overlapping=True)):
            found = found.union(*{self._inside[at] for at, _, _ in places})
        return found


def _encoded(text: str) -> bytes:
    """As bytes, of which those of one text are in those of another just where the text is."""
    return text.encode("utf-8", "surrogatepass")
