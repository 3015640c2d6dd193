"""An author's regex as a regex of YARA-L."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from transpile.ir.match import Regex
from transpile.text.regex import Node, matches_empty, parse, to_re2_parts
from transpile.text.regex.tree import (
    Anchor,
    Atomic,
    Backreference,
    Capture,
    Choice,
    Dot,
    Literal,
    Look,
    Range,
    Repeat,
    Sequence,
    Set,
)

_NO_LINE_BREAK = Set((Range(0x0A, 0x0A),), negated=True)


@dataclass(frozen=True, slots=True)
class Search:
    """A regex with its flags: `nocase` as YARA-L says it, the others in front; and whether `""` passes."""

    pattern: str
    nocase: bool
    empty: bool


def to_search(test: Regex) -> Search:
    r"""The regex for RE2 with `(?s)` in front (see `pattern`), so a dot that stops at line breaks is spelled out.

    Raises `RegexError` where it cannot be read or RE2 cannot say it.

    >>> to_search(Regex("(?i)foo.*"))
    Search(pattern='(?s)foo[^\\n]*', nocase=True, empty=False)
    """
    node = parse(test.pattern, ignore_case=test.ignore_case, multiline=test.multiline, dotall=test.dotall)
    flags, body = to_re2_parts(_spell_dots(node))
    front = "(?ms)" if "m" in flags else "(?s)"
    return Search(front + body, "i" in flags, matches_empty(node))


def _spell_dots(node: Node) -> Node:
    """The tree with `[^\\n]` for each dot that does not match a line break."""
    match node:
        case Dot(newline):
            return node if newline else _NO_LINE_BREAK
        case Sequence(parts):
            return Sequence(tuple(map(_spell_dots, parts)))
        case Choice(branches):
            return Choice(tuple(map(_spell_dots, branches)))
        case Repeat(item) | Capture(item) | Atomic(item) | Look(item):
            return replace(node, item=_spell_dots(item))
        case Literal() | Set() | Anchor() | Backreference():
            return node
        case _:
            assert_never(node)
