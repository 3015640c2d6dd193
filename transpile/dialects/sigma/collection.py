"""Rule collections: documents that lend what they hold to the rules behind them (`action: global`, `reset`, `repeat`).

The same as pySigma's `SigmaCollection.from_dicts`, but that nothing is changed in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from transpile.diagnostics import Diagnostic, diagnose
from transpile.dialects.sigma import codes
from transpile.dialects.sigma.load import YamlDocument
from transpile.dialects.sigma.tree import MapEntry, Mapping, Scalar, describe

_HINT = "expected global, reset or repeat"
_HINTS = {"correlation": "deprecated syntax; put type, rules, group-by and timespan under a key `correlation`"}
_DECISIVE = frozenset(("detection", "logsource"))  # where a repeated key changes what the rule detects


def candidates(documents: Iterable[YamlDocument]) -> Iterator[tuple[Mapping | None, list[Diagnostic]]]:
    """The rules of a text as whole maps, with what is already known against them; None where there is no map.

    Documents that only lend something to others are left out.
    """
    shared: Mapping | None = None
    previous: Mapping | None = None
    for document in documents:
        node = document.node
        if document.problem is not None:
            yield None, [document.problem]
        elif node is None or (isinstance(node, Scalar) and node.is_null):
            continue
        elif not isinstance(node, Mapping):
            yield None, [diagnose(codes.SIG010, node.span, found=describe(node))]
        else:
            findings = [_repeated(key, node) for key in document.repeated]
            action = node.find("action")
            if action is None:
                if node.find("correlation") is None and node.find("filter") is None:
                    node = previous = merge(node, shared)
                yield node, findings
                continue
            lent = Mapping([entry for entry in node.entries if entry.key.text != "action"], node.start, node.end)
            match action.value.text if isinstance(action.value, Scalar) else "(no name)":
                case "global":
                    shared = previous = lent
                    if findings:
                        yield None, findings
                case "reset":
                    shared = None
                case "repeat":
                    previous = merge(previous, lent) if previous else lent
                    yield previous, findings
                case other:
                    yield None, [diagnose(codes.SIG013, action.value.span, action=other, hint=_HINTS.get(other, _HINT))]


def merge(below: Mapping, above: Mapping | None) -> Mapping:
    """The entries of two maps in one: where both have a key, the maps behind it are merged, or `above` wins."""
    if above is None:
        return below
    entries = {entry.key.text: entry for entry in below.entries}
    for entry in above.entries:
        old = entries.get(entry.key.text)
        if isinstance(entry.value, Mapping) and old is not None and isinstance(old.value, Mapping):
            entries[entry.key.text] = MapEntry(old.key, merge(old.value, entry.value))
        else:
            entries[entry.key.text] = entry
    return Mapping(list(entries.values()), below.start, below.end)


def _repeated(key: Scalar, node: Mapping) -> Diagnostic:
    """What a key that is there twice means for the rule: much in the detection, little elsewhere."""
    for entry in node.entries:
        if entry.key is key or _within(key, entry):
            return diagnose(codes.SIG008 if entry.key.text in _DECISIVE else codes.SIG009, key.span, key=key.text)
    return diagnose(codes.SIG008, key.span, key=key.text)


def _within(key: Scalar, entry: MapEntry) -> bool:
    place, whole = key.span, entry.value.span
    return (whole.line, whole.column) <= (place.line, place.column) < (whole.end_line, whole.end_column)
