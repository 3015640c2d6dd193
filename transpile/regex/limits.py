"""What an engine restricts in a regex that it can otherwise spell."""

from __future__ import annotations

from transpile.regex.tree import (
    Anchor,
    Atomic,
    Capture,
    Choice,
    Look,
    Node,
    RegexError,
    Repeat,
    Sequence,
    matches_empty,
    walk,
)


def heaviest(node: Node) -> int:
    """The largest product of nested repeats, which is what RE2 limits."""
    match node:
        case Repeat(item, low, high):
            most = max(low, high or 0)
            return max(1, most) * heaviest(item)
        case Sequence(parts) | Choice(parts):
            return max(map(heaviest, parts), default=1)
        case Capture(item) | Atomic(item) | Look(item):
            return heaviest(item)
        case _:
            return 1


def check_ends(node: Node, may_end: bool = True, may_be_empty: bool = True) -> None:
    """Hold that nothing has to follow a `$` that is to be written `\\n?$`, and something a `^` at a line's start.

    `may_end` and `may_be_empty` say that of what is behind the node. `RegexError` where it does not hold. Behind a
    line break that ends the text begins a line for RE2 and Rust, but not for PCRE2; only an empty match can tell.
    """
    match node:
        case Anchor.LINE_START if may_be_empty:
            raise RegexError("an empty match at the start of a line")
        case Anchor.END_OR_NEWLINE if not may_end:
            raise RegexError("text after $")
        case Sequence(parts):
            for part in reversed(parts):
                check_ends(part, may_end, may_be_empty)
                may_end = may_end and _may_follow_end(part)
                may_be_empty = may_be_empty and matches_empty(part)
        case Choice(branches):
            for branch in branches:
                check_ends(branch, may_end, may_be_empty)
        case Repeat(item, _, high):
            if high != 1 and any(one is Anchor.END_OR_NEWLINE for one in walk(item)):
                raise RegexError("$ in a repeat")
            check_ends(item, may_end, may_be_empty)
        case Capture(item) | Atomic(item):
            check_ends(item, may_end, may_be_empty)
        case _:
            pass


def _may_follow_end(node: Node) -> bool:
    ends = (Anchor.END_OR_NEWLINE, Anchor.END)
    return matches_empty(node) and not any(isinstance(one, Anchor) and one not in ends for one in walk(node))
