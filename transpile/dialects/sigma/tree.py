"""The tree of a Sigma text: YAML's scalars, lists and maps, each with its place.

Scalars stay as the author spelled them. What a plain scalar means depends on where it is (`4688` is a number, but
text under `contains`), so it is decided there, with the questions that `Scalar` answers.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Any, NamedTuple, assert_never

from yaml.resolver import Resolver

from transpile.source import Span

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_TRUTHS = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}
_USUAL_INTEGER = re.compile(r"-?[1-9][0-9]{0,17}|0")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,30}")
_HEXADECIMAL = re.compile(r"[-+]?0[xX][0-9a-fA-F]{1,30}")
_FRACTION = re.compile(r"[-+]?[0-9]{0,30}\.?[0-9]{1,30}([eE][-+]?[0-9]{1,3})?")
_RESOLVERS = Resolver.yaml_implicit_resolvers
_KINDS = {"int": "a number", "float": "a number", "bool": "a truth value", "timestamp": "a date", "null": "nothing"}
TEXT = "text"

Mark = Any  # a place as libyaml's and PyYAML's parsers mark it: `line` and `column`, from 0


def span(start: Mark, end: Mark) -> Span:
    """The span between two marks."""
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


class Scalar(NamedTuple):
    """A single value. `plain` says that it is without quotes, so that it may be a number, a truth value or null."""

    text: str
    start: Mark
    end: Mark
    plain: bool = False

    @property
    def span(self) -> Span:
        """Where it is; made when asked for, which few are."""
        return span(self.start, self.end)

    @property
    def is_null(self) -> bool:
        """Whether it is not a value: `null`, `~`, or nothing at all."""
        return self.plain and self.text in _NULLS

    @property
    def usual_number(self) -> int | float | None:
        """The number that it is the usual spelling of: `4688` and `0.5`, but not `0x10`, `010`, `1.10` or `1_000`.

        `1.0` is none either: as a number it could not be told from 1.
        """
        text = self.text
        if not self.plain or not text or text[0] not in "-0123456789":
            return None
        if _USUAL_INTEGER.fullmatch(text):
            return int(text)
        if "." in text and _FRACTION.fullmatch(text):
            number = float(text)
            return number if str(number) == text and not number.is_integer() else None
        return None

    @property
    def number(self) -> int | float | None:
        """The number that it stands for where only a number can be meant; `'10'` in quotes and `0x10` are two."""
        text = self.text
        if _DECIMAL.fullmatch(text):
            return int(text)
        if _HEXADECIMAL.fullmatch(text):
            return int(text, 16)
        return float(text) if _FRACTION.fullmatch(text) and isfinite(float(text)) else None

    @property
    def usual_truth(self) -> bool | None:
        """The truth value that every YAML reader takes it for: only `true` and `false`."""
        lower = self.text.lower()
        return _TRUTHS[lower] if self.plain and lower in ("true", "false") else None

    @property
    def truth(self) -> bool | None:
        """The truth value that it stands for where only a truth value can be meant: `yes` and `off` are two more."""
        return _TRUTHS.get(self.text.lower())

    @property
    def kind(self) -> str:
        """What YAML 1.1 readers, most Sigma tools among them, take it for, in words; `TEXT` if it is text."""
        if self.plain:
            for tag, regex in _RESOLVERS.get(self.text[:1], ()):
                if regex.match(self.text):
                    return _KINDS.get(str(tag).rpartition(":")[2], TEXT)
        return TEXT


class Sequence(NamedTuple):
    """A list."""

    items: list[Node]
    start: Mark
    end: Mark

    @property
    def span(self) -> Span:
        """Where it is, to the end of what it holds."""
        return span(self.start, self.end)


class MapEntry(NamedTuple):
    """A key of a map and what it holds."""

    key: Scalar
    value: Node


class Mapping(NamedTuple):
    """A map, in the order of the text; a key may be there twice."""

    entries: list[MapEntry]
    start: Mark
    end: Mark

    @property
    def span(self) -> Span:
        """Where it is, to the end of what it holds."""
        return span(self.start, self.end)

    def find(self, name: str) -> MapEntry | None:
        """The entry of this name; the last one, if there are several, as YAML readers do."""
        for entry in reversed(self.entries):
            if entry.key.text == name:
                return entry
        return None

    def value(self, name: str) -> Node | None:
        """What the key of this name holds, or None."""
        entry = self.find(name)
        return entry.value if entry else None


Node = Scalar | Sequence | Mapping


def part(scalar: Scalar, start: int, end: int) -> Span:
    """Where a part of a scalar's text is, if it is written as it reads on one line; else the whole scalar."""
    whole = scalar.span
    width = whole.end_column - whole.column
    quotes = (width - len(scalar.text)) // 2
    if whole.line != whole.end_line or "\n" in scalar.text or width != len(scalar.text) + 2 * quotes or quotes > 1:
        return whole
    column = whole.column + quotes
    return Span(whole.line, column + start, whole.line, column + end)


def describe(node: Node) -> str:
    """What a node is, in words."""
    match node:
        case Sequence():
            return "a list"
        case Mapping():
            return "a map"
        case Scalar():
            return node.kind
        case _:
            assert_never(node)


def plain_data(node: Node) -> object:
    """A node as plain Python values: the usual numbers and truth values as such, everything else as text."""
    if isinstance(node, Sequence):
        return [plain_data(item) for item in node.items]
    if isinstance(node, Mapping):
        return {entry.key.text: plain_data(entry.value) for entry in node.entries}
    if node.is_null:
        return None
    number = node.usual_number
    if number is not None:
        return number
    truth = node.usual_truth
    return node.text if truth is None else truth
