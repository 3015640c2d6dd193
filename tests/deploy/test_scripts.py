"""The deploy scripts of examples/ run dry on rules of ours, and say what they would send."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent.parent
SCRIPTS = sorted((PROJECT / "examples" / "deploy").glob("*.py"))


def test_there_is_a_script_for_each_platform() -> None:
    from transpile.deploy.plan import PLATFORMS

    assert {script.stem for script in SCRIPTS} == set(PLATFORMS)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_dry_run_sends_nothing_and_says_what_it_would(script: Path, tmp_path: Path) -> None:
    rules = PROJECT / "rules" / "windows" / "process_creation"
    command = [sys.executable, str(script), str(rules), "--build", "built", "--dry-run"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "would" in done.stdout
    assert (tmp_path / "built" / "manifest.json").is_file()
