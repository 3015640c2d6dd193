"""Texts that a regular expression finds something in."""

from __future__ import annotations

from functools import lru_cache
from typing import assert_never

from transpile.ir.match import Regex
from transpile.text.regex.chars import Ranges, contains, set_ranges
from transpile.text.regex.parse import parse
from transpile.text.regex.tree import (
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
    """Makes one text; it remembers what groups hold, and what lookaheads want to come."""

    def __init__(self, dots: str) -> None:
        self.dots = dots
        self.groups: dict[int | str, str] = {}
        self.count = 0
        self.ahead: list[str] = []

    def text(self, node: Node, turn: int) -> str:
        found = self.of(node, turn)
        return found + "".join(text for text in self.ahead if text not in found)

    def of(self, node: Node, turn: int) -> str:
        match node:
            case Literal(text):
                return text
            case Dot():
                return self.dots[turn % len(self.dots)]
            case Set():
                return _member(set_ranges(node), turn)
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
                    return ""
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
