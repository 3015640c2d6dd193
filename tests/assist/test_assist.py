"""What editors ask, without an editor."""

from __future__ import annotations

from pathlib import Path

import pytest

from transpile.assist.analysis import Analyst
from transpile.assist.completion import complete, selections
from transpile.assist.context import place_at
from transpile.assist.fixes import fixes
from transpile.assist.workspace import configuration, names
from transpile.conversion import Options
from transpile.report.findings import gather
from transpile.source import Source, Span

RULE = """\
title: One
logsource: {product: windows, category: process_creation}
detection:
  sel:
    Image: x
  condition: sel
"""


@pytest.mark.parametrize(
    ("text", "path", "word", "value"),
    [
        ("title: x\nlev", (), "lev", False),
        ("logsource:\n  product: win", ("logsource", "product"), "win", True),
        ("logsource: {product: windows, cat", ("logsource",), "cat", False),
        ("tags: [attack.t1", ("tags",), "attack.t1", True),
        ("tags:\n- at", ("tags",), "at", True),
        ("detection:\n    sel:\n        - A: b\n          Im", ("detection", "sel"), "Im", False),
        ("detection:\n  sel:\n    A|contains:\n      - fo", ("detection", "sel", "A"), "fo", True),
        ("detection:\n  # note\n\n  condition: a and b", ("detection", "condition"), "b", True),
        ("", (), "", False),
    ],
)
def test_a_cursor_is_placed_in_broken_text(text: str, path: tuple[str, ...], word: str, value: bool) -> None:
    lines = text.split("\n")
    place = place_at(text, len(lines), len(lines[-1]) + 1)
    assert (place.path, place.word, place.value) == (path, word, value)


def test_values_of_a_field_are_not_completed_with_fields() -> None:
    text = "detection:\n  sel:\n    A|contains:\n      - fo"
    assert complete(text, 4, 11)[1] == []


def test_selections_are_those_of_the_first_level() -> None:
    assert selections("detection:\n  a:\n    X: 1\n  b:\n    - Y: 2\n  condition: a\nlevel: low\n") == ["a", "b"]


def test_findings_are_those_of_check() -> None:
    options = Options(("kql", "eql"))
    analysis = Analyst(options).analyse(Source(RULE.replace("Image", "Imag"), "r.yml"))
    (piece,) = analysis.pieces
    said = {(one.diagnostic.code, one.diagnostic.span) for one in piece.findings}
    assert {(one.diagnostic.code, one.diagnostic.span) for one in gather(piece.conversions)} <= said


def test_a_keystroke_costs_one_rule() -> None:
    analyst = Analyst(Options(("kql",)))
    first = analyst.analyse(Source(f"{RULE}---\n{RULE.replace('One', 'Two')}", "r.yml"))
    second = analyst.analyse(Source(f"# new\n{RULE}---\n{RULE.replace('One', 'Two')}", "r.yml"))
    assert [one.conversions[0].title for one in second.pieces] == ["One", "Two"]
    assert second.pieces[1].conversions is first.pieces[1].conversions
    assert (first.pieces[1].line, second.pieces[1].line) == (7, 8)
    assert first.at(9) is first.pieces[1] and first.at(6) is first.pieces[0]


def test_a_selection_may_be_called_filter() -> None:
    text = RULE.replace("sel", "filter")
    assert len(Analyst(Options(("kql",))).analyse(Source(f"{text}---\n{text}", "r.yml")).pieces) == 2


def test_rules_that_refer_to_each_other_are_one_piece() -> None:
    many = "title: Many\ncorrelation:\n  type: event_count\n  rules: [one]\n  timespan: 5m\n  condition: {gte: 2}\n"
    (piece,) = Analyst(Options(("spl",))).analyse(Source(f"{RULE}name: one\n---\n{many}", "r.yml")).pieces
    assert [rule[0].title for rule in piece.rules] == ["One", "Many"]
    other = Source(f"{RULE}name: one\n", "one.yml")
    (alone,) = Analyst(Options(("spl",))).analyse(Source(many, "many.yml"), (other,)).pieces
    assert alone.conversions[0].query is not None


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transpile.assist.analysis.REMEMBERED", 3)
    analyst = Analyst(Options(("kql",)))
    for number in range(9):
        analyst.analyse(Source(RULE.replace("One", str(number)), "r.yml"))
    assert len(analyst._known) == 3 and analyst._size == sum(len(key[1]) for key in analyst._known)


@pytest.mark.parametrize(
    ("rule", "meant"),
    [
        (RULE.replace("Image", "Imag"), "Image"),
        (RULE.replace("Image", "Image|contain"), "contains"),
        (RULE.replace("condition: sel", "condition: sell"), "sel"),
        (RULE.replace("Image", "Imag").replace("x", "Imag"), "Image"),
        (RULE + "levl: low\n", "level"),
        (RULE + "level: hgih\n", "high"),
        (RULE.replace("process_creation", "process_creaton"), "process_creation"),
    ],
)
def test_what_was_meant(rule: str, meant: str) -> None:
    (piece,) = Analyst(Options(("kql",))).analyse(Source(rule, "r.yml")).pieces
    found = {edit.text for fix in fixes(piece, Span(1, 1, 99, 1)) for edit in fix.edits}
    assert meant in found


def test_names_of_rules_have_places() -> None:
    text = Source(f"{RULE}---\ntitle: Two\nid: 'abc'  # note\n", "r.yml")
    assert [(one.name, one.title, text.text_at(one.span)) for one in names(text)] == [("abc", "Two", "abc")]


def test_settings_of_a_folder(tmp_path: Path) -> None:
    assert configuration(None).options.targets == configuration(tmp_path).options.targets
    (tmp_path / "transpile.toml").write_text(
        '[lint]\ndisable = ["missing-id"]\n[sentinel]\ntables = ["SecurityEvent"]\n'
    )
    found = configuration(tmp_path, ["kusto"], ["sentinel"])
    assert found.options.targets == ("kql",) and "LNT001" not in found.lint.enabled and not found.problem
    assert found.options.profile.names("sentinel") == ("SecurityEvent",)
    (tmp_path / "transpile.toml").write_text('to = ["kql", "spl"]\nmodels = ["defender", "cim", "ecs"]\n')
    found = configuration(tmp_path)
    assert (found.options.targets, found.options.models) == (("kql", "spl"), ("defender", "cim"))
    assert configuration(tmp_path, ["eql"]).options.models == ("ecs",)
    (tmp_path / "transpile.toml").write_text("[lint")
    assert "transpile.toml" in configuration(tmp_path).problem
    assert "unknown language" in configuration(None, ["cobol"]).problem
