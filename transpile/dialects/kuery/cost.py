"""What is dear in Kibana's language: wildcards at the start of a value, and words without a field.

Source: "Kibana Query Language" in Elastic's documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transpile.dialects.base import QueryCost
from transpile.dialects.kit.cost import Dear, count
from transpile.dialects.kuery import tree as kuery


def cost(tree: kuery.Expr) -> QueryCost:
    """The cost of a query; a word without a field is sought in all of them."""
    return count(tree, _dear)


def _dear(node: Any) -> Iterator[Dear]:
    match node:
        case kuery.Wildcard((None, *rest)) if rest:
            yield Dear.LEADING
        case kuery.Anywhere():
            yield Dear.SCAN
        case _:
            pass
