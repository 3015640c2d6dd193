"""Edits for what reading already finds wrong: by code, the places and how to mend each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_network
from types import MappingProxyType

from transpile.dialects.sigma import condition as conditions
from transpile.dialects.sigma.guess import guess
from transpile.dialects.sigma.metadata import KNOWN_KEYS, LEVELS, STATUSES
from transpile.dialects.sigma.tree import TEXT, Scalar
from transpile.dialects.sigma.tree import Mapping as Map
from transpile.lint.document import Edit, LintDocument, quoted, replace, rewrite
from transpile.lint.modifiers import single_all
from transpile.source import Span

Mender = Callable[[LintDocument], Iterator[tuple[Span, tuple[Edit, ...]]]]


def operators_in_capitals(doc: LintDocument) -> Iterator[tuple[Span, tuple[Edit, ...]]]:
    """`AND` becomes `and`."""
    for line in doc.lines:
        start = line.scalar.start.index
        at = doc.source.text[start : line.scalar.end.index].find(line.scalar.text)
        for token in conditions.shouted(line.scalar.text) if at >= 0 else ():
            edit = Edit(start + at + token.start, start + at + token.end, token.text.lower())
            yield line.span(token.start, token.end), (edit,)


def texts_for_lists(doc: LintDocument) -> Iterator[tuple[Span, tuple[Edit, ...]]]:
    """A single text where a list is asked for becomes a list of one."""
    for key in ("references", "tags", "falsepositives", "fields"):
        node = doc.scalar(key)
        if node and node.start.line == node.end.line and doc.source.text[node.start.index] not in "|>&!*":
            line_end = "\r\n" if "\r\n" in doc.source.text else "\n"
            start = len(doc.source.text[: node.start.index].rstrip(" "))
            yield node.span, (Edit(start, node.start.index, f"{line_end}    - "),)


def unknown_choices(doc: LintDocument) -> Iterator[tuple[Span, tuple[Edit, ...]]]:
    """`Experimental` and `experimetal` become `experimental`."""
    for key, allowed in (("status", STATUSES), ("level", LEVELS)):
        node = doc.scalar(key)
        close = guess(node.text.lower(), allowed, cutoff=0.75) if node else None
        if node and close:
            yield node.span, rewrite(doc, node, close)


def misspelt_keys(doc: LintDocument) -> Iterator[tuple[Span, tuple[Edit, ...]]]:
    """`refrences` becomes `references`, where there is none yet."""
    for entry in doc.node.entries:
        close = guess(entry.key.text.lower(), sorted(KNOWN_KEYS), cutoff=0.8)
        if entry.key.text not in KNOWN_KEYS and close and close not in doc.values:
            yield entry.key.span, rewrite(doc, entry.key, close)


def needless_all(doc: LintDocument) -> Iterator[tuple[Span, tuple[Edit, ...]]]:
    """`|all` before a single value goes."""
    for item in doc.items:
        if item.key and "all" in item.modifiers and len(item.values) == 1 and item.field:
            yield item.key.span, single_all(doc, item)


def ambiguous_values(doc: LintDocument) -> Iterator[tuple[Span, tuple[Edit, ...]]]:
    """A text that other tools take for a number is put in quotes."""
    for item in doc.items:
        for value in item.values:
            usual = value.usual_number is not None or value.usual_truth is not None
            if value.plain and value.kind != TEXT and not value.is_null and not usual:
                yield value.span, (replace(value, quoted(value.text)),)


def host_bits(doc: LintDocument) -> Iterator[tuple[Span, tuple[Edit, ...]]]:
    """`10.1.2.3/8` becomes `10.0.0.0/8`."""
    for item in doc.items:
        for value in item.values if "cidr" in item.modifiers else ():
            try:
                network = ip_network(value.text, strict=False)
            except ValueError:
                continue
            yield value.span, rewrite(doc, value, str(network))


def capital_logsource(doc: LintDocument) -> Iterator[tuple[Span, tuple[Edit, ...]]]:
    """`Windows` becomes `windows`."""
    node = doc.values.get("logsource")
    for entry in node.entries if isinstance(node, Map) else ():
        if isinstance(entry.value, Scalar) and entry.value.text != entry.value.text.lower():
            yield entry.value.span, rewrite(doc, entry.value, entry.value.text.lower())


MENDERS: Mapping[str, Mender] = MappingProxyType(
    {
        "SIG057": operators_in_capitals,
        "SIG071": texts_for_lists,
        "SIG072": unknown_choices,
        "SIG077": misspelt_keys,
        "SIG080": needless_all,
        "SIG081": ambiguous_values,
        "SIG083": host_bits,
        "SIG084": capital_logsource,
    }
)


def mends(doc: LintDocument) -> Iterator[tuple[tuple[str, Span], tuple[Edit, ...]]]:
    """The edits for a rule's findings of reading, by code and place."""
    codes = {diagnostic.code for diagnostic in doc.reading.diagnostics}
    for code, mender in MENDERS.items():
        if code in codes:
            for span, edits in mender(doc):
                yield (code, span), edits
