"""Files that hold queries and nothing else: one by its extension, or several YARA-L rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import PurePath

from transpile import dialects
from transpile.formats.item import FileFormat, QueryItem
from transpile.formats.metadata import level, systems, tags
from transpile.ir.stream import LogSource
from transpile.source import Source

_RULE = re.compile(r"^\s*rule\s+(?P<name>\w+)\s*\{", re.MULTILINE)


def _query_items(language: str, source: Source) -> Iterator[QueryItem]:
    if source.text.strip():
        name = PurePath(source.path).stem if not source.path.startswith("<") else source.path
        queries = dialects.load(language).queries(source)
        for number, query in enumerate(queries, start=1):
            title = name if len(queries) == 1 else f"{name} ({number})"
            yield QueryItem(language, query, "query", title, {"title": title})


def _rule_items(language: str, source: Source) -> Iterator[QueryItem]:
    """Each rule of a file; a rule ends where the next one begins, so that a broken one costs no other."""
    heads = list(_RULE.finditer(source.text))
    for head, after in zip(heads, [*heads[1:], None], strict=True):
        start = head.start() + len(head.group()) - len(head.group().lstrip())
        body = source.text[start : after.start() if after else len(source.text)].rstrip()
        metadata = _metadata(head["name"], body)
        yield QueryItem(language, source.excerpt(body, start), "rules", str(metadata["title"]), metadata)


_META = re.compile(r'^\s*(?P<key>\w+)\s*=\s*"(?P<value>(?:[^"\\\n]|\\.)*)"', re.MULTILINE)


def _metadata(name: str, body: str) -> dict[str, object]:
    """What the meta section says, by the keys of the community's style guide."""
    head = re.split(r"^\s*events\s*:", body, maxsplit=1, flags=re.MULTILINE)[0]
    said = {found["key"].lower(): re.sub(r"\\(.)", r"\1", found["value"]) for found in _META.finditer(head)}
    rule_id = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", said.get("rule_id", ""))
    metadata: dict[str, object | None] = {
        "title": said.get("rule_name") or name,
        "id": rule_id.group() if rule_id else None,
        "description": said.get("description"),
        "author": said.get("author"),
        "license": said.get("license"),
        "references": tuple(said[key] for key in ("reference",) if said.get(key)),
        "falsepositives": tuple(said[key] for key in ("false_positives",) if said.get(key)),
        "level": level(said.get("severity")),
        "tags": tags(re.split(r"\s*,\s*", ",".join(said.get(key, "") for key in ("tactic", "technique")))),
        "meant_for": _meant_for(said),
    }
    return {key: value for key, value in metadata.items() if value not in (None, ())}


def _meant_for(said: Mapping[str, str]) -> tuple[LogSource, ...]:
    """The log source in Sigma's terms, which rules made from Sigma name; else the systems of the style guide's keys."""
    named = tuple(said.get(key, "").lower() or None for key in ("category", "product", "service"))
    if any(named[::2]):
        return (LogSource(*named),)
    return systems(said.get(key, "") for key in ("platform", "product", "data_source"))


def formats() -> Iterator[FileFormat]:
    """A format for each language that is read and whose files hold bare queries."""
    for name in dialects.readers():
        dialect = dialects.load(name)
        if dialect.read is not None:
            continue
        several = dialect.holds_rules
        yield FileFormat(
            f"{name}-{'rules' if several else 'query'}",
            f"{dialect.title} {'rules' if several else 'queries'}",
            dialect.extensions,
            (lambda source: _RULE.search(source.text) is not None)
            if several
            else (lambda source: bool(source.text.strip())),
            partial(_rule_items if several else _query_items, name),
        )
