"""What shows only among many rules, and many files at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.lint_cases import BASE
from transpile.batch import find
from transpile.lint.fix import fix_files
from transpile.lint.run import Linted, lint_files, lint_text
from transpile.lint.settings import parse_settings

OTHER = BASE.replace("7f9a1c52", "11111111").replace("title: Whoami", "title: Another Whoami")


def lint(folder: Path, jobs: int = 1) -> dict[str, list[tuple[str, str]]]:
    linted: list[Linted] = lint_files(find([str(folder)]), parse_settings({}), jobs=jobs)
    return {
        Path(one.path).relative_to(folder).as_posix(): [
            (found.diagnostic.code, found.diagnostic.message) for found in one.findings
        ]
        for one in linted
    }


@pytest.mark.parametrize("jobs", [1, 2])
def test_duplicates_across_files(tmp_path: Path, jobs: int) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    (tmp_path / "one" / "rule_whoami.yml").write_text(BASE)
    (tmp_path / "two" / "rule_whoami.yml").write_text(OTHER.replace("whoami.exe", "who.exe"))
    (tmp_path / "two" / "same_id.yml").write_text(
        BASE.replace("whoami.exe", "id.exe").replace("title: W", "title: Some W")
    )
    (tmp_path / "two" / "same_meaning.yml").write_text(OTHER.replace("11111111", "22222222").replace("Another", "A"))
    (tmp_path / "two" / "same_title.yml").write_text(
        BASE.replace("whoami.exe", "ls.exe")
        .replace("7f9a1c52", "33333333")
        .replace("System Account", "system  account ")
    )
    first = str(tmp_path / "one" / "rule_whoami.yml")
    found = lint(tmp_path, jobs)
    assert found["one/rule_whoami.yml"] == []
    assert found["two/rule_whoami.yml"] == [("LNT171", f"{first} has the same file name")]
    assert [code for code, _ in found["two/same_id.yml"]] == ["SIG079"]
    assert found["two/same_meaning.yml"] == [("LNT172", f"the rule in {first} detects exactly the same")]
    assert [code for code, _ in found["two/same_title.yml"]] == ["LNT014", "LNT170"]


def test_findings_of_the_set_obey_comments(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text(BASE)
    (tmp_path / "two.yml").write_text(OTHER.replace("detection:", "detection: # transpile: ignore duplicate-meaning"))
    assert lint(tmp_path)["two.yml"] == []


def test_different_log_sources_are_different_rules(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text(BASE)
    (tmp_path / "two.yml").write_text(OTHER.replace("product: windows", "product: linux"))
    assert "LNT172" not in [code for code, _ in lint(tmp_path)["two.yml"]]


def test_a_document_that_lends_to_others_is_told_once() -> None:
    text = (
        "action: global\ntitle: Lent.\nid: 7f9a1c52-5b1e-4d0e-9c7e-2f4d3a1b8c60\nlogsource: {product: windows}\n---\n"
        "detection: {a: {Image: b}, condition: a}\n---\ndetection: {a: {Image: c}, condition: a}\n"
    )
    found = [one.diagnostic.code for one in lint_text(text)]
    assert found.count("LNT012") == 1 and "LNT170" not in found and "SIG079" not in found


def test_files_of_other_languages_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[rule]\nname = 'x'\nlanguage = 'eql'\nquery = 'any where true'\n")
    (tmp_path / "savedsearches.conf").write_text("[A search]\nsearch = index=a b=**\n")
    (tmp_path / "a.yml").write_text(BASE.replace("date: 2024-05-01", "date: 2024/05/01"))
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    found = lint(tmp_path)
    assert found.pop("a.yml") and not any(found.values())
    assert [Path(one.path).name for one in fix_files(find([str(tmp_path)]), jobs=1)] == ["a.yml"]
    after = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"a.yml"}


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "latin.yml").write_bytes("title: Überfall\n".encode("latin-1"))
    assert [code for code, _ in lint(tmp_path)["latin.yml"]] == ["IO003"]
