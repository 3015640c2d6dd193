"""`LNT200` to `LNT229`: correlations and filters, by the specification's two documents on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from transpile.dialects.sigma.tree import Mapping as Map
from transpile.dialects.sigma.tree import Node, Scalar, Sequence
from transpile.lint.document import Check, LintDocument, LintHit, hit
from transpile.lint.metadata import remove_entry
from transpile.lint.options import LintOptions
from transpile.source import Span


def _body(doc: LintDocument, key: str) -> Map | None:
    node = doc.values.get(key)
    return node if isinstance(node, Map) else None


def _type(doc: LintDocument) -> str:
    body = _body(doc, "correlation")
    node = body.value("type") if body else None
    return node.text if isinstance(node, Scalar) else ""


def _place(doc: LintDocument, body: Map, key: str, outer: str) -> Span | None:
    """Where a key is, or where it is missing."""
    entry = body.find(key)
    return entry.key.span if entry else doc.key(outer)


def names_of(node: Node | None) -> list[Scalar]:
    """The names of rules in a list, or in a single value."""
    if isinstance(node, Scalar):
        return [] if node.is_null else [node]
    return [one for one in node.items if isinstance(one, Scalar)] if isinstance(node, Sequence) else []


def without_group_by(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """No grouping."""
    body = _body(doc, "correlation")
    if body is not None and not names_of(body.value("group-by")):
        yield hit(doc.key("correlation"))


def temporal_of_one(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A temporal correlation of a single rule."""
    body = _body(doc, "correlation")
    if body is not None and _type(doc).startswith("temporal") and len(names_of(body.value("rules"))) == 1:
        yield hit(_place(doc, body, "rules", "correlation"), type=_type(doc))


def generate(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A `generate` that is neither true nor false."""
    body = _body(doc, "correlation")
    for node in (body.value("generate") if body else None, doc.values.get("generate")):
        if node is not None and not (isinstance(node, Scalar) and node.truth is not None):
            yield hit(node.span)


def filter_with_rule_key(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A level or status, which are those of the filtered rules."""
    for key in ("level", "status") if doc.is_filter else ():
        if key in doc.values:
            yield hit(doc.key(key), *remove_entry(doc, key), key=key)


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "LNT203": without_group_by,
        "LNT204": temporal_of_one,
        "LNT207": generate,
        "LNT213": filter_with_rule_key,
    }
)
