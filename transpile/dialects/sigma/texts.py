"""The text of a value: its wildcards, and what looks like a network."""

from __future__ import annotations

import re

from transpile.ir.match import ANY, ONE, Part

NETWORK = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*/[0-9]{1,3}")
_ESCAPE_OR_WILDCARD = re.compile(r"\\[\\*?]|[*?]")
_WILDCARDS: dict[str, Part] = {"*": ANY, "?": ONE}


def parse_parts(text: str) -> list[Part]:
    """A text with its wildcards; a backslash escapes wildcards and itself and is plain before anything else.

    >>> parse_parts("a\\\\*b*")
    ['a*b', <Wildcard.ANY: '*'>]
    """
    if "*" not in text and "?" not in text and "\\\\" not in text:
        return [text] if text else []
    parts: list[Part] = []
    literal: list[str] = []
    at = 0
    for found in _ESCAPE_OR_WILDCARD.finditer(text):
        literal.append(text[at : found.start()])
        token = found.group()
        at = found.end()
        if token in _WILDCARDS:
            parts += ["".join(literal), _WILDCARDS[token]]
            literal.clear()
        else:
            literal.append(token[1])
    parts.append("".join(literal) + text[at:])
    return [part for part in parts if part != ""]
