"""Texts that a regular expression finds something in."""

from __future__ import annotations

from functools import lru_cache
from typing import assert_never

from transpile.ir.match import Regex
from transpile.regex.chars import Ranges, contains, set_ranges
from transpile.regex.parse import parse
from transpile.regex.tree import (
    Anchor,
    Atomic,
    Backreference,
    Capture,
    Choice,
    Dot,
    Literal,
    Look,
    Node,
    RegexError,
    Repeat,
    Sequence,
    Set,
)

MOST = 24  # samples of one regex
MOST_NEAR = 12  # samples of one regex that are broken in one place
LONGEST = 64  # times that something is repeated once too often
LIKELY = "aZ0_ -\\/.é"  # characters that sets are asked for first


@lru_cache(maxsize=512)
def samples(test: Regex, dots: str = "q-") -> tuple[str, ...]:
    """Texts in which the regex very likely finds something; each alternative has its part in one of them.

    `dots` are the characters that `.` stands for, in turn.
    What looks ahead or behind is respected roughly, so the caller checks. Empty if the regex cannot be read.

    >>> samples(Regex("^(net|sc)[0-9]+ x?$"))
    ('net0 ', 'sc00 x')
    """
    node = _tree(test)
    if node is None:
        return ()
    return tuple(dict.fromkeys(_Sampler(dots).text(node, turn) for turn in range(min(_width(node), MOST))))


@lru_cache(maxsize=512)
def broken_samples(test: Regex) -> tuple[str, ...]:
    """Samples that are broken in one place: repeated once less or more, a character out of its set, a literal changed,
    a word's edge joined, what must not be there put there.

    >>> broken_samples(Regex("^a[0-9]{2}$"))
    ('b00', 'a0', 'a000', 'aa0', 'a0a')
    """
    node = _tree(test)
    if node is None:
        return ()
    found: dict[str, None] = {}
    for turn in range(min(_width(node), MOST)):
        sound = _Sampler("q-")
        sound.text(node, turn)
        step = sound.places // MOST_NEAR + 1
        found.update((_Sampler("q-", at).text(node, turn), None) for at in range(1, sound.places + 1, step))
        if len(found) >= MOST_NEAR:
            break
    return tuple(found)[:MOST_NEAR]


def another(char: str) -> str:
    """A character that is not this one in any case, and as like it as can be."""
    if char.isascii() and char.isalnum():
        return {"z": "y", "Z": "Y", "9": "8"}.get(char, chr(ord(char) + 1))
    return {"\\": "/", "/": "\\", " ": "_"}.get(char, "z")


@lru_cache(maxsize=512)
def anchored(test: Regex) -> tuple[bool, bool]:
    """Whether a match must begin where the value begins, and end where it ends."""
    node = _tree(test)
    if node is None:
        return False, False
    return _anchored(node, 0, (Anchor.START, Anchor.LINE_START)), _anchored(
        node, -1, (Anchor.END, Anchor.END_OR_NEWLINE, Anchor.LINE_END)
    )


def _tree(test: Regex) -> Node | None:
    try:
        return parse(test.pattern, ignore_case=test.ignore_case, multiline=test.multiline, dotall=test.dotall)
    except RegexError:
        return None


def _anchored(node: Node, side: int, anchors: tuple[Anchor, ...]) -> bool:
    match node:
        case Sequence(parts):
            return bool(parts) and _anchored(parts[side], side, anchors)
        case Choice(branches):
            return all(_anchored(branch, side, anchors) for branch in branches)
        case Capture(item) | Atomic(item):
            return _anchored(item, side, anchors)
        case _:
            return node in anchors


def _width(node: Node) -> int:
    """How many samples it takes to show every alternative."""
    match node:
        case Choice(branches):
            return sum(map(_width, branches))
        case Sequence(parts):
            return max(map(_width, parts), default=1)
        case Repeat(item, low, high):
            return max(_width(item), 1 if low == high else 2)
        case Capture(item) | Atomic(item) | Look(item):
            return _width(item)
        case Set() | Dot():
            return 2
        case Literal() | Anchor() | Backreference():
            return 1
        case _:
            assert_never(node)


class _Sampler:
    """Makes one text; it remembers what groups hold, and what lookaheads want to come.

    `places` counts where a text can be broken; the one whose number is `broken` is.
    """

    def __init__(self, dots: str, broken: int = 0) -> None:
        self.dots = dots
        self.broken = broken
        self.places = 0
        self.groups: dict[int | str, str] = {}
        self.count = 0
        self.ahead: list[str] = []

    def text(self, node: Node, turn: int) -> str:
        found = self.of(node, turn)
        return found + "".join(text for text in self.ahead if text not in found)

    def breaks(self) -> bool:
        """Whether the place at hand is the one to break."""
        self.places += 1
        return self.places == self.broken

    def of(self, node: Node, turn: int) -> str:
        match node:
            case Literal(text):
                return another(text[:1]) + text[1:] if self.breaks() else text
            case Dot():
                return self.dots[turn % len(self.dots)]
            case Set():
                ranges = set_ranges(node)
                return _stranger(ranges) if self.breaks() else _member(ranges, turn)
            case Anchor.WORD:
                return "q" if self.breaks() else ""
            case Anchor():
                return ""
            case Sequence(parts):
                return "".join([self.of(part, turn) for part in parts])
            case Choice(branches):
                turn %= _width(node)
                for branch in branches:
                    if turn < _width(branch):
                        return self.of(branch, turn)
                    turn -= _width(branch)
                return ""
            case Repeat(item, low, high):
                times = low + (turn % 2 if high is None or high > low else 0)
                if low and self.breaks():
                    times = low - 1
                if high is not None and high < LONGEST and self.breaks():
                    times = high + 1
                return "".join([self.of(item, turn) for _ in range(times)])
            case Capture(item, name):
                self.count += 1
                number = self.count
                found = self.of(item, turn)
                self.groups[number] = found
                if name:
                    self.groups[name] = found
                return found
            case Atomic(item):
                return self.of(item, turn)
            case Look(item, behind, negated):
                if negated:
                    return self.of(item, turn) if self.breaks() else ""
                found = self.of(item, turn)
                if behind:
                    return found
                self.ahead.append(found)
                return ""
            case Backreference(group):
                return self.groups.get(group, "")
            case _:
                assert_never(node)


def _member(ranges: Ranges, turn: int) -> str:
    """A character of the set: the `turn`th likely one, or the first or last of its ranges."""
    likely = [char for char in LIKELY if contains(ranges, ord(char))]
    likely += [chr(code) for low, high in ranges for code in (low, high) if not 0xD800 <= code <= 0xDFFF]
    return likely[turn % min(len(likely), 2)] if likely else ""


def _stranger(ranges: Ranges) -> str:
    """A likely character that is not in the set."""
    return next((char for char in LIKELY + "$\n" if not contains(ranges, ord(char))), "")
