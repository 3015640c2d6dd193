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
from transpile.attack import tactics, technique
from transpile.batch.find import SIDE_FILE, find
from transpile.conversion import convert_all
from transpile.dialects import writers
from transpile.ir.rule import Rule
from transpile.matching.expect import check_expectations
from transpile.matching.rules import load_rules

RULES = sorted(path for path in (PROJECT / "rules").rglob("*.yml") if not path.name.endswith(SIDE_FILE))
FIRST = PROJECT / "rules/windows/security/security_4688_net_use_lateral_movement.yml"
ORDER = (
    "title",
    "id",
    "related",
    "status",
    "description",
    "references",
    "author",
    "date",
    "tags",
    "logsource",
    "detection",
    "falsepositives",
    "level",
)


def load(path: Path) -> dict[str, Any]:
    rule: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return rule


def test_there_are_many_over_many_log_sources() -> None:
    assert FIRST in RULES
    assert len(RULES) >= 60
    sources = Counter(str(sorted(load(path)["logsource"].items())) for path in RULES)
    assert len(sources) >= 25


def test_each_is_a_rule_of_its_own() -> None:
    ids, titles = zip(*((load(path)["id"], load(path)["title"]) for path in RULES), strict=True)
    assert len(set(ids)) == len(ids) and len(set(titles)) == len(titles)
    assert all(UUID(one).version == 4 for one in ids)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_rule(path: Path) -> None:
    rule = load(path)
    assert list(rule) == [key for key in ORDER if key in rule]
    assert set(ORDER) - set(rule) <= {"related"}
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
    assert len(found) == len(writers())
    assert not [one for conversion in found for one in conversion.diagnostics if one.code.startswith(("SIG", "IO"))]
    refused = {one.target for one in found if one.query is None} - {
        "kuery",
        "lucene",
    }  # which have no regexes to search
    assert refused in (set(), {"eql", "yaral"})  # keywords


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
