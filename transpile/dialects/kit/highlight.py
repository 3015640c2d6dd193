"""Cutting a query into coloured pieces by a table of token kinds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

Pieces = Callable[[str], Iterator[tuple[str, str]]]


def highlighter(kinds: Sequence[tuple[str, str]]) -> Pieces:
    """A function that cuts a text into pieces, each with the name of the first kind whose regex matches.

    What no kind matches has the kind `""`. The pieces joined are the text; no text fails.

    >>> list(highlighter([("number", "[0-9]+")])("a 12"))
    [('', 'a '), ('number', '12')]
    """
    return highlighter_of(re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in kinds), re.IGNORECASE))


def highlighter_of(regex: re.Pattern[str]) -> Pieces:
    """`highlighter` for a regex whose groups have the names of the kinds."""

    def highlight(text: str) -> Iterator[tuple[str, str]]:
        end = 0
        for found in regex.finditer(text):
            if found.start() > end:
                yield "", text[end : found.start()]
            if found.group():
                yield found.lastgroup or "", found.group()
            end = found.end()
        if end < len(text):
            yield "", text[end:]

    return highlight
