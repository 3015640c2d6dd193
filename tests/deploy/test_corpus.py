"""Public rules on single events and on several, and our own, as each platform's own validators see them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from transpile import dialects
from transpile.batch import find
from transpile.conversion import Options
from transpile.deploy.output import compare, write
from transpile.deploy.plan import Deployment, DeployOutcome, assemble, outcomes_of, plan, platform
from transpile.deploy.settings import parse
from transpile.dialects.base import ReadOptions
from transpile.formats.reading import read_rules
from transpile.source import Source

SCHEMAS = Path(__file__).parent / "schemas"
RULES = Path(__file__).parent.parent.parent / "rules"


@cache
def outcomes(folder: Path, name: str) -> list[DeployOutcome]:
    target = platform(name)
    models = (target.model,) if target.model else ()
    several = folder.name == "stages"  # rules of documentations and tests, on fields that no platform has
    if several and name != "defender":  # which takes no rows without columns of its own
        models = ("none",)
    options = Options(target.dialects, models=models, allow_approximate=several)
    return list(outcomes_of(find([str(folder)]), options))


@cache
def deployment(folder: Path, name: str, format_: str) -> Deployment:
    return assemble(outcomes(folder, name), platform(name), format_=format_)


@pytest.fixture(scope="module", params=["ours", "public", "stages"])
def folder(request: pytest.FixtureRequest) -> Path:
    if request.param == "ours":
        return RULES
    corpora: Path = request.getfixturevalue("corpora")
    return corpora / ("sigma" if request.param == "public" else "stages")


def texts(folder: Path, name: str, format_: str) -> dict[str, str]:
    made = deployment(folder, name, format_)
    few = 0.02 if name == "defender" else 0.4
    least = few if folder.name == "stages" else 0.4  # base rules raise no alerts
    assert sum(outcome.item is not None for outcome in made.outcomes) > least * len(made.outcomes) > 0
    return {file.path: file.text for file in made.files if file.path != "manifest.json"}


def problems(schema: str, value: Any) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    validator = jsonschema.Draft202012Validator(json.loads((SCHEMAS / schema).read_text(encoding="utf-8")))
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def validator(name: str) -> str:
    """The command of a validator, from TRANSPILE_VALIDATORS (folders, as in PATH) or the path."""
    found = shutil.which(name, path=os.environ.get("TRANSPILE_VALIDATORS")) or shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


def test_elastic_rules_are_valid_and_parse(folder: Path) -> None:
    lines = texts(folder, "elastic", "ndjson")["rules.ndjson"].splitlines()
    rules = [json.loads(line) for line in lines]
    assert [found for rule in rules for found in problems("elastic.json", rule)] == []
    assert len({rule["rule_id"] for rule in rules}) == len(rules)
    eql = pytest.importorskip("eql", reason="eql is not installed")
    parser = eql.parser
    with (
        parser.elasticsearch_syntax,
        parser.ignore_missing_functions,
        parser.elasticsearch_validate_optional_fields,
        parser.allow_runs,
        parser.allow_sample,
    ):
        eql_rules = [rule for rule in rules if rule["type"] == "eql"]
        for rule in eql_rules[:: max(1, len(rules) // 500)]:  # its parser takes long; the language's own tests try all
            eql.parse_query(rule["query"])


def test_threshold_rules_are_valid_and_parse(folder: Path) -> None:
    if folder.name == "sigma":
        pytest.skip("these rules are on single events")
    asked = parse("defaults: {threshold: true}")
    made = assemble(
        outcomes(folder, "elastic"), platform("elastic"), format_="ndjson", config=asked, allow_approximate=True
    )
    rules = [json.loads(line) for line in made.files[0].text.splitlines()]
    assert [found for rule in rules for found in problems("elastic.json", rule)] == []
    counting = [rule for rule in rules if rule["type"] == "threshold"]
    assert len(counting) >= (60 if folder.name == "stages" else 2)
    lucene = dialects.load("lucene")
    for rule in counting:
        assert lucene.print(lucene.parse(Source(rule["query"]))) == rule["query"]
        (read,) = read_rules(Source(json.dumps(rule), "rules.ndjson"), "auto", ReadOptions())
        assert read.rule is not None and not read.left, rule["name"]


def test_elastic_toml_reads(folder: Path) -> None:
    for path, text in texts(folder, "elastic", "toml").items():
        rule = tomllib.loads(text)["rule"]
        assert (rule["type"], "index" in rule) in (("eql", True), ("esql", False)), path
        assert minutes(rule["from"].removeprefix("now-")) > minutes(rule["interval"]), path


def minutes(duration: str) -> int:
    return int(duration[:-1]) * {"m": 1, "h": 60, "d": 1440}[duration[-1]]


def test_sentinel_yaml_keeps_the_limits(folder: Path) -> None:
    for path, text in texts(folder, "sentinel", "yaml").items():
        rule = yaml.safe_load(text)
        frequency, period = minutes(rule["queryFrequency"]), minutes(rule["queryPeriod"])
        assert 5 <= frequency <= period <= 14 * 1440, path
        assert len(rule["name"]) <= 256, path
        assert len(rule["description"]) <= 5000, path
        assert 0 < len(rule["query"]) <= 10_000, path
        assert rule["severity"] in ("Informational", "Low", "Medium", "High"), path
        assert len(rule.get("entityMappings", [])) <= 10, path
        assert re.fullmatch(r"\d+\.\d+\.\d+", rule["version"]), path


def test_arm_templates_are_valid(folder: Path) -> None:
    (one,) = texts(folder, "sentinel", "arm-single").values()
    assert problems("sentinel.json", json.loads(one)) == []
    for text in texts(folder, "sentinel", "arm").values():
        assert len(json.loads(text)["resources"]) == 1


def test_terraform_parses(folder: Path) -> None:
    hcl2 = pytest.importorskip("hcl2", reason="python-hcl2 is not installed")
    paths = sorted(texts(folder, "sentinel", "terraform").items())
    for _, text in paths[:: max(1, len(paths) // 150)]:  # its parser takes long
        hcl2.loads(text)


def test_bicep_parses(folder: Path) -> None:
    tree_sitter = pytest.importorskip("tree_sitter", reason="tree-sitter is not installed")
    bicep = pytest.importorskip("tree_sitter_bicep", reason="tree-sitter-bicep is not installed")
    parser = tree_sitter.Parser(tree_sitter.Language(bicep.language()))
    for path, text in texts(folder, "sentinel", "bicep").items():
        assert not parser.parse(text.encode()).root_node.has_error, path


def test_defender_rules_are_valid(folder: Path) -> None:
    for path, text in texts(folder, "defender", "json").items():
        assert problems("defender.json", json.loads(text)) == [], path


def test_secops_rules_pass_the_checker(folder: Path) -> None:
    from transpile.dialects.yaral.check import problems as yaral_problems

    rendered = texts(folder, "secops", "yaral")
    config = yaml.safe_load(rendered.pop("rule_config.yaml"))
    assert {f"rules/{name}.yaral" for name in config} == set(rendered)
    for path, text in rendered.items():
        assert list(yaral_problems(text)) == [], path


def test_splunk_app_passes_inspection(folder: Path, tmp_path: Path) -> None:
    inspect = validator("splunk-appinspect")
    write(tmp_path, deployment(folder, "splunk", "app").files)
    options = ["--mode", "precert", "--ci", "--skip-trusted-libraries-update"]
    command = [inspect, "inspect", str(tmp_path / "transpile_detections"), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = dict(re.findall(r"^\s*(error|failure|success):\s+(\d+)", done.stdout, re.MULTILINE))
    assert report.get("error") == report.get("failure") == "0", done.stdout[-3000:]
    assert int(report["success"]) > 50


def test_ksconf_reads_the_splunk_app(folder: Path, tmp_path: Path) -> None:
    ksconf = validator("ksconf")
    write(tmp_path, deployment(folder, "splunk", "app").files)
    files = sorted(map(str, (tmp_path / "transpile_detections").rglob("*.conf")))
    done = subprocess.run([ksconf, "check", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_contentctl_validates_the_content_pack(folder: Path, tmp_path: Path) -> None:
    contentctl = validator("contentctl")
    start = subprocess.run([contentctl, "init"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert start.returncode == 0, start.stdout + start.stderr
    made = deployment(folder, "splunk", "contentctl")
    write(tmp_path, made.files)
    done = subprocess.run([contentctl, "validate"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert len(list((tmp_path / "detections").glob("*.yml"))) == sum(one.item is not None for one in made.outcomes)


@pytest.mark.parametrize("name", ["splunk", "sentinel"])
def test_a_deployment_is_the_same_each_time(name: str, tmp_path: Path) -> None:
    format_ = platform(name).formats[0]
    write(tmp_path, deployment(RULES, name, format_).files)
    again = plan(find([str(RULES)]), name, format_=format_)
    assert compare(tmp_path, again.files) == []
