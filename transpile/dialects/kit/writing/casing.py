"""Ignoring case where a language has no operator for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from transpile.ir.match import Pattern
from transpile.regex.chars import is_cased, variants


def has_case(pattern: Pattern) -> bool:
    """Whether ignoring case makes a difference to the pattern, which asks for that.

    >>> has_case(Pattern.of("4-8")), has_case(Pattern.of("a"))
    (False, True)
    """
    return not pattern.cased and is_cased(pattern.literal)


@cache
def is_lowered(text: str) -> bool:
    """Whether `lower(value) == lower(text)` takes just the values that are the text but for case.

    That is so for ASCII. Beyond it there are letters of which lower-casing one character makes two (U+0130), one by
    what is around it (sigma), or that are one letter in more than two forms.

    >>> is_lowered("Net.EXE"), is_lowered("\\u00c9"), is_lowered("\\u03a3"), is_lowered("\\u0130")
    (True, True, False, False)
    """
    return all(char.isascii() or _is_simple(char) for char in text)


def _is_simple(char: str) -> bool:
    low = char.lower()
    return low not in _SIGMAS and len(low) == 1 and all(other.lower() == low for other in variants(char))


_SIGMAS = "\u03c3\u03c2"


def either_case(text: str, escape: Callable[[str], str]) -> str:
    """The text as a regex that takes each of its letters in any case; `escape` spells one other character.

    >>> either_case("a.b", lambda char: f"[{char}]")
    '[aA][.][bB]'
    """
    return "".join([f"[{''.join(variants(char))}]" if is_cased(char) else escape(char) for char in text])
