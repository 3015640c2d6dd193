"""What a rule says of itself: title, id, author, dates, tags ... A mistake here is noted and never loses the rule."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

from transpile.codes import Code
from transpile.diagnostics import Diagnostic, diagnose
from transpile.dialects.sigma import codes
from transpile.dialects.sigma.guess import guess
from transpile.dialects.sigma.tree import TEXT, Mapping, Node, Scalar, Sequence, describe, plain_data

STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")
LEVELS = ("informational", "low", "medium", "high", "critical")
RELATIONS = ("correlation", "derived", "merged", "obsolete", "renamed", "similar")
LONGEST_TITLE = 256

_CHOICES: Map[str, tuple[str, ...]] = MappingProxyType({"status": STATUSES, "level": LEVELS})
_INSTEAD = {"status": "experimental"}  # what a value that is none of them counts as: such a rule is not switched on
_TEXTS = ("id", "name", "description", "author", "license")
_LISTS = ("references", "tags", "falsepositives", "fields")
_DATES = ("date", "modified")
_STRUCTURE = frozenset(("logsource", "detection", "correlation", "filter", "action"))
KNOWN_KEYS = frozenset((*_TEXTS, *_LISTS, *_DATES, *_CHOICES, *_STRUCTURE, "title", "taxonomy", "related", "scope"))
_KNOWN_IN_ORDER = sorted(KNOWN_KEYS)
_MOST_GUESSES = 20  # more keys of their own have only rules that are none
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE = re.compile(r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})([Tt ].*)?")
_NO_TITLE = "Untitled rule"


@dataclass(slots=True)
class _Reader:
    """Reads the metadata of one rule; what it finds wrong goes to `findings`."""

    rule: Mapping
    values: dict[str, Node]
    findings: list[Diagnostic]

    def text(self, key: str) -> str | None:
        """A value that must be text."""
        node = self.values.get(key)
        if node is None:
            return None
        if isinstance(node, Scalar):
            if node.is_null:
                return None
            if node.kind != TEXT:
                self.note(codes.SIG071, node, key=key, needed=TEXT, found=node.kind)
            return node.text
        self.note(codes.SIG071, node, key=key, needed=TEXT, found=describe(node))
        return ", ".join(self.items(node, key)) or None if isinstance(node, Sequence) else None

    def texts(self, key: str) -> tuple[str, ...]:
        """A value that must be a list of texts; a single text counts as a list of one."""
        node = self.values.get(key)
        if isinstance(node, Sequence):
            return tuple(self.items(node, key))
        if node is None or (isinstance(node, Scalar) and node.is_null):
            return ()
        self.note(codes.SIG071, node, key=key, needed="a list", found=describe(node))
        return (node.text,) if isinstance(node, Scalar) else ()

    def items(self, node: Sequence, key: str) -> list[str]:
        """The texts in a list."""
        texts: list[str] = []
        for item in node.items:
            if not isinstance(item, Scalar):
                self.note(
                    codes.SIG071, item, key=key, needed="a list of texts", found=f"a list with {describe(item)} in it"
                )
            elif not item.is_null:
                texts.append(item.text)
        return texts

    def choice(self, key: str) -> str | None:
        """A value from a closed list, in small letters."""
        text = self.text(key)
        if text is None or text in _CHOICES[key]:
            return text
        if text.lower() in _CHOICES[key]:
            return text.lower()
        self.note(codes.SIG072, self.values.get(key), key=key, value=text, allowed=", ".join(_CHOICES[key]))
        return _INSTEAD.get(key)

    def date(self, key: str) -> str | None:
        """A date in ISO 8601's form; slashes and single digits are taken, a time of day is dropped."""
        node = self.values.get(key)
        if node is None or (isinstance(node, Scalar) and node.is_null):
            return None
        found = _DATE.fullmatch(node.text) if isinstance(node, Scalar) else None
        try:
            if found:
                return date(int(found[1]), int(found[3]), int(found[4])).isoformat()
        except ValueError:
            pass
        self.note(codes.SIG074, node, key=key, value=node.text if isinstance(node, Scalar) else describe(node))
        return None

    def title(self) -> str:
        """The title, or words in its place."""
        title = self.text("title")
        if not title:
            self.note(codes.SIG070, self.rule)
            return _NO_TITLE
        if len(title) > LONGEST_TITLE:
            self.note(codes.SIG076, self.values.get("title"), length=len(title))
        return title

    def check(self, found: dict[str, Any]) -> None:
        """Note what is odd about ids, tags, relations and the names of keys."""
        if found["id"] is not None and not _UUID.fullmatch(found["id"]) and not _is_uuid(found["id"]):
            self.note(codes.SIG073, self.values.get("id"), value=found["id"])
        tags = self.values.get("tags")
        for tag in tags.items if isinstance(tags, Sequence) else ():
            if isinstance(tag, Scalar) and not tag.text.partition(".")[2]:
                self.note(codes.SIG075, tag, value=tag.text)
        taxonomy = self.text("taxonomy")
        if taxonomy not in (None, "sigma"):
            self.note(codes.SIG078, self.values.get("taxonomy"), value=taxonomy)
        self.texts("scope")
        prose = self.values.get("correlation")
        if prose is not None and not isinstance(prose, Mapping) and "detection" in self.values:
            self.note(codes.SIG071, prose, key="correlation", needed="a map", found=describe(prose))
        self.check_related()
        own = [entry.key for entry in self.rule.entries if entry.key.text not in KNOWN_KEYS]
        for key in own[:_MOST_GUESSES]:
            close = guess(key.text.lower(), _KNOWN_IN_ORDER, cutoff=0.8)
            if close:
                self.note(codes.SIG077, key, key=key.text, guess=close)

    def check_related(self) -> None:
        """Note relations that do not say which rule is meant, or how."""
        related = self.values.get("related")
        if related is None or (isinstance(related, Scalar) and related.is_null):
            return
        if not isinstance(related, Sequence):
            self.note(codes.SIG071, related, key="related", needed="a list", found=describe(related))
            return
        for item in related.items:
            other, relation = (item.value("id"), item.value("type")) if isinstance(item, Mapping) else (None, None)
            if not isinstance(other, Scalar) or not isinstance(relation, Scalar):
                self.note(
                    codes.SIG071, item, key="related", needed="a list of maps with id and type", found=describe(item)
                )
                continue
            if not _UUID.fullmatch(other.text):
                self.note(codes.SIG073, other, value=other.text)
            if relation.text not in RELATIONS:
                self.note(
                    codes.SIG072, relation, key="type of relation", value=relation.text, allowed=", ".join(RELATIONS)
                )

    def note(self, code: Code, node: Node | None, **facts: Any) -> None:
        self.findings.append(diagnose(code, node.span if node else None, **facts))


def read_metadata(rule: Mapping, findings: list[Diagnostic]) -> dict[str, Any]:
    """The fields of an IR `Rule` that hold metadata, `custom` among them, by name."""
    reader = _Reader(rule, {entry.key.text: entry.value for entry in rule.entries}, findings)
    found: dict[str, Any] = {"title": reader.title()}
    for key in _TEXTS:
        found[key] = reader.text(key)
    for key in _CHOICES:
        found[key] = reader.choice(key)
    for key in _LISTS:
        found[key] = reader.texts(key)
    for key in _DATES:
        found[key] = reader.date(key)
    reader.check(found)
    held = found.keys() | _STRUCTURE
    custom = {entry.key.text: plain_data(entry.value) for entry in rule.entries if entry.key.text not in held}
    if custom:
        found["custom"] = custom
    return found


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
