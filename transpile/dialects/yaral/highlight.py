"""YARA-L in coloured pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transpile.dialects.yaral.tree import KEYWORDS

_PIECES = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)"
    r'|(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`|(?<==)\s*/(?:[^/\\\n]|\\.)+/)'
    r"|(?P<field>[$#%!][\w.]+)"
    r"|(?P<number>\b\d+(?:\.\d+)?[a-z]?\b)"
    r"|(?P<word>\b[A-Za-z_]\w*\b)"
    r"|(?P<punctuation>[-=<>{}()\[\],:.+*/]+)",
    re.DOTALL,
)


def highlight(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces, each with its kind; all together they are the text.

    >>> list(highlight('$e.a = "x"'))
    [('field', '$e.a'), ('', ' '), ('punctuation', '='), ('', ' '), ('string', '"x"')]
    """
    end = 0
    for found in _PIECES.finditer(text):
        if found.start() > end:
            yield "", text[end : found.start()]
        kind, piece = found.lastgroup or "", found.group()
        yield "" if kind == "word" and piece.lower() not in KEYWORDS else kind, piece
        end = found.end()
    if end < len(text):
        yield "", text[end:]
