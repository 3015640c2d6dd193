"""`LNT200` to `LNT229`: correlations and filters, by the specification's two documents on them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from transpile.dialects.sigma.guess import guess
from transpile.dialects.sigma.tree import Entry, Node, Scalar, Sequence
from transpile.dialects.sigma.tree import Mapping as Map
from transpile.lint.document import Document, Hit, hit
from transpile.lint.metadata import Check, remove_entry
from transpile.lint.options import Options
from transpile.source import Span

_TYPES = (
    "event_count",
    "value_count",
    "value_sum",
    "value_avg",
    "value_percentile",
    "value_median",
    "temporal",
    "temporal_ordered",
)
_OF_FIELD = ("value_count", "value_sum", "value_avg", "value_percentile", "value_median")
_KEYS = ("type", "rules", "group-by", "timespan", "condition", "aliases", "generate", "window", "gap")
_OPERATORS = ("gt", "gte", "lt", "lte", "eq", "neq")
_TIMESPAN = re.compile(r"\d+[smhdwMy]")


def _body(doc: Document, key: str) -> Map | None:
    node = doc.values.get(key)
    return node if isinstance(node, Map) else None


def _type(doc: Document) -> str:
    body = _body(doc, "correlation")
    node = body.value("type") if body else None
    return node.text if isinstance(node, Scalar) else ""


def _place(doc: Document, body: Map, key: str, outer: str) -> Span | None:
    """Where a key stands, or where it is missing."""
    entry = body.find(key)
    return entry.key.span if entry else doc.key(outer)


def names_of(node: Node | None) -> list[Scalar]:
    """The names of rules in a list, or in a single value."""
    if isinstance(node, Scalar):
        return [] if node.is_null else [node]
    return [one for one in node.items if isinstance(one, Scalar)] if isinstance(node, Sequence) else []


def correlation_type(doc: Document, options: Options) -> Iterator[Hit]:
    """A type that there is not."""
    body = _body(doc, "correlation")
    if body is None:
        return
    node = body.value("type")
    if not isinstance(node, Scalar) or node.text not in _TYPES:
        text = node.text if isinstance(node, Scalar) else ""
        close = guess(text, _TYPES)
        span = node.span if node else doc.key("correlation")
        yield hit(span, value=text, hint=f"did you mean `{close}`?" if close else "")


def without_rules(doc: Document, options: Options) -> Iterator[Hit]:
    """No rules."""
    body = _body(doc, "correlation")
    if body is not None and not names_of(body.value("rules")):
        yield hit(_place(doc, body, "rules", "correlation"))


def timespan(doc: Document, options: Options) -> Iterator[Hit]:
    """A timespan that is missing or in no known form."""
    body = _body(doc, "correlation")
    if body is None:
        return
    node = body.value("timespan")
    if node is None:
        yield hit(doc.key("correlation"), problem="is missing")
    elif not isinstance(node, Scalar) or not _TIMESPAN.fullmatch(node.text):
        shown = f"is `{node.text}`" if isinstance(node, Scalar) else "is not a text"
        yield hit(node.span, problem=shown)


def without_group_by(doc: Document, options: Options) -> Iterator[Hit]:
    """No grouping."""
    body = _body(doc, "correlation")
    if body is not None and not names_of(body.value("group-by")):
        yield hit(doc.key("correlation"))


def temporal_of_one(doc: Document, options: Options) -> Iterator[Hit]:
    """A temporal correlation of a single rule."""
    body = _body(doc, "correlation")
    if body is not None and _type(doc).startswith("temporal") and len(names_of(body.value("rules"))) == 1:
        yield hit(_place(doc, body, "rules", "correlation"), type=_type(doc))


def condition(doc: Document, options: Options) -> Iterator[Hit]:
    """A condition without operator or number. Temporal correlations need none, or have one in words."""
    body = _body(doc, "correlation")
    if body is None:
        return
    node = body.value("condition")
    if node is None:
        if _type(doc) in ("event_count", *_OF_FIELD):
            yield hit(doc.key("correlation"), problem="is missing")
        return
    if isinstance(node, Map):
        yield from _condition(node)
    elif not _type(doc).startswith("temporal"):
        yield hit(node.span, problem="is not a map")


def _condition(node: Map) -> Iterator[Hit]:
    compared = [entry for entry in node.entries if entry.key.text not in ("field", "percentile")]
    if not compared:
        yield hit(node.span, problem="compares with no number")
    for entry in compared:
        if entry.key.text not in _OPERATORS:
            close = guess(entry.key.text, _OPERATORS)
            meant = f"; did you mean `{close}`?" if close else ""
            yield hit(entry.key.span, problem=f"has no operator `{entry.key.text}`{meant}")
        elif not isinstance(entry.value, Scalar) or entry.value.number is None:
            yield hit(entry.value.span, problem="compares with what is not a number")


def condition_field(doc: Document, options: Options) -> Iterator[Hit]:
    """A count of values without the field."""
    body = _body(doc, "correlation")
    node = body.value("condition") if body else None
    if _type(doc) in _OF_FIELD and isinstance(node, Map) and node.find("field") is None:
        yield hit(node.span, type=_type(doc))


def generate(doc: Document, options: Options) -> Iterator[Hit]:
    """A `generate` that is neither true nor false."""
    body = _body(doc, "correlation")
    for node in (body.value("generate") if body else None, doc.values.get("generate")):
        if node is not None and not (isinstance(node, Scalar) and node.truth is not None):
            yield hit(node.span)


def unknown_key(doc: Document, options: Options) -> Iterator[Hit]:
    """A key that correlations do not have."""
    body = _body(doc, "correlation")
    for entry in body.entries if body else ():
        key = entry.key.text
        if key not in _KEYS:
            close = guess(key.replace("_", "-"), _KEYS)
            yield hit(entry.key.span, key=key, hint=f"did you mean `{close}`?" if close else "")


def alias_of_other_rule(doc: Document, options: Options) -> Iterator[Hit]:
    """An alias for a rule that is not correlated."""
    body = _body(doc, "correlation")
    aliases = body.value("aliases") if body else None
    known = [one.text for one in names_of(body.value("rules"))] if body else []
    for alias in aliases.entries if isinstance(aliases, Map) else ():
        for entry in alias.value.entries if isinstance(alias.value, Map) else ():
            if entry.key.text not in known:
                yield hit(entry.key.span, alias=alias.key.text, name=entry.key.text, hint=_meant(entry, known))


def _meant(entry: Entry, known: list[str]) -> str:
    close = guess(entry.key.text, known)
    return f"did you mean `{close}`?" if close else ""


def filter_without_rules(doc: Document, options: Options) -> Iterator[Hit]:
    """A filter for no rule."""
    body = _body(doc, "filter")
    if body is not None and not names_of(body.value("rules")):
        yield hit(_place(doc, body, "rules", "filter"))


def filter_without_condition(doc: Document, options: Options) -> Iterator[Hit]:
    """A filter that filters nothing."""
    body = _body(doc, "filter")
    if body is None:
        return
    if not doc.selections:
        yield hit(doc.key("filter"), problem="has no selection")
    elif not doc.lines:
        yield hit(_place(doc, body, "condition", "filter"), problem="has no condition")


def filter_without_logsource(doc: Document, options: Options) -> Iterator[Hit]:
    """A filter without a log source."""
    if doc.is_filter and not isinstance(doc.values.get("logsource"), Map):
        yield hit(doc.key("logsource") or doc.top)


def filter_with_rule_key(doc: Document, options: Options) -> Iterator[Hit]:
    """A level or status, which are those of the filtered rules."""
    for key in ("level", "status") if doc.is_filter else ():
        if key in doc.values:
            yield hit(doc.key(key), *remove_entry(doc, key), key=key)


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "LNT200": correlation_type,
        "LNT201": without_rules,
        "LNT202": timespan,
        "LNT203": without_group_by,
        "LNT204": temporal_of_one,
        "LNT205": condition,
        "LNT206": condition_field,
        "LNT207": generate,
        "LNT208": unknown_key,
        "LNT209": alias_of_other_rule,
        "LNT210": filter_without_rules,
        "LNT211": filter_without_condition,
        "LNT212": filter_without_logsource,
        "LNT213": filter_with_rule_key,
    }
)
