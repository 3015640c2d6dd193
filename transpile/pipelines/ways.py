"""The ways a field may be stored, as a field table writes them (docs/pipelines.md lists them)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from transpile.ir.expr import Match, Or
from transpile.ir.match import ANY, Boolean, Field, FieldType, Number, Pattern, Test
from transpile.pipelines.document import Node, Reader
from transpile.pipelines.forms import (
    Absent,
    AnyOf,
    Behind,
    Cases,
    Codes,
    Condition,
    Conditions,
    Element,
    Ended,
    Extension,
    FileName,
    Filled,
    Fixed,
    Hashes,
    Hex,
    How,
    Inside,
    PathAndName,
    Piece,
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
from transpile.pipelines.model import Entry, Place

TYPES: Mapping[str, FieldType] = MappingProxyType({type_.value: type_ for type_ in FieldType})
LIST = "list"


def parse_field(reader: Reader, node: Node, text: str) -> Field:
    """A platform field as a model writes it: `name [type] [list]`; the type is `string` if none is given.

    A name with blanks stands in double quotes.
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


def read_field(reader: Reader, node: Node) -> Field:
    """`parse_field` of a plain value."""
    return parse_field(reader, node, reader.text(node))


def condition(reader: Reader, node: Node, field: Field, values: list[str]) -> Condition:
    """The condition that a field has one of these values, read by the field's type."""
    typed = tuple(_typed(reader, node, field.type, value) for value in values)
    matches = tuple(Match(field, _equals(value)) for value in typed)
    return Condition(field, typed, matches[0] if len(matches) == 1 else Or(matches))


def _typed(reader: Reader, node: Node, type_: FieldType, text: str) -> str | int | bool:
    if type_ is FieldType.NUMBER:
        if not text.lstrip("-").isdigit():
            reader.fail(node, f"{text!r} is not a number")
        return int(text)
    if type_ is FieldType.BOOLEAN:
        if text not in ("true", "false"):
            reader.fail(node, f"{text!r} is neither true nor false")
        return text == "true"
    return text


def _equals(value: str | int | bool) -> Test:
    """The test for one value; in text, `*` stands for anything."""
    match value:
        case bool():
            return Boolean(value)
        case int():
            return Number(value)
        case _:
            return _glob(value)


def _glob(text: str) -> Pattern:
    first, *others = text.split("*")
    return Pattern.of(first, *(part for other in others for part in (ANY, other)))


def read_entry(reader: Reader, key: Node, node: Node) -> Entry:
    """One line of a field table: a field, or a map that says how the value is stored."""
    place = Place(reader.file, key.start_mark.line + 1)
    if not reader.is_map(node):
        return Entry(read_how(reader, node), place)
    parts = reader.map(node, (*WAYS, "narrower", "wider", "assumed"))
    narrower, wider, assumed = (
        reader.text(parts.pop(word)) if word in parts else "" for word in ("narrower", "wider", "assumed")
    )
    return Entry(_read_way(reader, node, parts), place, wider or narrower, bool(wider), assumed)


def read_how(reader: Reader, node: Node) -> How:
    """A field alone, or one of the ways."""
    if reader.is_map(node):
        return _read_way(reader, node, reader.map(node, tuple(WAYS)))
    return Rename(read_field(reader, node))


def _read_way(reader: Reader, node: Node, parts: dict[str, Node]) -> How:
    if len(parts) != 1:
        reader.fail(node, f"expected exactly one of {', '.join(WAYS)}")
    ((way, body),) = parts.items()
    return WAYS[way](reader, body)


def _values(reader: Reader, node: Node) -> How:
    """`values: {in: field, A: a}`."""
    parts = reader.map(node)
    field = _need(reader, node, parts, "in")
    return Values(read_field(reader, field), _folded(reader, parts))


def _cases(reader: Reader, node: Node) -> How:
    """`cases: {A: {field: value, ...}}`."""
    table: dict[str, Conditions] = {}
    for _, case, body in reader.pairs(node):
        table[case.casefold()] = tuple(
            condition(reader, value, parse_field(reader, key_node, key), reader.values(value))
            for key_node, key, value in reader.pairs(body)
        )
    return Cases(MappingProxyType(table))


def _split(reader: Reader, node: Node) -> How:
    """`split: {head: how, tail: how, at: text, always: true, whole: true}`."""
    parts = reader.map(node, ("head", "tail", "at", "always", "whole"))
    head, tail = (read_how(reader, _need(reader, node, parts, key)) for key in ("head", "tail"))
    at = reader.text(parts["at"]) if "at" in parts else "\\"
    always, whole = (key in parts and reader.text(parts[key]) == "true" for key in ("always", "whole"))
    return Split(head, tail, at, always, whole)


def _file(reader: Reader, node: Node) -> How:
    """`file: {path: field, name: field}`, or `file: name`."""
    if not reader.is_map(node):
        return FileName(read_field(reader, node))
    parts = reader.map(node, ("path", "name", "at"))
    at = reader.text(parts["at"]) if "at" in parts else "\\"
    name = read_field(reader, _need(reader, node, parts, "name"))
    return PathAndName(read_field(reader, parts["path"]), name, at) if "path" in parts else FileName(name, at)


def _hashes(reader: Reader, node: Node) -> How:
    """`hashes: {MD5: field, SHA256: field}`."""
    return Hashes(MappingProxyType({key.upper(): read_field(reader, value) for _, key, value in reader.pairs(node)}))


def _prefix(reader: Reader, node: Node) -> How:
    r"""`prefix: {in: field, text: '\Device\NamedPipe'}`."""
    parts = reader.map(node, ("in", "text"))
    field, text = (_need(reader, node, parts, key) for key in ("in", "text"))
    return Prefixed(read_field(reader, field), reader.text(text))


def _behind(reader: Reader, node: Node) -> How:
    """`behind: {in: field, at: .}`."""
    parts = reader.map(node, ("in", "at"))
    field, at = (_need(reader, node, parts, key) for key in ("in", "at"))
    return Behind(read_field(reader, field), reader.text(at))


def _element(reader: Reader, node: Node) -> How:
    """`element: {in: field, tag: Data}`."""
    parts = reader.map(node, ("in", "tag"))
    field, tag = (_need(reader, node, parts, key) for key in ("in", "tag"))
    return Element(read_field(reader, field), reader.text(tag))


def _ending(reader: Reader, node: Node) -> How:
    """`ending: {in: field, text: .}`."""
    parts = reader.map(node, ("in", "text"))
    field, text = (_need(reader, node, parts, key) for key in ("in", "text"))
    return Ended(read_field(reader, field), reader.text(text))


def _filled(reader: Reader, node: Node) -> How:
    """`filled: {in: field, with: unknown, numbers: bare}`."""
    parts = reader.map(node, ("in", "with", "numbers"))
    field, word = (_need(reader, node, parts, key) for key in ("in", "with"))
    bare = "numbers" in parts
    if bare and reader.text(parts["numbers"]) != "bare":
        reader.fail(parts["numbers"], "numbers of the registry may be bare, and else they are as they are")
    return Filled(read_field(reader, field), reader.text(word), bare)


def _url(reader: Reader, node: Node) -> How:
    """`url: {in: field, part: query}`."""
    parts = reader.map(node, ("in", "part"))
    field, part = (_need(reader, node, parts, key) for key in ("in", "part"))
    pieces = {piece.value: piece for piece in Piece}
    if reader.text(part) not in pieces:
        reader.fail(part, f"a part of a URL is one of {', '.join(pieces)}")
    return UrlPart(read_field(reader, field), pieces[reader.text(part)])


def _registry_data(reader: Reader, node: Node) -> How:
    """`registry_data: {data: field, type: field, text: name, dword: name, qword: name, binary: name}`."""
    names = ("data", "type", "text", "dword", "qword", "binary")
    parts = reader.map(node, names)
    data, type_, *words = (_need(reader, node, parts, key) for key in names)
    return RegistryData(read_field(reader, data), read_field(reader, type_), *(reader.text(word) for word in words))


def _registry_strings(reader: Reader, node: Node) -> How:
    """`registry_strings: {data: field, type: field}`."""
    parts = reader.map(node, ("data", "type"))
    data, type_ = (read_field(reader, _need(reader, node, parts, key)) for key in ("data", "type"))
    return RegistryStrings(data, type_)


def _replace(reader: Reader, node: Node) -> How:
    """`replace: {in: field, HKLM: HKEY_LOCAL_MACHINE, HKU: [HKU, HKEY_USERS], HKCR: ""}`."""
    parts = reader.map(node)
    field = read_field(reader, _need(reader, node, parts, "in"))
    return Replace(field, tuple((old, tuple(filter(None, reader.values(new)))) for old, new in parts.items()))


def _need(reader: Reader, node: Node, parts: dict[str, Node], key: str) -> Node:
    if key not in parts:
        reader.fail(node, f"{key!r} is missing here")
    return parts.pop(key)


def _folded(reader: Reader, parts: dict[str, Node]) -> Mapping[str, str]:
    return MappingProxyType({key.casefold(): reader.text(value) for key, value in parts.items()})


WAYS: Mapping[str, Callable[[Reader, Node], How]] = MappingProxyType(
    {
        "to": lambda reader, node: Rename(read_field(reader, node)),
        "values": _values,
        "cases": _cases,
        "split": _split,
        "file": _file,
        "behind": _behind,
        "quoted": lambda reader, node: Quoted(read_field(reader, node)),
        "element": _element,
        "prefix": _prefix,
        "ending": _ending,
        "filled": _filled,
        "inside": lambda reader, node: Inside(read_field(reader, node)),
        "url": _url,
        "hashes": _hashes,
        "registry_data": _registry_data,
        "registry_strings": _registry_strings,
        "codes": lambda reader, node: Codes(read_field(reader, node)),
        "replace": _replace,
        "extension": lambda reader, node: Extension(read_field(reader, node)),
        "hex": lambda reader, node: Hex(read_field(reader, node)),
        "any": lambda reader, node: AnyOf(tuple(read_how(reader, item) for item in reader.items(node))),
        "first": lambda reader, node: AnyOf(tuple(read_how(reader, item) for item in reader.items(node)), first=True),
        "fixed": lambda reader, node: Fixed(reader.text(node)),
        "absent": lambda reader, node: Absent(reader.text(node)),
    }
)
