"""`explain`, `check`, `targets`, `models` and `codes`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from transpile.cli import Exit
from transpile.cli.main import main
from transpile.report.codes import all_codes

RULE = """\
title: Several things
id: 6f3e2987-db24-4c78-a860-b4f4095a7095
logsource: {product: windows, category: process_creation}
detection:
  selection:
    Image|endswith:
      - '\\net.exe'
      - '\\net1.exe'
    CommandLine: ''
  filter:
    User: SYSTEM
  unused:
    User: alice
  condition: selection and not filter
"""

ABOUT = """\
status: test
description: Starts of the net command by users
author: Ann
date: 2024-05-01
level: low
"""


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    path = tmp_path / "rule.yml"
    path.write_text(RULE)
    return path


def test_explain_shows_the_whole_rule(rule: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(rule), "--to", "kql,spl", "--model", "none"]) == Exit.FINE
    shown = capsys.readouterr().out
    assert "Several things" in shown
    assert "condition: selection and not filter" in shown
    assert "Image ends with \\net.exe or \\net1.exe" in shown
    assert "CommandLine is ''" in shown
    assert "kql, model none: approximate" in shown and "spl, model none: exact" in shown
    line = shown.splitlines().index("     9 |     CommandLine: ''")
    assert "[kql] warning KQL002W" in shown.splitlines()[line - 1]
    assert shown.splitlines()[line + 1] == "       |                  ^^"


def test_explain_counts_what_no_index_serves_on_request(rule: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", str(rule), "--to", "kql,spl", "--model", "none"])
    assert "scans" not in capsys.readouterr().out
    main(["explain", str(rule), "--to", "kql,spl", "--model", "none", "--cost"])
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["kql", "none", "2", "0", "0"] in rows  # two ends of a path
    assert ["spl", "none", "2", "0", "1"] in rows  # and nothing says where the events are


def test_explain_shows_what_the_data_model_did(rule: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", str(rule), "--to", "kql", "--model", "sentinel"])
    shown = capsys.readouterr().out
    assert "What the data models made of it" in shown
    assert any(line.split()[:2] == ["sentinel", "Image"] and "sentinel.yml:" in line for line in shown.splitlines())


def test_explain_of_a_rule_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rule.yml"
    path.write_text("title: Broken\nlogsource: {category: x}\ndetection:\n  a: {Image|wat: 1}\n  condition: a\n")
    assert main(["explain", str(path)]) == Exit.UNREADABLE
    shown = capsys.readouterr().out
    assert "SIG030" in shown and "  a: {Image|wat: 1}" in shown and "no query" in shown


def test_explain_takes_one_file(rule: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.yml").write_text("title: x\n")
    assert main(["explain", str(tmp_path)]) == Exit.USAGE_ERROR
    assert "holds 2 files" in capsys.readouterr().err


def test_check_of_a_sound_rule(rule: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule.write_text(RULE.replace("    CommandLine: ''\n", "").replace("  unused:\n    User: alice\n", "") + ABOUT)
    assert main(["check", str(rule), "--model", "none", "--strict"]) == Exit.FINE
    shown = capsys.readouterr()
    assert shown.out == "" and "1 rule in 1 file" in shown.err


def test_check_shows_line_and_caret(rule: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(rule), "--to", "kql,spl", "--model", "none"]) == Exit.FINDINGS
    lines = capsys.readouterr().out.splitlines()
    first = next(place for place, line in enumerate(lines) if "KQL002W" in line)
    assert lines[first].startswith(f"{rule}:9:18: warning KQL002W: ") and lines[first].endswith("[kql]")
    assert lines[first + 1 : first + 3] == ["     9 |     CommandLine: ''", "       |                  ^^"]


def test_notes_are_findings_when_strict(rule: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule.write_text(RULE.replace("    CommandLine: ''\n", ""))
    assert main(["check", str(rule), "--model", "none"]) == Exit.FINE
    assert "note SIG056" in capsys.readouterr().out
    assert main(["check", str(rule), "--model", "none", "--strict"]) == Exit.FINDINGS


def test_a_note_on_what_is_an_error_is_not_repeated(rule: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule.write_text(RULE.replace("User: SYSTEM", "Usr: SYSTEM"))
    for targets, codes in (("kql", ["MAP002"]), ("kql,sigma", ["MAP002", "LNT086"])):
        main(["check", str(rule), "--to", targets, "--format", "json"])
        found = json.loads(capsys.readouterr().out)
        assert [one["code"] for one in found if "Usr" in one["message"]] == codes


def test_many_findings_are_counted_by_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(20):
        (tmp_path / f"{number}.yml").write_text(RULE.replace("User: SYSTEM", f"Usr{number}: SYSTEM"))
    main(["check", str(tmp_path), "--to", "kql"])
    assert "most often: " in (told := capsys.readouterr().err) and "MAP002 (20)" in told


def test_check_of_what_cannot_be_read(rule: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule.write_text("title: [")
    assert main(["check", str(rule)]) == Exit.UNREADABLE
    assert "SIG001" in capsys.readouterr().out


def test_check_as_json(rule: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", str(rule), "--to", "kql,yaral", "--model", "none", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert {one["code"]: one["targets"] for one in found if not one["code"].startswith("LNT")} == {
        "SIG056": ["kql", "yaral"],
        "KQL002W": ["kql"],
        "YAR002W": ["yaral"],
    }
    assert all(one["path"] == str(rule) and one["line"] for one in found)


def test_check_as_sarif(rule: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "hash #1 %.yml").write_text("title: [")
    assert main(["check", str(tmp_path), "--to", "kql", "--model", "none", "--format", "sarif"]) == Exit.UNREADABLE
    log = json.loads(capsys.readouterr().out)
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    ids = [one["id"] for one in run["tool"]["driver"]["rules"]]
    assert len(set(ids)) == len(ids)
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        place = result["locations"][0]["physicalLocation"]
        assert " " not in place["artifactLocation"]["uri"] and "#" not in place["artifactLocation"]["uri"]
        region = place["region"]
        assert region["startLine"] >= 1 and region["startColumn"] >= 1
        assert (region["endLine"], region["endColumn"]) >= (region["startLine"], region["startColumn"])
    prints = [one["partialFingerprints"]["finding/v1"] for one in run["results"]]
    assert len(set(prints)) == len(prints)


def test_check_fixes_in_place(rule: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = RULE.replace("    CommandLine: ''\n", "").replace("  unused:\n    User: alice\n", "") + ABOUT
    rule.write_text(text.replace("2024-05-01", "2024/05/01").replace("Image|", "Image|endswith|"))
    assert main(["check", str(rule), "--model", "none", "--fix", "--strict"]) == Exit.FINE
    assert "fixed 2 findings in 1 file" in capsys.readouterr().err
    assert rule.read_text() == text


def test_check_takes_lint_settings(rule: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "transpile.toml"
    settings.write_text('[lint]\ndisable = ["missing-author"]\n[lint.severity]\nmissing-level = "error"\n')
    main(["check", str(rule), "--to", "spl", "--model", "none", "-f", "json", "--lint-config", str(settings)])
    found = {one["code"]: one["severity"] for one in json.loads(capsys.readouterr().out)}
    assert "LNT003" not in found and found["LNT006"] == "error" and found["LNT007"] == "note"
    settings.write_text('[lint]\ndisable = ["missing-autor"]\n')
    assert main(["check", str(rule), "--lint-config", str(settings)]) == Exit.USAGE_ERROR
    assert "did you mean `missing-author`?" in capsys.readouterr().err


def test_other_yaml_in_a_folder_is_skipped(rule: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docker-compose.yml").write_text("services:\n  web:\n    image: nginx\n")
    (tmp_path / "rule.tests.yml").write_text("- event: {}\n")
    main(["check", str(tmp_path), "--to", "spl", "--model", "none"])
    told = capsys.readouterr()
    assert "skipped 1 file that holds no rules: " in told.err and "docker-compose.yml" in told.err
    assert "1 rule in 1 file" in told.err and "compose" not in told.out


def test_expectations_are_no_rules_however_they_are_named(
    rule: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    side = tmp_path / "rule.tests.yml"
    side.write_text("match: [{CommandLine: x}]\n")
    code = main(["check", str(rule), "--to", "spl"])
    before = capsys.readouterr()
    assert main(["check", str(rule), str(side), "--to", "spl"]) == code
    told = capsys.readouterr()
    assert told.out == before.out and "skipped 1 file of expectations (*.tests.yml)\n" in told.err
    assert main(["check", str(side)]) == Exit.USAGE_ERROR
    assert "name the rule files" in capsys.readouterr().err


def test_an_empty_file_is_named_as_skipped(rule: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.yml").write_text("\n")
    main(["check", str(rule), str(tmp_path / "empty.yml"), "--to", "spl"])
    assert "; 1 file is empty and skipped\n" in capsys.readouterr().err


def test_what_check_fails_on(rule: Path, tmp_path: Path) -> None:
    refused = tmp_path / "refused.yml"
    refused.write_text(rule.read_text().replace("product: windows", "product: nonsense"))
    for fail_on, code in (("none", 0), ("error", 0), ("refused", 1), ("approximate", 1)):
        assert main(["check", str(refused), "--to", "kql", "--fail-on", fail_on, "-q"]) == code, fail_on
    refused.write_text("title: [\n")
    for fail_on, code in (("none", 0), ("error", 2), ("refused", 2)):
        assert main(["check", str(refused), "--to", "kql", "--fail-on", fail_on, "-q"]) == code, fail_on


def test_models_lists_both_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--format", "json"]) == Exit.FINE
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert found["sentinel"]["kind"] == "model" and found["sentinel"]["targets"] == ["kql"]
    assert found["splunk_windows"]["kind"] == "pySigma pipeline"
    assert next(iter(found)) == "none"


def test_every_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["codes", "--format", "ndjson"]) == Exit.FINE
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["code"] for one in found] == list(all_codes())
    assert all(one["message"] and one["explanation"] for one in found)


def test_a_code_is_found_whatever_its_side(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("KQL002", "kql002w", "KQL002N"):
        assert main(["codes", name]) == Exit.FINE
        shown = capsys.readouterr().out
        assert shown.startswith(name.upper()) and all_codes()["KQL002"].explanation in shown


def test_check_finds_an_id_given_twice(rule: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "second.yml").write_text(RULE.replace("alice", "bob"))
    main(["check", str(tmp_path), "--to", "spl", "--model", "none", "--format", "json"])
    found = [one for one in json.loads(capsys.readouterr().out) if one["code"] == "SIG079"]
    assert [one["path"] for one in found] == [str(tmp_path / "second.yml")]
    assert str(rule) in found[0]["message"]


def test_coverage_counts_what_models_map(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "known.yml").write_text(RULE)
    (tmp_path / "field.yml").write_text(
        RULE.replace("User: SYSTEM", "NoSuchField: x").replace("CommandLine: ''", "Nor|fieldref: This")
    )
    (tmp_path / "logsource.yml").write_text(RULE.replace("category: process_creation", "service: nonsense"))
    (tmp_path / "broken.yml").write_text("title: [")
    assert main(["models", "coverage", str(tmp_path), "--model", "sentinel", "--format", "json"]) == Exit.FINE
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["model"], found["rules"], found["exact"], found["refused"]) == ("sentinel", 3, 1, 2)
    missing = {(one["logsource"], one["field"]): one["rules"] for one in found["missing"]}
    assert missing == {
        ("category process_creation, product windows", "NoSuchField"): 1,
        ("category process_creation, product windows", "Nor"): 1,
        ("category process_creation, product windows", "This"): 1,
        ("product windows, service nonsense", None): 1,
    }
    assert main(["models", "coverage", str(tmp_path)]) == Exit.FINE
    shown = capsys.readouterr()
    assert "NoSuchField" in shown.out and "1 files hold no rule" in shown.err
    assert main(["models", "coverage", str(tmp_path), "--model", "sentinal"]) == Exit.USAGE_ERROR
