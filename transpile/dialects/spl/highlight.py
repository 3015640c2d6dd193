"""A search in coloured pieces, for terminals and reports."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PIECE = re.compile(
    r"""
      (?P<comment>```.*?(?:```|$))
    | (?P<string>"(?:[^"\\]|\\.)*"?)
    | (?P<macro>`[^`]*`?)
    | (?P<name>(?<![\w'])'(?:[^'\\]|\\.)*')
    | (?P<command>(?<=[|\[])\s*[A-Za-z]\w*)
    | (?P<word>\b(?:AND|OR|NOT|XOR|IN|LIKE|BY|by|AS|as|OUTPUT|OUTPUTNEW|where|from|TERM|CASE)\b)
    | (?P<number>(?<![\w.:*\\/-])\d+(?:\.\d+)?(?![\w.:*\\/-]))
    | (?P<function>[A-Za-z_]\w*(?=\())
    | (?P<field>[A-Za-z_][\w.{}:-]*(?=\s*(?:!=|<=|>=|==?|<|>|\bIN\b)))
    | (?P<punctuation>[|()\[\],=<>!+*/%.-]+)
    | (?P<text>[^\s"`'|()\[\],=<>!]+|\s+|.)
    """,
    re.DOTALL | re.VERBOSE,
)
_KINDS = {"text": "", "macro": "word", "name": "field", "command": "word", "function": "word"}


def highlight(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces, each with its kind; all together they are the text.

    >>> [piece for piece in highlight('a="x" | head 5') if piece[0]]
    [('field', 'a'), ('punctuation', '='), ('string', '"x"'), ('punctuation', '|'), ('word', 'head'), ('number', '5')]
    """
    for found in _PIECE.finditer(text):
        kind, piece = found.lastgroup or "", found.group()
        if kind == "command" and piece[0].isspace():
            yield "", piece[: -len(piece.lstrip())]
            piece = piece.lstrip()
        yield _KINDS.get(kind, kind), piece
