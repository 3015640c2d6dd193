"""Elastic: rules and hunts in TOML, and Kibana's exports of rules in JSON and NDJSON.

The fields of a rule are those of the detection engine's API; its types `threshold`, `new_terms` and `threat_match` ask
more than their query does (https://www.elastic.co/docs/solutions/security/detect-and-alert/about-detection-rules).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from transpile.formats import codes
from transpile.formats.item import FileFormat, QueryItem, known_fields
from transpile.formats.metadata import iso_date, level, seconds, systems, tags, text, texts
from transpile.ir.expr import And, Match
from transpile.ir.match import Compare, Field, Order
from transpile.ir.stream import Aggregate, Measure, MeasureKind, Stream, Where
from transpile.source import Source

_LANGUAGES = {"eql": "eql", "kuery": "kuery", "lucene": "lucene", "esql": "esql", "es|ql": "esql"}


def _toml_items(source: Source) -> Iterator[QueryItem]:
    try:
        content = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"not valid TOML: {error}") from None
    if isinstance(hunt := content.get("hunt"), dict):
        yield from _hunt_items(source, hunt)
    elif isinstance(rule := content.get("rule"), dict):
        about = content.get("metadata")
        dates = about if isinstance(about, dict) else {}
        yield from _rule_items(source, rule, "elastic-toml", dates)
    else:
        raise ValueError("expected a table [rule] or [hunt]")


def _hunt_items(source: Source, hunt: Mapping[str, Any]) -> Iterator[QueryItem]:
    """A hunt holds several queries; which language each is in, its list of languages says, or its first word."""
    languages = [_LANGUAGES.get(one.lower().replace(" ", ""), "") for one in texts(hunt.get("language"))]
    start = 0
    for number, query in enumerate(texts(hunt.get("query")), start=1):
        body = query.strip("\n")
        own = languages[0] if len(set(languages)) == 1 and languages[0] else _guess(body)
        found = source.excerpt(body, start)
        start = max(source.text.find(body, start), start)
        name = text(hunt.get("name")) or source.path
        title = name if number == 1 else f"{name} ({number})"
        metadata = known_fields(
            title=title,
            id=text(hunt.get("uuid")) if number == 1 else None,
            description=text(hunt.get("description")),
            author=text(hunt.get("author")),
            license=text(hunt.get("license")),
            references=texts(hunt.get("references")),
            tags=tags(texts(hunt.get("mitre"))),
        )
        yield QueryItem(own, found, "elastic-hunt", title, metadata)


def _guess(query: str) -> str:
    start = re.sub(r"\A(\s*//[^\n]*\n|\s)*", "", query)
    if re.match(r"(?i)(from|row)\b", start):
        return "esql"
    return "eql" if re.match(r"(?i)(sequence|sample|any|[\w\"]+\s+where)\b", start) else "osquery"


def _json_rules(source: Source) -> Iterator[Mapping[str, Any]]:
    """Every object with a query: of a JSON document, a list in one, or lines."""
    try:
        content = json.loads(source.text)
    except json.JSONDecodeError:
        for number, line in enumerate(source.text.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                found = json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"line {number} is not valid JSON: {error.msg}") from None
            if isinstance(found, dict) and "query" in found:
                yield found
        return
    for one in content if isinstance(content, list) else [content]:
        if isinstance(one, dict) and "query" in one:
            yield one


def _json_items(source: Source) -> Iterator[QueryItem]:
    for rule in _json_rules(source):
        yield from _rule_items(source, rule, "elastic-ndjson", {})


def _rule_items(source: Source, rule: Mapping[str, Any], format_: str, dates: Mapping[str, Any]) -> Iterable[QueryItem]:
    query = rule.get("query")
    name = text(rule.get("name")) or source.path
    if not isinstance(query, str) or not query.strip():
        return  # machine learning jobs have no query
    language = _LANGUAGES.get(str(rule.get("language", rule.get("type", ""))).lower(), "kuery")
    metadata = known_fields(
        title=name,
        id=text(rule.get("rule_id")) or text(rule.get("id")),
        description=text(rule.get("description")),
        author=", ".join(texts(rule.get("author"))) or None,
        license=text(rule.get("license")),
        references=texts(rule.get("references")),
        falsepositives=texts(rule.get("false_positives")),
        level=level(rule.get("severity")),
        tags=tags(_threats(rule.get("threat"))),
        meant_for=systems(one for one in texts(rule.get("tags")) if one.startswith("OS:")),
        date=iso_date(dates.get("creation_date")),
        modified=iso_date(dates.get("updated_date")),
    )
    body = query.strip("\n")
    around, beyond = _type(rule)
    index = texts(rule.get("index"))
    lookback = seconds(rule.get("from", "now-6m"))  # the default of the detection engine
    yield QueryItem(language, source.excerpt(body), format_, name, metadata, around, beyond, index, lookback)


def _type(rule: Mapping[str, Any]) -> tuple[Any, Any]:
    """What the rule's type asks beyond its query: as a stream, or as text with its code."""
    match rule.get("type"):
        case "threshold" if isinstance(threshold := rule.get("threshold"), dict):
            return partial(_threshold, dict(threshold)), None
        case "new_terms":
            return None, (f"new_terms: {json.dumps(rule.get('new_terms', rule.get('new_terms_fields')))}", codes.FMT002)
        case "threat_match":
            return None, (f"threat_match: {json.dumps(rule.get('threat_mapping'))}", codes.FMT002)
        case _:
            return None, None


def _threshold(threshold: Mapping[str, Any], stream: Stream) -> Stream:
    """At least `value` events of a group in one run of the rule, and as many different values as it asks for.

    A run looks at the events of a period that the schedule sets; no window is part of the rule.
    """
    by = texts(threshold.get("field"))
    count = Measure("event_count", MeasureKind.COUNT)
    measures, conditions = [count], [_at_least("event_count", threshold.get("value", 1))]
    cardinality = threshold.get("cardinality")
    for number, one in enumerate(
        cardinality if isinstance(cardinality, list) else [cardinality] if cardinality else []
    ):
        name = f"value_count{number or ''}"
        measures.append(Measure(name, MeasureKind.DISTINCT, (str(one.get("field")),)))
        conditions.append(_at_least(name, one.get("value", 1)))
    condition = conditions[0] if len(conditions) == 1 else And(tuple(conditions))
    return Where(Aggregate(stream, tuple(measures), by), condition)


def _at_least(name: str, value: Any) -> Match:
    return Match(Field(name), Compare(Order.GTE, int(value)))


def _threats(threat: Any) -> Iterator[str]:
    """Ids of tactics, techniques and sub-techniques."""
    for one in threat if isinstance(threat, list) else []:
        if not isinstance(one, dict):
            continue
        if isinstance(tactic := one.get("tactic"), dict):
            yield str(tactic.get("id", ""))
        for technique in one.get("technique") or []:
            if isinstance(technique, dict):
                yield str(technique.get("id", ""))
                yield from (
                    str(sub.get("id", "")) for sub in technique.get("subtechnique") or [] if isinstance(sub, dict)
                )


_HEAD = re.compile(r"^\[(rule|hunt)\]", re.MULTILINE)
_FIRST_KEYS = re.compile(r'"(?:rule_id|risk_score|rule_source|immutable)"\s*:')

TOML = FileFormat(
    "elastic-toml",
    "Elastic rules and hunts in TOML",
    (".toml",),
    lambda source: _HEAD.search(source.text) is not None and "query" in source.text,
    _toml_items,
)
NDJSON = FileFormat(
    "elastic-ndjson",
    "Elastic rules as Kibana exports them",
    (".ndjson", ".json"),
    lambda source: '"query"' in source.text and _FIRST_KEYS.search(source.text) is not None,
    _json_items,
)
