"""Which lint rules run, and how severe they are: by a project file, by pySigma's files, by comments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lint.lint_cases import BASE, NAME
from transpile.diagnostics import Severity
from transpile.lint.codes import CODES
from transpile.lint.load import load_settings
from transpile.lint.pysigma import parse_pysigma
from transpile.lint.run import lint_text
from transpile.lint.settings import LintSettings, LintSettingsError, parse_settings

WRONG = BASE.replace("author: Ann Example\n", "").replace(
    "    filter_main", "    unused: {User: x}\n    filter_main", 1
)


def found(text: str, settings: LintSettings | None = None) -> dict[str, Severity]:
    listed = lint_text(text, NAME, settings or parse_settings({}))
    return {one.diagnostic.code: one.diagnostic.severity for one in listed}


def test_what_is_named_goes_before_groups() -> None:
    assert parse_settings({"disable": ["all"]}).enabled == frozenset()
    assert parse_settings({"disable": ["all"], "enable": ["title-case"]}).enabled == {"LNT013"}
    assert parse_settings({"disable": ["all"], "severity": {"LNT104": "error"}}).enabled == {"LNT104"}
    assert "LNT013" not in parse_settings({"enable": ["all"], "disable": ["title-case"]}).enabled


def test_by_default_conventions_of_one_repository_are_off() -> None:
    assert found(WRONG) == {"LNT003": Severity.NOTE, "SIG056": Severity.NOTE}
    off = {code for code, row in CODES.items() if not row.on}
    assert "LNT013" in off and off.isdisjoint(parse_settings({}).enabled)
    assert off <= parse_settings({"enable": ["sigmahq"]}).enabled


@pytest.mark.parametrize("word", ["LNT003", "lnt003", "missing-author"])
def test_rules_are_named_by_code_or_name(word: str) -> None:
    assert "LNT003" not in found(WRONG, parse_settings({"disable": [word]}))
    assert found(WRONG, parse_settings({"severity": {word: "error"}}))["LNT003"] is Severity.ERROR
    assert "LNT003" not in found(WRONG, parse_settings({"severity": {word: "off"}}))


def test_notes_of_reading_can_be_set_too_but_not_what_loses_a_rule() -> None:
    assert "SIG056" not in found(WRONG, parse_settings({"disable": ["SIG056"]}))
    assert found(WRONG, parse_settings({"severity": {"SIG056": "warning"}}))["SIG056"] is Severity.WARNING
    lost = WRONG.replace("condition: selection", "condition: selektion")
    assert found(lost, parse_settings({"disable": ["SIG051"]}))["SIG051"] is Severity.ERROR


def test_a_rule_can_be_excluded_by_its_id() -> None:
    settings = parse_settings({"exclude": {"7F9A1C52-5b1e-4d0e-9c7e-2f4d3a1b8c60": ["missing-author", "SIG056"]}})
    assert found(WRONG, settings) == {}
    assert found(WRONG.replace("7f9a1c52", "7f9a1c53"), settings) != {}


def test_options() -> None:
    settings = parse_settings({"options": {"title-length": 10, "tag-namespaces": ["acme"]}})
    text = BASE.replace("attack.discovery", "acme.team-blue")
    assert found(text, settings) == {"LNT010": Severity.NOTE}
    assert "LNT051" in found(text)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"enabled": []}, r"has no `enabled`; did you mean `enable`\?"),
        ({"disable": ["missing-autor"]}, "no lint rule `missing-autor`; did you mean `missing-author`?"),
        ({"disable": "LNT001"}, "expected a list"),
        ({"severity": {"LNT001": "fatal"}}, "expected error, warning, note or off"),
        ({"severity": []}, "must be a table"),
        ({"options": {"title-lenght": 3}}, r"did you mean `title-length`\?"),
        ({"options": {"title-length": "long"}}, "must be a number"),
        ({"options": {"tag-namespaces": "acme"}}, "must be a list"),
    ],
)
def test_wrong_settings_are_named(data: dict[str, Any], message: str) -> None:
    with pytest.raises(LintSettingsError, match=message.replace("?", r"\?").replace(r"\\?", r"\?")):
        parse_settings(data)


def test_pysigma_files(tmp_path: Path) -> None:
    settings = parse_pysigma(
        {
            "validators": ["all", "-sigmahq_author_existence", "-dangling_detection"],
            "exclusions": {"7f9a1c52-5b1e-4d0e-9c7e-2f4d3a1b8c60": "sigmahq_title_length"},
            "config": {"sigmahq_title_length": {"max_length": 10}, "sigmahq_tags_tlp": {"allowed_tlp": ["red"]}},
        }
    )
    assert found(WRONG, settings) == {}
    assert found(WRONG.replace("7f9a1c52", "7f9a1c53"), settings) == {"LNT010": Severity.NOTE}
    assert "LNT013" in settings.enabled and settings.options.allowed_tlp == ("red",)
    one = parse_pysigma({"validators": ["sigmahq_title_case"]})
    assert "LNT013" in one.enabled and "LNT003" not in one.enabled
    assert "LNT110" in one.enabled  # what pySigma does not look for keeps its default
    for data, message in (
        ({"validators": ["al"]}, "no pySigma validator `al`"),
        ({"validators": ["-tlptags"]}, "did you mean `tlptag`"),
        ({"config": {"sigmahq_title_case": {"word_list": ["x"]}}}, "no counterpart"),
        ([], "is a map"),
    ):
        with pytest.raises(LintSettingsError, match=message):
            parse_pysigma(data)
    place = tmp_path / "sigma.yml"
    place.write_text("validators: [all, -sigmahq_author_existence]\n")
    assert "LNT003" not in load_settings(place).enabled


def test_project_files(tmp_path: Path) -> None:
    place = tmp_path / "transpile.toml"
    place.write_text(
        'rules = "rules"\n[lint]\ndisable = ["missing-author"]\n[lint.severity]\nunknown-field = "error"\n'
    )
    settings = load_settings(place)
    assert "LNT003" not in settings.enabled and settings.severities == {"LNT086": Severity.ERROR}
    for text, message in (
        ("[lint", "cannot be read"),
        ("lint = 3", "must be a table"),
        ("[lint]\nx = 1", "toml: .*`x`"),
    ):
        place.write_text(text)
        with pytest.raises(LintSettingsError, match=message):
            load_settings(place)
    with pytest.raises(LintSettingsError, match="cannot be read"):
        load_settings(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    unused: {User: x}", "    unused: {User: x} # transpile: ignore SIG056"),
        ("    unused: {User: x}", "    # transpile: ignore SIG056, LNT003\n    unused: {User: x}"),
        ("    unused: {User: x}", "    # transpile: ignore SIG056\n    # because it is kept\n    unused: {User: x}"),
        ("    unused: {User: x}", "    unused: {User: x} # transpile: ignore"),
        ("title: ", "# transpile: ignore-file SIG056\ntitle: "),
    ],
)
def test_a_comment_silences_its_line_or_file(old: str, new: str) -> None:
    assert "SIG056" in found(WRONG)
    assert "SIG056" not in found(WRONG.replace(old, new))


@pytest.mark.parametrize(
    "new",
    [
        "    unused: {User: x} # transpile: ignore LNT001",  # another code
        "    unused: {User: 'x # transpile: ignore'}\n    # transpile: ignore",  # the next line is another one
    ],
)
def test_a_comment_silences_nothing_else(new: str) -> None:
    text = WRONG.replace("    unused: {User: x}", new.replace("x # transpile: ignore", "x#transpile: ignore"))
    assert "SIG056" in found(text)


def test_errors_and_other_rooms_in_comments() -> None:
    lost = WRONG.replace("condition: selection", "condition: selektion").replace("# kept", "# transpile: ignore SIG051")
    assert "SIG051" in found(lost)
    assert "LNT190" not in found(WRONG.replace("# kept", "# transpile: ignore KQL002W"))
    assert "LNT190" in found(WRONG.replace("# kept", "# transpile: ignore everything"))
