"""What `deploy` says of rules that are refused or disabled: which, where and why."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from transpile.cli.main import main
from transpile.deploy.plan import plan
from transpile.deploy.settings import DeploySettingsError, parse
from transpile.report.deployment import disabled, reasons, refusals, show_deployment
from transpile.report.terminal import console

REFUSED = """\
title: Rule with a misspelt field {0}
id: 0e95725d-7320-415d-80f7-004da920fc2{0}
status: test
logsource: {{product: windows, category: process_creation}}
detection:
  selection:
    Imag|endswith: 'x.exe'
  condition: selection
"""
SOUND = REFUSED.replace("Imag|", "Image|")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    for number in range(3):
        (folder / f"bad{number}.yml").write_text(REFUSED.format(number), encoding="utf-8")
    (folder / "good.yml").write_text(SOUND.format(9), encoding="utf-8")
    return folder


def made(rules: Path, settings: str = ""):  # type: ignore[no-untyped-def]
    from transpile.batch import find

    return plan(find([str(rules)]), "splunk", config=parse(settings))


def test_a_reason_has_one_row_with_two_examples(rules: Path) -> None:
    ((code, _, count, places),) = reasons(list(refusals(made(rules))))
    assert (code, count) == ("MAP002", 3)
    assert places == [f"{rules / f'bad{number}.yml'}:7:5" for number in (0, 1)]


def test_the_summary_names_each_refused_rule_with_its_line(rules: Path) -> None:
    stream = io.StringIO()
    show_deployment(console(stream), made(rules), [], check=False)
    for number in range(3):
        assert f"bad{number}.yml:7:5: error MAP002:" in stream.getvalue()
    assert "     7 |     Imag|endswith: 'x.exe'\n       |     ^^^^\n" in stream.getvalue()
    assert "near: Image" in stream.getvalue()


def test_the_manifest_names_refused_rules(rules: Path, tmp_path: Path) -> None:
    assert main(["deploy", str(rules), "--platform", "splunk", "-o", str(tmp_path / "out"), "-q"]) == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert {"kind": "data", "rules": 1} in [{key: row[key] for key in ("kind", "rules")} for row in manifest["needs"]]
    rows = manifest["rules"]
    row = rows[0]
    assert (row["title"], row["path"]) == ("Rule with a misspelt field 0", str(rules / "bad0.yml"))
    assert [(one["code"], one["line"]) for one in row["diagnostics"]] == [("MAP002", 7)]
    assert rows[3]["diagnostics"] == []


def test_rules_that_a_status_disables_are_counted_with_the_way_out(rules: Path) -> None:
    (line,) = disabled(made(rules))
    assert line.startswith("1 rule disabled because of status test: pass --enable test")
    assert list(disabled(made(rules, "enable: [test]"))) == []
    assert list(disabled(made(rules, "defaults: {enabled: false}"))) == []


def test_enable_on_the_command_line(rules: Path, tmp_path: Path) -> None:
    arguments = ["deploy", str(rules / "good.yml"), "--platform", "splunk", "-o", str(tmp_path), "-f", "conf", "-q"]
    assert main(arguments) == 0
    assert "enableSched = 0" in (tmp_path / "savedsearches.conf").read_text(encoding="utf-8")
    assert main([*arguments, "--enable", "test,experimental"]) == 0
    assert "enableSched = 1" in (tmp_path / "savedsearches.conf").read_text(encoding="utf-8")
    assert main([*arguments, "--enable", "tset"]) == 3


def test_an_unknown_status_is_told_with_its_line() -> None:
    with pytest.raises(
        DeploySettingsError, match=r"deploy.yml:1: enable: unknown status 'tset' \(did you mean 'test'\?\)"
    ):
        parse("enable: [tset]")


@pytest.mark.parametrize(("fail_on", "code"), [("none", 0), ("error", 0), ("refused", 1), ("approximate", 1)])
def test_refused_rules_fail_a_run_only_where_asked(rules: Path, tmp_path: Path, fail_on: str, code: int) -> None:
    out = ["-o", str(tmp_path / "out"), "-q", "--fail-on", fail_on]
    assert main(["deploy", str(rules), "--platform", "splunk", *out]) == code
    assert main(["convert", str(rules), "--to", "spl", *out]) == code


def test_unreadable_rules_fail_a_run_unless_told_otherwise(rules: Path, tmp_path: Path) -> None:
    (rules / "broken.yml").write_text("title: x\ndetection: [\n", encoding="utf-8")
    out = ["-o", str(tmp_path / "out"), "-q"]
    assert main(["convert", str(rules), "--to", "spl", *out]) == 2
    assert main(["convert", str(rules), "--to", "spl", *out, "--fail-on", "none"]) == 0


def test_the_job_summary_is_markdown_with_reasons_and_examples(
    rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, own = tmp_path / "step.md", tmp_path / "own.md"
    step.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(step))
    arguments = ["deploy", str(rules), "--platform", "splunk", "-o", str(tmp_path / "out"), "-q"]
    assert main([*arguments, "--summary", str(own)]) == 0
    lines = own.read_text(encoding="utf-8").splitlines()
    assert lines[2:5] == [
        "| target | exact | approximate | refused | error |",
        "| --- | --- | --- | --- | --- |",
        "| splunk | 1 | 0 | 3 | 0 |",
    ]
    (reason,) = (line for line in lines if "MAP002" in line)
    assert "| MAP002 | splunk | 3 |" in reason
    assert reason.count("<br>") == 1
    assert any("pass --enable test" in line for line in lines)
    assert step.read_text(encoding="utf-8").startswith("before\n### Detection rules for splunk\n")


def test_a_plan_says_what_would_become_of_each_rule(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["deploy", str(rules), "--platform", "splunk", "-o", str(tmp_path / "out"), "-q"]
    good = rules / "good.yml"

    def planned() -> str:
        assert main([*arguments, "--plan"]) == 0
        return capsys.readouterr().out.partition(":")[0].strip()

    assert planned() == "+ create"
    assert not (tmp_path / "out").exists()
    assert main(arguments) == 0
    assert planned() == "no rule would change"
    good.write_text(good.read_text(encoding="utf-8") + "author: Ann\n", encoding="utf-8")
    assert planned() == "~ change text"
    good.write_text(good.read_text(encoding="utf-8").replace("x.exe", "y.exe"), encoding="utf-8")
    assert planned() == "! change meaning"
    good.unlink()
    assert planned() == "- remove"


def test_a_plan_against_a_manifest_alone(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["deploy", str(rules), "--platform", "splunk", "-q", "-o", str(tmp_path / "out")]
    good = rules / "good.yml"
    assert main(arguments) == 0
    manifest = tmp_path / "manifest.json"
    (tmp_path / "out" / "manifest.json").rename(manifest)

    def planned() -> str:
        assert main([*arguments, "--plan", "--live", str(manifest)]) == 0
        return capsys.readouterr().out.partition(":")[0].strip()

    assert planned() == "no rule would change"
    good.write_text(good.read_text(encoding="utf-8") + "author: Ann\n", encoding="utf-8")
    assert planned() == "~ change text"
    good.write_text(good.read_text(encoding="utf-8").replace("x.exe", "y.exe"), encoding="utf-8")
    assert planned() == "~ change query"
    good.unlink()
    assert planned() == "- remove"


def test_no_file_that_is_read_is_written_over_and_no_deployed_file_is_read(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def deploy(*arguments: object) -> int:
        return main(["deploy", *map(str, arguments), "--platform", "sentinel", "-q"])

    assert deploy(rules, "-o", rules) == 3
    assert "is the folder of the rules; name another output folder" in capsys.readouterr().err
    template = rules / "rule_with_a_misspelt_field_9.yaml"
    (rules / "good.yml").rename(template)
    assert deploy(template, "-o", tmp_path) == 3  # whose files go to the folder `rules`
    assert f"{template} is a file that this run reads" in capsys.readouterr().err
    for _ in range(2):
        assert deploy(tmp_path, "-o", tmp_path / "build") == 0
        assert len(json.loads((tmp_path / "build" / "manifest.json").read_text(encoding="utf-8"))["rules"]) == 4


@pytest.mark.parametrize(
    ("platform", "form", "other"),
    [
        ("splunk", "app", "contentctl"),
        ("splunk", "contentctl", "conf"),
        ("elastic", "toml", "ndjson"),
        ("sentinel", "yaml", "arm-single"),
        ("sentinel", "bicep", "arm"),
        ("sentinel", "terraform", "arm"),
    ],
)
def test_a_plan_for_each_format_against_its_folder_and_an_export_in_another(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], platform: str, form: str, other: str
) -> None:
    arguments = ["deploy", str(rules), "--platform", platform, "-q"]
    good = rules / "good.yml"

    def planned(*more: str) -> str:
        assert main([*arguments, "-f", form, "-o", str(tmp_path / form), "--plan", *more]) == 0
        return capsys.readouterr().out.partition(":")[0].strip()

    assert planned() == "+ create"
    for each in (form, other):
        assert main([*arguments, "-f", each, "-o", str(tmp_path / each)]) == 0
    assert planned() == planned("--live", str(tmp_path / other)) == "no rule would change"
    is_read = form not in ("bicep", "terraform")
    good.write_text(good.read_text(encoding="utf-8") + "description: Told anew.\n", encoding="utf-8")
    assert planned() == planned("--live", str(tmp_path / other)) == "~ change text"
    good.write_text(good.read_text(encoding="utf-8").replace("x.exe", "y.exe"), encoding="utf-8")
    assert planned() == ("! change meaning" if is_read else "~ change query")
    assert planned("--live", str(tmp_path / other)) == "! change meaning"
    good.unlink()
    assert (planned(), planned("--live", str(tmp_path / other))) == ("- remove", "? only live")
