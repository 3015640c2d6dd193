"""From text to documents: YAML through libyaml's events, so that places are kept and nothing can blow up.

PyYAML's own loaders recurse and copy what aliases name, which hostile files use. Here a stack takes the place of
recursion, and depth and size are checked while reading, so that a bad file is given up at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from transpile.codes import Code
from transpile.diagnostics import Diagnostic, diagnose
from transpile.dialects.sigma import codes
from transpile.dialects.sigma.tree import MapEntry, Mapping, Node, Scalar, Sequence, span
from transpile.source import Source, Span

LARGEST = 10_000_000  # characters in a text
MOST_DOCUMENTS = 10_000  # in a text
DEEPEST = 64  # lists and maps inside of each other; the deepest public rule has 6
MOST = 200_000  # nodes in a document, what aliases repeat counted each time

# libyaml where PyYAML has it; the same in Python is ten times slower.
_PARSER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

_HAS_COLON = re.compile(r":(\s|$)")

_IN_QUOTES = "put the value in single quotes: `*` and `&` have a meaning of their own in YAML"
_TAGS = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset((f"{_TAGS}str", f"{_TAGS}timestamp", "!"))
_PLAIN_TAGS = frozenset((f"{_TAGS}null", f"{_TAGS}bool", f"{_TAGS}int", f"{_TAGS}float"))
_COLLECTION_TAGS = frozenset((f"{_TAGS}map", f"{_TAGS}seq", "!"))


class YamlDocument(NamedTuple):
    """One YAML document: its node, or None where it cannot be read or is empty; and what is wrong with its YAML.

    `repeated` holds the keys that the same map has already had.
    """

    node: Node | None
    problem: Diagnostic | None = None
    repeated: tuple[Scalar, ...] = ()


@lru_cache(maxsize=2)  # the converter and the linter read the same text, one after the other
def load(source: Source) -> tuple[YamlDocument, ...]:
    """The documents of a text, in order. A text that is broken somewhere ends with a document that says so."""
    if len(source.text) > LARGEST:
        size = len(source.text) // 1_000_000
        return (YamlDocument(None, diagnose(codes.SIG002, size=size, limit=LARGEST // 1_000_000)),)
    found: list[YamlDocument] = []
    try:
        found.extend(_Reader(source.text).documents())
    except _Bad as bad:
        found.append(YamlDocument(None, bad.diagnostic))
    except UnicodeEncodeError as error:
        found.append(
            YamlDocument(None, diagnose(codes.SIG001, source.span(error.start, error.end), reason="bad Unicode"))
        )
    except yaml.reader.ReaderError as error:
        found.append(YamlDocument(None, diagnose(codes.SIG001, _place(source, error), reason=_reason(error))))
    except yaml.MarkedYAMLError as error:
        if "maximum nesting depth" in (error.problem or ""):  # newer releases of libyaml stop there themselves
            found.append(YamlDocument(None, diagnose(codes.SIG003, _mark(error), limit=DEEPEST)))
        else:
            span, reason, hint = _explain(source, error)
            found.append(YamlDocument(None, diagnose(codes.SIG001, span, reason=reason)._replace(hint=hint)))
    return tuple(found)


class _Bad(Exception):
    """The text is YAML, but not such as a rule is written in."""

    def __init__(self, code: Code, span: Span, **facts: Any) -> None:
        super().__init__(code)
        self.diagnostic = diagnose(code, span, **facts)


class _Open(NamedTuple):
    """A list or map that is being read: what it holds so far (a map's keys and values in turn)."""

    children: list[Node]
    event: Any  # that it begins with
    before: int  # how many nodes were read before it


class _Reader:
    """Builds the trees of one text. It lives for one call of `load`."""

    def __init__(self, text: str) -> None:
        self.parser = _PARSER(text)
        self.anchors: dict[str, tuple[Node | None, int]] = {}  # the node, None while it is open, and its size
        self.count = 0
        self.repeated: list[Scalar] = []

    def documents(self) -> Iterator[YamlDocument]:
        """Each document as it is complete; raises `_Bad` and PyYAML's errors."""
        stack: list[_Open] = []
        root: Node | None = None
        documents = 0
        next_event: Callable[[], Any] = self.parser.get_event
        # By type and not by `match`: rules have a hundred events each, and this is where reading spends its time.
        while (event := next_event()) is not None:
            kind = type(event)
            if kind is ScalarEvent:
                if event.tag is None and event.anchor is None:
                    node: Node = Scalar(event.value, event.start_mark, event.end_mark, event.implicit[0])
                    self.count += 1
                else:
                    node = self.scalar(event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                stack.append(self.open(event, len(stack)))
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                node = self.close(stack.pop())
            elif kind is AliasEvent:
                node = self.alias(event)
            elif kind is DocumentStartEvent:
                self.anchors, self.count, self.repeated, root = {}, 0, [], None
                documents += 1
                if documents > MOST_DOCUMENTS:
                    raise _Bad(codes.SIG014, _span(event), limit=MOST_DOCUMENTS)
                continue
            else:
                if kind is DocumentEndEvent:
                    yield YamlDocument(root, repeated=tuple(self.repeated))
                continue
            if self.count > MOST:
                raise _Bad(codes.SIG004, node.span, limit=MOST)
            if stack:
                stack[-1].children.append(node)
            else:
                root = node

    def scalar(self, event: Any) -> Scalar:
        """A scalar with a tag or an anchor; a tag says whether it counts as plain."""
        plain = event.implicit[0]
        if event.tag is not None:
            plain = event.tag in _PLAIN_TAGS
            if not plain and event.tag not in _TEXT_TAGS:
                raise _Bad(codes.SIG006, _span(event), tag=event.tag)
        node = Scalar(event.value, event.start_mark, event.end_mark, plain)
        self.count += 1
        if event.anchor:
            self.anchors[event.anchor] = (node, 1)
        return node

    def open(self, event: Any, depth: int) -> _Open:
        """A list or map that begins here, inside of `depth` others."""
        if depth >= DEEPEST:
            raise _Bad(codes.SIG003, _span(event), limit=DEEPEST)
        if event.tag and event.tag not in _COLLECTION_TAGS:
            raise _Bad(codes.SIG006, _span(event), tag=event.tag)
        if event.anchor:
            self.anchors[event.anchor] = (None, 0)
        return _Open([], event, self.count)

    def close(self, opened: _Open) -> Node:
        """The list or map that ends here; it reaches to the end of what it holds."""
        children, event = opened.children, opened.event
        end = children[-1].end if children else event.end_mark
        if isinstance(event, MappingStartEvent):
            node: Node = Mapping(self.entries(children), event.start_mark, end)
        else:
            node = Sequence(children, event.start_mark, end)
        self.count += 1
        if event.anchor:
            self.anchors[event.anchor] = (node, self.count - opened.before)
        return node

    def alias(self, event: AliasEvent) -> Node:
        """The node that an alias repeats."""
        if event.anchor not in self.anchors:
            bad = _Bad(codes.SIG001, _span(event), reason=f"nothing has the anchor &{event.anchor}")
            bad.diagnostic = bad.diagnostic._replace(hint=_IN_QUOTES)
            raise bad
        node, size = self.anchors[event.anchor]
        if node is None:
            raise _Bad(codes.SIG005, _span(event), name=event.anchor)
        self.count += size
        return node

    def entries(self, children: list[Node]) -> list[MapEntry]:
        """The entries of a map from its keys and values in turn, with what its merge keys (`<<`) bring in."""
        entries: list[MapEntry] = []
        merges: list[Node] = []
        names: set[str] = set()
        rest = iter(children)
        for key, value in zip(rest, rest, strict=True):
            if not isinstance(key, Scalar):
                raise _Bad(codes.SIG007, key.span)
            name = key.text
            if name == "<<" and key.plain:
                merges += value.items if isinstance(value, Sequence) else [value]
                continue
            if name in names:
                self.repeated.append(key)
            names.add(name)
            entries.append(MapEntry(key, value))
        return _merge(entries, names, merges) if merges else entries


def _span(event: Any) -> Span:
    return span(event.start_mark, event.end_mark)


def _merge(entries: list[MapEntry], taken: set[str], merges: list[Node]) -> list[MapEntry]:
    """The entries, after those of the merged maps whose names neither an entry nor an earlier map has taken."""
    merged: list[MapEntry] = []
    for node in merges:
        if not isinstance(node, Mapping):
            raise _Bad(codes.SIG001, node.span, reason="<< merges maps, and this is none")
        new = [entry for entry in node.entries if entry.key.text not in taken]
        taken.update(entry.key.text for entry in new)
        merged += new
    return merged + entries


def _mark(error: yaml.MarkedYAMLError) -> Span | None:
    mark = error.problem_mark or error.context_mark
    return Span(mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2) if mark else None


def _explain(source: Source, error: yaml.MarkedYAMLError) -> tuple[Span | None, str, str]:
    """Where a text breaks YAML's rules, why, and what to do, in the cases that are known."""
    span, problem, lines = _mark(error), error.problem or "", source.text.splitlines()
    if "could not find expected ':'" in problem or "mapping values are not allowed" in problem:
        mark = error.context_mark or error.problem_mark
        at = error.context_mark.line if error.context_mark else _line_before(lines, mark.line if mark else 0)
        line = lines[at] if at is not None and at < len(lines) else ""
        word = line.strip().removeprefix("- ")
        if word and not _HAS_COLON.search(line):
            column = line.index(word) + 1
            span = Span((at or 0) + 1, column, (at or 0) + 1, column + len(word))
            return span, "a colon is missing", "write `name: value`, or `name:` above an indented block"
        return span, _problem(error), "put a value that holds a colon and a space in quotes"
    if "anchor" in (error.context or "") or "alias" in (error.context or ""):
        return _unquoted(lines, span), "a value must not begin with `*` or `&` unless it is in quotes", _IN_QUOTES
    if "unknown escape character" in problem or "hexdecimal number" in problem:
        return span, _problem(error), "write the value in single quotes, in which a backslash is a backslash"
    if (mark := error.context_mark) is not None:
        opening = Span(mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)
        if "unexpected end of stream" in problem:
            return opening, "a quote is not closed", ""
        if "',' or ']'" in problem or "',' or '}'" in problem:
            return opening, "a bracket is not closed", "put values that hold brackets, commas or quotes in quotes"
    if "cannot start any token" in problem and span:
        is_tab = lines[span.line - 1 : span.line] and "\t" in lines[span.line - 1][: span.column]
        return span, _problem(error), "indent with spaces, not tabs" if is_tab else "put the value in quotes"
    if "expected '-' indicator" in problem:
        return span, "a line among the items of a list does not begin with `-`", "begin it with `- `, or indent it"
    if "did not find expected key" in problem:
        return span, "this line fits neither the names above it nor their values", "check indentation and quotes"
    return span, _problem(error), ""


def _unquoted(lines: list[str], span: Span | None) -> Span | None:
    """The whole value on the line of a stray `*` or `&`, which begins with one of them."""
    line = lines[span.line - 1] if span and span.line <= len(lines) else ""
    found = re.search(r"(?:^\s*|- |: )([*&].*\S)\s*$", line)
    return Span(span.line, found.start(1) + 1, span.line, found.end(1) + 1) if span and found else span


def _line_before(lines: list[str], number: int) -> int | None:
    """The number, from 0, of the last line before `number` that holds more than a comment."""
    for at in range(min(number, len(lines)) - 1, -1, -1):
        if lines[at].strip() and not lines[at].lstrip().startswith("#"):
            return at
    return None


def _problem(error: yaml.MarkedYAMLError) -> str:
    return ", ".join(part for part in (error.context, error.problem) if part)


def _place(source: Source, error: yaml.reader.ReaderError) -> Span:
    """Where a forbidden character is; libyaml counts bytes."""
    offset = len(source.text.encode()[: error.position].decode(errors="ignore"))
    return source.span(offset, offset + 1)


def _reason(error: yaml.reader.ReaderError) -> str:
    return f"{error.reason} (U+{error.character:04X})" if isinstance(error.character, int) else str(error.reason)
