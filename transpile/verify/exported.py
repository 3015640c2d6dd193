"""Does a query mean its rule on a user's own documents: an export of an index, as the platform stored it?

Each query is run over the documents as they are. Beside it, the rule's fields are read back from each document through
the data model, and the rule itself is asked. A document on which the two disagree is named by its place in the export.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from transpile.batch import Progress, with_library
from transpile.batch.find import RuleFile, read_source
from transpile.conversion import Conversion, Options, convert_source, nothing_read
from transpile.evaluate import Unproven
from transpile.evaluate.facts import Facts
from transpile.evaluate.reference import Check, compile_check, compile_rule
from transpile.evaluate.values import MISSING, lookup
from transpile.ir.expr import Keyword, Match
from transpile.ir.match import FieldRef
from transpile.ir.rule import Rule
from transpile.ir.walk import leaves, value_fields
from transpile.matching.logs import Broken, find_logs, read_logs
from transpile.matching.recall import recalled
from transpile.matching.shapes import EventOrigin, EventReader
from transpile.pipelines.branches import branches
from transpile.pipelines.dropped import takes_word
from transpile.pipelines.escapes import unescaped_value
from transpile.pipelines.forms import Absent, AnyOf, Digest, Extension, FileName, How, Inside, UrlPart
from transpile.pipelines.forms.conditions import all_of
from transpile.pipelines.model import ModelSource
from transpile.record import record, replace
from transpile.source import Source
from transpile.syntax.lexer import ParseError
from transpile.verify import begin_proof
from transpile.verify.proof import NONE_MATCHES, Counterexample, Proof, Verdict, is_wrong
from transpile.verify.trial import Trial

Event = Mapping[str, Any]

_UNTOLD = (Absent, Digest, Extension, FileName, Inside, UrlPart)  # forms of which a document does not tell the value


@record
class ExportedDocument:
    """One document of an export: its place, the document, with a name for each path in it, and where it is from."""

    place: str
    document: Event
    stored: Event
    origin: EventOrigin


def read_export(paths: Iterable[str]) -> Iterator[ExportedDocument | Broken]:
    """Every document of the files and folders: JSON lines, lists, and what Elasticsearch and Splunk put around them.

    Raises `FileNotFoundError`, and `Unreadable` for a file that cannot be read.
    """
    reader = EventReader()
    for path in find_logs(paths):
        for one in read_logs(path):
            if isinstance(one, Broken):
                yield Broken(one.number, f"{path}:{one.number}: {one.reason}")
                continue
            origin = reader.read(one.event, one.product)[1]
            yield ExportedDocument(f"{path}:{one.number}", one.event, dict(_flat(one.event)), origin)


def _flat(document: Event, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every value under its whole path, those that hold others among them."""
    for name, value in document.items():
        path = f"{above}{name}"
        yield path, value
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}.")


def judge_files(
    files: Sequence[RuleFile], options: Options, documents: Sequence[ExportedDocument], progress: Progress | None = None
) -> Iterator[list[Proof]]:
    """The proofs of each file's rules on the documents, in order."""
    options = with_library(files, options)
    for done, file in enumerate(files, start=1):
        source = read_source(file)
        if isinstance(source, Source):
            conversions = convert_source(source, options)
        else:
            conversions = nothing_read(file.path, options, source)
        yield [judge_documents(one, options, documents) for one in conversions]
        if progress:
            progress(done, len(files))


def judge_documents(conversion: Conversion, options: Options, documents: Sequence[ExportedDocument]) -> Proof:
    """The proof or disproof of a conversion, which must still hold its rule, on the documents."""
    proof, rule = begin_proof(conversion), conversion.rule
    if proof.verdict is not Verdict.UNPROVEN or proof.reason or rule is None:
        return proof
    if not rule.is_single:
        return replace(proof, reason="documents are compared for rules on single events alone")
    try:
        trial, meaning = Trial(conversion, options), _Meaning(rule, conversion)
        found, unknown = trial.run([one.stored for one in documents])
    except (Unproven, ParseError) as reason:
        return replace(proof, reason=str(reason))
    events = matching = 0
    for number, document in enumerate(documents):
        told = None if number in unknown else meaning.of(document)
        if told is None:
            continue
        event, matches = told
        events += 1
        matching += matches
        if is_wrong(proof.direction, matches, number in found):
            words = "misses one that the rule matches" if matches else "matches one that the rule does not"
            shown = Counterexample(event, document.document, "", matches, not matches, document=document.place)
            proof = replace(proof, events=events, matching=matching, counterexample=shown)
            return replace(proof, verdict=Verdict.DISPROVEN, reason=f"of the documents the query {words}")
    proof = replace(proof, events=events, matching=matching)
    if not events:
        return replace(proof, reason="no document tells the fields that the rule asks for")
    return replace(proof, verdict=Verdict.PROVEN) if matching else replace(proof, reason=NONE_MATCHES)


class _Meaning:
    """What a rule says of documents, through the places of the data model that its query reads."""

    def __init__(self, rule: Rule, conversion: Conversion) -> None:
        """Raises `Unproven` for a rule whose meaning the documents cannot tell."""
        if any(isinstance(leaf, Keyword) for leaf in leaves(rule.condition)):
            raise Unproven("the rule searches for words anywhere, and which texts an event had is not told")
        self._matches = compile_rule(rule)
        tests = [leaf for leaf in leaves(rule.condition) if isinstance(leaf, Match)]
        names = [field.name for leaf in tests for field in value_fields(leaf.value)]
        names += [leaf.test.field.name for leaf in tests if isinstance(leaf.test, FieldRef)]
        self._names = tuple(dict.fromkeys(names))
        source = conversion.applied.source if conversion.applied else None
        self._kind = source.kind if source else None
        self._events = source.events if source else frozenset()
        self._places = [_Place(one, tests) for one in branches(source)] if source else []

    def of(self, document: ExportedDocument) -> tuple[Event, bool] | None:
        """The rule's fields in a document, and whether the rule matches; None where the document does not tell."""
        if self._kind is None:
            return document.stored, self._matches(document.stored)
        places = [one for one in self._places if one.holds(document.stored)]
        if not places:
            if self._is_named(document.origin) and len(self._places) == 1:  # the query asks more than its event says
                places = self._places
            else:
                return {}, False
        events = [event for one in places if (event := one.event(document.stored, self._names)) is not None]
        return (events[0], any(map(self._matches, events))) if events else None

    def _is_named(self, origin: EventOrigin) -> bool:
        """Whether a document is of the rule's log source by its channel and number."""
        assert self._kind is not None
        facts = self._kind.facts
        channels = [channel.lower() for channel in facts.get("channel", ())]
        numbers = list(map(str, self._events)) or list(facts.get("event_id", ()))
        return origin.channel in channels and bool(numbers) and origin.number in numbers


class _Place:
    """A place of a data model, and how the fields of a rule are read back from its documents."""

    def __init__(self, source: ModelSource, tests: Iterable[Match]) -> None:
        self._source = source
        conditions = (*source.where, *source.holds)
        self._check: Check | None = compile_check(all_of(conditions)) if conditions else None
        self._table = (source.dataset or "").split()[:1]
        self._is_computed = "|" in (source.dataset or "")  # some columns are made of others, which is not undone here
        word = source.dropped
        self._worded = {
            field.name for leaf in tests if word and takes_word(leaf.test, word) for field in value_fields(leaf.value)
        }

    def holds(self, stored: Event) -> bool:
        """Whether a document meets all that tells the events of the place."""
        kinds, table = stored.get("event.category", MISSING), self._table
        if kinds is not MISSING and table and table[0] not in ("any", *(kinds if isinstance(kinds, list) else [kinds])):
            return False
        named = stored.get("Type")
        if isinstance(named, str) and table and table[0] != named:
            return False
        return self._check is None or self._check(Facts(stored))

    def event(self, stored: Event, names: Iterable[str]) -> Event | None:
        """The fields of these names; None where a document does not tell all of them."""
        event: dict[str, Any] = {}
        for name in names:
            entry = self._source.find(name)
            if entry is None or _is_untold(entry.how):
                return None
            value = _value(entry.how, stored)
            if value is MISSING and self._is_computed:
                return None
            if value is not MISSING:
                event[name] = unescaped_value(value) if self._source.as_xml else value
            elif name in self._worded:
                event[name] = self._source.dropped
        return event


def _is_untold(how: How) -> bool:
    return isinstance(how, _UNTOLD) or (isinstance(how, AnyOf) and all(map(_is_untold, how.options)))


def _value(how: How, stored: Event) -> Any:
    """A value as it was before it was stored; one that is an element of a text of XML is taken out of that."""
    fields = how.fields()
    if fields and (holder := fields[0].name.partition("<"))[1]:
        text, start = lookup(stored, holder[0]), f'<Data Name="{holder[2].removesuffix(">")}">'
        _, there, after = text.partition(start) if isinstance(text, str) else ("", "", "")
        return unescaped_value(after.partition("<")[0]) if there else MISSING
    return recalled(how, stored)
