"""The words and spellings that the parser and the printer share (grammar: EsqlBaseLexer.g4 of Elasticsearch)."""

from __future__ import annotations

import re

_KEYWORD = re.compile(
    "and|any|as|asc|by|desc|false|first|full|group|in|info|inline|is|join|key|last|left|like|limit|metadata|not|null"
    "|nulls|on|or|outer|right|rlike|score|set|true|using|where|with"
    # Commands are names elsewhere, but not to every parser.
    "|change_point|completion|dissect|drop|enrich|eval|explain|fork|from|fuse|grok|inlinestats|insist|keep|lookup|mmr"
    "|metrics_info|mv_expand|promql|registered_domain|rename|rerank|row|sample|show|sort|stats|ts|ts_info|uri_parts"
)
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*|[_@][A-Za-z0-9_]+")
PLAIN_INDEX = re.compile(r"[^\s:\"=|,()\[\]/`]+(?::[^\s:\"=|,()\[\]/`]+)?")

# In strings between double quotes; nothing else can be escaped.
ESCAPES = {"\\": "\\", '"': '"', "n": "\n", "r": "\r", "t": "\t"}

RESERVED = frozenset("and as asc by desc false in is like not null nulls or rlike true where with".split())  # noqa: SIM905


def is_plain(name: str) -> bool:
    """Whether a part of a name needs no backquotes.

    >>> is_plain("process"), is_plain("c-uri"), is_plain("BY")
    (True, False, False)
    """
    return _PLAIN_NAME.fullmatch(name) is not None and not _KEYWORD.fullmatch(name.lower())
