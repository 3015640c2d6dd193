"""Run by the interpreter that `TRANSPILE_ESQL_PYTHON` names, where esql-py is installed (it wants Python 3.13).

Reads a JSON list of queries from standard input and writes, for each, null or why esql-py does not parse it.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module


def main() -> None:
    """Answer for all queries."""
    outside = import_module("pyesql")
    found: list[str | None] = []
    for query in json.load(sys.stdin):
        try:
            outside.parse(query)
            found.append(None)
        except Exception as error:  # of several kinds
            found.append(f"{type(error).__name__}: {error}")
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
