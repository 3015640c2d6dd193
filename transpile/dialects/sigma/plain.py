"""The tree of a Sigma text to be written: plain values, without places.

Scalars are what they mean: a text, a number, a truth value or null. How each is quoted, the printer decides.
"""

from __future__ import annotations

from transpile.dialects.sigma.load import load
from transpile.dialects.sigma.tree import Mapping, Node, Scalar, Sequence
from transpile.record import record
from transpile.source import Source, Span
from transpile.syntax.lexer import ParseError

_START = Span(1, 1, 1, 2)


@record
class Map:
    """A map, in the order in which it is written."""

    entries: tuple[tuple[str, Plain], ...]

    def get(self, key: str) -> Plain:
        """The value under a key; None if there is none."""
        return next((value for name, value in self.entries if name == key), None)


Plain = str | int | float | bool | None | tuple["Plain", ...] | Map


@record
class Text:
    """The documents of a text, and the comment above them, line by line."""

    documents: tuple[Map, ...]
    comment: tuple[str, ...] = ()


def parse(source: Source) -> Text:
    """The tree of a text. Raises `ParseError` for what is not YAML, or not made of maps."""
    documents = []
    for document in load(source):
        if document.problem is not None:
            raise ParseError(document.problem.message, document.problem.span or _START)
        node = document.node
        if not isinstance(node, Mapping):
            raise ParseError("a rule must be a map", node.span if node is not None else _START)
        found = _plain(node)
        assert isinstance(found, Map)
        documents.append(found)
    comment: list[str] = []
    for line in source.text.splitlines():
        if not line.startswith("#"):
            break
        comment.append(line[1:].removeprefix(" "))
    return Text(tuple(documents), tuple(comment))


def _plain(node: Node) -> Plain:
    if isinstance(node, Sequence):
        return tuple(map(_plain, node.items))
    if isinstance(node, Mapping):
        return Map(tuple((entry.key.text, _plain(entry.value)) for entry in node.entries))
    return scalar_value(node)


def scalar_value(scalar: Scalar) -> str | int | float | bool | None:
    """What a scalar means where no modifier asks for anything."""
    if scalar.is_null:
        return None
    number = scalar.usual_number
    if number is not None:
        return number
    truth = scalar.usual_truth
    return scalar.text if truth is None else truth
