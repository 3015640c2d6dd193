"""What is dear in EQL: patterns that begin with a wildcard, regular expressions, and scripts.

Source: "EQL syntax reference" and "Wildcard query" in Elasticsearch's documentation. A test of what a function gives
runs as a script on every event that the rest leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transpile.dialects.base import QueryCost
from transpile.dialects.eql import tree as eql
from transpile.dialects.eql.tree import Search
from transpile.dialects.kit.cost import Dear, count

_PATTERNS = (Search.WILDCARD, Search.LIKE, Search.LIKE_FOLD)
_REGEXES = (Search.REGEX, Search.REGEX_FOLD)


def cost(tree: eql.Query) -> QueryCost:
    """The cost of a query."""
    return count(tree, _dear)


def _dear(node: Any) -> Iterator[Dear]:
    match node:
        case eql.Lookup(operator, operand, values):
            if operator in _PATTERNS:
                texts = (one.value for one in values if isinstance(one, eql.String))
                yield from (Dear.LEADING for text in texts if text.startswith(("*", "?")) and text != "*")
            if operator in _REGEXES:
                yield from (Dear.REGEX for _ in values)
            if isinstance(operand, eql.Call):
                yield Dear.SCAN
        case eql.Compare(_, left, right):
            yield from (Dear.SCAN for side in (left, right) if isinstance(side, eql.Call))
        case _:
            pass
