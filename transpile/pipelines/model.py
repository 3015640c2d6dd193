"""A data model in memory: log sources, and for each the way from a Sigma field to the platform's.

Everything is immutable once `load` has built it. How a field is stored is a closed union, `How`: `rewrites` says
what each does to a test, and what to a value of an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from transpile.ir.expr import Expr
from transpile.ir.match import Field
from transpile.ir.stream import LogSource


class Place(NamedTuple):
    """A line of a data file, for explanations: `ecs.yml:12`."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


NOWHERE = Place("", 0)


@dataclass(frozen=True, slots=True)
class Rename:
    """The same value under another name."""

    field: Field


@dataclass(frozen=True, slots=True)
class Values:
    """The same value but for some, which the platform spells otherwise; keys are case-folded."""

    field: Field
    table: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cases:
    """A field with few values, each told on the platform by conditions on other fields; keys are case-folded."""

    table: Mapping[str, Conditions]


@dataclass(frozen=True, slots=True)
class Split:
    """`head + at + tail` in two fields, parted at the last `at`: a domain and a user, a registry key and a value.

    Unless `always`, a value without `at` is all tail. With `whole`, a value may also be kept whole in the head with
    nothing in the tail: a registry key of which no value is told.
    """

    head: How
    tail: How
    at: str = "\\"
    always: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class FileName:
    """Only the file name of a path, what follows its last separator."""

    name: Field
    at: str = "\\"


@dataclass(frozen=True, slots=True)
class PathAndName:
    """A whole path in one field and its file name in another, which is the quicker one to ask."""

    path: Field
    name: Field
    at: str = "\\"


@dataclass(frozen=True, slots=True)
class Extension:
    """What follows the last dot of a path that the platform keeps."""

    path: Field


@dataclass(frozen=True, slots=True)
class Prefixed:
    """The same value with a piece of text before it, which is always the same."""

    field: Field
    prefix: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The same value with a piece of text behind it, which is always the same."""

    field: Field
    ending: str


@dataclass(frozen=True, slots=True)
class Filled:
    """The same value; where there is none, the platform puts a word (`unknown`).

    With `bare`, registry data whose numbers lack their type: `0x00000001` for `DWORD (0x00000001)`.
    """

    field: Field
    word: str
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Behind:
    """The same value, as it is or behind another piece of text that ends so: `v1.compute` for `compute`."""

    field: Field
    at: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """The same value, as it is or in single quotes: an attribute of XML by versions of an add-on."""

    field: Field


@dataclass(frozen=True, slots=True)
class Element:
    """One of the elements of this tag in a text of XML, of which the platform takes none apart."""

    field: Field
    tag: str


@dataclass(frozen=True, slots=True)
class Inside:
    """A piece of a longer text, such as the message of an event."""

    field: Field


class Piece(Enum):
    """A part of a URL. The path is all before the query: for URLs without scheme and host, as web servers log them."""

    PATH = "path"
    QUERY = "query"
    EXTENSION = "extension"


@dataclass(frozen=True, slots=True)
class UrlPart:
    """A part of a URL that the platform keeps only as a whole."""

    url: Field
    piece: Piece


@dataclass(frozen=True, slots=True)
class RegistryData:
    """Registry data as Sysmon spells it (`DWORD (0x00000001)`), kept in decimal digits beside the name of its type."""

    data: Field
    type: Field
    text: str
    dword: str
    qword: str
    binary: str


@dataclass(frozen=True, slots=True)
class Hashes:
    """Sysmon's `MD5=...,SHA256=...` as one field for each algorithm; keys are upper-case."""

    columns: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Replace:
    """The same value with some pieces between backslashes spelled otherwise: registry roots.

    Each piece has the spellings that the platform's sources use, the usual one first; one without any has no known
    spelling.
    """

    field: Field
    table: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class RegistryStrings:
    """Registry data as a list of texts: a number in decimal digits or as `0x00000001`, beside the name of its type."""

    data: Field
    type: Field


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes of rights, `%%4416 %%4417`, as a list of bare numbers, or as the event spells them."""

    field: Field


@dataclass(frozen=True, slots=True)
class Digest:
    """One hash in Sysmon's list of them, `MD5=...,SHA256=...`, which the platform keeps as it is."""

    field: Field
    algorithm: str


@dataclass(frozen=True, slots=True)
class Hex:
    """`0x3e7` as the number 999."""

    field: Field


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The value is in one of several places; with `first`, in the first of them whose type can hold it."""

    options: tuple[How, ...]
    first: bool = False


@dataclass(frozen=True, slots=True)
class Fixed:
    """The log source itself says the value; nothing on the platform repeats it."""

    value: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The platform does not record it, and why."""

    reason: str


How = (
    Rename
    | Values
    | Cases
    | Split
    | FileName
    | PathAndName
    | Extension
    | Prefixed
    | Ended
    | Filled
    | Behind
    | Quoted
    | Element
    | Inside
    | UrlPart
    | Hashes
    | RegistryData
    | RegistryStrings
    | Codes
    | Digest
    | Replace
    | Hex
    | AnyOf
    | Fixed
    | Absent
)


class Condition(NamedTuple):
    """The field has one of these values, or of several conditions one holds.

    Of alternatives, `field`, `values` and `more` tell the first: an event that says nothing else is stored so. Without
    values, the field has none of those that `expr` excludes.
    """

    field: Field
    values: tuple[str | int | bool, ...]
    expr: Expr  # the same as an expression
    more: tuple[Condition, ...] = ()


Conditions = tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a field table. `loss` says in what the platform's field differs, where it does.

    `assumed` says why the platform probably keeps it so, where its documentation does not.
    """

    how: How
    place: Place
    loss: str = ""
    wider: bool = True
    assumed: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A log source as Sigma knows it: its names, the fields of its events, and facts for templates (channel ...).

    `prefixes` are the open branches of nested events (`requestParameters.`); `open` takes any field at all.
    """

    name: str  # "windows/process_creation"
    logsources: tuple[LogSource, ...]
    fields: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    open: bool = False
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def has(self, name: str) -> bool:
        """Whether events of this log source have such a field."""
        return self.open or name in self.fields or name.startswith(self.prefixes)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where the platform keeps one log source: the data set, what tells its events, and its fields.

    `fields` are the Sigma names that have a line of their own; `rest` is the template (`EventData.{name}`) for every
    other field that the log source is known to have. `events` are the Windows event numbers a rule must keep to.
    `assumed` says why the events are probably kept so, where that depends on how they are collected. `as_xml`: text is
    kept as XML spells it. `dropped` is the word for no value, such as `-`, that the platform leaves out.

    `holds` are conditions that the data set itself sees to. `columns` has for each place in its text the expressions
    of the columns that it computes there, by name, and `*` for all others (`datasets.with_columns`).
    """

    name: str
    kind: Kind
    place: Place
    dataset: str | None
    where: Conditions
    fields: Mapping[str, Entry]
    rest: Entry | None = None
    keywords: tuple[Field, ...] = ()
    events: frozenset[int] = frozenset()
    assumed: str = ""
    as_xml: bool = False
    dropped: str = ""
    holds: Conditions = ()
    evidence: tuple[str, ...] = ()  # codes of `shared/evidence.yml`: where this is known from
    data: tuple[str, ...] = ()  # what fills it, such as index patterns, where its data set does not say
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))

    def find(self, name: str) -> Entry | None:
        """How a Sigma field is stored here; None if nothing says so."""
        found = self.fields.get(name) or (_digest(self, name) if name.upper() in ALGORITHMS else None)
        return _rest(self, name) if found is None and self.rest is not None else found

    def names(self) -> frozenset[str]:
        """Every Sigma field that has a name here."""
        own = frozenset(name for name, entry in self.fields.items() if not isinstance(entry.how, Absent))
        return own | self.kind.fields if self.rest is not None else own


ALGORITHMS = frozenset({"MD5", "SHA1", "SHA256", "IMPHASH"})  # of the hashes that Sigma has fields of their own for


@lru_cache(maxsize=1024)
def _digest(source: Source, name: str) -> Entry | None:
    """A hash under the name of its algorithm, where the log source has a list of them."""
    hashes = source.find("Hashes")
    return hashes and replace(hashes, how=_one_digest(hashes.how, name.upper()))


def _one_digest(how: How, algorithm: str) -> How:
    match how:
        case Rename(field) | Filled(field):
            return Digest(field, algorithm)
        case Hashes(columns):
            column = columns.get(algorithm)
            return Rename(column) if column else Absent(f"the platform keeps only {', '.join(columns)}")
        case AnyOf(options):
            return AnyOf(tuple(_one_digest(option, algorithm) for option in options))
        case _:
            return how


@lru_cache(maxsize=4096)
def _rest(source: Source, name: str) -> Entry | None:
    """A name by the template for all others."""
    rest = source.rest
    if rest is None or not source.kind.has(name):
        return None
    return replace(rest, how=_named(rest.how, name))


def _named(template: How, name: str) -> How:
    match template:
        case Rename(field):
            return Rename(replace(field, name=field.name.replace("{name}", name)))
        case AnyOf(options):
            return AnyOf(tuple(_named(option, name) for option in options))
        case _:
            return template


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A data model. `sources` holds, for a log source, the platform's places for it, the best first."""

    name: str
    title: str
    target: tuple[str, ...]  # the dialects it is for
    sources: Mapping[LogSource, tuple[Source, ...]]
    kinds: Mapping[LogSource, Kind]
    time: str | None = None  # the column of an event's timestamp
    dead: Mapping[LogSource, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))  # by a profile
    cased: bool = False  # whether the values that tell a log source are compared case-sensitively

    @property
    def is_none(self) -> bool:
        """Whether this is the model that changes nothing."""
        return self.name == NONE


NONE = "none"
