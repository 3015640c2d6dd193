"""References between rules: which documents a text and its library hold, and which of them refer to which.

A reference is an id or a name, never a title. Within a text, its own rules come before those of other texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from transpile.diagnostics import Diagnostic
from transpile.dialects.base import Library
from transpile.dialects.sigma import condition as conditions
from transpile.dialects.sigma.collection import candidates
from transpile.dialects.sigma.condition import Name
from transpile.dialects.sigma.load import YamlDocument, load
from transpile.dialects.sigma.tree import Mapping, Node, Scalar
from transpile.dialects.sigma.tree import Sequence as List
from transpile.record import record
from transpile.source import Source
from transpile.syntax.lexer import ParseError

LONGEST = 1_000_000  # characters of a document that is looked at for references across texts
ANY_RULE = "any"  # what a filter for every rule of its log source has in the place of a list

# What a text looks like in which a document may be a correlation or a filter; `{` and a blank begin other layouts.
_ODD = re.compile(r"^(?:---[ \t]+)?\{|(?:\A|^---[^\n]*\n)(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]+[^\s#]", re.MULTILINE)
_RELATES = re.compile(r"^(?:---[ \t]+)?[\"']?(?:correlation|filter)[\"']?[ \t]*:", re.MULTILINE)
_NAMES = re.compile(
    r"^(?:---[ \t]+)?[\"']?(?:id|name)[\"']?[ \t]*:[ \t]*[\"']?([^\"'#\n]{0,300}?)[\"']?[ \t]{0,99}(?:#.*)?$",
    re.MULTILINE,
)
_DOCUMENTS = re.compile(r"^---(?=\s)", re.MULTILINE)


@record(eq=False)
class LibraryEntry:
    """A document that is a rule, a correlation or a filter, with what is known against it."""

    source: Source
    node: Mapping
    findings: tuple[Diagnostic, ...] = ()

    def text(self, key: str) -> str | None:
        """The text under a key of the document."""
        value = self.node.value(key)
        return value.text if isinstance(value, Scalar) and not value.is_null else None

    @property
    def keys(self) -> tuple[str, ...]:
        """What other documents may call it: its id and its name."""
        return tuple(dict.fromkeys(key for name in ("id", "name") if (key := self.text(name))))

    @property
    def label(self) -> str:
        """What it is called in messages and in IR: its name, its id, or its title."""
        return self.text("name") or self.text("id") or self.text("title") or "rule"

    @property
    def is_correlation(self) -> bool:
        """Whether it relates rules."""
        return is_correlation(self.node)

    @property
    def is_filter(self) -> bool:
        """Whether it adds a condition to rules."""
        return is_filter(self.node)


def is_correlation(node: Mapping) -> bool:
    """Whether a document relates rules. Some authors give a rule with a detection a `correlation` in prose."""
    entry = node.find("correlation")
    return entry is not None and (isinstance(entry.value, Mapping) or node.find("detection") is None)


def is_filter(node: Mapping) -> bool:
    """Whether a document adds a condition to rules."""
    return node.find("filter") is not None and node.find("correlation") is None and node.find("detection") is None


def scalars(node: Node | None) -> list[Scalar]:
    """The texts of a value that is a text, a list of texts, or nothing."""
    items = node.items if isinstance(node, List) else [node]
    return [item for item in items if isinstance(item, Scalar) and not item.is_null]


def references(entry: LibraryEntry) -> list[str]:
    """The ids and names that a correlation or a filter refers to."""
    block = entry.node.value("correlation" if entry.is_correlation else "filter")
    if not isinstance(block, Mapping):
        return []
    found = [scalar.text for scalar in scalars(block.value("rules"))]
    condition = block.value("condition")
    if entry.is_correlation and isinstance(condition, Scalar):
        try:
            tree = conditions.parse(condition.text)
        except ParseError:
            return found
        found += [one.name for one in conditions.references(tree) if isinstance(one, Name)]
    return list(dict.fromkeys(found))


@dataclass(slots=True)
class LibraryIndex:
    """The documents of texts by what they are called, and those that refer to others by what they refer to."""

    named: dict[str, list[LibraryEntry]] = field(default_factory=dict)
    referring: dict[str, list[LibraryEntry]] = field(default_factory=dict)
    general: list[LibraryEntry] = field(default_factory=list)  # filters for every rule of a log source

    def add(self, entry: LibraryEntry) -> None:
        """Take up a document."""
        for key in entry.keys:
            self.named.setdefault(key, []).append(entry)
        if not (entry.is_correlation or entry.is_filter):
            return
        keys = references(entry)
        if entry.is_filter and (not keys or keys == [ANY_RULE]):
            self.general.append(entry)
        for key in keys:
            self.referring.setdefault(key, []).append(entry)


def entries_of(source: Source, documents: Iterable[YamlDocument] | None = None) -> Iterator[LibraryEntry]:
    """The documents of a text that are maps."""
    for node, findings in candidates(load(source) if documents is None else documents):
        if node is not None:
            yield LibraryEntry(source, node, tuple(findings))


@lru_cache(maxsize=4)
def _index(library: Library) -> LibraryIndex:
    index = LibraryIndex()
    for source in library.sources:
        for entry in entries_of(source):
            index.add(entry)
    return index


class References:
    """What the documents of one text and its library refer to, and what refers to them."""

    def __init__(self, own: Sequence[LibraryEntry], source: Source, library: Library | None) -> None:
        self._source = source
        self._own = LibraryIndex()
        for entry in own:
            self._own.add(entry)
        self._library = _index(library) if library else LibraryIndex()

    def _both(self, own: Iterable[LibraryEntry], others: Iterable[LibraryEntry]) -> list[LibraryEntry]:
        """Entries of this text and of the library, without those of this text in the library."""
        return [*own, *(entry for entry in others if entry.source != self._source)]

    def find(self, key: str, source: Source) -> list[LibraryEntry]:
        """The documents that `key` means in a text: its own, or else those of all others."""
        found = self._both(self._own.named.get(key, ()), self._library.named.get(key, ()))
        return [entry for entry in found if entry.source == source] or found

    def names(self) -> list[str]:
        """Every id and name that can be referred to."""
        return list(dict.fromkeys((*self._own.named, *self._library.named)))

    def titled(self, title: str) -> bool:
        """Whether a document has this title, by which none can be referred to."""
        lists = (*self._own.named.values(), *self._library.named.values())
        return any(entry.text("title") == title for entries in lists for entry in entries)

    def referring(self, entry: LibraryEntry) -> list[LibraryEntry]:
        """The correlations and filters that name a document."""
        found: dict[LibraryEntry, None] = {}
        for key in entry.keys:
            for one in self._both(self._own.referring.get(key, ()), self._library.referring.get(key, ())):
                if one.source == entry.source or entry in self.find(key, one.source):
                    found[one] = None
        return list(found)

    def meant(self, entry: LibraryEntry, other: LibraryEntry) -> list[LibraryEntry]:
        """The documents that `other` may mean where it names `entry`."""
        keys = [key for key in references(other) if key in entry.keys]
        return list(dict.fromkeys(one for key in keys for one in self.find(key, other.source)))

    def general_filters(self) -> list[LibraryEntry]:
        """The filters for every rule of their log source."""
        return self._both(self._own.general, self._library.general)


def collect(sources: Iterable[Source]) -> Library | None:
    """Of all texts of a run, those that hold what the others refer to, and the filters; None if there are none.

    A text whose correlations name only its own rules is not among them. Texts are searched with regular expressions,
    and of their documents only correlations and filters are loaded.
    """
    relating: list[_Scanned] = []
    others: list[Source] = []
    for source in sources:
        found = None if _is_plain(source.text) else _scan(source)
        if found is not None and (found.wanted or found.filters):
            relating.append(found)
        else:
            others.append(source)
    abroad = frozenset(key for found in relating for key in found.wanted - found.names)
    kept = [found for found in relating if found.filters or not found.wanted <= found.names]
    asked = (*relating, *map(_scan, others)) if abroad else ()
    kept += [found for found in asked if found not in kept and not found.names.isdisjoint(abroad)]
    return Library(tuple(found.source for found in kept)) if kept else None


@record(eq=False)
class _Scanned:
    """What a text has for others: the ids and names of its documents, those that it refers to, and filters."""

    source: Source
    names: frozenset[str]
    wanted: frozenset[str] = frozenset()
    filters: bool = False


def _is_plain(text: str) -> bool:
    """Whether a text is plainly, as nearly all are, one document in block style, and no correlation or filter."""
    return (
        text[:1].isalpha()
        and not text.startswith(("correlation", "filter"))
        and not any(one in text for one in ("\ncorrelation", "\nfilter", "\n{", "\n---", '\n"', "\n'"))
    )


def _scan(source: Source) -> _Scanned:
    text = source.text
    if _ODD.search(text):
        entries = list(entries_of(source)) if len(text) <= LONGEST else []
        names = frozenset(key for entry in entries for key in entry.keys)
    else:
        names = frozenset(_NAMES.findall(text))
        documents = _DOCUMENTS.split(text) if _RELATES.search(text) else []
        chunks = [one for one in documents if _RELATES.search(one) and len(one) <= LONGEST]
        entries = [entry for chunk in chunks for entry in entries_of(Source(chunk, source.path))]
    entries = [entry for entry in entries if entry.is_correlation or entry.is_filter]
    wanted = frozenset(key for entry in entries for key in references(entry))
    return _Scanned(source, names, wanted, any(entry.is_filter for entry in entries))
