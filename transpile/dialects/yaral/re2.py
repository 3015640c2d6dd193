r"""RE2, which YARA-L's regexes are, by means of Python's `re`.

The sources: the RE2 wiki's "Syntax", and Google's page of `re.regex`: the regex searches; without `(?s)` it "only
matches the first line" of a value, which RE2 itself does not do. Where the two readings differ nothing is proven.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from transpile.evaluate import Unproven
from transpile.regex import Node, RegexError, parse, problem_re2, to_python
from transpile.regex.chars import Ranges, complement
from transpile.regex.tree import Anchor, Range, Set, Shorthand, map_leaves

_DOTALL = re.compile(r"\(\?[imU]*s[imsU]*\)")

# RE2's \s has no vertical tab, and its \v is that one character; PCRE, whose syntax `parse` reads, differs in both.
_RE2_SETS: Mapping[str, Ranges] = {"s": ((0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20)), "v": ((0x0B, 0x0B),)}


@lru_cache(maxsize=4096)
def compile_re2(pattern: str, nocase: bool = False) -> re.Pattern[str]:
    """The regex as one of Python's. Raises `Unproven` for one that RE2 rejects or Python cannot say."""
    problem = problem_re2(pattern)
    if problem:
        raise Unproven(f"RE2 rejects /{pattern}/: {problem}")
    try:
        return re.compile(to_python(map_leaves(parse(pattern, ignore_case=nocase), _as_re2)))
    except (RegexError, re.error, OverflowError) as error:
        raise Unproven(f"/{pattern}/ cannot be run: {error}") from error


def _as_re2(leaf: Node) -> Node:
    """What RE2 means by this node of PCRE's syntax: `$` is the very end of the text."""
    if leaf is Anchor.END_OR_NEWLINE:
        return Anchor.END
    if isinstance(leaf, Set):
        return replace(leaf, items=tuple(one for item in leaf.items for one in _as_re2_items(item)))
    return leaf


def _as_re2_items(item: Range | Shorthand) -> Iterable[Range | Shorthand]:
    if not isinstance(item, Shorthand) or item.name not in _RE2_SETS:
        return (item,)
    ranges = _RE2_SETS[item.name]
    return (Range(low, high) for low, high in (complement(ranges) if item.negated else ranges))


def search(pattern: str, text: str, *, nocase: bool = False) -> bool:
    r"""Whether the regex finds something in the text.

    >>> search("(?s)a.b", "xa\nb"), search("^B", "ab", nocase=True)
    (True, False)
    """
    regex = compile_re2(pattern, nocase)
    found = regex.search(text) is not None
    if ("\n" in text or "\r" in text) and not _DOTALL.match(pattern):
        first = regex.search(re.split(r"[\r\n]", text, maxsplit=1)[0]) is not None
        if first is not found:
            raise Unproven(f"/{pattern}/ has no (?s): documented to see the first line of a value only")
    return found
