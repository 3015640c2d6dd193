"""esql-py, a parser of ES|QL that is not ours, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "pyesql_reads.py"


def problems(queries: Sequence[str]) -> list[str | None]:
    """Why esql-py does not parse each query, or None. Skips the test without an interpreter that has it."""
    python = os.environ.get("TRANSPILE_ESQL_PYTHON")
    if not python:
        pytest.skip("TRANSPILE_ESQL_PYTHON does not name an interpreter with esql-py")
    done = subprocess.run(
        [python, str(SCRIPT)], input=json.dumps(list(queries)), capture_output=True, text=True, check=True
    )
    found: list[str | None] = json.loads(done.stdout)
    return found
