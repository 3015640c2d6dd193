"""The pages made from the code are as the code is."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
spec = importlib.util.spec_from_file_location("generate_docs", DOCS / "generate.py")
assert spec and spec.loader
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)


@pytest.mark.parametrize("page", generate.PAGES)
def test_the_page_is_fresh(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == generate.text(page), "python docs/generate.py writes it anew"


NO_PAGES = ("README.md", "index.md", "contributing.md", "changelog.md")  # they are other texts, or stand for them


def test_the_index_names_every_page() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    assert [
        page.name for page in DOCS.glob("*.md") if page.name not in NO_PAGES and f"({page.name})" not in index
    ] == []


def test_every_command_has_a_section() -> None:
    page = generate.text("cli.md")
    assert [name for name in generate.COMMANDS if f"\n## transpile {name}\n" not in page] == []
    assert page.count("$ transpile catalog ") > 10 and "$ transpile models coverage --help" in page


@pytest.mark.parametrize("page", generate.shown(), ids=lambda page: page.name)
def test_the_commands_of_the_page_run_and_print_what_it_shows(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert generate.with_sessions(text) == text, "python docs/generate.py writes it anew"


def test_the_readme_shows_commands() -> None:
    assert (DOCS.parent / "README.md").read_text(encoding="utf-8").count("```console") >= 2


def test_the_site_has_every_page() -> None:
    listed = (DOCS / "index.md").read_text(encoding="utf-8").split()
    assert [page.stem for page in DOCS.glob("*.md") if page.stem not in ("README", "index", *listed)] == []


@pytest.mark.parametrize("page", sorted([*DOCS.glob("*.md"), *DOCS.parent.glob("*.md")]), ids=lambda page: page.name)
def test_the_rows_of_a_table_have_as_many_cells_as_its_head(page: Path) -> None:
    cells = 0
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        here = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not cells or not here or here == cells, f"{page.name}:{number}"
        cells = here
