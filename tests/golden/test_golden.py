"""What we print, held by golden files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.golden import HERE, cases, expected, present


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_golden(case: Path) -> None:
    assert present(case) == expected(case), "python tests/golden/golden.py writes them anew"


def test_every_folder_is_a_case() -> None:
    folders = {path for path in HERE.iterdir() if path.is_dir() and not path.name.startswith(("_", "."))}
    assert folders == set(cases())
    assert len(folders) >= 30
