"""The examples run, and the README tells the truth."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT

EXAMPLES = PROJECT / "examples"
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def run(*command: str) -> str:
    """Run a command from the project's folder, with this environment's `transpile` on the path; its output."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, env=os.environ | {"PATH": path})
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_python_api() -> None:
    shown = run(sys.executable, "examples/python_api.py")
    assert [line.split(",")[0] for line in shown.splitlines() if line.startswith("---")] == [
        "--- spl",
        "--- kql",
        "--- eql",
        "--- yaral",
    ]
    assert "EQL001" in shown


def test_coverage_by_tactic() -> None:
    rows = [line.split() for line in run(sys.executable, "examples/coverage_by_tactic.py").splitlines()]
    assert rows[0] == ["rules", "spl", "kql", "eql", "yaral"]
    persistence = next(row for row in rows if row[0] == "persistence")
    assert int(persistence[1]) > 10 and int(persistence[2]) > 10


def test_placeholders() -> None:
    shown = run("bash", "examples/placeholders.sh")
    assert '"jump01.example.org"' in shown and "refused" not in shown


def test_catalog_in_ci(tmp_path: Path) -> None:
    job = ("bash", "examples/catalog_in_ci.sh", "rules/windows/security", str(tmp_path / "c"))
    assert "pages; open" in run(*job)
    run(*job)
    assert "0 changed in meaning" in (tmp_path / "c" / "changes.md").read_text()
    assert {path.name for path in (tmp_path / "c").iterdir()} == {"catalog.sqlite", "changes.md", "layer.json", "site"}


def test_nightly_export(tmp_path: Path) -> None:
    queries = tmp_path / "queries"
    job = ("bash", "examples/nightly_export.sh", "rules", str(queries), "spl", "kql")
    assert "queries in" in run(*job)
    first = {path.relative_to(queries): path.read_bytes() for path in queries.rglob("*") if path.is_file()}
    assert len(first) > 120
    assert run(*job) == "nothing has changed\n"
    (queries / "stray.txt").write_text("x")
    run(*job)
    assert {path.relative_to(queries): path.read_bytes() for path in queries.rglob("*") if path.is_file()} == first
    assert [path.name for path in tmp_path.iterdir()] == ["queries"]


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir() if path.suffix in (".py", ".sh")))
def test_every_example_is_listed_and_tested(name: str) -> None:
    assert f"`{name}`" in (EXAMPLES / "README.md").read_text(encoding="utf-8")
    tests = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "tests").rglob("test_*.py"))
    assert name in tests


def test_links_in_the_docs_lead_somewhere() -> None:
    for page in ("README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in (PROJECT / "docs").glob("*.md"))):
        text = (PROJECT / page).read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
            assert ((PROJECT / page).parent / link).exists(), f"{page} links to {link}"


def test_the_readmes_python_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    rule = PROJECT / "rules/windows/security/security_4688_net_use_lateral_movement.yml"
    (tmp_path / "rule.yml").write_bytes(rule.read_bytes())
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("exact union")
