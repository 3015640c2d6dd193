"""Reads data models: `transpile/pipelines/*.yml`, and a user's own file in the same format (docs/pipelines.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from types import MappingProxyType

from transpile.ir.expr import Not, Or
from transpile.ir.match import Field
from transpile.ir.stream import LogSource
from transpile.pipelines import compiled, datasets, ways
from transpile.pipelines.document import ModelError, ModelReader, Node, compose, did_you_mean
from transpile.pipelines.forms import AnyOf, Condition, Conditions, Rename
from transpile.pipelines.forms.conditions import all_of, condition
from transpile.pipelines.forms.reading import parse_field, read_field
from transpile.pipelines.logkinds import read_kinds, read_logsource
from transpile.pipelines.meant import read_meant
from transpile.pipelines.model import NONE, FieldEntry, LogKind, Model, ModelPlace, ModelSource
from transpile.pipelines.profile import Profile, restrict
from transpile.pipelines.told import read_logs
from transpile.record import replace

HERE = Path(__file__).parent
MODEL_KEYS = (
    "title",
    "for",
    "time",
    "system",
    "alerts",
    "constants",
    "include",
    "defaults",
    "tables",
    "sources",
    "logsources",
)
DEFAULT_KEYS = ("as", "dropped", "evidence", "same", "logs", "no-logs")  # what a file may say for all of its sources
SOURCE_KEYS = (
    *("for", "except", "dataset", "where", "fields", "data", "keywords", "assumed", "holds", "columns", "read"),
    *("shared", "told"),
    *DEFAULT_KEYS,
)
CASED = "cased"  # the values that tell a log source are compared case-sensitively

SAME, REST = "=", "*"  # in a field table: names that the platform has too, and what becomes of any other name
MERGED = "<<"  # YAML's key for what another map has
AS_XML = "xml"
ANY_OF, NOT = "any", "not "  # in a `where`: a list of which one must hold, and what a field must not be
NAMED = "named"  # in an `except`: the log sources that the sources above have

Table = Mapping[str, FieldEntry]
Facts = Mapping[str, tuple[str, ...]]


def names() -> tuple[str, ...]:
    """The names of the data models that travel with the package, `none` first."""
    return (NONE, *sorted(path.stem for path in HERE.glob("*.yml")))


@cache
def load_for(name_or_path: str, profile: Profile) -> Model:
    """The data model with the places that a team has (`profile.restrict`). Raises what `load` raises."""
    return restrict(load(name_or_path), profile)


@cache
def load(name_or_path: str) -> Model:
    """The data model of this name, or in the file at this path. Raises `ModelError` if there is none or it is wrong."""
    if name_or_path == NONE:
        return Model(NONE, "No data model: names stay as the rule has them", (), MappingProxyType({}), kinds())
    if name_or_path in names():
        return compiled.kept(name_or_path, lambda: _Builder(HERE / f"{name_or_path}.yml").model())
    path = Path(name_or_path)
    if not path.is_file():
        raise ModelError(f"no data model {name_or_path!r}{did_you_mean(name_or_path, names())}")
    return _Builder(path).model()


@cache
def kinds() -> Mapping[LogSource, LogKind]:
    """Every log source that the package knows, by Sigma's words for it."""
    return compiled.kept("logsources", _kinds)


def _kinds() -> Mapping[LogSource, LogKind]:
    found: dict[LogSource, LogKind] = {}
    for path in sorted((HERE / "logsources").glob("*.yml")):
        reader = ModelReader(path)
        for kind in read_kinds(reader, compose(path)):
            for logsource in kind.logsources:
                if logsource in found:
                    raise ModelError(f"{path}: {logsource} is both {found[logsource].name} and {kind.name}")
                found[logsource] = kind
    return MappingProxyType(found)


@cache
def evidence() -> Mapping[str, str]:
    """What the codes of `evidence` stand for, with links."""
    path = HERE / "shared" / "evidence.yml"
    reader = ModelReader(path)
    return MappingProxyType({code: reader.text(value) for _, code, value in reader.pairs(compose(path))})


class _Builder:
    """Builds one model from its file and the files that it includes. Lives as long as that."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kinds = dict(kinds())
        self.tables: dict[str, Table] = {}
        self.joined: dict[tuple[str, ...], Table] = {}
        self.sources: dict[LogSource, list[ModelSource]] = {}
        self.time: str | None = None
        self.cased = False
        self.system = ""
        self.alerts: dict[str, tuple[str, ...]] = {}

    def model(self) -> Model:
        title, target = self.read(self.path, ())
        return Model(
            self.path.stem,
            title,
            target,
            MappingProxyType({logsource: tuple(found) for logsource, found in self.sources.items()}),
            MappingProxyType(self.kinds),
            self.time,
            cased=self.cased,
            system=self.system,
            alerts=MappingProxyType(self.alerts),
        )

    def read(self, path: Path, chain: tuple[Path, ...]) -> tuple[str, tuple[str, ...]]:
        """One file: its own sources come before those of the files that it includes; title and dialects."""
        reader, root = ModelReader(path), compose(path)
        parts = reader.map(root, MODEL_KEYS)
        title = reader.text(parts["title"]) if "title" in parts else path.stem
        target = tuple(reader.words(parts["for"])) if "for" in parts else ()
        if self.time is None and "time" in parts:
            self.time = reader.text(parts["time"])
        if not self.system and "system" in parts:
            self.system = reader.text(parts["system"])
        for _, table, columns in reader.pairs(parts["alerts"]) if "alerts" in parts else ():
            self.alerts.setdefault(table, tuple(reader.words(columns)))
        if "constants" in parts:
            if reader.text(parts["constants"]) != CASED:
                reader.fail(parts["constants"], f"'constants' can only be {CASED!r}")
            self.cased = True
        for kind in read_kinds(reader, parts["logsources"]) if "logsources" in parts else ():
            self.kinds.update(dict.fromkeys(kind.logsources, kind))
        # Tables of included files may be used here, so they come first; sources here win, so they come first too.
        own, self.sources = self.sources, {}
        for node, reason in _included(reader, parts["include"]) if "include" in parts else ():
            other = self.locate(reader, node)
            if other in chain or other == path:
                reader.fail(node, f"{other.name} includes itself")
            before = self.sources
            self.sources = {}
            _, target_there = self.read(other, (*chain, path))
            target = target or target_there
            for logsource, found in self.sources.items():
                lent = [replace(one, assumed=one.assumed or reason, lent=True) for one in found] if reason else found
                before.setdefault(logsource, []).extend(lent)
            self.sources = before
        theirs, self.sources = self.sources, own
        for _, name, body in reader.pairs(parts["tables"]) if "tables" in parts else ():
            self.tables[name] = self.table(reader, body)
            self.joined.clear()
        defaults = reader.map(parts["defaults"], DEFAULT_KEYS) if "defaults" in parts else {}
        for node in reader.items(parts["sources"]) if "sources" in parts else ():
            self.source(reader, node, defaults)
        for logsource, found in theirs.items():
            self.sources.setdefault(logsource, []).extend(found)
        return title, target

    def locate(self, reader: ModelReader, node: Node) -> Path:
        """The file that an `include` names: beside the file itself, or among the package's."""
        name = reader.text(node)
        places = (reader.path.parent / name, HERE / f"{name}.yml", HERE / "shared" / f"{name}.yml")
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            known = [*names()[1:], *(path.stem for path in (HERE / "shared").glob("*.yml"))]
            reader.fail(node, f"nothing to include under the name {name!r}{did_you_mean(name, known)}")
        return found

    def table(self, reader: ModelReader, node: Node) -> Table:
        """A field table: Sigma names, one or several with blanks between, to the platform's field.

        Below `=` stand names that the platform has as they are.
        """
        entries: dict[str, FieldEntry] = {}
        for key_node, key, value in reader.pairs(node):
            if key == SAME:
                place = ModelPlace(reader.file, key_node.start_mark.line + 1)
                for name in reader.words(value):
                    entries[name] = FieldEntry(Rename(Field(name, mapped=True)), place)
                continue
            entry = ways.read_entry(reader, key_node, value)
            for name in [key] if key == REST else key.split():
                if name in entries:
                    reader.fail(key_node, f"{name!r} is defined twice here")
                entries[name] = entry
        return entries

    def fields(self, reader: ModelReader, node: Node) -> Table:
        """The tables of a source as one; the first that has a name wins."""
        found: list[Table] = []
        named: list[str] = []
        for item in reader.items(node):
            if reader.is_map(item):
                found.append(self.table(reader, item))
                named.append("")
                continue
            for name in reader.words(item):
                if name not in self.tables:
                    reader.fail(item, f"no table {name!r}{did_you_mean(name, self.tables)}")
                found.append(self.tables[name])
                named.append(name)
        key = tuple(named)
        if "" not in named and key in self.joined:
            return self.joined[key]
        merged: dict[str, FieldEntry] = {}
        for table in reversed(found):
            merged.update(table)
        result = MappingProxyType(merged)
        if "" not in named:
            self.joined[key] = result
        return result

    def source(self, reader: ModelReader, node: Node, defaults: Mapping[str, Node]) -> None:
        """One item of `sources`, for each log source that it serves."""
        parts = {**defaults, **reader.map(node, SOURCE_KEYS)}
        if "for" not in parts:
            reader.fail(node, "a source needs 'for', the log sources that it serves")
        fields = dict(self.fields(reader, parts["fields"])) if "fields" in parts else {}
        star = fields.pop(REST, None)
        rest = star if star is not None and isinstance(star.how, Rename | AnyOf) else None
        place = ModelPlace(reader.file, node.start_mark.line + 1)
        table = MappingProxyType(fields)
        left_out = self.left_out(reader, parts["except"]) if "except" in parts else frozenset()
        assumed = reader.text(parts["assumed"]) if "assumed" in parts else ""
        if "as" in parts and reader.text(parts["as"]) != AS_XML:
            reader.fail(parts["as"], f"text may be kept as {AS_XML}, and else as it is")
        dataset = reader.text(parts["dataset"]) if "dataset" in parts else None
        keywords = (
            tuple(read_field(reader, one) for one in reader.items(parts["keywords"])) if "keywords" in parts else ()
        )
        for kind, events in self.served(reader, parts["for"]):
            if kind.name in left_out:
                continue
            where = _conditions(reader, parts["where"], kind.facts) if "where" in parts else ()
            source = ModelSource(
                kind.name,
                kind,
                place,
                datasets.stated(dataset, kind.facts) if dataset else None,
                where,
                table,
                rest,
                keywords,
                events,
                assumed,
                "as" in parts,
                reader.text(parts["dropped"]) if "dropped" in parts else "",
                _conditions(reader, parts["holds"], kind.facts) if "holds" in parts else (),
                self.evidence(reader, parts["evidence"]) if "evidence" in parts else (),
                tuple(reader.words(parts["data"])) if "data" in parts else (),
                self.columns(reader, parts["columns"]) if "columns" in parts else MappingProxyType({}),
                MappingProxyType(dict(_expressions(reader, parts["same"])) if "same" in parts else {}),
                MappingProxyType(dict(read_logs(reader, parts, kind.facts))),
                MappingProxyType(dict(read_meant(reader, parts["read"])) if "read" in parts else {}),
                told=MappingProxyType(
                    {name: tuple(reader.words(value)) for _, name, value in reader.pairs(parts["told"])}
                    if "told" in parts
                    else {}
                ),
                shared=frozenset(reader.words(parts["shared"])) if "shared" in parts else frozenset(),
            )
            for logsource in kind.logsources:
                self.sources.setdefault(logsource, []).append(source)

    def columns(self, reader: ModelReader, node: Node) -> Mapping[str, Mapping[str, str]]:
        """`columns: {place: {name: expression}}`; below `<<` stand the places of another source."""
        places: dict[str, Mapping[str, str]] = {}
        for _, place, body in reader.pairs(node):
            if place == MERGED:
                places |= self.columns(reader, body)
            else:
                places[place] = MappingProxyType(dict(_expressions(reader, body)))
        return MappingProxyType(places)

    def evidence(self, reader: ModelReader, node: Node) -> tuple[str, ...]:
        """Codes of what shows that the platform keeps the events so."""
        known = evidence()
        for code in (codes := reader.words(node)):
            if code not in known:
                reader.fail(node, f"no evidence {code!r}{did_you_mean(code, known)}")
        return tuple(codes)

    def left_out(self, reader: ModelReader, node: Node) -> frozenset[str]:
        """The log sources that an `except` names, or with `named` those that the sources above have."""
        if reader.words(node) == [NAMED]:
            return frozenset(one.name for found in self.sources.values() for one in found if not one.events)
        return frozenset(kind.name for kind, _ in self.served(reader, node))

    def served(self, reader: ModelReader, node: Node) -> list[tuple[LogKind, frozenset[int]]]:
        """The log sources that a `for` names: `windows/security 4688`, `windows/*`, or Sigma's own words as a map."""
        kinds = {kind.name: kind for kind in self.kinds.values()}
        found: list[tuple[LogKind, frozenset[int]]] = []
        for item in reader.items(node):
            if reader.is_map(item):
                logsource = read_logsource(reader, item)
                kind = self.kinds.get(logsource) or LogKind(str(logsource), (logsource,), open=True)
                found.append((kind, frozenset()))
                continue
            name, *numbers = reader.text(item).split() or [""]
            if not all(number.isdigit() for number in numbers):
                reader.fail(item, "after the log source only event numbers may follow")
            matching = [kind for kind in kinds.values() if fnmatchcase(kind.name, name)] if "*" in name else []
            if name in kinds:
                matching = [kinds[name]]
            if not matching:
                reader.fail(item, f"no log source {name!r}{did_you_mean(name, kinds)}")
            found += [(kind, frozenset(map(int, numbers))) for kind in matching]
        return found


def _included(reader: ModelReader, node: Node) -> Iterator[tuple[Node, str]]:
    """What an `include` names, each with the reason why it only lends its sources, if there is one."""
    for item in reader.items(node):
        if reader.is_map(item):
            yield from ((name, reader.text(reason)) for name, _, reason in reader.pairs(item))
        else:
            yield item, ""


def _expressions(reader: ModelReader, node: Node) -> Iterator[tuple[str, str]]:
    """The expressions of a place: by name, or by names with blanks between."""
    for _, key, value in reader.pairs(node):
        if key == SAME:
            yield from ((name, name) for name in reader.words(value))
        else:
            yield from ((name, reader.text(value)) for name in ([key] if key.startswith(REST) else key.split()))


def _conditions(reader: ModelReader, node: Node, facts: Facts) -> Conditions:
    """`where`: fields and the values that tell the log source's events; one that wants a fact not known is left out.

    `one | other` are fields of which one must have the value, `not field` has none of the values, and `any` is a list
    of maps of which one must hold, the most usual first.
    """
    found: list[Condition] = []
    for key_node, key, value in reader.pairs(node):
        if key == ANY_OF:
            options = [_conditions(reader, item, facts) for item in reader.items(value)]
            first, *more = options[0]
            found.append(first._replace(expr=Or(tuple(map(all_of, options))), more=tuple(more)))
            continue
        if key.startswith(NOT):
            negated = _conditions_of(reader, key_node, key.removeprefix(NOT), value, facts)
            found += [one._replace(values=(), expr=Not(one.expr)) for one in negated]
            continue
        found += _conditions_of(reader, key_node, key, value, facts)
    return tuple(found)


def _conditions_of(reader: ModelReader, key_node: Node, key: str, value: Node, facts: Facts) -> Iterator[Condition]:
    """One line of `where`."""
    values = [text for template in reader.values(value) for text in _fill(template, facts)]
    fields = [parse_field(reader, key_node, one.strip()) for one in key.split("|")]
    if values:
        first, *others = (condition(reader, value, field, values) for field in fields)
        yield first._replace(expr=Or((first.expr, *(one.expr for one in others)))) if others else first


def _fill(template: str, facts: Facts) -> list[str]:
    """A template with one `{fact}` filled in, once for each value of the fact."""
    start, _, rest = template.partition("{")
    name, closed, end = rest.partition("}")
    if not closed:
        return [template]
    return [start + fact + end for fact in facts.get(name, ())]
