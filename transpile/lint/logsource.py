"""`LNT080` to `LNT099`: log sources, and whether their events have the fields of the rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

from transpile.dialects.sigma.guess import guess
from transpile.dialects.sigma.tree import Mapping as Map
from transpile.dialects.sigma.tree import Scalar, part
from transpile.ir.stream import LogSource
from transpile.lint.document import Check, DetectionItem, LintDocument, LintHit, hit
from transpile.lint.options import LintOptions
from transpile.pipelines.load import kinds
from transpile.pipelines.model import LogKind

_KEYS = ("category", "product", "service")
_WORD = re.compile(r"[a-z0-9_.\-]+", re.IGNORECASE)
_SYSMON = "Microsoft-Windows-Sysmon/Operational"
_GROUPED = ("registry_event", "sysmon_status")  # categories whose events have a category of their own besides
_HASHES = MappingProxyType({"MD5": 32, "SHA1": 40, "SHA256": 64, "SHA512": 128, "IMPHASH": 32})
# What the Security log calls fields of a process that Sigma has other names for.
_OF_SECURITY = MappingProxyType(
    {"NewProcessName": "Image", "ParentProcessName": "ParentImage", "SubjectUserName": "User"}
)
_LENGTHS = MappingProxyType({32: "MD5= or IMPHASH=", 40: "SHA1=", 64: "SHA256="})


@cache
def _kind(logsource: LogSource) -> LogKind | None:
    return kinds().get(logsource)


@cache
def _names() -> tuple[str, ...]:
    return tuple(str(one) for one in kinds())


@cache
def _generic() -> Mapping[tuple[str, str], str]:
    """The category for an event number of a Windows service."""
    found: dict[tuple[str, str], str] = {("security", "4688"): "process_creation"}
    for logsource, kind in kinds().items():
        if logsource.category and not logsource.service and _SYSMON in kind.facts.get("channel", ()):
            for event in kind.facts.get("event_id", ()):
                if ("sysmon", str(event)) not in found or logsource.category in _GROUPED:
                    found["sysmon", str(event)] = logsource.category
    return MappingProxyType(found)


def logsource_key(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A key that a log source does not have."""
    node = doc.values.get("logsource")
    for entry in node.entries if isinstance(node, Map) else ():
        key = entry.key.text
        if key not in _KEYS and key != "definition":
            close = guess(key.lower(), (*_KEYS, "definition"))
            yield hit(entry.key.span, key=key, hint=f"did you mean `{close}`?" if close else "")


def spaced_logsource(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A word of a log source with spaces."""
    for key, value in _words(doc):
        if value.text and not _WORD.fullmatch(value.text):
            yield hit(value.span, key=key, value=value.text)


def _words(doc: LintDocument) -> Iterator[tuple[str, Scalar]]:
    node = doc.values.get("logsource")
    for entry in node.entries if isinstance(node, Map) else ():
        if entry.key.text in _KEYS and isinstance(entry.value, Scalar) and not entry.value.is_null:
            yield entry.key.text, entry.value


def unknown_logsource(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A log source that no data model here knows, with the nearest that one does."""
    logsource = doc.logsource
    words = list(_words(doc))
    if not doc.is_rule or not words or _kind(logsource) is not None:
        return
    known = {key: {getattr(one, key) for one in kinds()} - {None} for key in _KEYS}
    wrong = next((word for word in words if word[1].text.lower() not in known[word[0]]), None)
    if wrong:
        close = guess(wrong[1].text.lower(), sorted(known[wrong[0]]), cutoff=0.75)
        nearest = f"did you mean `{wrong[0]}: {close}`?" if close else ""
        yield hit(wrong[1].span, value=str(logsource), hint=nearest)
        return
    close = guess(str(logsource), _names(), cutoff=0.8)
    yield hit(doc.key("logsource"), value=str(logsource), hint=f"did you mean {close}?" if close else "")


def specific_logsource(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """An event number for which there is a category."""
    logsource = doc.logsource
    if logsource.product != "windows" or logsource.service not in ("sysmon", "security"):
        return
    for item in doc.items:
        for value in item.values if item.field == "EventID" and not item.modifiers else ():
            category = _generic().get((logsource.service, value.text))
            if category:
                yield hit(value.span, event=value.text, service=logsource.service, category=category)


def sysmon_without_eventid(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """Sysmon's log without a word on which of its events."""
    logsource = doc.logsource
    whole = logsource.service == "sysmon" and not logsource.category and doc.items and doc.is_rule
    if whole and not any(item.field == "EventID" for item in doc.items):
        yield hit(doc.key("logsource"))


def redundant_eventid(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """An EventID that the category implies."""
    kind = _kind(doc.logsource)
    if kind and doc.logsource.category and doc.logsource.product == "windows" and "event_id" in kind.facts:
        for item in doc.items:
            if item.field == "EventID" and not item.modifiers and _events(kind) <= {v.text for v in item.values}:
                yield hit(item.span, category=doc.logsource.category)


def _events(kind: LogKind) -> set[str]:
    return set(map(str, kind.facts["event_id"]))


def eventid_of_other_category(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """An EventID that no event of the category has. Process creation has two: Sysmon's and Security's."""
    kind = _kind(doc.logsource)
    category = doc.logsource.category
    if kind is None or not category or doc.logsource.product != "windows" or "event_id" not in kind.facts:
        return
    known = _events(kind) | ({"4688"} if category == "process_creation" else set())
    for item in doc.items:
        for value in item.values if item.field == "EventID" and not item.modifiers else ():
            if value.text.isdecimal() and value.text not in known:
                events = ", ".join(sorted(known, key=int))
                yield hit(value.span, category=category, events=events, event=value.text)


def redundant_provider(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A channel or provider that the category implies."""
    kind = _kind(doc.logsource)
    if kind and doc.logsource.category and doc.logsource.product == "windows" and "channel" in kind.facts:
        for item in doc.items:
            if item.field in ("Provider_Name", "Channel") and _implied(item, kind):
                yield hit(item.span, category=doc.logsource.category, field=item.field)


def _implied(item: DetectionItem, kind: LogKind) -> bool:
    channels = [str(channel) for channel in kind.facts["channel"]]
    known = channels if item.field == "Channel" else [channel.partition("/")[0] for channel in channels]
    return not item.modifiers and any(value.text in known for value in item.values)


def unknown_field(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A field that events of the log source do not have, with the nearest one."""
    kind = _kind(doc.logsource)
    if kind is None or kind.open or not kind.fields:
        return
    for item in doc.items:
        name = item.field
        if name is None or item.key is None or kind.has(name) or name.casefold() in _folded(kind):
            continue
        close = _OF_SECURITY.get(name) or guess(name, sorted(kind.fields), cutoff=0.8)
        close = close if close in kind.fields else None
        hint = f"did you mean `{close}`?" if close else ""
        yield hit(part(item.key, 0, len(name)), field=name, logsource=str(doc.logsource), hint=hint)


@cache
def _folded_names(fields: frozenset[str]) -> Mapping[str, str]:
    return MappingProxyType({name.casefold(): name for name in fields})


def _folded(kind: LogKind) -> Mapping[str, str]:
    return _folded_names(kind.fields)


def field_case(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A field that differs from a known one in case only."""
    kind = _kind(doc.logsource)
    if kind is None:
        return
    for item in doc.items:
        name = item.field
        if name and item.key and not kind.has(name) and name.casefold() in _folded(kind):
            yield hit(part(item.key, 0, len(name)), field=name, right=_folded(kind)[name.casefold()])


def space_in_field(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A field name with a space."""
    for item in doc.items:
        if item.field and item.key and " " in item.field:
            yield hit(part(item.key, 0, len(item.field)), field=item.field)


def localised_user(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """The account of the system in one language."""
    for item in doc.items:
        if item.field and "user" in item.field.lower() and len(item.values) == 1:
            value = item.values[0]
            if "AUTORI" in value.text or "AUTHORI" in value.text:
                yield hit(value.span, value=value.text)


def hash_form(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A value of `Hashes` that Sysmon never writes."""
    for item in doc.items:
        if item.field not in ("Hashes", "Hash") or "re" in item.modifiers or "expand" in item.modifiers:
            continue
        for value in item.values:
            reason = _hash_fault(value, item)
            if reason is not None:
                yield hit(value.span, value=value.text, hint=reason)


def _hash_fault(value: Scalar, item: DetectionItem) -> str | None:
    """What is wrong with a hash, as a hint; None if nothing is."""
    if value.is_null:
        return None
    for text in filter(None, re.split(r"[*?,]+", value.text)):
        kind, equals, digits = text.partition("=")
        if not equals:
            if re.fullmatch(r"[0-9a-fA-F]*", text) and len(text) in _LENGTHS:
                return f"put {_LENGTHS[len(text)]} in front"
            return "write the type, `=` and the value"
        if kind.upper() not in _HASHES:
            close = guess(kind.upper(), _HASHES)
            return f"did you mean `{close}`?" if close else "the types are " + ", ".join(_HASHES)
        whole = "*" not in value.text and "startswith" not in item.modifiers
        length = _HASHES[kind.upper()]
        if not re.fullmatch(r"[0-9a-fA-F]*", digits):
            return "a hash is hexadecimal digits"
        if digits and (len(digits) > length or (whole and len(digits) < length)):
            return f"{kind} has {length} hexadecimal digits, and this has {len(digits)}"
    return None


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "LNT080": logsource_key,
        "LNT081": unknown_logsource,
        "LNT082": specific_logsource,
        "LNT083": sysmon_without_eventid,
        "LNT084": redundant_eventid,
        "LNT085": redundant_provider,
        "LNT086": unknown_field,
        "LNT087": field_case,
        "LNT088": space_in_field,
        "LNT089": localised_user,
        "LNT090": hash_form,
        "LNT091": spaced_logsource,
        "LNT092": eventid_of_other_category,
    }
)
