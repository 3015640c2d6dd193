"""Splunk: detections in YAML, savedsearches.conf, and the REST interface's export of saved searches in JSON.

In .conf files a line that ends in a backslash goes on in the next one (Admin Manual, "About configuration files").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from transpile.formats.item import FileFormat, QueryItem, known_fields
from transpile.formats.metadata import iso_date, level, seconds, systems, tags, text, texts
from transpile.formats.yaml import load_all
from transpile.source import Source

_SEVERITIES = {"1": "low", "2": "low", "3": "medium", "4": "high", "5": "critical", "6": "critical"}


def _yaml_items(source: Source) -> Iterator[QueryItem]:
    start = 0
    for document in load_all(source):
        if not isinstance(document, dict):
            continue
        query = document.get("search", document.get("logic"))
        if not isinstance(query, str):
            continue
        about = document.get("tags")
        about = about if isinstance(about, dict) else {}
        name = text(document.get("name")) or text(document.get("title")) or source.path
        techniques = [
            *texts(about.get("mitre_attack_id")),
            *texts(document.get("mitre_attack_id")),
            *texts(document.get("technique_id")),
        ]
        metadata = known_fields(
            title=name,
            id=text(document.get("id")),
            description=text(document.get("description")),
            author=text(document.get("author")),
            date=iso_date(document.get("date")),
            references=texts(document.get("references")),
            falsepositives=texts(document.get("known_false_positives")),
            tags=tags(techniques),
            level=_by_score(about.get("risk_score")),
            meant_for=systems(texts(document.get("data_source"))),
        )
        body = query.strip("\n")
        found = source.excerpt(body, start)
        language = (text(document.get("logic_format")) or "splunk").lower()
        yield QueryItem("spl" if language == "splunk" else language, found, "splunk-yaml", name, metadata)


def _by_score(score: Any) -> str | None:
    """The level of a risk score, by the thresholds of Elastic's and Splunk's own content (21, 47, 73, 99)."""
    try:
        number = float(score)
    except (TypeError, ValueError):
        return None
    return "low" if number < 30 else "medium" if number < 60 else "high" if number < 90 else "critical"


_STANZA = re.compile(r"^\[(?P<name>[^\n]*)\]\s*$", re.MULTILINE)


def read_conf(content: str) -> dict[str, dict[str, str]]:
    r"""A configuration file as stanzas of keys; continued lines are joined with a line break.

    >>> read_conf("[a]\nsearch = x \\\n| y\ncron = 1")
    {'a': {'search': 'x \n| y', 'cron': '1'}}
    """
    stanzas: dict[str, dict[str, str]] = {}
    current: dict[str, str] | None = None
    key = ""
    goes_on = False
    for line in content.splitlines():
        if goes_on and current is not None:
            current[key] += "\n" + line.removesuffix("\\")
            goes_on = line.endswith("\\")
        elif head := _STANZA.match(line):
            current = stanzas.setdefault(head["name"], {})
        elif current is not None and "=" in line and not line.lstrip().startswith(("#", ";")):
            name, _, value = line.partition("=")
            key, goes_on = name.strip(), line.endswith("\\")
            current[key] = value.strip().removesuffix("\\")
    return stanzas


def _conf_items(source: Source) -> Iterator[QueryItem]:
    for name, keys in read_conf(source.text).items():
        if name != "default" and keys.get("search", "").strip():
            yield _saved(source, name, keys, "splunk-conf")


def _rest_items(source: Source) -> Iterator[QueryItem]:
    for row in _rows(source):
        keys = {key: str(value) for key, value in row.items() if isinstance(value, str | int | float)}
        name = keys.get("title") or keys.get("name") or source.path
        if keys.get("search", "").strip() and "definition" not in keys:
            yield _saved(source, name, keys, "splunk-rest")


def _rows(source: Source) -> Iterator[Mapping[str, Any]]:
    """The rows of an export: a list, lines, or `{"result": row}` as `search` writes them; macros are among them."""
    try:
        content = json.loads(source.text)
        found = (content.get("results") or content.get("entry") or [content]) if isinstance(content, dict) else content
    except json.JSONDecodeError:
        found = []
        for line in source.text.splitlines():
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                continue
    for row in found:
        if isinstance(row, dict):
            inner = row.get("result", row)
            inner = {**inner, **inner["content"]} if isinstance(inner.get("content"), dict) else inner
            if isinstance(inner, dict):
                yield {"title": row.get("name"), **inner} if "title" not in inner else inner


def _saved(source: Source, name: str, keys: Mapping[str, str], format_: str) -> QueryItem:
    body = keys["search"].strip("\n")
    metadata = known_fields(
        title=name,
        description=text(keys.get("description")),
        level=_SEVERITIES.get(keys.get("alert.severity", "")) or level(keys.get("action.notable.param.severity")),
        tags=tags(_annotations(keys.get("action.correlationsearch.annotations", ""))),
    )
    found = source.excerpt(body, max(source.text.find(f"[{name}]"), 0))
    return QueryItem("spl", found, format_, name, metadata, lookback=seconds(keys.get("dispatch.earliest_time", "")))


def _annotations(written: str) -> Iterator[str]:
    try:
        content = json.loads(written)
    except json.JSONDecodeError:
        return
    if isinstance(content, dict):
        yield from texts(content.get("mitre_attack"))


def read_macros(source: Source) -> dict[str, str]:
    """Definitions of macros by name with arity, from macros.conf, a macro's YAML, or a REST export."""
    if source.path.endswith((".yml", ".yaml")):
        found: dict[str, str] = {}
        for document in load_all(source):
            if isinstance(document, dict) and isinstance(definition := document.get("definition"), str):
                arguments = texts(document.get("arguments"))
                found[f"{document.get('name')}({len(arguments)})" if arguments else str(document.get("name"))] = (
                    definition
                )
        return found
    if source.text.lstrip().startswith(("{", "[{")):
        return {
            str(row["title"]): str(row["definition"])
            for row in _rows(source)
            if row.get("definition") and row.get("title")
        }
    return {name: keys["definition"] for name, keys in read_conf(source.text).items() if "definition" in keys}


_SEARCH = re.compile(r"^(search|logic)\s*:", re.MULTILINE)
_DETECTION = re.compile(r"^(detection|correlation|filter)\s*:", re.MULTILINE)

YAML = FileFormat(
    "splunk-yaml",
    "Splunk detections in YAML (security content, Anvilogic)",
    (".yml", ".yaml"),
    lambda source: _SEARCH.search(source.text) is not None and _DETECTION.search(source.text) is None,
    _yaml_items,
)
CONF = FileFormat(
    "splunk-conf",
    "Splunk savedsearches.conf",
    (".conf",),
    lambda source: _STANZA.search(source.text) is not None and re.search(r"(?m)^search\s*=", source.text) is not None,
    _conf_items,
)
REST = FileFormat(
    "splunk-rest",
    "Splunk saved searches as the REST interface exports them",
    (".json", ".ndjson"),
    lambda source: '"search"' in source.text and '"cron_schedule"' in source.text,
    _rest_items,
)
