"""Sigma's texts: which items hold them, and what their wildcards are."""

from __future__ import annotations

from transpile.dialects.sigma.parse import parse_string
from transpile.lint.document import DetectionItem

PLACES = frozenset(("contains", "startswith", "endswith"))
_NO_TEXT = frozenset(
    ("re", "cidr", "exists", "fieldref", "lt", "lte", "gt", "gte", "minute", "hour", "day", "week", "month", "year")
)


def is_text(item: DetectionItem) -> bool:
    """Whether the values of an item are texts with Sigma's wildcards."""
    return _NO_TEXT.isdisjoint(item.modifiers)


def split(text: str) -> list[str | None]:
    """The literal runs of a text, and None for each `*`; a `?` counts as a run of its own that no one takes for text.

    >>> split("*a\\\\*b*")
    [None, 'a*b', None]
    """
    found: list[str | None] = []
    for one in parse_string(text).s:
        if isinstance(one, str):
            found.append(one)
        elif str(one.name) == "WILDCARD_MULTI":
            found.append(None)
        else:
            found += ["?", "?"]  # two runs side by side, which plain text never has
    return found


def has_wildcard(text: str) -> bool:
    """Whether a text has a wildcard that is not escaped."""
    return any(not isinstance(one, str) for one in parse_string(text).s)
