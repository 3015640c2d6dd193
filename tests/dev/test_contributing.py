"""The walk of CONTRIBUTING.md, command by command in a copy of the project: it adds a language that refuses all."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from transpile.dev.__main__ import PROJECT, main

# What a program of the page is, in the environment of the tests.
PROGRAMS = {
    ".venv/bin/python": [sys.executable],
    ".venv/bin/transpile": [sys.executable, "-m", "transpile"],
    "./test": [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
}

# Those that CI runs itself, and those whose results tests/cli/test_docs.py holds.
ELSEWHERE = {
    "./test",
    ".ci/run",
    ".venv/bin/sphinx-build -W docs out/docs",
    ".venv/bin/python docs/generate.py",
    ".venv/bin/python docs/pictures.py",
}


def commands() -> list[str]:
    """The commands of the page, in its order."""
    page = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return [line.partition(" #")[0].strip() for line in page.splitlines() if line.startswith("    ")]


def command(words: str) -> str:
    """The one command of the page that holds these words."""
    (found,) = (one for one in dict.fromkeys(commands()) if words in one)
    return found


def run(project: Path, line: str) -> subprocess.CompletedProcess[str]:
    """A command of the page in the copy."""
    program, *arguments = shlex.split(line)
    environment = {"PYTHONPATH": str(project), "PATH": "/usr/bin:/bin", "HOME": str(project)}
    return subprocess.run(
        [*PROGRAMS[program], *arguments], cwd=project, env=environment, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the language of the page in it."""
    copy = tmp_path_factory.mktemp("project")
    ignored = shutil.ignore_patterns("node_modules")  # compiled modules are copied, and save compiling them again
    for name in ("transpile", "templates", "rules", "tests", "docs"):
        shutil.copytree(PROJECT / name, copy / name, ignore=ignored)
    shutil.copy(PROJECT / "pyproject.toml", copy)
    made = run(copy, command("new-dialect"))
    assert made.returncode == 0, made.stderr
    assert "transpile/dialects/mylang/lower.py" in made.stdout and "tests/mylang/conformance.yml" in made.stdout
    return copy


def test_every_command_of_the_page_is_run() -> None:
    walk = {command(words) for words in ("new-dialect", "tests/contract", "verify rules", "support.md", "golden.py")}
    assert set(commands()) - walk == ELSEWHERE
    assert all(shlex.split(one)[0] in PROGRAMS for one in walk)


def test_the_contract_says_what_is_left(project: Path) -> None:
    found = run(project, command("tests/contract") + " --ignore tests/contract/test_folders.py")
    assert found.returncode == 1
    assert "tests/mylang/conformance.yml is missing: write 40 cases or more" in found.stdout
    assert "links: the reference pages that the writer and the runner follow" in found.stdout
    assert "transpile/dialects/mylang/lower.py is unfinished: only 0 of 400 conditions" in found.stdout


def test_every_rule_is_refused(project: Path) -> None:
    found = run(project, command("verify rules") + " --format ndjson")
    assert found.returncode == 0, found.stderr
    rows = found.stdout.splitlines()
    assert len(rows) > 40
    assert all('"verdict": "refused"' in row and "My Language " in row for row in rows)


def test_the_table_of_support_shows_what_is_left_arm_by_arm(project: Path) -> None:
    assert run(project, command("support.md")).returncode == 0
    first = (project / "docs" / "support.md").read_text(encoding="utf-8").split("\n\n|")[1]  # of rules on single events
    head, _, *arms = first.partition("\n\n")[0].splitlines()
    assert "| My Language |" in head
    assert len(arms) > 30
    assert all("refused, MYL001" in arm for arm in arms)


def test_the_golden_files_of_the_language_are_written(project: Path) -> None:
    assert run(project, command("golden.py")).returncode == 0
    made = {path.name for path in (project / "tests" / "golden").rglob("*.mylang*")}
    assert made == {"rule.mylang.refused", "rule-2.mylang.refused"}


def test_it_is_typed_and_linted(project: Path) -> None:
    folders = "transpile/dialects/mylang tests/mylang"
    for check in ("ruff check", "ruff format --check", "mypy"):
        found = run(project, f".venv/bin/python -m {check} {folders}")
        assert found.returncode == 0, found.stdout + found.stderr


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
