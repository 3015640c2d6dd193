"""The site: its pages, its links, its search index."""

from __future__ import annotations

import base64
import json
import re
import shutil
import sqlite3
import zlib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from transpile.catalog import shards
from transpile.catalog.database import open_catalog
from transpile.catalog.playground import checked
from transpile.catalog.site import slug, write_site
from transpile.catalog.stages import split_steps
from transpile.catalog.store import build

NET, WIDE, OTHER = (f"{n * 8}-{n * 4}-4{n * 3}-8{n * 3}-{n * 12}" for n in "123")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        self.links += [value for name in ("href", "src") if (value := found.get(name))]
        if found.get("id"):
            self.ids.append(str(found["id"]))


@pytest.fixture(scope="module")
def site(catalog_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    assert write_site(open_catalog(catalog_file), folder) > 10
    return folder


def test_every_link_resolves_and_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        found = _Links()
        found.feed(page.read_text())
        assert len(found.ids) == len(set(found.ids)), page
        for link in found.links:
            if link.startswith(("https://attack.mitre.org/", "#", "data:")):
                continue
            assert (page.parent / link.partition("#")[0]).is_file(), f"{page}: {link}"


def test_rules_open_in_a_playground_where_one_is_named(catalog_file: Path, site: Path, tmp_path: Path) -> None:
    write_site(open_catalog(catalog_file), tmp_path, playground=checked("https://example.org/play"))
    found = _Links()
    found.feed((tmp_path / "rules" / f"{OTHER}.html").read_text())
    (link,) = [one for one in found.links if one.startswith("https://example.org/")]
    address, _, packed = link.partition("#r=")
    state = json.loads(zlib.decompress(base64.urlsafe_b64decode(packed + "=="), -15))
    assert address == "https://example.org/play/"
    assert state["read"] == "eql" and 'process.name : ("net.exe"' in state["text"]
    assert not any("playground" in page.read_text() for page in (site / "rules").glob("*.html"))


def test_an_address_that_is_no_page_is_refused() -> None:
    for wrong in ("javascript:alert(1)", "", "https://example.org/#x"):
        with pytest.raises(ValueError, match="not the address"):
            checked(wrong)


def test_texts_of_rules_are_no_markup(site: Path) -> None:
    page = (site / "rules" / f"{NET}.html").read_text()
    assert "&lt;b&gt;net&lt;/b&gt;" in page
    assert "<b>net</b>" not in page


def test_bodies_can_be_left_out(catalog: sqlite3.Connection, tmp_path: Path) -> None:
    write_site(catalog, tmp_path, bodies=False)
    text = (tmp_path / "rules" / f"{NET}.html").read_text()
    assert "<pre" not in text.replace("<pre><code>{", "")
    assert "Not shown here" in text
    assert "logsource" not in text


def test_a_body_has_its_licence_line(site: Path) -> None:
    text = (site / "rules" / f"{OTHER}.html").read_text()
    assert "under Elastic License v2" in text
    assert "process where host.os.type" in re.sub(r"</?i[^>]*>", "", text)
    assert "By Someone, under MIT License" in (site / "rules" / f"{NET}.html").read_text()


def test_bodies_without_a_licence_are_not_shown(repository: Path, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(repository, folder)
    (folder / "LICENSE").write_text("All rights reserved")
    build([str(folder)], tmp_path / "c.sqlite", jobs=1)
    db = open_catalog(tmp_path / "c.sqlite")
    write_site(db, tmp_path / "site")
    assert "logsource" not in (tmp_path / "site" / "rules" / f"{NET}.html").read_text()
    write_site(db, tmp_path / "site", licences={"Sigma": "Detection Rule License 1.1"})
    assert "under Detection Rule License 1.1" in (tmp_path / "site" / "rules" / f"{NET}.html").read_text()


def test_the_start_page_shows_what_is_covered_and_what_is_equal(site: Path) -> None:
    text = (site / "index.html").read_text()
    assert 'href="techniques/T1021.html" title="T1021 Remote Services: 3 rules"' in text
    assert 'title="T1210 Exploitation of Remote Services: no rule"' in text
    assert "Same meaning, other vendor" in text
    assert f'<a href="rules/{OTHER}.html">Net from Elastic</a>' in text


def test_a_rule_page_has_a_panel_for_each_language(site: Path) -> None:
    text = (site / "rules" / f"{OTHER}.html").read_text()
    assert re.findall(r'<label for="l\d+">([^<(]+?) <span', text)[:2] == ["Elastic EQL", "Elastic ES|QL"]
    assert text.count('class="panel ') == text.count("<label for=") == 8
    assert "<i class=k>where</i>" in text
    assert "exact, proven" in text


def test_sites_are_the_same_every_time(catalog: sqlite3.Connection, site: Path, tmp_path: Path) -> None:
    write_site(catalog, tmp_path)
    for page in site.rglob("*.*"):
        assert (tmp_path / page.relative_to(site)).read_bytes() == page.read_bytes()


def test_the_index_of_words_finds_titles_and_values() -> None:
    documents = [shards.SearchEntry("a", "Net Use", "x", "psexec"), shards.SearchEntry("b", "Psexec </script>", "x")]
    found = dict(shards.files(documents))
    text = "".join(found.values())
    assert "</script>" not in text
    assert re.search(r"psexec 1 0(\\n|\")", text)  # in the title of the second document, elsewhere in the first
    assert '["a","Net Use","x"]' in found["d0"]


def test_file_names_are_safe_and_apart() -> None:
    assert slug("a/b") != slug("a-b")
    assert "/" not in slug("../../x")
    assert slug("index") != "index.html"


def test_fields_that_differ_in_case_alone_have_pages_that_do(tmp_path: Path) -> None:
    for name in ("User", "user"):
        text = f"title: {name}\nlogsource: {{product: windows}}\ndetection: {{a: {{{name}: x}}, condition: a}}\n"
        (tmp_path / f"{name}-rule.yml").write_text(text)
    build([str(tmp_path)], tmp_path / "c.sqlite", jobs=1)
    write_site(open_catalog(tmp_path / "c.sqlite"), tmp_path / "site")
    names = [path.name.lower() for path in (tmp_path / "site" / "fields").iterdir()]
    assert len(names) == len(set(names)) == 2


def test_steps_of_queries() -> None:
    assert split_steps("a | where b == 'x|y' // c|d\n| e") == ["a", "| where b == 'x|y' // c|d", "| e"]
    assert split_steps("sequence [a where b] [c where d]") == ["sequence [a where b] [c where d]"]
