"""The pages made from the code are as the code is."""

from __future__ import annotations

import importlib.util
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


def test_the_index_names_every_page() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in DOCS.glob("*.md") if page.name != "README.md" and f"({page.name})" not in index] == []


def test_every_command_has_a_section() -> None:
    page = generate.text("cli.md")
    assert [name for name in generate.COMMANDS if f"\n## transpile {name}\n" not in page] == []
    assert page.count("$ transpile catalog ") > 10 and "$ transpile models coverage --help" in page


def test_the_readme_shows_what_is_printed() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    assert readme.count("```console") >= 2
    assert generate.with_sessions(readme) == readme, "python docs/generate.py writes it anew"
