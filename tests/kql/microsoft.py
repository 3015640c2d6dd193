"""Microsoft's Kusto parser, run in Node: `npm ci` in this folder installs it; tests skip without it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGE = Path("@kusto", "language-service-next", "package.json")


def is_there() -> bool:
    """Whether Node and the parser's package are there (`TRANSPILE_NODE_MODULES` names another place for it)."""
    places = [Path(place) for place in (os.environ.get("TRANSPILE_NODE_MODULES"), HERE / "node_modules") if place]
    return shutil.which("node") is not None and any((place / PACKAGE).is_file() for place in places)


needs_microsoft = pytest.mark.skipif(
    not is_there(), reason="Node or @kusto/language-service-next is missing: npm ci in tests/kql"
)


def check(queries: Iterable[str], tables: Mapping[str, Mapping[str, str]] | None = None) -> list[list[str]]:
    """What Microsoft's parser says of each query: `KS142: The name ...`. With `tables` names and types are checked too.

    `tables` gives the columns of each table and their types; see microsoft.mjs.
    """
    lines = "".join(json.dumps({"id": number, "query": query}) + "\n" for number, query in enumerate(queries))
    with tempfile.TemporaryDirectory() as folder:
        command = ["node", str(HERE / "microsoft.mjs")]
        if tables is not None:
            schema = Path(folder, "tables.json")
            schema.write_text(json.dumps(tables), encoding="utf-8")
            command += ["--schema", str(schema)]
        done = subprocess.run(command, input=lines, capture_output=True, encoding="utf-8", check=True)
    return [
        [f"{one['code']}: {one['message']}" for one in json.loads(line)["diagnostics"]]
        for line in done.stdout.splitlines()
    ]
