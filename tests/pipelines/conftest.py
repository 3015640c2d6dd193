"""What the tests of schemas share: every rule, read once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.schemas.corpus import PROJECT, readings
from transpile.dialects.base import Reading
from transpile.source import Source


@pytest.fixture(scope="session")
def rules() -> list[tuple[Source, Reading]]:
    """Our own rules, and the public ones if TRANSPILE_CORPORA names their folder."""
    corpora = os.environ.get("TRANSPILE_CORPORA")
    return readings([PROJECT / "rules", *([Path(corpora, "sigma")] if corpora else [])])
