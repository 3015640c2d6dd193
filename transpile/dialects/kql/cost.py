"""What is dear in Kusto, whose index holds whole terms: `has` is served by it, `contains` reads every value.

Source: "String operators" and "Best practices for Kusto Query Language queries" in its reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transpile.dialects.base import QueryCost
from transpile.dialects.kit.cost import Dear, count
from transpile.dialects.kql import tree as kql

_LEADING = frozenset({"contains", "contains_cs", "endswith", "endswith_cs", "hassuffix", "hassuffix_cs"})
_REGEXES = frozenset({"extract", "extract_all", "replace_regex"})
_EVERYWHERE = frozenset({"search", "find"})


def cost(tree: kql.Script) -> QueryCost:
    """The cost of a query; `search`, `find` and a test of every column read whole tables."""
    return count(tree, _dear)


def _dear(node: Any) -> Iterator[Dear]:
    match node:
        case kql.Binary(operator):
            if operator.removeprefix("!") in _LEADING:
                yield Dear.LEADING
            if operator == "matches regex":
                yield Dear.REGEX
            if isinstance(node.left, kql.Star):
                yield Dear.SCAN
        case kql.Call(name) if name in _REGEXES:
            yield Dear.REGEX
        case kql.Raw(operator) if operator in _EVERYWHERE:
            yield Dear.SCAN
        case kql.Union(tables):
            yield from (Dear.SCAN for one in tables if isinstance(one, kql.Star | kql.Wildcard))
        case _:
            pass
