"""Sets of characters as the bodies of Python's `[...]`."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

POSIX: Mapping[str, str] = MappingProxyType(
    {
        "alnum": "0-9A-Za-z",
        "alpha": "A-Za-z",
        "ascii": r"\x00-\x7f",
        "blank": r"\t ",
        "cntrl": r"\x00-\x1f\x7f",
        "digit": "0-9",
        "graph": "!-~",
        "lower": "a-z",
        "print": " -~",
        "punct": r"!-/:-@\[-`{-~",
        "space": r"\t\n\v\f\r ",
        "upper": "A-Z",
        "word": "0-9A-Za-z_",
        "xdigit": "0-9A-Fa-f",
    }
)


@cache
def complement(body: str) -> str:
    r"""The body of a set for the characters that another does not hold.

    >>> complement("0-9")
    '\\x00-/:-\\U0010ffff'
    """
    inside = re.compile(f"[{body}]").match
    return _ranges(code for code in range(sys.maxunicode + 1) if not inside(chr(code)))


@cache
def category(name: str) -> str:
    """The body of a set for a general category of Unicode (`L`, `Lu`); empty for an unknown one.

    >>> category("Nd")[:3], category("Xx")
    ('0-9', '')
    """
    return _ranges(code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)).startswith(name))


def _ranges(codes: Iterable[int]) -> str:
    """The body of a set of these code points, which are in order."""
    found: list[tuple[int, int]] = []
    for code in codes:
        if found and found[-1][1] == code - 1:
            found[-1] = (found[-1][0], code)
        else:
            found.append((code, code))
    return "".join(_spell(low) + (f"-{_spell(high)}" if high > low else "") for low, high in found)


def _spell(code: int) -> str:
    if 0x20 <= code < 0x7F:
        return re.escape(chr(code))
    return f"\\x{code:02x}" if code < 0x100 else f"\\U{code:08x}"
