"""What is dear in Lucene's syntax: wildcards at the start, regular expressions, and terms without a field.

Source: "Query string query" in Elasticsearch's documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transpile.dialects.base import QueryCost
from transpile.dialects.kit.cost import Dear, count
from transpile.dialects.lucene import tree as lucene


def cost(tree: lucene.Query) -> QueryCost:
    """The cost of a query; which terms have no field is not counted."""
    return count(tree, _dear)


def _dear(node: Any) -> Iterator[Dear]:
    match node:
        case lucene.Wild((first, *rest)) if isinstance(first, lucene.Wildcard) and rest:
            yield Dear.LEADING
        case lucene.Regex():
            yield Dear.REGEX
        case _:
            pass
