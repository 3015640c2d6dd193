"""The query strings of QSTR that are read: one regex, which some value of a field, or of any, matches whole."""

from __future__ import annotations

import re

_REGEX = re.compile(r"(?:(?P<field>(?:[\w.@]|\\.)+)\s*:\s*)?/(?P<regex>(?:[^/\\]|\\.)+)/", re.DOTALL)


def read_regex(text: str) -> tuple[str | None, str] | None:
    r"""The field, None for any, and the regex; None if the query string is another.

    >>> read_regex("/.*a.*/"), read_regex(r"process.args:/C:\/a/"), read_regex("a b")
    ((None, '.*a.*'), ('process.args', 'C:/a'), None)
    """
    found = _REGEX.fullmatch(text.strip())
    if found is None:
        return None
    field = found["field"]
    return field and re.sub(r"\\(.)", r"\1", field), re.sub(r"\\(.)", _unescaped, found["regex"], flags=re.DOTALL)


def _unescaped(pair: re.Match[str]) -> str:
    return "/" if pair[1] == "/" else pair[0]
