"""From a file to records: every rule in it, read or not, with all that the store keeps."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from transpile import attack, dialects
from transpile.batch.find import SIDE_FILE
from transpile.catalog.events import events_of, systems_of
from transpile.catalog.frozen import freeze
from transpile.catalog.licences import licence_near
from transpile.catalog.names import data
from transpile.catalog.predicates import Predicate, counting, meanings, predicates
from transpile.catalog.stages import stages_of
from transpile.catalog.titles import EventKind
from transpile.codes import Effect
from transpile.conversion import Options
from transpile.diagnostics import Diagnostic, Report
from transpile.dialects.base import Reading, ReadOptions
from transpile.evaluate import Unproven
from transpile.formats.reading import AUTO, read_rules
from transpile.ir.passes import simplify
from transpile.ir.rule import Rule
from transpile.ir.stream import LogSource
from transpile.ir.walk import all_events
from transpile.pipelines import backward
from transpile.record import record
from transpile.restoring import restore
from transpile.selection import ALL, Selection
from transpile.source import Source

OWN = "sigma"  # the language of readings without an origin


@record
class StoredFinding:
    """A diagnostic of a rule: its code, place and message."""

    code: str
    line: int | None
    message: str
    effect: str


@record
class CatalogRule:
    """A rule as the catalog keeps it.

    `state`: `read`, `partly` (read, and pieces were left out or approximated), or `unread`. `frozen`: the rule on
    single events in Sigma's names, for matching and comparing. `tested`: whether the rule matches the events that the
    file of expectations beside it names, and keeps the others out.
    """

    key: str
    vendor: str
    language: str
    title: str
    state: str
    body: str
    number: int
    line: int = 1
    id: str | None = None
    description: str | None = None
    level: str | None = None
    status: str | None = None
    author: str | None = None
    date: str | None = None
    license: str | None = None
    references: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    tactics: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    logsource: str = ""
    stages: tuple[tuple[str, str], ...] = ()
    events: tuple[EventKind, ...] = ()
    predicates: tuple[Predicate, ...] = ()
    findings: tuple[StoredFinding, ...] = ()
    frozen: str | None = None
    tested: bool = False
    fields: tuple[str, ...] = field(default=())


def read_source(source: Source, relative: str, options: ReadOptions, selection: Selection = ALL) -> list[CatalogRule]:
    """The selected rules of a file. Never raises: what cannot be read is a record with the reason."""
    try:
        readings: Sequence[Reading] = read_rules(source, AUTO, options)
    except Exception as error:  # a reader's bug costs one file, and is told
        finding = StoredFinding("IO005", None, f"{type(error).__name__}: {error}", Effect.FAILED.value)
        return [_unread(source, relative, 1, source.path, None, OWN, (finding,))]
    return [
        _record(reading, source, relative, number)
        for number, reading in enumerate(readings, start=1)
        if selection.takes(reading.rule, relative, reading.id)
    ]


def lost(path: str, reason: Diagnostic) -> list[CatalogRule]:
    """The record of a file that could not be opened, or took too long."""
    return [_unread(Source("", path), path, 1, path, None, OWN, (_finding(reason),))]


def _finding(one: Diagnostic) -> StoredFinding:
    return StoredFinding(one.code, one.span.line if one.span else None, one.message, one.effect.value)


def _record(reading: Reading, source: Source, relative: str, number: int) -> CatalogRule:
    origin = reading.origin
    language = origin.language if origin else OWN
    rule = reading.rule
    findings = tuple(map(_finding, dict.fromkeys(reading.diagnostics)))
    if rule is None:
        return _unread(source, relative, number, reading.title, reading.id, language, findings)
    try:
        return _of_rule(rule, reading, source, relative, number, language, findings)
    except Exception as error:
        finding = StoredFinding("IO005", None, f"{type(error).__name__}: {error}", Effect.FAILED.value)
        return _unread(source, relative, number, reading.title, reading.id, language, (*findings, finding))


def _unread(
    source: Source,
    relative: str,
    number: int,
    title: str | None,
    id_: str | None,
    language: str,
    findings: tuple[StoredFinding, ...],
) -> CatalogRule:
    tags = _TAGS.findall(source.text)
    techniques = tuple(dict.fromkeys(tag.upper() for tag in tags if attack.technique(tag)))
    line = next((one.line for one in findings if one.line), 1)
    return CatalogRule(
        key=key_of(id_, relative, number),
        vendor=_vendor(language),
        language=language,
        title=title or relative,
        state="unread",
        body=source.text,
        number=number,
        line=line or 1,
        id=id_,
        techniques=techniques,
        findings=findings,
    )


_TAGS = re.compile(r"\bt\d{4}(?:\.\d{3})?\b", re.IGNORECASE)


def key_of(id_: str | None, relative: str, number: int) -> str:
    """What a rule is called in the catalog: its id, or the place of its file and its number there."""
    return id_ or (relative if number == 1 else f"{relative}#{number}")


def _vendor(language: str) -> str:
    return counting(language).vendor


def _of_rule(
    rule: Rule,
    reading: Reading,
    source: Source,
    relative: str,
    number: int,
    language: str,
    findings: tuple[StoredFinding, ...],
) -> CatalogRule:
    shared, extra = _shared(rule, reading)
    covered = attack.coverage(rule.tags)
    found = predicates(rule, language, meanings(shared) if shared is not rule else None)
    partly = any(one.effect == Effect.APPROXIMATE.value for one in findings)
    events = events_of(rule, language)
    platforms = _platforms(rule, found, events, language, relative)
    return CatalogRule(
        key=key_of(rule.id, relative, number),
        vendor=_vendor(language),
        language=language,
        title=rule.title or relative,
        state="partly" if partly else "read",
        body=rule.source.text if rule.source.file else _document(rule, source, number),
        number=number,
        line=rule.span.line if rule.span else (rule.source.places[0][1] if rule.source.places else 1),
        id=rule.id,
        description=rule.description,
        level=rule.level,
        status=rule.status,
        author=rule.author,
        date=rule.modified or rule.date,
        license=rule.license or licence_near(relative),
        references=rule.references,
        platforms=platforms,
        domains=_domains(platforms),
        tactics=tuple(one.name for one in covered.tactics),
        techniques=(*(one.id for one in covered.techniques), *covered.unknown),
        logsource=_logsource(shared),
        stages=stages_of(rule),
        events=events,
        predicates=found,
        findings=(*findings, *extra),
        tested=_is_tested(rule, relative),
        frozen=_frozen(shared) if not partly and not _PLACEHOLDER.search(rule.source.text) else None,
    )


def _is_tested(rule: Rule, relative: str) -> bool:
    """Whether the rule has an event beside it that it must match, and meets all that is expected there."""
    if not os.path.exists(os.path.splitext(relative)[0] + SIDE_FILE):  # noqa: PTH110, PTH122 (asked for every rule)
        return False
    from transpile.matching.expect import check_expectations

    outcomes = list(check_expectations([rule]))
    return all(one.met for one in outcomes) and any(one.expectation.startswith("match") for one in outcomes)


def _document(rule: Rule, source: Source, number: int) -> str:
    """The YAML document of a rule whose file may hold several."""
    parts = re.split(r"(?m)^---[ \t]*$\n?", source.text)
    held = [part for part in parts if part.strip()]
    return held[number - 1].strip("\n") + "\n" if len(held) > 1 and number <= len(held) else source.text


def _shared(rule: Rule, reading: Reading) -> tuple[Rule, tuple[StoredFinding, ...]]:
    """The rule in Sigma's names, and what was said of that."""
    if reading.origin is None:
        return rule, ()
    report = Report()
    dialect = dialects.load(reading.origin.language)
    restored = restore(rule, dialect, backward.models_for(reading.origin.language), report)
    return _of_its_system(restored.rule, rule, reading.origin.language), ()


_PRODUCTS = ("windows", "linux", "macos")


def _of_its_system(shared: Rule, rule: Rule, language: str) -> Rule:
    """The rule with the system that it names, where its data model can only tell the class of events.

    One data set holds the events of several systems. A language with a field for the system (`platform` in
    `counting.yml`) leaves it open without that field; elsewhere the title may name another system than Windows.
    """
    if not shared.is_single or shared.logsource.category is None or shared.logsource.product not in _PRODUCTS:
        return shared
    product: str | None = shared.logsource.product
    if counting(language).platform:
        named = {one for one in _PRODUCTS if one in set(systems_of(rule, language))}
        product = named.pop() if len(named) == 1 else None
    else:
        words = re.findall(r"[a-z]+", rule.title.lower())
        product = next((one for one in ("linux", "macos") if one in words), product)
    return shared.with_events(logsource=replace(shared.logsource, product=product))


def _frozen(rule: Rule) -> str | None:
    """The rule's condition, if it is one on single events that can be matched."""
    if not rule.is_single:
        return None
    try:
        return freeze(simplify(rule))
    except (Unproven, TypeError, ValueError):
        return None


def _platforms(
    rule: Rule, found: Iterable[Predicate], events: Sequence[EventKind], language: str, relative: str
) -> tuple[str, ...]:
    """The systems whose events a rule reads, as far as it says."""
    known: Mapping[str, str] = data("platforms.yml")["words"]
    systems = {known[one] for one in systems_of(rule, language) if one in known}
    if systems:
        return tuple(sorted(systems))
    text = " ".join((rule.title, relative)).lower()
    names: dict[str, None] = {}
    for stage in _logsources(rule):
        for word in (stage.product, stage.category, stage.service):
            if word is not None and word in known:
                names[known[word]] = None
    if any(one.provider in ("Sysmon", "Security-Auditing") or one.provider.startswith("Defender-") for one in events):
        names.setdefault("Windows", None)
    if not names:
        for word in re.findall(r"[a-z0-9]+", text):
            if word in known:
                names[known[word]] = None
    return tuple(sorted(names))


def _logsources(rule: Rule) -> Iterable[LogSource]:
    return [one.logsource for one in all_events(rule.body)]


def _domains(platforms: Iterable[str]) -> tuple[str, ...]:
    domains: Mapping[str, str] = data("platforms.yml")["domains"]
    return tuple(sorted({domains.get(one, "Endpoint") for one in platforms}))


class AsWritten(Mapping[str, str]):
    """Placeholders that stand for themselves: the catalog shows them as their author wrote them.

    >>> AsWritten()["Administrators"]
    '%Administrators%'
    """

    def __getitem__(self, name: str) -> str:
        return f"%{name}%"

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True


_PLACEHOLDER = re.compile(r"\|expand\b")


def options_of(options: Options) -> ReadOptions:
    """How to read, for a run's options."""
    return ReadOptions(AsWritten(), (), options.macros or {}, options.lookups or {}, library=options.library)


def dumped(value: object) -> str:
    """A value as compact JSON, the same for equal values."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _logsource(rule: Rule) -> str:
    """What a rule on single events reads, in Sigma's words, or by its platform's data set."""
    if not rule.is_single:
        return ""
    known = str(rule.logsource)
    return f"{rule.dataset or 'any'} (data set)" if known == "any" else known
