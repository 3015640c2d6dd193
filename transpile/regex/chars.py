"""Sets of characters as sorted, disjoint ranges of code points."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from transpile.regex.tree import Range, RegexError, Set, Shorthand

Ranges = tuple[tuple[int, int], ...]

LAST = sys.maxunicode

# PCRE2's meaning without its UCP option (pcre2pattern, "Generic character types" and "Posix character classes"):
# ASCII only, but for \h and \v. The one-letter names are shorthands (\d), the others Posix classes ([:alpha:]).
SHORTHANDS: Mapping[str, Ranges] = MappingProxyType(
    {
        "d": ((0x30, 0x39),),
        "w": ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)),
        "s": ((0x09, 0x0D), (0x20, 0x20)),
        "h": (
            (0x09, 0x09),
            (0x20, 0x20),
            (0xA0, 0xA0),
            (0x1680, 0x1680),
            (0x180E, 0x180E),
            (0x2000, 0x200A),
            (0x202F, 0x202F),
            (0x205F, 0x205F),
            (0x3000, 0x3000),
        ),
        "v": ((0x0A, 0x0D), (0x85, 0x85), (0x2028, 0x2029)),
        "alnum": ((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)),
        "alpha": ((0x41, 0x5A), (0x61, 0x7A)),
        "ascii": ((0x00, 0x7F),),
        "blank": ((0x09, 0x09), (0x20, 0x20)),
        "cntrl": ((0x00, 0x1F), (0x7F, 0x7F)),
        "digit": ((0x30, 0x39),),
        "graph": ((0x21, 0x7E),),
        "lower": ((0x61, 0x7A),),
        "print": ((0x20, 0x7E),),
        "punct": ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)),
        "space": ((0x09, 0x0D), (0x20, 0x20)),
        "upper": ((0x41, 0x5A),),
        "word": ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)),
        "xdigit": ((0x30, 0x39), (0x41, 0x46), (0x61, 0x66)),
    }
)

# Letters beyond ASCII that Unicode's simple case folding makes one, where `lower` and `upper` do not lead to them all.
_ALIKE = (
    *"""
    \u00b5\u039c\u03bc \u00c5\u00e5\u212b \u00df\u1e9e \u01c4\u01c5\u01c6 \u01c7\u01c8\u01c9 \u01ca\u01cb\u01cc
    \u01f1\u01f2\u01f3 \u0345\u0399\u03b9\u1fbe \u0392\u03b2\u03d0 \u0395\u03b5\u03f5 \u0398\u03b8\u03d1\u03f4
    \u039a\u03ba\u03f0 \u03a0\u03c0\u03d6 \u03a1\u03c1\u03f1 \u03a3\u03c2\u03c3 \u03a6\u03c6\u03d5
    \u03a9\u03c9\u2126 \u0412\u0432\u1c80 \u0414\u0434\u1c81 \u041e\u043e\u1c82 \u0421\u0441\u1c83
    \u0422\u0442\u1c84\u1c85 \u042a\u044a\u1c86 \u0462\u0463\u1c87 \u1c88\ua64a\ua64b \u1e60\u1e61\u1e9b
    """.split(),  # noqa: SIM905
    *(chr(code) + chr(code + 8) for start in (0x1F80, 0x1F90, 0x1FA0) for code in range(start, start + 8)),
    *(chr(code) + chr(code + 9) for code in (0x1FB3, 0x1FC3, 0x1FF3)),
)
_KIN: Mapping[str, str] = MappingProxyType({char: alike for alike in _ALIKE for char in alike})

# Longer ranges of letters outside ASCII are taken as they are when case is ignored.
_FOLD_LIMIT = 0x400


def normalise(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The ranges in order, with those that touch made one."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def complement(ranges: Ranges) -> Ranges:
    """Every character outside of the (normalised) ranges."""
    found, next_ = [], 0
    for low, high in ranges:
        if next_ < low:
            found.append((next_, low - 1))
        next_ = high + 1
    if next_ <= LAST:
        found.append((next_, LAST))
    return tuple(found)


def intersection(one: Ranges, other: Ranges) -> Ranges:
    """What both (normalised) ranges hold."""
    found = [(max(a, c), min(b, d)) for a, b in one for c, d in other if a <= d and c <= b]
    return tuple(sorted(found))


@cache
def variants(char: str) -> str:
    """The character in each case, itself first, by Unicode's simple case folding.

    ASCII letters have ASCII variants only, and others none in ASCII.

    >>> variants("a"), variants("É"), variants("1"), variants("ß")
    ('aA', 'Éé', '1', 'ßẞ')
    """
    found = char
    for one in (char.lower(), char.upper(), *_KIN.get(char, "")):
        if len(one) == 1 and one not in found and one.isascii() == char.isascii():
            found += one
    return found


def is_cased(text: str) -> bool:
    """Whether ignoring case makes a difference to the text."""
    return text.lower() != text or text.upper() != text


@cache
def shorthand_ranges(item: Shorthand) -> Ranges:
    """The characters of a shorthand. `RegexError` for a Unicode category that there is not."""
    if item.name in SHORTHANDS:
        ranges = SHORTHANDS[item.name]
    else:
        category = item.name[2:-1]
        codes = [code for code in range(LAST + 1) if unicodedata.category(chr(code)).startswith(category)]
        if not codes:
            raise RegexError(f"unknown Unicode category {category}")
        ranges = normalise((code, code) for code in codes)
    return complement(ranges) if item.negated else ranges


def fold_ranges(ranges: Ranges) -> Ranges:
    """The ranges with every case of their characters."""
    more: list[tuple[int, int]] = list(ranges)
    for low, high in ranges:
        for first, last, shift in ((0x41, 0x5A, 32), (0x61, 0x7A, -32)):
            start, end = max(low, first), min(high, last)
            if start <= end:
                more.append((start + shift, end + shift))
        start = max(low, 0x80)
        if high - start < _FOLD_LIMIT:
            more += [(ord(one), ord(one)) for code in range(start, high + 1) for one in variants(chr(code))[1:]]
    return normalise(more)


@cache
def set_ranges(node: Set) -> Ranges:
    """The characters that the set matches, negation and case taken into account.

    >>> set_ranges(Set((Range(0x61, 0x7A),), fold=True))
    ((65, 90), (97, 122))
    """
    found: list[tuple[int, int]] = []
    for item in node.items:
        if isinstance(item, Range):
            found.append((item.low, item.high))
        else:
            found.extend(shorthand_ranges(item))
    ranges = normalise(found)
    if node.fold:
        ranges = fold_ranges(ranges)
    return complement(ranges) if node.negated else ranges


def contains(ranges: Ranges, code: int) -> bool:
    """Whether a code point is in the ranges."""
    return any(low <= code <= high for low, high in ranges)
