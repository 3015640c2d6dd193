"""Escapes of query strings ("Query string query", reserved characters, and Lucene's QueryParser.jj)."""

from __future__ import annotations

import re

SPECIAL = frozenset('+-=&|!(){}[]^"~*?:\\/ \t\n\r\u3000')
OPERATORS = ("AND", "OR", "NOT", "TO")
_TERM = r"(?:\\[\s\S]|[^ \t\n\r+\-!():^\[\]\"{}~*?\\/\u3000])"
START = re.compile(_TERM + r"|[*?]")
TERM = re.compile(rf"(?:{_TERM}|[*?])(?:{_TERM}|[-+*?])*")
_UNICODE = re.compile(r"u([0-9A-Fa-f]{4})")


def escape(text: str) -> str:
    r"""A text as a term. `<` and `>` cannot be escaped; they mean something at the start of a value only.

    >>> print(escape("a b*"), escape("AND"))
    a\ b\* \AND
    """
    if text in OPERATORS:
        return "\\" + text
    return "".join("\\" + char if char in SPECIAL or char.isspace() else char for char in text)


def unescape(text: str) -> str:
    r"""The text of a term without its escapes.

    >>> unescape(r"a\ b\u0041\*")
    'a bA*'
    """
    return "".join(char for char, _ in characters(text))


def characters(text: str) -> list[tuple[str, bool]]:
    """The characters of a term, each with whether it was escaped."""
    found: list[tuple[str, bool]] = []
    position = 0
    while position < len(text):
        char = text[position]
        position += 1
        if char != "\\" or position == len(text):
            found.append((char, False))
        elif code := _UNICODE.match(text, position):
            found.append((chr(int(code[1], 16)), True))
            position = code.end()
        else:
            found.append((text[position], True))
            position += 1
    return found
