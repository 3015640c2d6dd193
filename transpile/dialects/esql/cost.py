"""What is dear in ES|QL: patterns that begin with a wildcard, regular expressions, and tests of computed values.

Source: "LIKE and RLIKE" in Elasticsearch's documentation. `TO_LOWER(field)` beside a text is served by the index, since
8.18 with `==` (github.com/elastic/elasticsearch/pull/118870) and 9.1 with LIKE (pull/128393); what any other function
gives is computed for every row that the rest leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transpile.dialects.base import QueryCost
from transpile.dialects.esql import tree as esql
from transpile.dialects.kit.cost import Dear, count

_FOLDS = frozenset({"TO_LOWER", "TO_UPPER"})


def cost(tree: esql.Query) -> QueryCost:
    """The cost of a query."""
    return count(tree, _dear)


def _dear(node: Any) -> Iterator[Dear]:
    match node:
        case esql.Like(operand, patterns, regex):
            yield from (Dear.REGEX if regex else Dear.LEADING for one in patterns if regex or one[:1] in ("*", "?"))
            if _is_computed(operand):
                yield Dear.SCAN
        case esql.Compare(_, left, right):
            yield from (Dear.SCAN for side in (left, right) if _is_computed(side))
        case esql.In(operand) if _is_computed(operand):
            yield Dear.SCAN
        case _:
            pass


def _is_computed(operand: esql.Expr) -> bool:
    return isinstance(operand, esql.Call) and operand.name.upper() not in _FOLDS
