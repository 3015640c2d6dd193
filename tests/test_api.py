"""What `import transpile` offers."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

import transpile

PROJECT = Path(__file__).parent.parent
RULE = """\
title: A rule
logsource: {product: windows, category: process_creation}
detection:
  selection: {Image: a.exe}
  condition: selection
"""


def test_the_page_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    found = doctest.testfile(str(PROJECT / "docs" / "api.md"), module_relative=False)
    assert found.attempted > 10 and found.failed == 0


def test_every_name_is_there_and_shown() -> None:
    assert set(dir(transpile)) == set(transpile.__all__)
    for name in transpile.__all__:
        assert getattr(transpile, name) is not None
    page = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in transpile.__all__ if name.islower() and name != "__version__")


def test_no_name_is_that_of_a_module() -> None:
    """A module of the name would stand in its place once it is imported."""
    folder = PROJECT / "transpile"
    assert [name for name in transpile.__all__ if (folder / name).is_dir() or (folder / f"{name}.py").is_file()] == []


def test_a_name_that_is_not_there_is_guessed() -> None:
    with pytest.raises(AttributeError, match="did you mean deploy_paths"):
        transpile.__getattr__("deploy")


def test_importing_loads_no_engine() -> None:
    code = "import sys, transpile; dir(transpile); print({'sigma', 'yaml', 'rich'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert done.stdout.strip() == "set()"


def test_texts_that_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        list(transpile.match("title: [", [{}]))
    assert transpile.check("title: [")[0].diagnostic.severity == transpile.Severity.ERROR


def test_findings_of_languages_to_write() -> None:
    wrong = RULE.replace("Image", "Imag")
    assert any(
        one.diagnostic.code == "MAP002" and one.targets == ("kql",) for one in transpile.check(wrong, write="kql")
    )


def test_whole_spans() -> None:
    (one,) = transpile.convert(RULE.replace("Image", "Imag"), write="kql").diagnostics
    found = one.to_dict()
    assert (found["line"], found["end_line"]) == (4, 4) and found["end_column"] > found["column"]
