"""What is dear in a search. Indexers find terms and indexed fields; a value that begins with `*` is not one.

Source: "Write better searches" and "Event segmentation and searching" in Splunk's Search Manual.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transpile.dialects.base import QueryCost
from transpile.dialects.kit.cost import Dear, count, nodes
from transpile.dialects.spl import tree as spl

_INDEXED = frozenset({"index", "source", "sourcetype", "host", "splunk_server", "tag", "eventtype"})
_REGEXES = frozenset({"match", "replace"})


def cost(tree: spl.Pipeline) -> QueryCost:
    """The cost of a search; one that names no indexed field, source or tag reads every event."""
    return count(tree, _dear)


def _dear(node: Any) -> Iterator[Dear]:
    match node:
        case spl.Comparison(_, _, spl.Literal(text)) if _is_leading(text):
            yield Dear.LEADING
        case spl.In(_, values):
            yield from (Dear.LEADING for one in values if isinstance(one, spl.Literal) and _is_leading(one.text))
        case spl.And(args) | spl.Or(args):  # a value without a field is sought in the raw text
            yield from (Dear.LEADING for one in args if isinstance(one, spl.Literal) and _is_leading(one.text))
        case spl.Not(spl.Literal(text)) | spl.Search(spl.Literal(text)) if _is_leading(text):
            yield Dear.LEADING
        case spl.Call("like", (_, spl.String(text))) if text.startswith(("%", "_")):
            yield Dear.LEADING
        case spl.Call(name) if name in _REGEXES:
            yield Dear.REGEX
        case spl.Regex() | spl.Rex():
            yield Dear.REGEX
        case spl.Pipeline((spl.Search(expr), *_)) if not _is_narrowed(expr):
            yield Dear.SCAN
        case _:
            pass


def _is_leading(text: str) -> bool:
    return text.startswith("*") and text != "*"


def _is_narrowed(expr: spl.SearchExpr) -> bool:
    """Whether a search names where it looks, or a macro does."""
    return any(
        (isinstance(one, spl.Comparison | spl.In) and one.field in _INDEXED) or isinstance(one, spl.Macro)
        for one in nodes(expr)
    )
