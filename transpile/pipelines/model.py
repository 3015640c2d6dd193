"""A data model in memory: log sources, and for each the way from a Sigma field to the platform's.

Everything is immutable once `load` has built it. How a field is stored is a closed union, `forms.How`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from transpile.ir.match import Field, FieldType
from transpile.ir.stream import LogSource
from transpile.pipelines.forms import Absent, AnyOf, Conditions, Digest, Filled, Hashes, How, Rename
from transpile.record import record, replace

if TYPE_CHECKING:
    from transpile.pipelines.meant import Meant


class ModelPlace(NamedTuple):
    """A line of a data file, for explanations: `ecs.yml:12`."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


NOWHERE = ModelPlace("", 0)


@record
class FieldEntry:
    """One line of a field table. `loss` says in what the platform's field differs, where it does.

    `assumed` says why the platform probably keeps it so, where its documentation does not.
    """

    how: How
    place: ModelPlace
    loss: str = ""
    wider: bool = True
    assumed: str = ""

    @property
    def renamed(self) -> Field | None:
        """The field of text that has the same values under another name; None for an entry that says anything else."""
        if self.loss or self.assumed or not isinstance(self.how, Rename):
            return None
        return self.how.field if self.how.field.type is FieldType.STRING else None


@record
class LogKind:
    """A log source as Sigma knows it: its names, the fields of its events, and facts for templates (channel ...).

    `prefixes` are the open branches of nested events (`requestParameters.`); `open` takes any field at all. `enriched`
    are those of the fields that the log itself lacks, and some agents add.
    """

    name: str  # "windows/process_creation"
    logsources: tuple[LogSource, ...]
    fields: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    open: bool = False
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    enriched: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Whether events of this log source have such a field."""
        return self.open or name in self.fields or name.startswith(self.prefixes)


@record(eq=False)
class ModelSource:
    """Where the platform keeps one log source: the data set, what tells its events, and its fields.

    `fields` are the Sigma names that have a line of their own; `rest` is the template (`EventData.{name}`) for every
    other field that the log source is known to have. `events` are the Windows event numbers a rule must keep to.
    `assumed` says why the events are probably kept so, where that depends on how they are collected. `as_xml`: text is
    kept as XML spells it. `dropped` is the word for no value, such as `-`, that the platform leaves out.

    `lent`: another model has the place, which this one takes where its own places do not serve a rule.

    `holds` are conditions that the data set itself sees to. `columns` has for each place in its text the expressions
    of the columns that it computes there, by name, and `*` for all others (`datasets.with_columns`).

    `same` and `logs` serve reading alone (`told`): fields that hold what another one holds, and in which other ways
    queries name the event log. So do `told`, words that agents have for these events, and `read` (`meant`): fields that
    the platform makes of what events hold.
    """

    name: str
    kind: LogKind
    place: ModelPlace
    dataset: str | None
    where: Conditions
    fields: Mapping[str, FieldEntry]
    rest: FieldEntry | None = None
    keywords: tuple[Field, ...] = ()
    events: frozenset[int] = frozenset()
    assumed: str = ""
    as_xml: bool = False
    dropped: str = ""
    holds: Conditions = ()
    evidence: tuple[str, ...] = ()  # codes of `shared/evidence.yml`: where this is known from
    data: tuple[str, ...] = ()  # what fills it, such as index patterns, where its data set does not say
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    same: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    logs: Mapping[tuple[str, str], str] = field(default_factory=lambda: MappingProxyType({}))
    read: Mapping[str, Meant] = field(default_factory=lambda: MappingProxyType({}))
    lent: bool = False
    told: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    shared: frozenset[str] = frozenset()  # of a place in several logs: the fields that the events of each have

    def find(self, name: str) -> FieldEntry | None:
        """How a Sigma field is stored here; None if nothing says so."""
        found = self.fields.get(name) or (_digest(self, name) if name.upper() in ALGORITHMS else None)
        if found is None and name in self.kind.enriched:
            return FieldEntry(Absent("its logs do not record it; some agents of other vendors do"), self.place)
        return _rest(self, name) if found is None and self.rest is not None else found

    def names(self) -> frozenset[str]:
        """Every Sigma field that has a name here."""
        own = frozenset(name for name, entry in self.fields.items() if not isinstance(entry.how, Absent))
        return own | (self.kind.fields - self.kind.enriched) if self.rest is not None else own


ALGORITHMS = frozenset({"MD5", "SHA1", "SHA256", "IMPHASH"})  # of the hashes that Sigma has fields of their own for


@lru_cache(maxsize=1024)
def _digest(source: ModelSource, name: str) -> FieldEntry | None:
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
def _rest(source: ModelSource, name: str) -> FieldEntry | None:
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


@record(eq=False)
class Model:
    """A data model. `sources` holds, for a log source, the platform's places for it, the best first."""

    name: str
    title: str
    target: tuple[str, ...]  # the dialects it is for
    sources: Mapping[LogSource, tuple[ModelSource, ...]]
    kinds: Mapping[LogSource, LogKind]
    time: str | None = None  # the column of an event's timestamp
    dead: Mapping[LogSource, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))  # by a profile
    cased: bool = False  # whether the values that tell a log source are compared case-sensitively
    system: str = ""  # the field that says which system an event is of
    alerts: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))  # by how a table begins

    def kept(self, dataset: str | None) -> tuple[str, ...]:
        """The columns of a data set that each alert must have."""
        return next((kept for start, kept in self.alerts.items() if (dataset or "").startswith(start)), ())

    @property
    def is_none(self) -> bool:
        """Whether this is the model that changes nothing."""
        return self.name == NONE


NONE = "none"
