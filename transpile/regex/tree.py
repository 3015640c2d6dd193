"""The syntax tree of a regular expression, with its flags resolved into the nodes.

Invariants
- A `Literal` is never empty; two literals that fold alike never stand side by side in a `Sequence`.
- A `Sequence` or `Choice` holds no node of its own kind directly, and never exactly one node.
- `Sequence(())` is the empty regex.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum
from typing import assert_never

from transpile.record import record


class RegexError(ValueError):
    """The pattern cannot be read, or a flavour cannot say it. `offset` is a place in the pattern, or None."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message if offset is None else f"{message} (at offset {offset})")
        self.message = message
        self.offset = offset


@record
class Literal:
    """Plain text, in any case if `fold`."""

    text: str
    fold: bool = False


@record
class Dot:
    """Any one character, a line break only if `newline`."""

    newline: bool = False


@record
class Range:
    """The characters between two code points, both included."""

    low: int
    high: int


@record
class Shorthand:
    """A named set of characters: a key of `chars.SHORTHANDS` (`d`, `w`, `alpha`), or a Unicode category (`p{Lu}`)."""

    name: str
    negated: bool = False


@record
class Set:
    """One character of (or, negated, outside of) the items."""

    items: tuple[Range | Shorthand, ...]
    negated: bool = False
    fold: bool = False


class Anchor(Enum):
    """A place between characters; the value is PCRE's spelling, the line anchors' under `(?m)`."""

    START = r"\A"
    END = r"\z"
    END_OR_NEWLINE = r"\Z"  # the end, or before a line break that ends the text
    LINE_START = "^"
    LINE_END = "$"
    WORD = r"\b"
    NOT_WORD = r"\B"


class Mode(Enum):
    """How a repeat takes its share; the value is the suffix that says so."""

    GREEDY = ""
    LAZY = "?"
    POSSESSIVE = "+"


@record
class Sequence:
    """One after the other."""

    parts: tuple[Node, ...]


@record
class Choice:
    """One of the branches; the first that fits wins."""

    branches: tuple[Node, ...]


@record
class Repeat:
    """The item `low` to `high` times; no upper bound if `high` is None."""

    item: Node
    low: int
    high: int | None
    mode: Mode = Mode.GREEDY


@record
class Capture:
    """A capturing group; `name` is None for a numbered one."""

    item: Node
    name: str | None = None


@record
class Atomic:
    """A group that, once matched, is not reconsidered."""

    item: Node


@record
class Look:
    """The item matches (or not) ahead of or behind this place."""

    item: Node
    behind: bool
    negated: bool


@record
class Backreference:
    """The text that a group, by number or name, matched before."""

    group: int | str
    fold: bool = False


Node = Literal | Dot | Set | Anchor | Sequence | Choice | Repeat | Capture | Atomic | Look | Backreference

EMPTY = Sequence(())


def sequence(*parts: Node) -> Node:
    r"""The parts one after the other, flat, neighbouring literals joined; `(?!\n)$` is the very end."""
    flat: list[Node] = []
    for part in parts:
        for one in part.parts if isinstance(part, Sequence) else (part,):
            last = flat[-1] if flat else None
            if one is Anchor.END_OR_NEWLINE and isinstance(last, Look) and _is_no_newline(last):
                flat[-1] = Anchor.END
            elif isinstance(one, Literal) and isinstance(last, Literal) and one.fold == last.fold:
                flat[-1] = Literal(last.text + one.text, one.fold)
            else:
                flat.append(one)
    return flat[0] if len(flat) == 1 else Sequence(tuple(flat))


def _is_no_newline(look: Look) -> bool:
    return look.negated and not look.behind and isinstance(look.item, Literal) and look.item.text == "\n"


def choice(*branches: Node) -> Node:
    """One of the branches, flat, each once. Without branches there is nothing to match: `RegexError`."""
    flat: list[Node] = []
    for branch in branches:
        for one in branch.branches if isinstance(branch, Choice) else (branch,):
            if one not in flat or any(isinstance(inner, Capture) for inner in walk(one)):
                flat.append(one)
    if not flat:
        raise RegexError("the regex can never match")
    return flat[0] if len(flat) == 1 else Choice(tuple(flat))


def walk(node: Node) -> Iterator[Node]:
    """The node and everything in it, outer before inner, left to right."""
    yield node
    match node:
        case Sequence(parts):
            for part in parts:
                yield from walk(part)
        case Choice(branches):
            for branch in branches:
                yield from walk(branch)
        case Repeat(item) | Capture(item) | Atomic(item) | Look(item):
            yield from walk(item)
        case Literal() | Dot() | Set() | Anchor() | Backreference():
            pass
        case _:
            assert_never(node)


def map_leaves(node: Node, change: Callable[[Node], Node]) -> Node:
    """The tree with `change` made to each node that holds no other.

    >>> map_leaves(Repeat(Dot(), 0, None), lambda leaf: Dot(True) if leaf == Dot() else leaf)
    Repeat(item=Dot(newline=True), low=0, high=None, mode=<Mode.GREEDY: ''>)
    """
    match node:
        case Sequence(parts):
            return sequence(*(map_leaves(part, change) for part in parts))
        case Choice(branches):
            return choice(*(map_leaves(branch, change) for branch in branches))
        case Repeat(item) | Capture(item) | Atomic(item) | Look(item):
            return replace(node, item=map_leaves(item, change))
        case Literal() | Dot() | Set() | Anchor() | Backreference():
            return change(node)
        case _:
            assert_never(node)


def matches_empty(node: Node) -> bool:
    """Whether the regex finds something in the empty string (a backreference is taken to).

    >>> matches_empty(Repeat(Dot(), 0, None)), matches_empty(Sequence((Anchor.START, Literal("a"))))
    (True, False)
    """
    match node:
        case Literal() | Dot() | Set():
            return False
        case Anchor():
            return node is not Anchor.WORD
        case Sequence(parts):
            return all(map(matches_empty, parts))
        case Choice(branches):
            return any(map(matches_empty, branches))
        case Repeat(item, low):
            return low == 0 or matches_empty(item)
        case Capture(item) | Atomic(item):
            return matches_empty(item)
        case Look(item, _, negated):
            return matches_empty(item) != negated
        case Backreference():
            return True
        case _:
            assert_never(node)
