"""What a lint rule looks at: one rule of a file, its YAML with places, and what reading made of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from pathlib import PurePath
from typing import Any, NamedTuple

from transpile.dialects.base import Reading
from transpile.dialects.sigma import condition as conditions
from transpile.dialects.sigma.condition import Condition
from transpile.dialects.sigma.library import is_correlation
from transpile.dialects.sigma.parse import parse_key
from transpile.dialects.sigma.read import read_nodes
from transpile.dialects.sigma.tree import Mapping, Node, Scalar, part
from transpile.dialects.sigma.tree import Sequence as Listed
from transpile.ir.rule import ANY_LOGS
from transpile.ir.stream import LogSource
from transpile.lint.options import LintOptions
from transpile.record import record
from transpile.source import Source, Span
from transpile.syntax.lexer import ParseError

_NOT_SELECTIONS = frozenset(("condition", "timeframe"))
_FILTER_KEYS = _NOT_SELECTIONS | {"rules"}


class Edit(NamedTuple):
    """A replacement in a text: what is between two character offsets becomes `text`."""

    start: int
    end: int
    text: str


class LintHit(NamedTuple):
    """A lint rule's finding before its code is attached: where, what to fill in, and how to mend it."""

    span: Span | None
    facts: dict[str, Any]
    edits: tuple[Edit, ...] = ()


def hit(span: Span | None, *edits: Edit, **facts: Any) -> LintHit:
    """A finding, with the edits that mend it and the facts of its message."""
    return LintHit(span, facts, edits)


class DetectionItem(NamedTuple):
    """A field of a selection (None for keywords), its modifiers and its values; `listed` if they are in a list."""

    selection: str
    key: Scalar | None
    field: str | None
    modifiers: tuple[str, ...]
    values: tuple[Scalar, ...]
    listed: bool

    @property
    def span(self) -> Span:
        """Where its key is, or its first value where there is no key."""
        return self.key.span if self.key else self.values[0].span


class ConditionLine(NamedTuple):
    """A condition: its scalar, and its tree where it can be read."""

    scalar: Scalar
    tree: Condition | None

    def span(self, start: int, end: int) -> Span:
        """Where a part of its text is."""
        return part(self.scalar, start, end)


@record(eq=False)
class LintDocument:
    """One rule, correlation or filter. `items` and `lines` are those of its detection (of a filter, of the filter).

    `logsource` is its log source as far as it can be read, in lower case.
    """

    source: Source
    node: Mapping
    reading: Reading
    items: tuple[DetectionItem, ...] = ()
    lines: tuple[ConditionLine, ...] = ()
    selections: tuple[Scalar, ...] = ()
    values: dict[str, Node] = field(default_factory=dict)
    logsource: LogSource = ANY_LOGS

    @property
    def is_correlation(self) -> bool:
        """Whether it relates the events of other rules."""
        return is_correlation(self.node)

    @property
    def is_filter(self) -> bool:
        """Whether it adds conditions to other rules."""
        return "filter" in self.values

    @property
    def is_rule(self) -> bool:
        """Whether it is a rule with a detection of its own."""
        return not (self.is_correlation or self.is_filter)

    @property
    def top(self) -> Span:
        """Where to point for what is missing: the first key."""
        return self.node.entries[0].key.span if self.node.entries else self.node.span

    @property
    def path(self) -> PurePath | None:
        """The path of its file; None for standard input and plain texts."""
        return None if self.source.path.startswith("<") else PurePath(self.source.path)

    def scalar(self, key: str) -> Scalar | None:
        """The value of a key, if it is a single one that is not null."""
        node = self.values.get(key)
        return node if isinstance(node, Scalar) and not node.is_null else None

    def text(self, key: str) -> str | None:
        """The text of a key, or None."""
        node = self.scalar(key)
        return node.text if node else None

    def list(self, key: str) -> Sequence[Scalar]:
        """The single values in the list of a key."""
        node = self.values.get(key)
        return [one for one in node.items if isinstance(one, Scalar)] if isinstance(node, Listed) else []

    def key(self, name: str) -> Span | None:
        """Where a key itself is."""
        entry = self.node.find(name)
        return entry.key.span if entry else None


def _logsource(node: Node | None) -> LogSource:
    if not isinstance(node, Mapping):
        return LogSource()
    words = {key: node.value(key) for key in ("category", "product", "service")}
    return LogSource(
        **{key: one.text.lower() for key, one in words.items() if isinstance(one, Scalar) and not one.is_null}
    )


Check = Callable[[LintDocument, LintOptions], Iterator[LintHit]]  # a lint rule: what it finds in one document


def documents(source: Source) -> tuple[list[LintDocument], list[Reading]]:
    """The rules of a text, and the readings of what is not even a map."""
    found: list[LintDocument] = []
    rest: list[Reading] = []
    for node, reading in read_nodes(source):
        if node is None:
            rest.append(reading)
        else:
            found.append(_document(source, node, reading))
    return found, rest


def _document(source: Source, node: Mapping, reading: Reading) -> LintDocument:
    values = {entry.key.text: entry.value for entry in node.entries}
    logsource = _logsource(values.get("logsource"))
    body = values.get("detection", values.get("filter"))
    if not isinstance(body, Mapping):
        return LintDocument(source, node, reading, values=values, logsource=logsource)
    skipped = _NOT_SELECTIONS if "detection" in values else _FILTER_KEYS
    selections = [entry for entry in body.entries if entry.key.text not in skipped]
    items = tuple(item for entry in selections for item in _items(entry.key.text, entry.value))
    lines = tuple(_lines(body.value("condition")))
    keys = tuple(entry.key for entry in selections)
    return LintDocument(source, node, reading, items, lines, keys, values, logsource)


def _items(selection: str, node: Node) -> Iterator[DetectionItem]:
    """The fields and keywords of a selection, however deep in lists."""
    if isinstance(node, Scalar):
        yield DetectionItem(selection, None, None, (), (node,), False)
    elif isinstance(node, Mapping):
        for entry in node.entries:
            key = parse_key(entry.key.text)
            value = entry.value
            scalars = value.items if isinstance(value, Listed) else [value]
            values = tuple(one for one in scalars if isinstance(one, Scalar))
            if values and len(values) == len(scalars):
                yield DetectionItem(selection, entry.key, key.field, key.names, values, isinstance(value, Listed))
    else:
        keywords = tuple(one for one in node.items if isinstance(one, Scalar))
        if keywords:
            yield DetectionItem(selection, None, None, (), keywords, True)
        for one in node.items:
            if not isinstance(one, Scalar):
                yield from _items(selection, one)


def _lines(node: Node | None) -> Iterator[ConditionLine]:
    for one in node.items if isinstance(node, Listed) else [node]:
        if isinstance(one, Scalar) and one.text.strip():
            yield ConditionLine(one, _tree(one.text))


def _tree(text: str) -> Condition | None:
    if "|" in text:  # an aggregation, which reading refuses
        return None
    try:
        return conditions.parse(text)
    except ParseError:
        return None


def raw(document: LintDocument, scalar: Scalar) -> str:
    """A scalar as it is in the text, quotes and all."""
    return document.source.text[scalar.start.index : scalar.end.index]


def replace(scalar: Scalar, text: str) -> Edit:
    """The edit that puts a text, quotes and all, in the place of a scalar."""
    return Edit(scalar.start.index, scalar.end.index, text)


def rewrite(document: LintDocument, scalar: Scalar, text: str) -> tuple[Edit, ...]:
    """The edit that gives a scalar a new value in the quotes that it has; none for values over several lines."""
    before = raw(document, scalar)
    if scalar.start.line != scalar.end.line or "\n" in text or before != before.strip() or before[:1] in "|>&!*":
        return ()
    if scalar.plain or before[:1] not in "'\"":
        return (replace(scalar, text if _stays_plain(text) else quoted(text)),)
    if before[0] == '"' and re.fullmatch(r'[^"\\\x00-\x1f]*', text):
        return (replace(scalar, f'"{text}"'),)
    return (replace(scalar, quoted(text)),)


def quoted(text: str) -> str:
    """A text in YAML's single quotes."""
    return "'" + text.replace("'", "''") + "'"


def _stays_plain(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9_./][^:#\[\]{},\n]*", text) is not None and text == text.strip()


def remove_line(document: LintDocument, node: Node, key: Scalar | None = None) -> tuple[Edit, ...]:
    """The edit that removes a list's item or a map's entry with its lines; none where it shares them with others."""
    text = document.source.text
    first = key.start if key else node.start
    begin = text.rfind("\n", 0, first.index) + 1
    end = _end_of(text, node)
    finish = text.find("\n", end)
    finish = len(text) if finish < 0 else finish + 1
    before, after = text[begin : first.index], text[end:finish]
    if not re.fullmatch(r"\s*" if key else r"\s*-\s+", before) or not re.fullmatch(r"\s*(#.*)?\s*", after):
        return ()
    return (Edit(begin, finish, ""),)


def _end_of(text: str, node: Node) -> int:
    """The offset behind a node's last character: block scalars end where the next line begins."""
    end: int = node.end.index
    while end > node.start.index and text[end - 1] in "\r\n \t":
        end -= 1
    return end
