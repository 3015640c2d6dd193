"""What running a query costs, counted on its tree: each language says which of its nodes are dear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any

from transpile.dialects.base import QueryCost


class Dear(StrEnum):
    """What an index of the values does not help with."""

    LEADING = "leading"  # a pattern that begins with any text
    REGEX = "regex"
    SCAN = "scan"  # a search that nothing narrows before its tests, or a test of a computed value


def count(tree: Any, dear: Callable[[Any], Iterable[Dear]]) -> QueryCost:
    """The cost of a tree, by what a language says of each node."""
    found = Counter(kind for node in nodes(tree) for kind in dear(node))
    return QueryCost(found[Dear.LEADING], found[Dear.REGEX], found[Dear.SCAN])


def nodes(tree: Any) -> Iterator[Any]:
    """Every record in a tree, the outer before the inner.

    >>> from transpile.dialects.eql.tree import And, Field
    >>> [type(one).__name__ for one in nodes(And((Field("a"), Field("b"))))]
    ['And', 'Field', 'Field']
    """
    if isinstance(tree, tuple):
        for member in tree:
            yield from nodes(member)
    elif names := getattr(type(tree), "__match_args__", None):
        yield tree
        for name in names:
            yield from nodes(getattr(tree, name))
