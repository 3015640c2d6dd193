"""Fields as a field table writes them, and the keys of a form's map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from transpile.ir.match import Field, FieldType

if TYPE_CHECKING:
    from transpile.pipelines.document import ModelReader, Node

TYPES: Mapping[str, FieldType] = MappingProxyType({type_.value: type_ for type_ in FieldType})
LIST = "list"


def parse_field(reader: ModelReader, node: Node, text: str) -> Field:
    """A platform field as a model writes it: `name [type] [list]`; the type is `string` if none is given.

    A name with blanks is written in double quotes.
    """
    if text.startswith('"'):
        name, closed, rest = text[1:].partition('"')
        if not closed:
            reader.fail(node, "the quoted name does not end")
        words = rest.split()
    else:
        name, *words = text.split() or [""]
    type_, repeated = FieldType.STRING, False
    for word in words:
        if word == LIST:
            repeated = True
        elif word in TYPES:
            type_ = TYPES[word]
        else:
            reader.fail(node, f"{word!r} is not a type; there are {', '.join(TYPES)}, and 'list'")
    if not name:
        reader.fail(node, "a field needs a name")
    return Field(name, type_, True, repeated)


def read_field(reader: ModelReader, node: Node) -> Field:
    """`parse_field` of a plain value."""
    return parse_field(reader, node, reader.text(node))


def take(reader: ModelReader, node: Node, parts: dict[str, Node], key: str) -> Node:
    """Take a key that a form's map must have out of its parts."""
    if key not in parts:
        reader.fail(node, f"{key!r} is missing here")
    return parts.pop(key)


def parts_of(reader: ModelReader, node: Node, *keys: str) -> Iterator[Node]:
    """The values of a form's map that has just these keys, in this order."""
    parts = reader.map(node, keys)
    for key in keys:
        yield take(reader, node, parts, key)
