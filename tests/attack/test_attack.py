"""The ATT&CK data is whole and the corpora's tags are found in it."""

from __future__ import annotations

import re
from pathlib import Path

from transpile import attack


def test_every_technique_has_a_tactic_and_a_parent() -> None:
    assert len(attack.techniques()) > 600
    for one in attack.techniques():
        assert one.tactics, one.id
        assert ("." in one.id) == (one.parent is not None), one.id


def test_defense_evasion_is_now_stealth() -> None:
    old = attack.tactic("defense_evasion")
    assert old is not None
    assert (old.id, old.name) == ("TA0005", "Stealth")
    assert attack.tactic("TA0112") == attack.tactic("defense-impairment")


def test_unknown_techniques_are_named() -> None:
    found = attack.coverage(["attack.t9999", "attack.T1059.001", "attack.s0039", "cve.2020-1"])
    assert found.unknown == ("T9999",)
    assert [one.id for one in found.techniques] == ["T1059.001"]


def test_sigma_tags_are_known(corpora: Path) -> None:
    tags = set()
    for path in (corpora / "sigma" / "rules").rglob("*.yml"):
        tags |= set(re.findall(r"^\s+- (attack\.t\d\S+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert len(tags) > 300
    assert attack.coverage(sorted(tags)).unknown == ()
