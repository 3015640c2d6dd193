"""What is dear in YARA-L: regular expressions, and events of which no type is named.

Source: "YARA-L best practices" in Google SecOps' documentation: name `metadata.event_type`, and prefer texts to regular
expressions. A regular expression that is not anchored at its start is sought at every place of a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from transpile.dialects.base import QueryCost
from transpile.dialects.kit.cost import Dear, count, nodes
from transpile.dialects.yaral import tree as yaral

_ANCHORED = re.compile(r"(?:\(\?\w+\))?\^")
_TYPES = frozenset({"event_type", "log_type"})


def cost(tree: yaral.Rule) -> QueryCost:
    """The cost of a rule; an event variable without a type reads every event."""
    return count(tree, _dear)


def _dear(node: Any) -> Iterator[Dear]:
    match node:
        case yaral.Regex(pattern):
            yield Dear.REGEX
            if not _ANCHORED.match(pattern):
                yield Dear.LEADING
        case yaral.Rule():
            paths = [one for one in nodes(node.events) if isinstance(one, yaral.Path)]
            typed = {one.variable for one in paths if one.steps[:1] == ("metadata",) and one.steps[1] in _TYPES}
            yield from (Dear.SCAN for _ in {one.variable for one in paths} - typed)
        case _:
            pass
