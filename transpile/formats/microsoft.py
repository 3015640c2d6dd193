"""Microsoft: Sentinel's analytic rules in YAML and ARM templates, Defender's custom detections, pages with queries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from transpile import dialects
from transpile.formats.item import FileFormat, QueryItem
from transpile.formats.metadata import level, seconds, tags, text, texts
from transpile.formats.yaml import load_all
from transpile.source import Source


def _yaml_items(source: Source) -> Iterator[QueryItem]:
    for document in load_all(source):
        if isinstance(document, dict) and isinstance(document.get("query"), str):
            yield _rule(source, document, "sentinel-yaml")


def _rule(source: Source, rule: Mapping[str, Any], format_: str, id_: str | None = None) -> QueryItem:
    """An analytic rule; ARM templates and YAML files share most names."""
    name = text(rule.get("name")) or text(rule.get("displayName")) or source.path
    if format_ == "sentinel-arm":
        name = text(rule.get("displayName")) or name
    techniques = [
        *texts(rule.get("tactics")),
        *texts(rule.get("relevantTechniques")),
        *texts(rule.get("techniques")),
        *texts(rule.get("subTechniques")),
    ]
    metadata = {
        "title": name,
        "id": id_ or text(rule.get("id")),
        "description": text(rule.get("description")),
        "level": level(rule.get("severity")),
        "tags": tags(techniques),
    }
    query = str(rule["query"]).strip("\n")
    kept = {key: value for key, value in metadata.items() if value not in (None, ())}
    lookback = seconds(rule.get("queryPeriod", ""))
    return QueryItem("kql", source.excerpt(query), format_, name, kept, lookback=lookback)


def _arm_items(source: Source) -> Iterator[QueryItem]:
    """The alert rules among the resources of a template, or of an export of rules."""
    for one in _objects(_content(source)):
        properties = one.get("properties")
        if isinstance(properties, dict) and isinstance(properties.get("query"), str):
            id_ = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", str(one.get("name", "")))
            yield _rule(source, properties, "sentinel-arm", id_.group() if id_ else None)


def _defender_items(source: Source) -> Iterator[QueryItem]:
    """Custom detections as Microsoft Graph writes them (`detectionRule`)."""
    for one in _objects(_content(source)):
        condition = one.get("queryCondition")
        if not isinstance(condition, dict) or not isinstance(condition.get("queryText"), str):
            continue
        alert = (one.get("detectionAction") or {}).get("alertTemplate") or {}
        name = text(one.get("displayName")) or text(alert.get("title")) or source.path
        metadata = {
            "title": name,
            "description": text(alert.get("description")),
            "level": level(alert.get("severity")),
            "tags": tags([*texts(alert.get("category")), *texts(alert.get("mitreTechniques"))]),
        }
        kept = {key: value for key, value in metadata.items() if value not in (None, ())}
        query = condition["queryText"].strip("\n")
        yield QueryItem("kql", source.excerpt(query), "defender-json", name, kept)


def _content(source: Source) -> Any:
    try:
        return json.loads(source.text)
    except json.JSONDecodeError as error:
        raise ValueError(f"not valid JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None


def _objects(content: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in a document, at any depth, outermost first; templates nest resources in resources."""
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += reversed(list(one.values()))
        elif isinstance(one, list):
            waiting += reversed(one)


_FENCE = re.compile(r"^```[ \t]*(?P<word>[A-Za-z#]*)[^\n]*\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)
_KUSTO_WORDS = frozenset({"kql", "kusto", "kustoql"})
_OTHER_WORDS = frozenset({"", "c#"})  # blocks of Kusto are coloured as C# where a site knows no Kusto
_SUBTECHNIQUE = re.compile(r"\b(T\d{4})[ \t]*\|[ \t]*(\d{3})\b")  # a table with a column of each
_HEADING = re.compile(r"^#+\s*(?P<title>.+?)\s*#*\s*$", re.MULTILINE)


def _markdown_items(source: Source) -> Iterator[QueryItem]:
    """Each block of Kusto, under the page's first heading; techniques are those that the page links or lists."""
    heading = _HEADING.search(source.text)
    title = heading["title"] if heading else source.path
    techniques = tags(re.findall(r"\bT\d{4}(?:\.\d{3})?\b", _SUBTECHNIQUE.sub(r"\1.\2", source.text)))
    blocks = [block for block in _FENCE.finditer(source.text) if _is_kusto(block)]
    split = dialects.load("kql").queries
    queries = [
        source.excerpt(query.text, block.start("body"))
        for block in blocks
        for query in split(Source(block["body"].strip("\n")))
    ]
    for number, query in enumerate(queries, start=1):
        name = title if len(queries) == 1 else f"{title} ({number})"
        yield QueryItem("kql", query, "markdown", name, {"title": name, "tags": techniques})


def _is_kusto(block: re.Match[str]) -> bool:
    return block["word"].lower() in _KUSTO_WORDS or (
        block["word"].lower() in _OTHER_WORDS and re.search(r"(?m)^\s*\|", block["body"]) is not None
    )


SENTINEL = FileFormat(
    "sentinel-yaml",
    "Microsoft Sentinel analytic rules and hunting queries in YAML",
    (".yaml", ".yml"),
    lambda source: (
        "query" in source.text
        and re.search(r"(?m)^query\s*:", source.text) is not None
        and re.search(r"(?m)^(kind|tactics|queryFrequency|requiredDataConnectors|relevantTechniques)\s*:", source.text)
        is not None
    ),
    _yaml_items,
)
ARM = FileFormat(
    "sentinel-arm",
    "Microsoft Sentinel analytic rules in ARM templates",
    (".json",),
    lambda source: "alertRules" in source.text and '"query"' in source.text,
    _arm_items,
)
DEFENDER = FileFormat(
    "defender-json",
    "Microsoft Defender custom detections",
    (".json",),
    lambda source: '"queryCondition"' in source.text and '"queryText"' in source.text,
    _defender_items,
)
MARKDOWN = FileFormat(
    "markdown",
    "Markdown pages with blocks of Kusto",
    (".md",),
    lambda source: "```" in source.text and any(map(_is_kusto, _FENCE.finditer(source.text))),
    _markdown_items,
)
