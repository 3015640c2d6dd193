"""EQL in coloured pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transpile.dialects.eql.words import is_keyword

_PIECES = re.compile(
    r"(?P<comment>//[^\n]*|/\*[\s\S]*?\*/)"
    r'|(?P<string>"""[^\r\n]*?""""?"?|"(?:[^"\\\r\n]|\\.)*")'
    r"|(?P<number>\b\d+(?:\.\d+)?[a-z]*\b)"
    r"|(?P<function>\b[A-Za-z_]\w*~?(?=\())"
    r"|(?P<field>\??(?:[A-Za-z_@]\w*|`[^`\n]*`)(?:\.(?:[A-Za-z_@]\w*|`[^`\n]*`))*)"
    r"|(?P<punctuation>[-=<>{}()\[\],:.+*/%~!|?]+)"
)
_ALSO_KEYWORDS = frozenset({"sample", "like~", "regex~", "in~"})


def highlight(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces, each with its kind; all together they are the text.

    >>> list(highlight('any where a : "x"'))[:5]
    [('word', 'any'), ('', ' '), ('word', 'where'), ('', ' '), ('field', 'a')]
    """
    end = 0
    for found in _PIECES.finditer(text):
        if found.start() > end:
            yield "", text[end : found.start()]
        kind, piece = found.lastgroup or "", found.group()
        yield "word" if is_keyword(piece) or piece in _ALSO_KEYWORDS else kind, piece
        end = found.end()
    if end < len(text):
        yield "", text[end:]
