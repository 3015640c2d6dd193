"""Converts rules with pySigma's backends, one result a rule: `python peers.py CORPUS`, in an environment that has them.

Writes a JSON object a rule and target: {"path", "id", "target", "query", "error"}. This shows *what* the peers make of
each rule; what they cost is measured on their own command line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sigma.backends.elasticsearch import EqlBackend
from sigma.backends.kusto import KustoBackend
from sigma.backends.secops import SecOpsBackend
from sigma.backends.splunk import SplunkBackend
from sigma.collection import SigmaCollection

BACKENDS = {"spl": SplunkBackend, "kql": KustoBackend, "eql": EqlBackend, "yaral": SecOpsBackend}


def convert(path: Path, backends: dict[str, Any]) -> Iterator[dict[str, str | None]]:
    """Every rule of a file, in every language."""
    for target, backend in backends.items():
        row: dict[str, str | None] = {"path": str(path), "target": target, "query": None, "error": None}
        try:
            collection = SigmaCollection.from_yaml(path.read_text(encoding="utf-8"))
            rules = collection.rules
        except Exception as error:
            yield row | {"error": f"{type(error).__name__}: {error}"}
            continue
        for rule in rules:
            try:
                queries = backend.convert_rule(rule)
                yield row | {"id": str(rule.id), "query": "\n".join(map(str, queries))}
            except Exception as error:
                yield row | {"id": str(rule.id), "error": f"{type(error).__name__}: {error}"}


def main() -> None:
    """All rules under the folder given."""
    backends = {target: backend() for target, backend in BACKENDS.items()}
    for path in sorted(Path(sys.argv[1]).rglob("*.yml")):
        for row in convert(path, backends):
            print(json.dumps(row))


if __name__ == "__main__":
    main()
