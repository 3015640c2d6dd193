"""The lines of a field table: a word for each way of storing a field (docs/pipelines.md lists them)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from transpile.pipelines.document import ModelReader, Node
from transpile.pipelines.forms import (
    Absent,
    AnyOf,
    Behind,
    Cases,
    Codes,
    Element,
    Ended,
    Extension,
    Filled,
    Fixed,
    Hashes,
    Hex,
    How,
    Inside,
    Prefixed,
    Quoted,
    RegistryData,
    RegistryStrings,
    Rename,
    Replace,
    Split,
    UrlPart,
    Values,
)
from transpile.pipelines.forms.paths import read_file
from transpile.pipelines.model import FieldEntry, ModelPlace


def read_entry(reader: ModelReader, key: Node, node: Node) -> FieldEntry:
    """One line of a field table: a field, or a map that says how the value is stored."""
    place = ModelPlace(reader.file, key.start_mark.line + 1)
    if not reader.is_map(node):
        return FieldEntry(read_how(reader, node), place)
    parts = reader.map(node, (*WAYS, "narrower", "wider", "assumed"))
    narrower, wider, assumed = (
        reader.text(parts.pop(word)) if word in parts else "" for word in ("narrower", "wider", "assumed")
    )
    return FieldEntry(_read_way(reader, node, parts), place, wider or narrower, bool(wider), assumed)


def read_how(reader: ModelReader, node: Node) -> How:
    """A field alone, or one of the ways."""
    if reader.is_map(node):
        return _read_way(reader, node, reader.map(node, tuple(WAYS)))
    return Rename.read(reader, node)


def _read_way(reader: ModelReader, node: Node, parts: dict[str, Node]) -> How:
    if len(parts) != 1:
        reader.fail(node, f"expected exactly one of {', '.join(WAYS)}")
    ((way, body),) = parts.items()
    return WAYS[way](reader, body)


WAYS: Mapping[str, Callable[[ModelReader, Node], How]] = MappingProxyType(
    {
        "to": Rename.read,
        "values": Values.read,
        "cases": Cases.read,
        "split": lambda reader, node: Split.read(reader, node, read_how),
        "file": read_file,
        "behind": Behind.read,
        "quoted": Quoted.read,
        "element": Element.read,
        "prefix": Prefixed.read,
        "ending": Ended.read,
        "filled": Filled.read,
        "inside": Inside.read,
        "url": UrlPart.read,
        "hashes": Hashes.read,
        "registry_data": RegistryData.read,
        "registry_strings": RegistryStrings.read,
        "codes": Codes.read,
        "replace": Replace.read,
        "extension": Extension.read,
        "hex": Hex.read,
        "any": lambda reader, node: AnyOf.read(reader, node, read_how),
        "first": lambda reader, node: AnyOf.read(reader, node, read_how, first=True),
        "fixed": Fixed.read,
        "absent": Absent.read,
    }
)
