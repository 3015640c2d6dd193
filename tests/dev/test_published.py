"""The GitHub Action and the pre-commit hooks as others use them: installed from a fresh clone, on real rules.

Runs where `TRANSPILE_PUBLISHED` names an environment that has pre-commit, as `.ci/run` makes one; it takes a minute.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
PUBLISHED = os.environ.get("TRANSPILE_PUBLISHED", "")
CORPORA = os.environ.get("TRANSPILE_CORPORA", "")
pytestmark = pytest.mark.skipif(not PUBLISHED, reason="TRANSPILE_PUBLISHED is not set")

GOOD = """\
title: Whoami
id: 6f3e2987-db24-4c78-a860-b4f4095a7095
status: stable
level: high
logsource: {product: windows, category: process_creation}
detection:
  selection: {Image|endswith: '\\whoami.exe'}
  condition: selection
"""


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.email=a@example.org", "-c", "user.name=a", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clone") / "transpile"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", PROJECT, folder], check=True)
    return folder


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Python of its own, as actions/setup-python gives one."""
    folder = tmp_path_factory.mktemp("python")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder / "bin"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A team's repository, with the project's own rules, and with public ones where they are at hand."""
    folder = tmp_path / "team"
    rules = folder / "rules"
    rules.mkdir(parents=True)
    (rules / "whoami.yml").write_text(GOOD)
    sources = [*PROJECT.glob("rules/windows/*/*.yml"), *sorted(Path(CORPORA).rglob("rules/windows/**/*.yml"))[:60:2]]
    for path in sources if CORPORA else sources[:20]:
        if not path.name.endswith(".tests.yml"):
            (rules / path.name).write_bytes(path.read_bytes())
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "rules")
    return folder


def act(clone: Path, python: Path, repository: Path, **inputs: str) -> tuple[int, str, str]:
    """Run the action's steps as GitHub does: exit code, what was said, and the job's summary."""
    action: dict[str, Any] = yaml.safe_load((clone / "action.yml").read_text(encoding="utf-8"))
    given = {name: str(one.get("default", "")) for name, one in action["inputs"].items()} | inputs
    assert set(inputs) <= set(action["inputs"])
    summary = repository.parent / "summary.md"
    summary.unlink(missing_ok=True)
    shared = {
        "PATH": f"{python}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(repository.parent),
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_PATH": str(clone),
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    said = ""
    for step in action["runs"]["steps"]:
        if "run" not in step:
            continue
        own = {
            name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: given[found[1]], text)
            for name, text in step.get("env", {}).items()
        }
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done = subprocess.run(
            shell, cwd=repository, env={**shared, **own}, capture_output=True, text=True, timeout=300, check=False
        )
        said += done.stdout + done.stderr
        if done.returncode:
            break
    return done.returncode, said, summary.read_text(encoding="utf-8") if summary.exists() else ""


def test_the_action_deploys_and_checks(clone: Path, python: Path, repository: Path) -> None:
    asked = {"rules": "rules", "platform": "sentinel", "output": "build/sentinel"}
    code, said, summary = act(clone, python, repository, **asked)
    assert code == 0, said
    assert any((repository / "build" / "sentinel").rglob("*")) and summary.startswith("#")
    assert act(clone, python, repository, **asked, check="true")[0] == 0
    (repository / "rules" / "whoami.yml").write_text(GOOD.replace("whoami.exe", "net.exe"))
    code, said, _ = act(clone, python, repository, **asked, check="true")
    assert code == 1 and "net.exe" in said
    (repository / "rules" / "whoami.yml").write_text(GOOD.replace("condition: selection", "condition: selektion"))
    code, said, summary = act(clone, python, repository, **asked)
    assert code != 0 and "whoami.yml:8" in said + summary


def hook(clone: Path, repository: Path, name: str, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [Path(PUBLISHED) / "bin" / "pre-commit", "try-repo", clone, name, "--verbose", *arguments],
        cwd=repository,
        env={**os.environ, "HOME": str(repository.parent), "PRE_COMMIT_HOME": str(clone.parent / "pre-commit")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_hook_checks_changed_rules(clone: Path, repository: Path) -> None:
    code, said = hook(clone, repository, "transpile-check", "--files", "rules/whoami.yml")
    assert code == 0 and "Passed" in said, said
    (repository / "rules" / "whoami.yml").write_text(GOOD.replace("condition: selection", "condition: selektion"))
    code, said = hook(clone, repository, "transpile-check", "--files", "rules/whoami.yml")
    assert code == 1 and "whoami.yml:8" in said, said


def test_the_hook_of_deployed_files_compares(clone: Path, repository: Path) -> None:
    (repository / "transpile.toml").write_text(
        'rules = ["rules/whoami.yml"]\n[deploy]\nplatform = "splunk"\noutput = "build"\n'
    )
    code, said = hook(clone, repository, "transpile-deploy-check", "--all-files")
    assert code == 1 and "whoami.exe" in said, said
    command = [sys.executable, "-m", "transpile", "deploy"]
    subprocess.run(command, cwd=repository, env={**os.environ, "PYTHONPATH": str(PROJECT)}, check=True)
    code, said = hook(clone, repository, "transpile-deploy-check", "--all-files")
    assert code == 0 and "Passed" in said, said
