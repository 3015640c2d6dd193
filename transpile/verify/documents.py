"""Does a query find the event as a platform itself stored it? Small rules, run over documents that a platform made.

A document is a JSON object: `raw` is the event in the names that Sigma uses for its log sources (`logs`, each as
`product/category/service` with `-` for an absent word), `doc` what the platform stored. `raw_for` holds fields of
one log source alone, `soft` the fields whose value in `raw` is doubtful.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from transpile import dialects
from transpile.conversion import Options, Status, convert_source
from transpile.dialects.base import Dialect
from transpile.evaluate import Unproven
from transpile.ir.expr import Match
from transpile.ir.match import FieldRef
from transpile.ir.rule import Rule
from transpile.ir.stream import LogSource
from transpile.ir.walk import leaves
from transpile.record import record
from transpile.source import Source
from transpile.syntax.lexer import ParseError

Uses = Mapping[tuple[LogSource, str], int]  # how many rules ask a field of a log source

_FILLER = "zq7"  # in no document


class DocumentError(ValueError):
    """A file does not hold a document; the message says why."""


@record
class StoredDocument:
    """An event, and how a platform stored it."""

    id: str
    logsources: tuple[LogSource, ...]
    raw: Mapping[str, Any]
    stored: Mapping[str, Any]
    raw_for: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    soft: frozenset[str] = frozenset()

    def event(self, logsource: LogSource) -> Mapping[str, Any]:
        """The event in the names of one of its log sources."""
        return {**self.raw, **self.raw_for.get(_key(logsource), {})}


class DocumentResult(StrEnum):
    """What became of a small rule."""

    RIGHT = "right"  # the query finds the document if the rule matches the event, and only then
    MISSED = "missed"  # the rule matches, the query does not
    WRONG = "wrong"  # the query matches, the rule does not
    REFUSED = "refused"  # there is no query
    UNKNOWN = "unknown"  # the query cannot be run on the document


@record
class Answer:
    """One small rule, put to one document. `rules` counts the rules that ask this field of this log source."""

    document: str
    logsource: LogSource
    field: str
    test: str  # how it was asked, such as `contains` or `altered`
    found: DocumentResult
    query: str | None
    rules: int
    reason: str = ""


def read_documents(path: Path) -> Iterator[StoredDocument]:
    """The documents of a file, or of every JSON file below a folder. Raises `DocumentError`."""
    for file in sorted(path.rglob("*.json")) if path.is_dir() else (path,):
        try:
            read = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DocumentError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
        for one in read if isinstance(read, list) else (read,):
            yield _document(one, file)


def _document(read: Any, file: Path) -> StoredDocument:
    if not isinstance(read, Mapping) or not all(key in read for key in ("raw", "doc", "logs")):
        raise DocumentError(f"{file}: expected an object with 'raw', 'doc' and 'logs'")
    return StoredDocument(
        str(read.get("id") or file.stem),
        tuple(_logsource(one) for one in read["logs"]),
        read["raw"],
        _with_maps(read["doc"]),
        read.get("raw_for") or {},
        frozenset(read.get("soft") or ()),
    )


def _logsource(text: str) -> LogSource:
    product, category, service = (None if word == "-" else word for word in text.split("/"))
    return LogSource(category=category, product=product, service=service)


def _key(logsource: LogSource) -> str:
    return "/".join(word or "-" for word in (logsource.product, logsource.category, logsource.service))


def _with_maps(doc: Mapping[str, Any]) -> dict[str, Any]:
    """The stored event, keys of maps (`additional.fields["Channel"]`) gathered in them, lists of one as they are."""
    whole: dict[str, Any] = {}
    for name, value in doc.items():
        path, opened, key = name.partition('["')
        if opened and key.endswith('"]'):
            whole.setdefault(path, {})[key.removesuffix('"]')] = value
        else:
            whole[name] = value
    return whole


def count_uses(rules: Iterable[Rule]) -> Uses:
    """How many of the rules ask each field of each log source."""
    uses: Counter[tuple[LogSource, str]] = Counter()
    for rule in rules:
        tests = [leaf for leaf in leaves(rule.condition) if isinstance(leaf, Match)]
        names = {leaf.field.name for leaf in tests}
        names |= {leaf.test.field.name for leaf in tests if isinstance(leaf.test, FieldRef)}
        uses.update((rule.logsource, name) for name in names)
    return uses


@record
class _Question:
    """A small rule: one field, asked in one way, and whether the event matches it."""

    field: str
    test: str
    selection: Mapping[str, Any]
    matches: bool


def ask(document: StoredDocument, options: Options, uses: Uses | None = None) -> Iterator[Answer]:
    """Put small rules on the fields of a document to it, in the first language of `options`.

    With `uses`, only fields that rules ask; each then weighs as many as ask it. Without, every field weighs one.
    """
    dialect = dialects.load(options.targets[0])
    for logsource in document.logsources:
        event = document.event(logsource)
        questions = list(_questions(document, logsource, event, uses))
        text = yaml.safe_dump_all([_rule(logsource, event, one) for one in questions], width=10_000)
        conversions = convert_source(Source(text, document.id), options) if questions else []
        for question, conversion in zip(questions, conversions, strict=True):
            weight = 1 if uses is None else uses[logsource, question.field]
            found, reason = DocumentResult.REFUSED, "; ".join(one.message for one in conversion.diagnostics)
            if conversion.status is Status.APPROXIMATE and not question.matches:
                continue
            if conversion.query is not None:
                found, reason = _judge(dialect, conversion.query, document.stored, question.matches)
            yield Answer(document.id, logsource, question.field, question.test, found, conversion.query, weight, reason)


def _judge(dialect: Dialect, query: str, stored: Mapping[str, Any], matches: bool) -> tuple[DocumentResult, str]:
    if dialect.run is None:
        return DocumentResult.UNKNOWN, f"{dialect.title} cannot be run yet"
    try:
        hit = bool(list(dialect.run(dialect.parse(Source(query, f"<{dialect.name}>")), [stored])))
    except (Unproven, ParseError) as reason:
        return DocumentResult.UNKNOWN, str(reason)
    return (DocumentResult.RIGHT if hit is matches else DocumentResult.MISSED if matches else DocumentResult.WRONG), ""


def _questions(
    document: StoredDocument, logsource: LogSource, event: Mapping[str, Any], uses: Uses | None
) -> Iterator[_Question]:
    for name, value in event.items():
        if name in document.soft or (uses is not None and (logsource, name) not in uses):
            continue
        for one in value if isinstance(value, list) else (value,):
            for test, key, asked, matches in _tests(name, one):
                yield _Question(name, test, {key: asked}, matches)


def _tests(name: str, value: Any) -> Iterator[tuple[str, str, Any, bool]]:
    """How a field is asked: what it is called, the key and value of the selection, and whether the event matches."""
    match value:
        case bool():
            yield "equal", name, value, True
            yield "altered", name, not value, False
        case int():
            yield "equal", name, value, True
            yield "altered", name, value + 1, False
        case str() if value.strip():
            yield from _text_tests(name, value)
        case _:
            pass


def _text_tests(name: str, text: str) -> Iterator[tuple[str, str, Any, bool]]:
    yield "equal", name, _escaped(text), True
    yield "altered", name, _escaped(text + _FILLER), False
    if text.swapcase() != text and text.swapcase().casefold() == text.casefold():
        yield "case", name, _escaped(text.swapcase()), True
    if text.lstrip("-").isdigit() or len(text) < 4:
        return
    yield "contains", f"{name}|contains", _escaped(text[len(text) // 4 : -(len(text) // 4)]), True
    yield "contains altered", f"{name}|contains", _escaped(_FILLER + text[len(text) // 2 :]), False
    for at in ("\\", "/"):
        head, found, tail = text.rpartition(at)
        if found and head and tail and "://" not in text:
            yield "ends", f"{name}|endswith", _escaped(at + tail), True
            yield "ends altered", f"{name}|endswith", _escaped(at + _FILLER + tail), False
            yield "starts", f"{name}|startswith", _escaped(head + at), True
            yield "starts altered", f"{name}|startswith", _escaped(head + _FILLER + at), False
            return


def _escaped(text: str) -> str:
    r"""A text as a Sigma value that means it: `*` and `?` escaped, and backslashes before them, or doubled, or last."""
    out = ""
    for i, char in enumerate(text):
        after = text[i + 1 : i + 2]
        if char in "*?" or (char == "\\" and (after in ("*", "?", "\\", "") or text[i - 1 : i] == "\\")):
            out += "\\"
        out += char
    return out


def _rule(logsource: LogSource, event: Mapping[str, Any], question: _Question) -> dict[str, Any]:
    """The small rule. One of a Windows channel also asks for the number of the event, as rules do."""
    words = {"category": logsource.category, "product": logsource.product, "service": logsource.service}
    selection = dict(question.selection)
    if logsource.product == "windows" and logsource.service and "EventID" in event:
        selection.setdefault("EventID", event["EventID"])
    return {
        "title": f"{question.field} {question.test}",
        "logsource": {key: value for key, value in words.items() if value},
        "detection": {"selection": selection, "condition": "selection"},
    }


@record
class Share:
    """What a platform's queries find: each field test weighs the rules that ask it."""

    right: int
    asked: int  # those with a query, of which the rule matches the event
    refused: int
    wrong: int

    @property
    def found(self) -> float:
        """The share of right answers where there is a query."""
        return self.right / self.asked if self.asked else 1.0


def sum_up(answers: Iterable[Answer]) -> Share:
    """The weighted share; a wrong answer counts once, whatever its weight."""
    right = asked = refused = wrong = 0
    for one in answers:
        if "altered" in one.test:
            wrong += one.found is DocumentResult.WRONG
        elif one.found is DocumentResult.REFUSED:
            refused += one.rules
        else:
            asked += one.rules
            right += one.rules * (one.found is DocumentResult.RIGHT)
    return Share(right, asked, refused, wrong)
