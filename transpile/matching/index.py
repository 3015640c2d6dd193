"""Many rules' needles by field, and which rules an event may match: those of which it has a needle of every set.

What an event has is one number with a bit for each rule and set of needles. Each value of a field gives such a number,
which is remembered for the value; together they are joined with `|`. So an event costs one step for each of its fields,
however many rules there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from transpile.evaluate.facts import Facts, fold
from transpile.matching.needles import Needle, Needles

try:
    from ahocorasick_rs import BytesAhoCorasick, MatchKind
except ImportError:  # in the browser
    from transpile.matching.search import BytesAhoCorasick, MatchKind  # type: ignore[assignment]

REMEMBERED = 1_024  # values of one field that are remembered
LONGEST = 500  # characters of such a value
FEW = 64  # needles
_SPELLED = frozenset({int, float, bool, type(None)})  # values that are not text, with what is in their spellings:
_DIGITS, _WORDS = frozenset("-+.0123456789e"), ("true", "false", "-inf", "nan")

Bits = int  # bit `rules * n + r`: the nth set of needles of the rule in place r is met


class Index:
    """The needles of rules, which are given by number with their sets of needles (`needles.clauses`)."""

    def __init__(self, rules: Sequence[tuple[int, Sequence[Needles]]]) -> None:
        self._numbers = [number for number, _ in rules]
        self._count = len(rules)
        self._sets = max((len(clauses) for _, clauses in rules), default=1) or 1
        self._first: Bits = (1 << self._count) - 1
        self._met: Bits = 0  # sets that rules do not have
        fields: dict[str | None, dict[Needle, Bits]] = {}
        for place, (_, clauses) in enumerate(rules):
            for at in range(self._sets):
                bit = 1 << (at * self._count + place)
                if at >= len(clauses):
                    self._met |= bit
                    continue
                for needle in clauses[at]:
                    found = fields.setdefault(needle.field, {})
                    found[needle] = found.get(needle, 0) | bit
        self.keywords: Mapping[Needle, Bits] = fields.pop(None, {})
        keywords = self.keywords
        self._anywhere = Finder(keywords) if keywords else None
        self._only_in_texts = not any(may_be_spelled(needle.text) for needle in keywords)
        finders = {name: Finder(given) for name, given in fields.items() if name is not None}
        self._paths = {name: finder for name, finder in finders.items() if is_path(name)}
        self._plain = {name: finder for name, finder in finders.items() if name not in self._paths}

    def __bool__(self) -> bool:
        return self._count > 0

    def candidates(self, facts: Facts) -> list[int]:
        """The rules that may match an event, in order."""
        found = self._met
        plain = self._plain
        for name, value in facts.event.items():
            if (finder := plain.get(name)) is not None:
                if type(value) is str or type(value) is int:
                    found |= finder.of(value)
                else:
                    for one in facts.texts(name):
                        found |= finder.of(one)
        for name, finder in self._paths.items():
            for text in facts.texts(name):
                found |= finder.of(text)
        if self._anywhere:
            # Seldom is there anything: one look at all values is cheaper than one at each.
            found |= self._anywhere.find(self._all_values(facts))
        return self.rules(found)

    def known_by(self, is_known: Callable[[str], bool]) -> tuple[Bits, dict[str, Finder]]:
        """The finders of fields that are known, and what else may be met: all that others but `keywords` look for."""
        met, known = self._met, {}
        for name, finder in {**self._plain, **self._paths}.items():
            if name in self._plain and is_known(name):
                known[name] = finder
            else:
                met |= finder.every
        return met, known

    def rules(self, found: Bits) -> list[int]:
        """The rules all of whose sets are met."""
        count = self._count
        met = found & self._first
        for _ in range(1, self._sets):
            found >>= count
            met &= found
        rules = []
        while met:
            lowest = met & -met
            rules.append(self._numbers[lowest.bit_length() - 1])
            met ^= lowest
        return rules

    def _all_values(self, facts: Facts) -> str:
        """Every value in the event that may hold a keyword, as one text."""
        if self._only_in_texts:
            with suppress(TypeError):  # a list or a map is among them
                return "\n".join([value for value in facts.event.values() if type(value) not in _SPELLED])
        return "\n".join(facts.anywhere())


def is_path(name: str) -> bool:
    """Whether a name may lead through maps of an event (`evaluate.values.lookup`)."""
    return "." in name or name.endswith("']")


def may_be_spelled(keyword: str) -> bool:
    """Whether the spelling of a number or a truth value may hold the keyword."""
    return _DIGITS.issuperset(keyword) or any(keyword in word for word in _WORDS)


class Finder:
    """The needles that are looked for in one field, or anywhere. Logs repeat themselves: `of` remembers."""

    def __init__(self, given: Mapping[Needle, Bits]) -> None:
        whole: dict[str, Bits] = {}
        inside: dict[str, Bits] = {}
        self.every: Bits = 0
        for needle, bits in given.items():
            (whole if needle.whole else inside)[needle.text] = bits
            self.every |= bits
        self._always = inside.pop("", 0)
        self._whole = whole
        self._inside = list(inside.values())
        texts = list(map(_encoded, inside))
        self._search = BytesAhoCorasick(texts).find_matches_as_indexes if inside else None
        # Whether any is there at all is told by vector instructions, if they are few and need not overlap.
        few = 0 < len(inside) <= FEW
        self._any = BytesAhoCorasick(texts, matchkind=MatchKind.LeftmostFirst).find_matches_as_indexes if few else None
        self._known: dict[str | int, Bits] = {}

    def of(self, value: str | int) -> Bits:
        """What the needles in the value meet."""
        bits = self._known.get(value)
        if bits is None:
            bits = self.find(str(value))
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            if not isinstance(value, str) or len(value) <= LONGEST:
                self._known[value] = bits
        return bits

    def find(self, text: str) -> Bits:
        """`of` without remembering."""
        text = fold(text)
        found = self._always | self._whole.get(text, 0)
        if self._search:
            raw = _encoded(text)
            if self._any is None or self._any(raw):
                for at in {at for at, _, _ in self._search(raw, overlapping=True)}:
                    found |= self._inside[at]
        return found


def _encoded(text: str) -> bytes:
    """UTF-8 bytes: UTF-8 is self-synchronising, so substring search on bytes equals substring search on text."""
    return text.encode("utf-8", "surrogatepass")
