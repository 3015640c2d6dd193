"""Sigma in coloured pieces."""

from __future__ import annotations

import re

from transpile.dialects.kit.highlight import highlighter_of

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


highlight = highlighter_of(_PIECES)
