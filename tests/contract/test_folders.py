"""A language is its folder: without it, the rest works as before. So one more comes with nothing but a folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.parts import TESTS
from transpile import dialects

PACKAGE = TESTS.parent / "transpile"

# What a user does first, in a process that finds the package without the folder.
SCRIPT = """
import sys
from transpile import dialects
from transpile.cli.main import main

gone, rule = sys.argv[1:]
assert gone not in dialects.names()
others = [name for name in dialects.writers() if dialects.load(name).run]
assert len(others) > 4
convert = ["convert", rule, "--model", "none", "--quiet", "--to", ",".join(others)]
for arguments in (["convert", "--help"], convert, ["explain", rule, "--model", "none"]):
    try:
        code = main(arguments)
    except SystemExit as end:
        code = end.code
    assert not code, (arguments, code)
"""


def without(folder: str, place: Path) -> None:
    """A package of links to the parts of ours, except the folder of one language."""
    there = place / "transpile"
    (there / "dialects").mkdir(parents=True)
    for part in PACKAGE.iterdir():
        if part.name not in ("dialects", "__pycache__"):
            (there / part.name).symlink_to(part)
    for part in (PACKAGE / "dialects").iterdir():
        if part.name not in (folder, "__pycache__"):
            (there / "dialects" / part.name).symlink_to(part)


@pytest.mark.parametrize("name", [name for name in dialects.names() if name != "sigma"])
def test_the_rest_works_without_the_folder(name: str, tmp_path: Path) -> None:
    without(name, tmp_path)
    rule = next((TESTS.parent / "rules" / "windows" / "security").glob("*net_use*.yml"))
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT, name, str(rule)],
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout + found.stderr
