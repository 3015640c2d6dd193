"""Sigma in coloured pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PIECES = re.compile(
    r"(?P<comment>(?:(?<=\s)|^)\#[^\n]*)"
    r"|(?P<word>^---$|(?<=condition: )[^\n'\"|>{\[][^\n]*)"
    r"|(?P<field>(?:^|(?<=- )|(?<=[{,]\s)|(?<=\s))"
    r"(?:'(?:[^'\n]|'')*'|\"(?:[^\"\\\n]|\\.)*\"|[^\s'\"#:{}\[\],&*!|>%@-][^\n:#{}\[\],|]*)"
    r"(?=(?:\|[\w|]+)?:(?:\s|$)))"
    r"|(?P<function>\|[a-z0-9|]+(?=:(?:\s|$)))"
    r"|(?P<string>'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<number>(?<=\s)-?\d+(?:\.\d+)?(?=\s|$))",
    re.MULTILINE,
)


def highlight(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces, each with its kind; all together they are the text.

    >>> list(highlight("Image|endswith: 'x'"))
    [('field', 'Image'), ('function', '|endswith'), ('', ': '), ('string', "'x'")]
    """
    end = 0
    for found in _PIECES.finditer(text):
        if found.start() > end:
            yield "", text[end : found.start()]
        yield found.lastgroup or "", found.group()
        end = found.end()
    if end < len(text):
        yield "", text[end:]
