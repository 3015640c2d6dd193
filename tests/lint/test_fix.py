"""Fixes: what is mended, what stays, and that nothing is kept which changes more than it says."""

from __future__ import annotations

from difflib import ndiff
from pathlib import Path
from typing import Any

import pytest

from tests.lint.lint_cases import BASE, NAME, Mistake, everything, mistakes
from transpile.batch import find
from transpile.diagnostics import diagnose
from transpile.dialects.sigma.codes import SIG077
from transpile.lint.codes import CODES
from transpile.lint.document import Edit
from transpile.lint.fix import CHANGES, FIXED, _provable, apply, fix_files, fix_text
from transpile.lint.menders import MENDERS
from transpile.lint.run import LintFinding, lint_text
from transpile.lint.settings import DEFAULTS
from transpile.source import Source

SETTINGS = everything()


def codes(text: str, path: str = NAME) -> list[str]:
    return [one.diagnostic.code for one in lint_text(text, path, SETTINGS)]


def has_fix(one: Mistake) -> bool:
    """Whether the linter offers a fix: of some codes, it has one for some of the mistakes."""
    return any(found.edits for found in lint_text(one.text, one.path, SETTINGS) if found.diagnostic.code == one.code)


MENDABLE = [one for one in mistakes() if one.code in FIXED]


@pytest.mark.parametrize("mistake", MENDABLE, ids=str)
def test_a_fix_mends_its_finding_and_leaves_the_rest_as_it_is(mistake: Mistake) -> None:
    fixed = fix_text(mistake.text, mistake.path, SETTINGS)
    mended = {one.diagnostic.code for one in fixed.mended}
    assert (mistake.code in mended) == has_fix(mistake)
    if mistake.code not in mended:
        return
    assert mistake.code not in codes(fixed.text, mistake.path)
    changed = [line for line in ndiff(mistake.text.splitlines(), fixed.text.splitlines()) if line[0] in "-+"]
    assert 1 <= len(changed) <= 6, changed
    assert fixed.text.count("# kept") == mistake.text.count("# kept")
    assert fix_text(fixed.text, mistake.path, SETTINGS).mended == ()


def test_the_table_says_which_codes_are_fixed() -> None:
    """Every code with a fix is shown by a mistake, and the table and the proof know of it."""
    shown = {one.code for one in MENDABLE if has_fix(one)}
    said = {code for code, row in CODES.items() if row.fix} | set(MENDERS)
    assert shown == said == FIXED
    assert len(shown) >= 25
    assert set(CHANGES) <= FIXED


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Image: '*\\whoami.exe'", "Image|endswith: '\\whoami.exe'"),
        ('Image: "*\\\\whoami.exe"', "Image|endswith: '\\whoami.exe'"),
        ("Image: '*who''s*' # theirs", "Image|contains: 'who''s' # theirs"),
        ("CommandLine: whoami*", "CommandLine|startswith: whoami"),
        ("CommandLine|cased: '*whoami*'", "CommandLine|contains|cased: 'whoami'"),
        ("CommandLine: 'C:\\\\*'", "CommandLine|startswith: 'C:\\\\'"),
        ("CommandLine|contains: '**who**ami*'", "CommandLine|contains: 'who*ami'"),
        ("CommandLine: 0x17", "CommandLine: '0x17'"),
        ("CommandLine|contains|contains|all: [a1, b1]", "CommandLine|contains|all: [a1, b1]"),
        ("'CommandLine|contains|all': whoami", "'CommandLine|contains': whoami"),
    ],
)
def test_values_are_rewritten_in_their_quotes(before: str, after: str) -> None:
    text = BASE.replace("Image|endswith: '\\whoami.exe'", before)
    assert fix_text(text, NAME).text == BASE.replace("Image|endswith: '\\whoami.exe'", after)


@pytest.mark.parametrize(
    "value",
    [
        "Image: 'C:\\*'",  # an escaped star is not a wildcard
        "Image: '*\\who?.exe'",
        "Image: '*'",
        "Image: ['*a', 'b*']",  # different ends
        "Image|contains: ''",
        "Image|base64|contains: '*a'",
    ],
)
def test_what_cannot_be_mended_safely_is_left(value: str) -> None:
    text = BASE.replace("Image|endswith: '\\whoami.exe'", value)
    assert fix_text(text, NAME).text == text


def test_lines_are_removed_whole_and_only_where_they_are_alone() -> None:
    tags = "tags:\n    - attack.discovery\n    - attack.t1033\n"
    twice = "    # first\n    - attack.t1033 # one\n    - attack.t1033 # two\n    - tlp.clear\n"
    block = BASE.replace(tags, f"tags:\n{twice}")
    assert fix_text(block, NAME).text == block.replace("    - attack.t1033 # two\n", "")
    flow = BASE.replace(tags, "tags: [attack.t1033, attack.t1033]\n")
    assert fix_text(flow, NAME).text == flow


def test_line_ends_and_unicode_are_kept() -> None:
    text = BASE.replace("Ann Example", "Ånn 😀").replace("date: 2024-05-01", "date: 2024/05/01").replace("\n", "\r\n")
    assert fix_text(text, NAME).text == text.replace("2024/05/01", "2024-05-01")


def test_a_text_becomes_a_list_where_one_is_asked_for() -> None:
    listed = "references:\n    - https://example.org/whoami\n"
    text = BASE.replace(listed, "references:   'https://example.org/whoami' # one\n")
    after = BASE.replace(listed, "references:\n    - 'https://example.org/whoami' # one\n")
    assert fix_text(text, NAME).text == after


def test_rules_that_count_are_mended_but_for_what_they_count() -> None:
    text = BASE.replace("Image|endswith: '", "Image: '*").replace(
        "condition: selection and not filter_main_parent",
        "timeframe: 5m\n    condition: selection | count() by User > 5",
    )
    fixed = fix_text(text, NAME).text
    assert fixed == text.replace("Image: '*", "Image|endswith: '")
    source = Source(text, NAME)
    start = text.index("> 5")
    assert _provable(source, [finding("LNT101", Edit(start, start + 3, "> 6"))]) == []
    start = text.index("5m")
    assert _provable(source, [finding("LNT101", Edit(start, start + 2, "6m"))]) == []


def test_a_misspelt_key_that_hides_the_detection_is_mended() -> None:
    text = BASE.replace("detection:", "detecton:")
    assert fix_text(text, NAME).text == BASE


def test_rules_that_cannot_be_read_keep_their_values() -> None:
    text = BASE.replace("date: 2024-05-01", "date: 2024/05/01").replace("condition: selection", "condition: selektion")
    fixed = fix_text(text, NAME)
    assert fixed.text == text.replace("2024/05/01", "2024-05-01")


def finding(code: str, *edits: Edit) -> LintFinding:
    kind = CODES.get(code, SIG077)
    facts: dict[str, Any] = dict.fromkeys(("key", "guess", "value", "right", "modifier", "text", "name"), "")
    return LintFinding(NAME, None, None, diagnose(kind, **facts), edits)


def edit(old: str, new: str) -> Edit:
    start = BASE.index(old)
    return Edit(start, start + len(old), new)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("LNT101", edit("whoami.exe", "whoam.exe")),  # another value
        ("LNT115", edit("Image|endswith", "Image|contains")),  # another modifier
        ("LNT109", edit("            - 'System'\n", "")),  # not a repetition
        ("LNT038", edit("low", "high")),  # not what the fix is about
        ("LNT038", edit("windows", "linux")),
        ("LNT143", edit("and not", "and")),
        ("LNT066", edit("logsource:", "logsources:")),  # cannot be read any more
        ("SIG077", edit("level: low", "levels: low\nextra: 1")),
        ("LNT012", edit("title: ", "title: x\n---\ntitle: ")),  # another document
    ],
)
def test_an_edit_that_changes_more_than_it_says_is_not_made(code: str, change: Edit) -> None:
    good = finding("LNT038", edit("date: 2024-05-01", "date: 2024-05-02"))
    source = Source(BASE, NAME)
    assert _provable(source, [finding(code, change)]) == []
    assert _provable(source, [good, finding(code, change)]) == [good]


def test_edits_are_made_from_the_end() -> None:
    assert apply("abcdef", [Edit(0, 1, "AA"), Edit(3, 4, ""), Edit(5, 6, "F")]) == "AAbceF"


def test_files_are_mended_in_place(tmp_path: Path) -> None:
    wrong = BASE.replace("2024-05-01", "2024/05/01")
    for name, raw in {
        "mended.yml": wrong.encode(),
        "bom.yml": b"\xef\xbb\xbf" + wrong.encode(),
        "sound.yml": BASE.encode(),
        "utf16.yml": wrong.encode("utf-16"),
        "broken.yml": b"title: [",
    }.items():
        (tmp_path / name).write_bytes(raw)
    (tmp_path / "mended.yml").chmod(0o640)
    fixed = fix_files(find([str(tmp_path)]), DEFAULTS, jobs=1)
    assert sorted(Path(one.path).name for one in fixed) == ["bom.yml", "mended.yml"]
    assert (tmp_path / "mended.yml").read_text() == BASE
    assert (tmp_path / "mended.yml").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "bom.yml").read_bytes() == b"\xef\xbb\xbf" + BASE.encode()
    assert (tmp_path / "sound.yml").read_bytes() == BASE.encode()
    assert (tmp_path / "utf16.yml").read_bytes() == wrong.encode("utf-16")
    assert {path.name for path in tmp_path.iterdir()} == {
        "mended.yml",
        "bom.yml",
        "sound.yml",
        "utf16.yml",
        "broken.yml",
    }
