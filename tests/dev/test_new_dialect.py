"""The scaffold of a new language: sound, refusing everything with a code, and named part by part where it lacks one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from transpile.dev.__main__ import PROJECT, main, new_dialect


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with one more language in it."""
    copy = tmp_path_factory.mktemp("project")
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", "golden")
    for name in ("transpile", "templates", "rules", "tests"):
        shutil.copytree(PROJECT / name, copy / name, ignore=ignored)
    shutil.copy(PROJECT / "pyproject.toml", copy)
    new_dialect("newlang", "New Language", "NEW", copy)
    return copy


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(project), "PATH": "/usr/bin:/bin", "HOME": str(project)}
    return subprocess.run([sys.executable, *arguments], cwd=project, env=environment, capture_output=True, text=True)


def test_it_is_found_by_its_folder_and_refuses_with_a_code(project: Path) -> None:
    found = run(
        project, "-m", "transpile", "convert", "rules/windows/security", "--to", "newlang", "-f", "ndjson", "-q"
    )
    assert found.returncode == 0, found.stderr
    rows = found.stdout.splitlines()
    assert rows
    assert all('"NEW001"' in row for row in rows)


def test_it_is_typed_and_linted(project: Path) -> None:
    folders = ("transpile/dialects/newlang", "tests/newlang")
    for check in (("-m", "ruff", "check"), ("-m", "ruff", "format", "--check"), ("-m", "mypy")):
        found = run(project, *check, *folders)
        assert found.returncode == 0, found.stdout + found.stderr


def test_the_contract_says_what_is_left(project: Path) -> None:
    found = run(project, "-m", "pytest", "tests/contract/test_parts.py", "-k", "newlang", "-p", "no:cacheprovider")
    assert found.returncode == 1
    assert "tests/newlang/conformance.yml is missing: write 40 cases or more" in found.stdout
    assert "links: the reference pages that the writer and the runner follow" in found.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["new-dialect", "No-Name"], "is not a name for a language"),
        (["new-dialect", "fine", "--prefix", "TOOLONG"], "is not a prefix for codes"),
        (["new-dialect", "kql"], "exists already"),
    ],
)
def test_wrong_names(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 3
    assert message in capsys.readouterr().err
