"""transpile in pySigma and sigma-cli."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaBackendError, SigmaConfigurationError
from sigma.processing.pipeline import ProcessingPipeline

from transpile.conversion import convert
from transpile.plugin import LintValidator, TranspileBackend

PROJECT = Path(__file__).parent.parent.parent
RULE = """\
title: A rule
id: 6f3e2987-db24-4c78-a860-b4f4095a7095
logsource: {product: windows, category: process_creation}
detection:
  selection:
    Image|endswith: '\\a.exe'
    CommandLine|contains|all: ['*x\\*', 'b?c']
  condition: selection
"""
CORRELATION = (
    RULE.replace("title: A rule", "title: Base\nname: base")
    + """\
---
title: Many
correlation: {type: event_count, rules: [base], group-by: [Computer], timespan: 5m, condition: {gte: 10}}
"""
)
FILTER = """\
---
title: Not here
logsource: {product: windows, category: process_creation}
filter:
  rules: [6f3e2987-db24-4c78-a860-b4f4095a7095]
  selection: {Computer: pc}
  condition: not selection
"""
INDEX = ProcessingPipeline.from_yaml(
    """\
name: index
priority: 10
transformations:
  - type: add_condition
    conditions: {index: win}
postprocessing:
  - {type: embed, prefix: "<", suffix: ">"}
"""
)


class Spl(TranspileBackend):
    language = "spl"
    name = "spl"


class Kql(TranspileBackend):
    language = "kql"
    name = "kql"


def test_the_query_is_that_of_transpile() -> None:
    assert Spl().convert(SigmaCollection.from_yaml(RULE)) == [convert(RULE, write="spl").query]
    assert Kql().convert_rule(SigmaCollection.from_yaml(RULE).rules[0]) == [convert(RULE, write="kql").query]  # type: ignore[arg-type]


def test_correlations_come_without_their_base_rules() -> None:
    (query,) = Kql().convert(SigmaCollection.from_yaml(CORRELATION))
    assert "Computer" in query and "5m" in query


def test_filters_that_pysigma_applies() -> None:
    (query,) = Spl(model="none").convert(SigmaCollection.from_yaml(RULE + FILTER))
    assert 'NOT Computer="pc"' in query


def test_pipelines_and_what_they_do_to_the_query() -> None:
    (query,) = Spl(INDEX).convert(SigmaCollection.from_yaml(RULE))
    assert query.startswith("<") and query.endswith(">") and 'index="win"' in query
    (query,) = Spl(INDEX, model="windows-xml").convert(SigmaCollection.from_yaml(RULE))
    assert 'index="win"' in query and "EventCode=1" in query


def test_a_rule_without_a_query_is_an_error_of_pysigma() -> None:
    rules = SigmaCollection.from_yaml(RULE.replace("CommandLine", "CommandLines"))
    with pytest.raises(SigmaBackendError, match="MAP002"):
        Spl().convert(rules)
    backend = Spl(collect_errors=True)
    assert backend.convert(rules) == [] and len(backend.errors) == 1


def test_callbacks_see_each_rule() -> None:
    seen = []

    def keep(rule: object, form: object, index: int, condition: object, query: object) -> object:
        seen.append((rule, query))
        return None

    assert Spl().convert(SigmaCollection.from_yaml(RULE), callback=keep) == []
    assert len(seen) == 1


@pytest.mark.parametrize(
    "options", [{"modell": "x"}, {"model": "nope"}, {"unmapped": "x"}, {"allow_approximate": "maybe"}]
)
def test_options_that_are_not_there(options: dict[str, Any]) -> None:
    with pytest.raises(SigmaConfigurationError):
        Spl(**options)


def test_the_linter_as_a_validator(tmp_path: Path) -> None:
    path = tmp_path / "rule.yml"
    path.write_text(RULE)
    (rule,) = SigmaCollection.load_ruleset([path]).rules
    issues = LintValidator().validate(rule)
    assert {"LNT003", "LNT004"} <= {one.code for one in issues}  # type: ignore[attr-defined]
    assert f"{path}:1:1" in str(issues[0])


def test_pysigma_finds_the_plugins(tmp_path: Path) -> None:
    code = (
        "from sigma.plugins import InstalledSigmaPlugins as P; found = P.autodiscover();"
        "print(sorted(n for n in found.backends if n.startswith('transpile')), 'transpile_lint' in found.validators)"
    )
    place = os.pathsep.join((str(PROJECT), str(PROJECT / "plugins")))
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": place}, capture_output=True, text=True, check=True
    )
    names = [f"transpile_{one}" for one in ("eql", "esql", "kql", "kuery", "lucene", "spl", "yaral")]
    assert done.stdout.strip() == f"{names} True"


def test_our_own_rules_come_out_alike() -> None:
    """What pySigma hands over of a rule means the rule."""
    for path in sorted((PROJECT / "rules" / "windows").rglob("*.yml"))[::4]:
        if path.name.endswith(".tests.yml"):
            continue
        text = path.read_text(encoding="utf-8")
        if len(list(yaml.safe_load_all(text))) == 1:
            expected = convert(text, write="spl", model="none").query
            assert Spl(model="none").convert(SigmaCollection.from_yaml(text)) == [expected], path
