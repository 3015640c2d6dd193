"""Prints a regex tree for Lucene, whose regexes must match the whole value.

What Lucene does (org.apache.lucene.util.automaton.RegExp, and "Regular expression syntax" in the Elasticsearch
reference; all optional operators are on by default): `.` is any character, line breaks too; `"`, `#`, `@`, `&`, `<`,
`>` and `~` are operators; there are no anchors and no lazy or possessive repeats; a backslash before a letter is an
error but for `\\d \\w \\s`, of which `\\s` lacks the form feed and vertical tab; an empty alternative is read as a
literal `)`, so it is written `()`. Ignoring case changes ASCII letters only, and not the ranges in brackets.
"""

from __future__ import annotations

from functools import lru_cache

from transpile.regex.chars import Ranges, complement, is_cased, set_ranges, variants
from transpile.regex.effort import is_too_complex
from transpile.regex.print import bounds, folds
from transpile.regex.tree import (
    EMPTY,
    Choice,
    Dot,
    Literal,
    Node,
    Range,
    RegexError,
    Repeat,
    Sequence,
    Set,
    walk,
)
from transpile.regex.whole import whole

_META = frozenset('.?+*|{}[]()"\\#@&<>~^$')
_NOTHING = "()"  # the empty regex: only ever alone, for Lucene 9 takes it for no match at all where case is ignored
_LONGEST = 1_000  # index.max_regex_length of Elasticsearch
_META_IN_SET = frozenset('[]\\^-"')


@lru_cache(maxsize=1024)
def to_lucene(node: Node) -> tuple[str, bool]:
    """The regex that matches the whole of every value that `node` finds something in, and whether to ignore case.

    Control characters are in the text as they are. Raises `RegexError` where Lucene does not support it, or
    Elasticsearch would not run it with its default limits.

    >>> from transpile.regex.parse import parse
    >>> to_lucene(parse(r"^a|b$")), to_lucene(parse("(?i)net.exe"))
    (('a.*|.*b\\n?', False), ('.*net[^\\n]exe.*', True))
    """
    entire = _whole(node)
    fold = {folds(one) for one in walk(entire)} - {None} == {True}
    return _within_limits(entire, _print(entire, fold)), fold


@lru_cache(maxsize=1024)
def to_lucene_cased(node: Node, *, shorthand: bool = False) -> str:
    """`to_lucene` for an engine that cannot be told to ignore case: such letters are written `[aA]`.

    `shorthand` is for a language without escapes for control characters: tabs and line breaks, which an editor may
    change, are written as `\\s` where all of them are asked for.

    >>> from transpile.regex.parse import parse
    >>> to_lucene_cased(parse("(?i)^a1$")), to_lucene_cased(parse(r"^\\s\\d\\z"), shorthand=True)
    ('[aA]1\\n?', '[\\\\s\\x0b\\x0c][0-9]')
    """
    entire = _whole(node)
    return _within_limits(entire, _print(entire, fold=False, shorthand=shorthand))


def _whole(node: Node) -> Node:
    try:
        return whole(node)
    except RegexError as error:
        raise RegexError(f"Lucene matches whole values: {error.message}") from error


def _within_limits(entire: Node, text: str) -> str:
    """The text. Raises `RegexError` where Elasticsearch would not run it with its default limits."""
    if len(text) > _LONGEST:
        raise RegexError(f"it takes {len(text)} characters in Lucene's syntax, and Elasticsearch allows {_LONGEST}")
    if is_too_complex(entire):
        raise RegexError("counting so far within a search is too complex for Lucene")
    return text


def escape_lucene(text: str, *, ignore_case: bool = False) -> str:
    """Literal text as a Lucene regex; with `ignore_case`, as one for an engine that ignores the case of ASCII letters.

    >>> escape_lucene('a.b"c'), escape_lucene("\u00e9.", ignore_case=True)
    ('a\\\\.b\\\\"c', '[\u00e9\u00c9]\\\\.')
    """
    if ignore_case:
        return "".join(_folded(char, fold=True) for char in text)
    return "".join("\\" + char if char in _META else char for char in text)


def _print(node: Node, fold: bool, shorthand: bool = False) -> str:
    """The node's text; `fold` says that the engine ignores the case of ASCII letters."""
    match node:
        case Literal(text, any_case):
            return "".join(_folded(char, fold) for char in text) if any_case else escape_lucene(text)
        case Dot(newline):
            return "." if newline else "[^\n]"
        case Set():
            return _set(node, shorthand)
        case Sequence(parts):
            pieces = [(part, text) for part in parts if (text := _print(part, fold, shorthand)) != _NOTHING]
            return "".join(f"({text})" if _is_choice(part) else text for part, text in pieces) or _NOTHING
        case Choice(branches):
            texts = list(dict.fromkeys(_print(branch, fold, shorthand) for branch in branches))
            body = "|".join(text for text in texts if text != _NOTHING)
            return body if _NOTHING not in texts else f"({body})?" if body else _NOTHING
        case Repeat(item, low, high):
            body = _print(item, fold, shorthand)
            if high == 0 or body == _NOTHING:
                return _NOTHING
            atom = isinstance(item, Dot | Set) or (isinstance(item, Literal) and len(item.text) == 1)
            return (body if atom else f"({body})") + (bounds(low, high) if (low, high) != (1, 1) else "")
        case _:
            raise RegexError(f"Lucene does not support {type(node).__name__}")


def _is_choice(node: Node) -> bool:
    return isinstance(node, Choice) and EMPTY not in node.branches


def _folded(char: str, fold: bool) -> str:
    """A letter in either case, by brackets where the engine does not see to it."""
    if (fold and char.isascii()) or not is_cased(char):
        return escape_lucene(char)
    return f"[{''.join(variants(char))}]"


def _set(node: Set, shorthand: bool) -> str:
    if not node.fold and all(isinstance(item, Range) for item in node.items):
        ranges = tuple((item.low, item.high) for item in node.items if isinstance(item, Range))
        return f"[{'^' * node.negated}{_ranges(ranges, shorthand)}]"
    ranges = set_ranges(node)
    inverse = complement(ranges)
    if len(inverse) < len(ranges):
        return f"[^{_ranges(inverse, shorthand)}]"
    return f"[{_ranges(ranges, shorthand)}]"


_SPACES = ((9, 10), (13, 13), (32, 32))  # what `\\s` is in Lucene


def _ranges(ranges: Ranges, shorthand: bool) -> str:
    if shorthand and all(any(low <= one and two <= high for low, high in ranges) for one, two in _SPACES):
        return "\\s" + _ranges(_without_spaces(ranges), shorthand=False)
    return "".join(
        _code(low) + ("" if low == high else _code(high) if high == low + 1 else "-" + _code(high))
        for low, high in ranges
    )


def _without_spaces(ranges: Ranges) -> Ranges:
    spaces = complement(_SPACES)
    both = ((max(low, first), min(high, last)) for low, high in ranges for first, last in spaces)
    return tuple((low, high) for low, high in both if low <= high)


def _code(code: int) -> str:
    char = chr(code)
    return "\\" + char if char in _META_IN_SET else char
