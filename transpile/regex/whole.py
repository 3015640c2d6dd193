"""Turns a search into a match of the whole value, for engines that have no anchors.

`foo` becomes `.*foo.*`, `^a|b$` becomes `a.*|.*b\\n?`, `\\bcat` becomes `(.*\\W)?cat.*`. The regex is spread out into
branches, each a flat run of parts; there every anchor holds, or asks something of the text beside it, or makes the
branch die. A part that an open end of the run makes needless is dropped: `.*net.+` becomes `.*net[^\\n].*`.
"""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import assert_never

from transpile.regex.chars import (
    LAST,
    SHORTHANDS,
    Ranges,
    complement,
    contains,
    intersection,
    normalise,
    set_ranges,
    variants,
)
from transpile.regex.print import to_python
from transpile.regex.tree import (
    EMPTY,
    Anchor,
    Atomic,
    Backreference,
    Capture,
    Choice,
    Dot,
    Literal,
    Look,
    Mode,
    Node,
    Range,
    RegexError,
    Repeat,
    Sequence,
    Set,
    choice,
    matches_empty,
    sequence,
    walk,
)

_Run = tuple[Node, ...]

_MOST_RUNS = 256
_MOST_BOUNDARIES = 16  # in a run
_MOST_NODES = 1_000  # that a boundary makes of a run; each takes a character, and Lucene is given no more
_LONG = 256
ANYTHING = Repeat(Dot(newline=True), 0, None)
_NEWLINE = Literal("\n")
_WORD: Ranges = SHORTHANDS["w"]
_OTHER = complement(_WORD)


def whole(node: Node) -> Node:
    """The regex, free of anchors, captures and laziness, that matches the whole of what `node` finds something in.

    Raises `RegexError` for lookaround, backreferences, atomic groups and possessive repeats, for anchors that
    cannot be resolved, and for a regex that never matches.

    >>> from transpile.regex.parse import parse
    >>> from transpile.regex.print import to_pcre
    >>> to_pcre(whole(parse(r"^a|b\\b")))
    '(?s)a.*|.*b(?:[^0-9A-Z_a-z].*|)'
    """
    runs = [whole_run for run in _spread(_plain(node)) for whole_run in _closed(run)]
    return choice(*dict.fromkeys(runs))


def _plain(node: Node) -> Node:
    """The node without what does not matter to whether it matches; `RegexError` for what is not regular."""
    match node:
        case Literal() | Dot() | Anchor():
            return node
        case Set():
            return _plain_set(set_ranges(node), node)
        case Sequence(parts):
            return sequence(*map(_plain, parts))
        case Choice(branches):
            plain = list(map(_plain, branches))
            if all(map(_is_character, plain)):  # `(?:.|\\n)`
                return _plain_set(normalise(pair for one in plain for pair in _characters(one)))
            return choice(*plain)
        case Repeat(_, _, _, Mode.POSSESSIVE):
            raise RegexError("there are no possessive repeats")
        case Repeat(item, low, high):
            return Repeat(_plain(item), low, high)
        case Capture(item):
            return _plain(item)
        case Atomic():
            raise RegexError("there are no atomic groups")
        case Look():
            raise RegexError("lookaround is not supported")
        case Backreference():
            raise RegexError("there are no backreferences")
        case _:
            assert_never(node)


def _plain_set(ranges: Ranges, written: Set | None = None) -> Node:
    """One of these characters, as it was `written`: but brackets never hold every character, nor none."""
    if not ranges:
        raise RegexError("a set that no character is in")
    return Dot(newline=True) if ranges == ((0, LAST),) else written or _set_of(ranges)


def _is_character(node: Node) -> bool:
    """Whether it matches single characters, always the same ones."""
    return isinstance(node, Dot | Set) or (isinstance(node, Literal) and len(node.text) == 1)


def _spread(node: Node) -> list[_Run]:
    """The runs that the node is a choice of, such that every anchor is in a run by itself."""
    if not any(isinstance(one, Anchor) for one in walk(node)):
        return [node.parts if isinstance(node, Sequence) else (node,)]
    match node:
        case Anchor():
            return [(node,)]
        case Sequence(parts):
            return _joined([_spread(part) for part in parts])
        case Choice(branches):
            return [run for branch in branches for run in _spread(branch)]
        case Repeat(item, low, high) if high is not None:
            runs = _spread(item)
            return [run for times in range(low, high + 1) for run in _joined([runs] * times)]
        case _:
            raise RegexError("an anchor in an endless repeat")


def _joined(parts: list[list[_Run]]) -> list[_Run]:
    if prod(map(len, parts)) > _MOST_RUNS:
        raise RegexError("anchors in too many alternatives")
    return [sum(run, ()) for run in product(*parts)]


def _closed(run: _Run) -> list[Node]:
    """The run as regexes for the whole value, one of which must match; none if the run can never match."""
    started = _start(run)
    if started is None:
        return []
    before, run = started
    ended = _end(run)
    if ended is None:
        return []
    run, after = ended
    if before == ANYTHING:
        before, run = _open_start(run)
    if after == ANYTHING:
        run = _trim(run[::-1])[::-1]
    before, run, after = _lines(before, run, after)
    if not run and before == after == ANYTHING:
        return [ANYTHING]
    return _boundaries((before, *run, after))


def _start(run: _Run) -> tuple[Node, _Run] | None:
    """What is before the run, and the run without its `\\A`; None where something would have to precede that."""
    if Anchor.START not in run:
        return ANYTHING, run
    place = len(run) - run[::-1].index(Anchor.START)
    if not _may_be_empty(Sequence(run[:place])):
        return None
    at_start = (one for one in run[:place] if isinstance(one, Anchor))
    return EMPTY, (*(one for one in at_start if one not in (Anchor.START, Anchor.LINE_START)), *run[place:])


def _end(run: _Run) -> tuple[_Run, Node] | None:
    """The run without its `\\z` or `$`, and what is after it; None where something would have to follow that."""
    places = [place for place, one in enumerate(run) if one in (Anchor.END, Anchor.END_OR_NEWLINE)]
    if not places:
        return run, ANYTHING
    run, rest = run[: places[0]], run[places[0] :]
    anchors = [one for one in rest if isinstance(one, Anchor)]
    text = sequence(*(one for one in rest if not isinstance(one, Anchor)))
    if Anchor.LINE_START in anchors:
        raise RegexError("the start of a line after the end")
    run += tuple(one for one in anchors if one in (Anchor.WORD, Anchor.NOT_WORD))
    if matches_empty(text):
        return run, EMPTY if Anchor.END in anchors else Repeat(_NEWLINE, 0, 1)
    if not re.fullmatch(to_python(text), "\n"):
        return None
    if set(anchors) != {Anchor.END_OR_NEWLINE}:
        raise RegexError("more than a line break after $")
    return run, _NEWLINE


def _open_start(run: _Run) -> tuple[Node, _Run]:
    """What is before a run that may begin anywhere, and the run without what may as well be empty."""
    match _trim(run, keep=_LONG):
        case (Repeat(Dot() | Set() as item, _, None), *_) as kept:
            # A long run is looked for from where it begins, not from each of its characters.
            outside = complement(_characters(item))
            return Repeat(sequence(ANYTHING, _set_of(outside)), 0, 1) if outside else EMPTY, kept
        case kept:
            return ANYTHING, kept


def _trim(run: _Run, keep: int | None = None) -> _Run:
    """The run without what may as well be empty at its open start; endless repeats of `keep` and more stay."""
    while run and not isinstance(run[0], Anchor):
        first = run[0]
        if matches_empty(first):
            run = run[1:]
        elif isinstance(first, Repeat) and first.high is None and keep is not None and first.low >= keep:
            break
        elif isinstance(first, Repeat) and first.high != first.low:
            once = first.item if first.low == 1 else Repeat(first.item, first.low, first.low)
            return (once, *run[1:])
        else:
            break
    return run


def _lines(before: Node, run: _Run, after: Node) -> tuple[Node, _Run, Node]:
    """Resolve `^` at the start and `$` at the end of a run of several lines; elsewhere they are refused."""
    if run and run[0] is Anchor.LINE_START:
        run = run[1:]
        if matches_empty(sequence(*run)):
            # PCRE2 finds no start of a line behind a line break that ends the text; only an empty match can tell.
            raise RegexError("an empty match at the start of a line")
        if before == ANYTHING:
            before = Repeat(sequence(ANYTHING, _NEWLINE), 0, 1)
    if run and run[-1] is Anchor.LINE_END:
        run = run[:-1]
        if after == ANYTHING:
            after = Repeat(sequence(_NEWLINE, ANYTHING), 0, 1)
    if Anchor.LINE_START in run or Anchor.LINE_END in run:
        raise RegexError("the start or end of a line inside of the text")
    return before, run, after


def _boundaries(run: _Run) -> list[Node]:
    """Resolve `\\b` and `\\B` from left to right, by what may be on either side of them."""
    if sum(isinstance(one, Anchor) for one in run) > _MOST_BOUNDARIES:
        raise RegexError(f"more than {_MOST_BOUNDARIES} word boundaries")
    found: list[Node] = []
    waiting = [run]
    while waiting:
        run = waiting.pop()
        place = next((place for place, one in enumerate(run) if isinstance(one, Anchor)), None)
        if place is None:
            found.append(sequence(*run))
            continue
        left, right = sequence(*run[:place]), Sequence(run[place + 1 :])
        fresh: list[_Run] = []
        for is_word in (True, False):
            here = _side(left, is_word, last=True)
            there = _side(right, is_word != (run[place] is Anchor.WORD), last=False)
            if here is not None and there is not None:
                fresh += [(here, *rest) for rest in _spread(there)]
        waiting += reversed(fresh)
        if len(waiting) + len(found) > _MOST_RUNS or sum(1 for one in fresh for _ in walk(Sequence(one))) > _MOST_NODES:
            raise RegexError("word boundaries in too many alternatives")
    return found


def _side(node: Node, is_word: bool, last: bool) -> Node | None:
    """The node with a word character at its near edge; or with another one, or empty at the edge of the value."""
    if is_word:
        return _edge(node, _WORD, last)
    found = _edge(node, _OTHER, last)
    if not _may_be_empty(node):
        return found
    empty = Sequence(tuple(one for one in walk(node) if isinstance(one, Anchor)))
    return empty if found is None else choice(found, empty)


def _may_be_empty(node: Node) -> bool:
    """`matches_empty` for a node whose word boundaries are still to be resolved."""
    if isinstance(node, Sequence):
        return all(isinstance(part, Anchor) or matches_empty(part) for part in node.parts)
    return matches_empty(node)


def _edge(node: Node, wanted: Ranges, last: bool) -> Node | None:
    """The node's matches that begin (or end, if `last`) with a wanted character; None if there are none."""
    match node:
        case Literal(text):
            return node if contains(wanted, ord(text[-1 if last else 0])) else None
        case Dot() | Set():
            ranges = intersection(_characters(node), wanted)
            return _set_of(ranges) if ranges else None
        case Choice(branches):
            found = [one for branch in branches if (one := _edge(branch, wanted, last)) is not None]
            return choice(*found) if found else None
        case Repeat(item, low, high):
            first = _edge(item, wanted, last) if high != 0 else None
            if first is None:
                return None
            least = 0 if matches_empty(item) else max(low - 1, 0)
            rest = Repeat(item, least, None if high is None else high - 1)
            return sequence(rest, first) if last else sequence(first, rest)
        case Sequence(parts):
            return _edge_of_sequence(parts, wanted, last)
        case _:
            raise RegexError("a word boundary beside something that cannot be looked into")


def _edge_of_sequence(parts: _Run, wanted: Ranges, last: bool) -> Node | None:
    """`_edge` for parts one after the other, where those at the edge may be empty; anchors among them stay."""
    found: list[Node] = []
    anchors: _Run = ()
    ordered = parts[::-1] if last else parts
    for place, part in enumerate(ordered):
        if isinstance(part, Anchor):
            anchors += (part,)
            continue
        if (one := _edge(part, wanted, last)) is not None:
            run = (*anchors, one, *ordered[place + 1 :])
            found.append(sequence(*(run[::-1] if last else run)))
        if not matches_empty(part):
            break
    return choice(*found) if found else None


def _characters(node: Node) -> Ranges:
    """The characters that a node for one character matches."""
    match node:
        case Set():
            return set_ranges(node)
        case Dot(newline):
            return ((0, LAST),) if newline else ((0, 9), (11, LAST))
        case Literal(text, fold):
            return normalise((ord(one), ord(one)) for one in (variants(text) if fold else text))
        case _:
            raise AssertionError("no node for one character")


def _set_of(ranges: Ranges) -> Set:
    """The shorter of the two ways to write a set."""
    inverse = complement(ranges)
    negated = len(inverse) < len(ranges)
    return Set(tuple(Range(*one) for one in (inverse if negated else ranges)), negated)
