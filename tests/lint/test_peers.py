"""pySigma's 80 validators beside our lint rules: for each, a rule in which both find the mistake.

`VALIDATORS` (transpile/lint/pysigma.py) is the table of which lint rule looks for the same. `APART` gives the reason
where ours differs on purpose or the two cannot be run side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.lint.lint_cases import BASE, NAME, Mistake, everything, mistakes
from tests.yaml_files import read_beside
from transpile import attack
from transpile.ir.stream import LogSource
from transpile.lint.pysigma import CORE, SIGMAHQ, VALIDATORS
from transpile.lint.run import lint_text
from transpile.lint.settings import KNOWN
from transpile.pipelines.load import kinds
from transpile.report.codes import all_codes

MISTAKES = mistakes()

APART: Mapping[str, str] = {
    "duplicate_filename": "takes two folders: test_sets.py",
    "sigmahq_status_to_high": "reads the clock, and so finds nothing in a rule of a fixed date: test_rules.py",
}

# Codes of reading that the tests of reading show.
ELSEWHERE = {"SIG010", "SIG076", "SIG101", "IO002"}

WINDOWS = "windows_process_creation_None"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of what pySigma's validators load from the network, the same facts as ours."""
    from sigma.data import mitre_attack, mitre_d3fend

    tactics = {one.id: one.key for one in attack.tactics()}
    techniques = {one.id: one.name for one in attack.techniques()}
    serves = {one.id: [tactic.key for tactic in one.tactics] for one in attack.techniques()}
    empty: dict[str, str] = {}
    data = {
        "mitre_attack_tactics": tactics,
        "mitre_attack_techniques": techniques,
        "mitre_attack_techniques_tactics_mapping": serves,
        "mitre_attack_intrusion_sets": empty,
        "mitre_attack_software": empty,
        "mitre_attack_datasources": empty,
        "mitre_attack_mitigations": empty,
    }
    monkeypatch.setattr(mitre_attack, "_get_cached_data", lambda: data)
    d3fend = {"mitre_d3fend_tactics": {"Harden": "Harden"}, "mitre_d3fend_techniques": empty}
    monkeypatch.setattr(mitre_d3fend, "_get_cached_data", lambda: d3fend | {"mitre_d3fend_artifacts": empty})
    try:
        from sigma.validators.sigmahq.data import (
            data_filename,
            data_taxonomy,
            data_windows_eventid,
            data_windows_provider,
        )
    except ImportError:
        return
    fields = sorted(kinds()[LogSource("process_creation", "windows")].fields - {"EventID", "Provider_Name"})
    for module, name, value in (
        (data_taxonomy, "sigmahq_taxonomy_fieldsname", {WINDOWS: fields}),
        (data_taxonomy, "sigmahq_taxonomy_redundant_fields", {WINDOWS: ["EventID", "Provider_Name", "Channel"]}),
        (data_filename, "sigmahq_filename_pattern", {WINDOWS: "proc_creation_win_"}),
        (data_windows_eventid, "sigmahq_category_no_eventid", ["process_creation"]),
        (data_windows_provider, "sigmahq_provider_name", {"process_creation": ["Microsoft-Windows-Sysmon"]}),
    ):
        monkeypatch.setitem(vars(module), name, value)  # getattr would load it


def issues(validator: Any, text: str, path: str, folder: Path) -> int:
    """How many issues a validator of pySigma finds in a text."""
    from sigma.collection import SigmaCollection
    from sigma.rule import SigmaRule

    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    checker, found = validator(), 0
    for rule in SigmaCollection.load_ruleset([place], collect_errors=True).rules:
        if isinstance(rule, SigmaRule) and rule.errors and not rule.detection:
            continue
        found += len(checker.validate(rule))
    return found + len(checker.finalize())


def installed() -> Mapping[str, Any]:
    from sigma.plugins import InstalledSigmaPlugins

    return InstalledSigmaPlugins.autodiscover().validators


def test_the_table_knows_every_validator() -> None:
    assert (len(CORE), len(SIGMAHQ)) == (31, 49)
    assert [code for codes in VALIDATORS.values() for code in codes if code not in KNOWN] == []
    assert set(CORE) <= set(installed())
    if any(name.startswith("sigmahq_") for name in installed()):
        assert set(installed()) - {"transpile_lint"} == set(VALIDATORS)  # all but ours


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", [name for name in VALIDATORS if name not in APART])
def test_both_find_the_mistake(name: str, tmp_path: Path) -> None:
    validator = installed().get(name)
    if validator is None:
        pytest.skip("pysigma-validators-sigmahq is not installed (pip install '.[peers]')")
    meant = [one for one in MISTAKES if one.code in VALIDATORS[name]]
    assert meant, f"no one-mistake rule for {VALIDATORS[name]}"
    assert any(_found(validator, one, tmp_path) for one in meant), f"{validator.__name__} finds none of {meant}"
    assert issues(validator, BASE, NAME, tmp_path / "sound") == 0


def _found(validator: Any, mistake: Mistake, folder: Path) -> bool:
    """Whether pySigma's validator finds it as well; what pySigma cannot even read it cannot validate."""
    assert mistake.code in {one.diagnostic.code for one in lint_text(mistake.text, mistake.path, everything())}
    try:
        return issues(validator, mistake.text, mistake.path, folder / str(mistake).replace(":", "_")) > 0
    except Exception:
        return False


def test_every_lint_rule_of_rsigma_has_its_like_or_a_reason() -> None:
    table = read_beside(__file__, "rsigma.yml")
    assert len(table) == 75
    shown = {one.code for one in MISTAKES} | {"LNT032"}
    for name, found in table.items():
        if isinstance(found, str):
            assert len(found) > 20, name
            continue
        assert set(found) <= all_codes().keys(), name
        assert shown & set(found) or set(found) <= ELSEWHERE, f"no one-mistake rule shows {name}"
