"""The words and spellings that EQL's parser and printer share (grammar: EqlBase.g4 of Elasticsearch)."""

from __future__ import annotations

import re

_KEYWORD = re.compile(
    "and|any|by|false|in|join|like|maxspan|not|null|of|or|regex|runs|sample|sequence|true|until|where|with"
)

# `@` begins a name in Elasticsearch, but not in every parser of EQL, so names with it are quoted.
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# In strings between double quotes; any other character can be written `\u{1b}`.
ESCAPES = {"\\": "\\", '"': '"', "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'"}


def is_keyword(word: str) -> bool:
    """Whether the word means something in the language, so that a name like it needs quotes."""
    return _KEYWORD.fullmatch(word) is not None


def is_plain(name: str) -> bool:
    """Whether a part of a name needs no quotes.

    >>> is_plain("process"), is_plain("c-uri"), is_plain("by")
    (True, False, False)
    """
    return _PLAIN_NAME.fullmatch(name) is not None and not is_keyword(name)
