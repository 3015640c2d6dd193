"""The pages made from the code are as the code is."""

from __future__ import annotations

import importlib
import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
spec = importlib.util.spec_from_file_location("generate_docs", DOCS / "generate.py")
assert spec and spec.loader
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)
pictures = importlib.import_module("pictures")  # beside it


@cache
def made(page: str) -> str:
    """What a page should hold."""
    return str(generate.text(page))


@pytest.mark.parametrize("page", generate.PAGES)
def test_the_page_is_fresh(page: str) -> None:
    if page == "gallery.md" and _peers((DOCS / page).read_text(encoding="utf-8")) != _peers(made(page)):
        pytest.skip("docs/gallery.md was made with other versions of pySigma's packages")
    assert (DOCS / page).read_text(encoding="utf-8") == made(page), "python docs/generate.py writes it anew"


NO_PAGES = ("README.md", "index.md", "contributing.md", "changelog.md")  # they are other texts, or stand for them


def test_the_index_names_every_page() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    assert [
        page.name for page in DOCS.glob("*.md") if page.name not in NO_PAGES and f"({page.name})" not in index
    ] == []


def test_every_command_has_a_section() -> None:
    page = made("cli.md")
    assert [name for name in generate.COMMANDS if f"\n## transpile {name}\n" not in page] == []
    assert page.count("$ transpile catalog ") > 10 and "$ transpile models coverage --help" in page


@pytest.mark.parametrize("page", generate.shown(), ids=lambda page: page.name)
def test_the_commands_of_the_page_run_and_print_what_it_shows(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert _without_lines(generate.with_sessions(text)) == _without_lines(text), (
        "python docs/generate.py writes it anew"
    )


def _without_lines(text: str) -> str:
    """A text without the lines of data models, which move whenever somebody adds a field."""
    return re.sub(r"( [a-z-]+\.yml):\d+", r"\1", text)


def test_the_readme_shows_commands() -> None:
    assert (DOCS.parent / "README.md").read_text(encoding="utf-8").count("```console") >= 2


def test_the_site_has_every_page() -> None:
    listed = (DOCS / "index.md").read_text(encoding="utf-8").split()
    assert [page.stem for page in DOCS.glob("*.md") if page.stem not in ("README", "index", *listed)] == []


@pytest.mark.parametrize("page", sorted([*DOCS.glob("*.md"), *DOCS.parent.glob("*.md")]), ids=lambda page: page.name)
def test_the_rows_of_a_table_have_as_many_cells_as_its_head(page: Path) -> None:
    cells, code = 0, False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        code ^= line.startswith("```")
        if code:  # queries have bars of their own
            continue
        here = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not cells or not here or here == cells, f"{page.name}:{number}"
        cells = here


def _peers(gallery: str) -> str:
    """The line that names the versions of pySigma's packages."""
    return next(line for line in gallery.splitlines() if line.startswith("Made with "))


@pytest.mark.parametrize(
    "page",
    [page for page in (*generate.shown(), DOCS / "codes.md", DOCS / "lint.md") if page.name != "architecture.md"],
    ids=lambda page: page.name,
)
def test_the_commands_and_options_that_the_text_names_exist(page: Path) -> None:
    helps = made("cli.md")
    known = {*re.findall(r"--[a-z][a-z-]*", helps), "--help", "--version"}
    for command in re.findall(r"`transpile ([^`]+)`", page.read_text(encoding="utf-8").replace("\n", " ")):
        assert command.split()[0] in {*generate.COMMANDS, "COMMAND", "--version"}, command
        assert {*re.findall(r"(?<!\S)--[a-z][a-z-]*", command)} <= known, command


def test_the_picture_of_the_report_says_what_the_report_says() -> None:
    """Not byte by byte: how rich draws is its own affair."""
    drawn, now = (
        re.sub(r"<[^>]*>|\s|yml:\d+", "", text) for text in (pictures.REPORT.read_text("utf-8"), pictures.report())
    )
    assert drawn == now, "python docs/pictures.py --report draws it anew"
    assert re.findall(r"url\(\W*http|href=", pictures.REPORT.read_text("utf-8")) == []


def test_the_pictures_are_small() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[[^]]*\]\((.*?)\)", readme)
    assert len(shown) == 2
    assert all((DOCS.parent / path).stat().st_size < 150_000 for path in shown)


@pytest.mark.parametrize("page", [*DOCS.glob("*.md"), DOCS.parent / "README.md"], ids=lambda page: page.name)
def test_the_files_that_the_text_names_exist(page: Path) -> None:
    folders = "transpile|tests|docs|examples|benchmarks|rules|templates"
    named = re.findall(rf"`((?:{folders})/[\w./-]+)`", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (DOCS.parent / name).exists()] == []
