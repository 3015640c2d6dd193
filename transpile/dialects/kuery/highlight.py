"""Kibana queries in coloured pieces."""

from __future__ import annotations

import re

from transpile.dialects.kit.highlight import highlighter_of

_PIECES = re.compile(
    r'(?P<string>"(?:\\[\\"]|[^"])*")'
    r"|(?P<word>(?<!\S)(?i:and|or|not)(?=\s)|(?<=\()(?i:not)(?=\s))"
    r'|(?P<field>[^\s\\():<>"{}]+(?=\s*(?::|<|>)))'
    r"|(?P<number>(?<![^\s(])-?\d+(?:\.\d+)?(?![^\s)]))"
    r"|(?P<punctuation>[():<>={}*]+)"
)


highlight = highlighter_of(_PIECES)
