"""Reads files of log sources: what the package, or a data model, knows of each."""

from __future__ import annotations

from types import MappingProxyType

from transpile.ir.stream import LogSource
from transpile.pipelines.document import ModelReader, Node
from transpile.pipelines.model import LogKind

KIND_KEYS = ("is", "fields", "enriched", "open")


def read_kinds(reader: ModelReader, node: Node) -> list[LogKind]:
    """A file of log sources. `common` holds the fields that all of them share."""
    common: frozenset[str] = frozenset()
    kinds = []
    for _, name, body in reader.pairs(node):
        if name == "common":
            common = frozenset(reader.words(body))
            continue
        parts = reader.map(body)
        if "is" not in parts:
            reader.fail(body, f"{name} lacks 'is', the log source in Sigma's words")
        enriched = frozenset(reader.words(parts["enriched"])) if "enriched" in parts else frozenset()
        names_ = [*(reader.words(parts["fields"]) if "fields" in parts else []), *enriched]
        facts = {key: tuple(reader.values(value)) for key, value in parts.items() if key not in KIND_KEYS}
        kinds.append(
            LogKind(
                name,
                tuple(read_logsource(reader, one) for one in reader.items(parts["is"])),
                common | {one for one in names_ if not one.endswith(".*")},
                tuple(one[:-1] for one in names_ if one.endswith(".*")),
                "open" in parts and reader.text(parts["open"]) == "true",
                MappingProxyType(facts),
                enriched,
            )
        )
    return kinds


def read_logsource(reader: ModelReader, node: Node) -> LogSource:
    """A log source in Sigma's own words."""
    parts = reader.map(node, ("category", "product", "service"))
    return LogSource(**{key: reader.text(value) for key, value in parts.items()})
