"""The project file, environment variables, and their schemas."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from transpile.cli import Exit
from transpile.cli.main import main
from transpile.project import ProjectError, find, load
from transpile.project.load import variables
from transpile.project.schema import SCHEMAS
from transpile.project.template import text

RULE = """\
title: {title}
level: {level}
logsource: {{product: windows, category: process_creation}}
detection:
  selection: {{Image: a.exe}}
  condition: selection
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two rules; the current folder is below it."""
    for name, _, _ in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("TRANSPILE_CONFIG", raising=False)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yml").write_text(RULE.format(title="A", level="high"))
    (tmp_path / "rules" / "b.yml").write_text(RULE.format(title="B", level="low"))
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    return tmp_path


def settings(project: Path, content: str) -> None:
    (project / "transpile.toml").write_text('rules = ["rules"]\n' + content)


def converted(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[tuple[str, str]]:
    assert main(["convert", "-f", "ndjson", "-q", *arguments]) == Exit.FINE
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [(one["title"], one["target"]) for one in found]


def test_it_holds_below_its_folder(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings(project, 'to = ["kql"]\nwhere = "level >= high"\n')
    assert find() == project / "transpile.toml"
    assert converted(capsys) == [("A", "kql")]


def test_the_environment_wins_over_it_and_the_command_line_over_both(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(project, 'to = ["kql"]\nwhere = "level >= high"\n')
    monkeypatch.setenv("TRANSPILE_TO", "spl, eql")
    assert converted(capsys) == [("A", "spl"), ("A", "eql")]
    assert converted(capsys, "-t", "yaral", "--where", "level == low") == [("B", "yaral")]


def test_another_file_or_none(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(project, 'to = ["kql"]\n')
    (project / "other.toml").write_text('rules = ["rules/b.yml"]\nto = "spl"\n')
    monkeypatch.setenv("TRANSPILE_CONFIG", str(project / "other.toml"))
    assert converted(capsys) == [("B", "spl")]
    monkeypatch.setenv("TRANSPILE_CONFIG", "")
    assert main(["convert"]) == Exit.USAGE_ERROR


def test_models_serve_the_languages_that_they_are_for(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings(project, 'models = ["defender", "ecs"]\n')
    assert main(["convert", "-f", "json", "-q", "-t", "kql,spl,eql", "../rules/a.yml"]) == Exit.FINE
    found = {one["target"]: one["model"] for one in json.loads(capsys.readouterr().out)}
    assert found == {"kql": "defender", "spl": "windows-xml", "eql": "ecs"}
    settings(project, 'models = ["defendr"]\n')
    assert main(["convert"]) == Exit.USAGE_ERROR
    assert "did you mean" in capsys.readouterr().err


def test_what_the_file_turns_on_the_command_line_turns_off(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "rules" / "a.yml").write_text(RULE.format(title="A", level="high").replace("a.exe", "''"))
    settings(project, 'to = "kql"\nmodels = "none"\nallow_approximate = true\n')
    for arguments, status in ([], "approximate"), (["--no-approximate"], "refused"):
        main(["convert", "../rules/a.yml", "-f", "json", *arguments])
        assert [one["status"] for one in json.loads(capsys.readouterr().out)] == [status]


def test_deploy_lint_and_data_have_their_tables(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings(
        project,
        '[deploy]\nplatform = "sentinel"\noutput = "out"\n[deploy.defaults]\nname_prefix = "Ours "\n'
        '[lint]\ndisable = ["all"]\n[sentinel]\ntables = ["SecurityEvent"]\n',
    )
    assert main(["deploy", "--report", "json"]) == Exit.FINE
    assert len(list((project / "out" / "rules").glob("*"))) == 2
    assert "Ours A" in "".join(path.read_text() for path in (project / "out" / "rules").glob("*"))
    capsys.readouterr()
    assert main(["check", "-t", "kql"]) == Exit.FINE
    assert "LNT" not in capsys.readouterr().out
    assert main(["convert", "-q", "-t", "kql", "../rules/a.yml"]) == Exit.FINE
    assert "DeviceProcessEvents" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('modles = ["x"]', "transpile.toml:2:1: unknown key `modles`; did you mean `models`?\n    modles"),
        ("jobs = 'x'", "transpile.toml:2:1: `jobs` must be a number from 1"),
        ("allow_approximate = 1", "`allow_approximate` must be true or false"),
        ("to = [1]", "`to` must be a list of texts"),
        ("windows = 'slidng'", "`windows` must be one of sliding, buckets"),
        ("[deploy]\nplatfrom = 'splunk'", "transpile.toml:3:1: unknown key `platfrom` in [deploy]"),
        ("[sentinel]\ntables = 'x'", "transpile.toml:3:1: `tables` must be a list of names"),
        ("to = [", "not TOML"),
        ("a = = 1", "transpile.toml:2:5: not TOML"),
        ("splunk = 1", "`splunk` must be a table"),
    ],
)
def test_what_is_wrong_has_its_place(
    content: str, said: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(project, content + "\n")
    assert main(["convert"]) == Exit.USAGE_ERROR
    assert said in capsys.readouterr().err


def test_variables_that_are_wrong(project: Path) -> None:
    for environment in ({"TRANSPILE_JOBS": "x"}, {"TRANSPILE_WINDOWS": "x"}, {"TRANSPILE_ALLOW_APPROXIMATE": "maybe"}):
        with pytest.raises(ProjectError, match="TRANSPILE_"):
            load(environment=environment)


def test_config_says_what_holds_and_from_where(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(project, 'to = ["kql"]\n[lint]\ndisable = ["title-case"]\n')
    monkeypatch.setenv("TRANSPILE_UNMAPPED", "keep")
    assert main(["config", "-f", "json"]) == Exit.FINE
    held = {one["name"]: (one["value"], one["origin"]) for one in json.loads(capsys.readouterr().out)}
    assert held["to"] == (["kql"], "../transpile.toml:2")
    assert held["rules"] == (["../rules"], "../transpile.toml:1")
    assert held["unmapped"] == ("keep", "TRANSPILE_UNMAPPED")
    assert held["models"] == (None, "default")
    assert held["lint.disable"][0] == ["title-case"]
    assert main(["config"]) == Exit.FINE
    assert "Project file:" in capsys.readouterr().out


def test_init_writes_a_file_that_holds(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", ".."]) == Exit.FINE
    assert load().options("convert") == {"paths": ["../rules"]}
    assert main(["init", ".."]) == Exit.USAGE_ERROR


def uncommented() -> dict[str, Any]:
    """The file of `init` with all that is commented in force."""
    lines = text("rules").splitlines()
    given = [line.removeprefix("# ") for line in lines if "=" in line or line.startswith("# [")]
    return tomllib.loads("\n".join(line for line in given if not line.startswith("(")))


def validator(name: str) -> Any:
    """What holds values to a schema; imported here, since it takes long and few tests ask for it."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(SCHEMAS[name]())


def test_all_that_init_writes_is_valid(project: Path) -> None:
    found = uncommented()
    assert {"rules", "to", "deploy", "lint", "splunk"} <= found.keys()
    lines = [line for line in text("rules").splitlines() if "=" in line or line.startswith("# [")]
    (project / "transpile.toml").write_text(
        "\n".join(one.removeprefix("# ") for one in lines if not one.startswith("# ("))
    )
    assert load().options("deploy")["platform"] == "splunk"
    validator("project").validate(found)


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_schemas_and_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    validator(name).check_schema(SCHEMAS[name]())
    assert main(["config", "--schema", name]) == Exit.FINE
    assert json.loads(capsys.readouterr().out) == SCHEMAS[name]()


def test_our_own_files_fit_their_schemas() -> None:
    here = Path(__file__).parent.parent.parent
    model, deploy = (validator(name) for name in ("model", "deploy"))
    checked = 0
    for path in sorted((here / "transpile" / "pipelines").glob("*.yml")):
        model.validate(yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader))
        checked += 1
    assert checked > 5
    for path in (here / "examples" / "deploy").glob("*.yml"):
        deploy.validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_what_editors_mark_as_wrong() -> None:
    deploy, model = (validator(name) for name in ("deploy", "model"))
    assert not deploy.is_valid({"levels": {"high": {"intervall": "5m"}}})
    assert not deploy.is_valid({"defaults": {"interval": "5 minutes"}})
    assert deploy.is_valid({"enable": "test", "defaults": {"interval": "5m", "index": ["a"]}})
    assert not model.is_valid({"sources": [{"feilds": {}}]})
