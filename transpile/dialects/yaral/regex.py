"""An author's regex as a regex of YARA-L."""

from __future__ import annotations

from transpile.ir.match import Regex
from transpile.record import record
from transpile.regex import Node, matches_empty, parse, to_re2_parts
from transpile.regex.tree import Dot, Range, Set, map_leaves

_NO_LINE_BREAK = Set((Range(0x0A, 0x0A),), negated=True)


@record
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
    flags, body = to_re2_parts(map_leaves(node, _spell_dot))
    front = "(?ms)" if "m" in flags else "(?s)"
    return Search(front + body, "i" in flags, matches_empty(node))


def _spell_dot(leaf: Node) -> Node:
    """`[^\\n]` for a dot that does not match a line break."""
    return _NO_LINE_BREAK if leaf == Dot(newline=False) else leaf
