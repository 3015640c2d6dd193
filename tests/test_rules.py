"""Our own rules: sound, complete, tagged as ATT&CK v19 is, and sayable."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from tests.conftest import PROJECT
from tests.yaml_files import Loader
from transpile.api import verify_all
from transpile.attack import tactics, technique
from transpile.batch.find import SIDE_FILE, find
from transpile.conversion import convert_all
from transpile.dialects import writers
from transpile.ir.rule import Rule
from transpile.matching.expect import check_expectations
from transpile.matching.rules import load_rules
from transpile.verify.proof import Verdict

RULES = sorted(path for path in (PROJECT / "rules").rglob("*.yml") if not path.name.endswith(SIDE_FILE))
FIRST = PROJECT / "rules/windows/security/security_4688_net_use_lateral_movement.yml"
ORDER = (
    "title",
    "id",
    "name",
    "related",
    "status",
    "description",
    "references",
    "author",
    "date",
    "tags",
    "logsource",
    "detection",
    "correlation",
    "falsepositives",
    "level",
)


def load(path: Path) -> list[dict[str, Any]]:
    return list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=Loader))


def every() -> list[dict[str, Any]]:
    return [document for path in RULES for document in load(path)]


def test_there_are_many_over_many_log_sources() -> None:
    assert FIRST in RULES
    assert len(RULES) >= 60
    sources = Counter(str(sorted(one["logsource"].items())) for one in every() if "logsource" in one)
    assert len(sources) >= 25


def test_each_is_a_rule_of_its_own() -> None:
    ids, titles = zip(*((one["id"], one["title"]) for one in every()), strict=True)
    assert len(set(ids)) == len(ids) and len(set(titles)) == len(titles)
    assert all(UUID(one).version == 4 for one in ids)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_rule(path: Path) -> None:
    for rule in load(path):
        if "filter" not in rule:
            check_rule(rule)


def check_rule(rule: dict[str, Any]) -> None:
    assert list(rule) == [key for key in ORDER if key in rule]
    stage = {"correlation"} if "detection" in rule else {"logsource", "detection"}
    assert set(ORDER) - set(rule) <= {"related", "name", *stage}
    assert len(rule["title"]) <= 100 and rule["falsepositives"]
    served = set()
    for tag in rule["tags"]:
        if found := re.fullmatch(r"attack\.(t\d{4}(?:\.\d{3})?)", tag):
            known = technique(found[1].upper())
            assert known, f"ATT&CK v19 has no {tag}"
            served |= {tactic.key for tactic in known.tactics}
    named = {tactic.key for tactic in tactics() if f"attack.{tactic.key}" in rule["tags"]}
    assert named and named <= served, f"{named - served} is served by none of the techniques"


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_rule_is_sound_and_sayable(path: Path) -> None:
    found = convert_all(path.read_text(encoding="utf-8"), write=writers(), model="none", allow_approximate=True)
    findings = {one.code for conversion in found for one in conversion.diagnostics}
    assert not {one for one in findings if one.startswith(("SIG", "IO"))} - {"SIG097", "SIG098"}
    found = [one for one in found if one.rule is not None and one.rule.is_single]
    refused = {one.target for one in found if one.query is None} - {
        "kuery",
        "lucene",
    }  # which have no regexes to search
    assert refused in (set(), {"eql", "yaral"})  # keywords


def test_a_dozen_relate_several_events_in_every_way() -> None:
    stages = [one["correlation"] for one in every() if "correlation" in one]
    assert len(stages) >= 12
    assert {one["type"] for one in stages} == {
        "event_count",
        "value_count",
        "value_sum",
        "value_avg",
        "value_median",
        "value_percentile",
        "temporal",
        "temporal_ordered",
    }
    named = {one["name"] for one in every() if "correlation" in one}
    assert any(named & set(one["rules"]) for one in stages)
    assert any("aliases" in one for one in stages) and any(one.get("generate") for one in stages)
    assert any(isinstance(one.get("condition"), str) for one in stages)
    assert any("filter" in one for one in every())


@pytest.mark.parametrize("path", [path for path in RULES if any("correlation" in one for one in load(path))])
def test_rules_on_several_events_are_said_in_splunk_and_kusto(path: Path) -> None:
    found = convert_all(path.read_text(encoding="utf-8"), write=("spl", "kql"), model="none", allow_approximate=True)
    assert all(one.query is not None for one in found)


def test_modifiers_are_put_to_use() -> None:
    used = {
        modifier
        for path in RULES
        for key in re.findall(r"^\s+(?:- )?'?[\w.-]*(\|[\w|]+)'?:", path.read_text(encoding="utf-8"), re.MULTILINE)
        for modifier in key.split("|")[1:]
    }
    expected = {"all", "base64offset", "cased", "cidr", "contains", "endswith", "exists", "fieldref", "gt", "gte"}
    assert expected | {"i", "re", "s", "startswith", "wide", "windash"} <= used


def test_the_rules_meet_their_own_expectations() -> None:
    rules = [one for one in load_rules(find([str(PROJECT / "rules")])) if isinstance(one, Rule)]
    outcomes = list(check_expectations(rules))
    assert len(outcomes) > 30
    assert [outcome for outcome in outcomes if not outcome.met] == []


def test_every_side_file_has_its_rule() -> None:
    for path in (PROJECT / "rules").rglob(f"*{SIDE_FILE}"):
        assert path.with_name(path.name.removesuffix(SIDE_FILE) + ".yml") in RULES


def test_a_counted_property_of_a_bag_is_proven_on_the_platform() -> None:
    text = (PROJECT / "rules/cloud/aws/aws_access_keys_for_several_users.yml").read_text(encoding="utf-8")
    proofs = list(verify_all(text, write="kql"))
    assert {proof.verdict for proof in proofs} == {Verdict.PROVEN}
    assert "Request = parse_json(RequestParameters)" in str(proofs[-1].query)
