"""Foresees when Lucene finds a regex too complex to run.

Lucene turns a regex into a deterministic automaton, and gives up when that takes too much effort: the sizes of all the
sets of states that it looks into, summed (Operations.determinize; the limit is ten times `max_determinized_states`,
which is 10,000 in Elasticsearch). What costs is counting: `a.{20}b` has to remember, at each character, how many
characters ago each `a` stood.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from transpile.regex.chars import Ranges, contains, set_ranges, variants
from transpile.regex.tree import Choice, Dot, Literal, Node, Repeat, Sequence, Set

_LIMIT = 100_000
_FEW = 10  # characters to remember; no regex with fewer has been too much
_MOST_POSITIONS = 5_000


def is_too_complex(node: Node) -> bool:
    """Whether Lucene gives up on a regex that is free of anchors, captures and laziness (as `whole` leaves it).

    >>> from transpile.regex.parse import parse
    >>> from transpile.regex.whole import whole
    >>> is_too_complex(whole(parse("a.{8}b"))), is_too_complex(whole(parse("a.{20}b")))
    (False, True)
    """
    if _remembered(node) < _FEW:
        return False
    try:
        return _effort(node) >= _LIMIT
    except OverflowError:
        return True


def _remembered(node: Node, repeated: bool = False) -> int:
    """How many characters of a match may have to be told apart from other text: all but plain runs of it."""
    match node:
        case Literal(text):
            return len(text) if repeated else 0
        case Sequence(parts):
            return sum(_remembered(part, repeated) for part in parts)
        case Choice(branches):
            return sum(_remembered(branch, True) for branch in branches)
        case Repeat(item, low, high):
            return max(low, high or 1) * _remembered(item, True)
        case _:
            return 1


class _Part(NamedTuple):
    """A part of the regex by the positions that its matches begin and end with, as bits."""

    nullable: bool
    first: int
    last: int


class _Positions:
    """The automaton whose states are the places in a regex where it reads a character (Glushkov's)."""

    def __init__(self) -> None:
        self.sets: list[Ranges] = []
        self.follow: list[int] = []

    def add(self, ranges: Ranges) -> _Part:
        if len(self.sets) == _MOST_POSITIONS:
            raise OverflowError
        place = 1 << len(self.sets)
        self.sets.append(ranges)
        self.follow.append(0)
        return _Part(False, place, place)

    def part(self, node: Node) -> _Part:
        match node:
            case Literal(text, fold):
                return self.sequence(
                    self.add(tuple((ord(one), ord(one)) for one in (variants(char) if fold else char))) for char in text
                )
            case Dot(newline):
                return self.add(((0, 0x10FFFF),) if newline else ((0, 9), (11, 0x10FFFF)))
            case Set():
                return self.add(set_ranges(node))
            case Sequence(parts):
                return self.sequence(map(self.part, parts))
            case Choice(branches):
                found = [self.part(branch) for branch in branches]
                first = last = 0
                for one in found:
                    first |= one.first
                    last |= one.last
                return _Part(any(one.nullable for one in found), first, last)
            case Repeat(item, low, None):
                again = self.part(item)
                self.connect(again.last, again.first)
                copies = (self.part(item) for _ in range(low))
                return self.sequence(chain(copies, (again._replace(nullable=True),)))
            case Repeat(item, low, int(high)):
                return self.counted(item, low, high)
            case _:
                raise ValueError(f"{type(node).__name__} is not a part of a whole regex")

    def counted(self, item: Node, low: int, high: int) -> _Part:
        """A chain of copies, of which all from the one at `low` may be the last."""
        whole, ends, nullable = _Part(low == 0, 0, 0), 0, True
        for number in range(1, high + 1):
            copy = self.part(item)
            self.connect(ends, copy.first)
            ends = copy.last | (ends if copy.nullable else 0)
            first = whole.first | (copy.first if nullable else 0)
            nullable = nullable and copy.nullable
            whole = _Part(whole.nullable or nullable, first, whole.last | (ends if number >= low else 0))
        return whole

    def sequence(self, parts: Iterator[_Part]) -> _Part:
        whole = _Part(True, 0, 0)
        for part in parts:
            self.connect(whole.last, part.first)
            whole = _Part(
                whole.nullable and part.nullable,
                whole.first | part.first if whole.nullable else whole.first,
                whole.last | part.last if part.nullable else part.last,
            )
        return whole

    def connect(self, ends: int, begins: int) -> None:
        for place in _bits(ends):
            self.follow[place] |= begins


def _effort(node: Node) -> int:
    """What it takes to make the automaton deterministic, up to the limit."""
    positions = _Positions()
    start = positions.part(node).first
    readers: dict[Ranges, int] = {}
    for place, ranges in enumerate(positions.sets):
        readers[ranges] = readers.get(ranges, 0) | 1 << place
    edges = {0} | {edge for ranges in readers for low, high in ranges for edge in (low, high + 1)}
    classes = {sum(places for ranges, places in readers.items() if contains(ranges, edge)) for edge in edges}
    # Most positions are followed by the next one, so that one shift takes them all along; the rest goes by targets.
    chained, jumps = 0, dict[int, int]()
    for place, targets in enumerate(positions.follow):
        following = 2 << place
        if targets & following:
            chained |= 1 << place
        if targets & ~following:
            jumps[targets & ~following] = jumps.get(targets & ~following, 0) | 1 << place
    effort, seen, waiting = 1, {0}, [start]
    while waiting and effort < _LIMIT:
        ahead = waiting.pop()
        fresh = {ahead & members for members in classes} - seen
        seen |= fresh
        for state in fresh:
            effort += state.bit_count()
            after = (state & chained) << 1
            for targets, places in jumps.items():
                if state & places:
                    after |= targets
            waiting.append(after)
    return effort


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
