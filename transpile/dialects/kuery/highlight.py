"""Kibana queries in coloured pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PIECES = re.compile(
    r'(?P<string>"(?:\\[\\"]|[^"])*")'
    r"|(?P<word>(?<!\S)(?i:and|or|not)(?=\s)|(?<=\()(?i:not)(?=\s))"
    r'|(?P<field>[^\s\\():<>"{}]+(?=\s*(?::|<|>)))'
    r"|(?P<number>(?<![^\s(])-?\d+(?:\.\d+)?(?![^\s)]))"
    r"|(?P<punctuation>[():<>={}*]+)"
)


def highlight(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces, each with its kind; all together they are the text.

    >>> list(highlight('a:"x" or b'))
    [('field', 'a'), ('punctuation', ':'), ('string', '"x"'), ('', ' '), ('word', 'or'), ('', ' b')]
    """
    end = 0
    for found in _PIECES.finditer(text):
        if found.start() > end:
            yield "", text[end : found.start()]
        yield found.lastgroup or "", found.group()
        end = found.end()
    if end < len(text):
        yield "", text[end:]
