"""Rules, correlations and filters in several files, through the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sigma.test_correlations import base, correlation
from tests.sigma.test_filters import filter_
from transpile.batch import convert_paths, find
from transpile.cli import common
from transpile.cli.files import check_filters
from transpile.conversion import Options, Status
from transpile.deploy.plan import plan
from transpile.matching.rules import load_rules
from transpile.verify import Verdict, verify_files

COUNT = "type: event_count\nrules: [a]\ngroup-by: [User]\ntimespan: 5m\ncondition: {gte: 10}"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    (folder / "below").mkdir(parents=True)
    (folder / "a.yml").write_text(base("a"), encoding="utf-8")
    (folder / "b.yml").write_text(base("b"), encoding="utf-8")
    (folder / "below" / "filter.yml").write_text(filter_("[b]"), encoding="utf-8")
    (folder / "below" / "many.yml").write_text(correlation(COUNT), encoding="utf-8")
    return folder


def test_files_of_a_run_refer_to_each_other(rules: Path) -> None:
    found = list(convert_paths([str(rules)], write="spl", model="none"))
    assert [Path(one.path).name for one in found] == ["a.yml", "b.yml", "many.yml"]
    first, second, many = found
    assert first.status is Status.EXACT and [one.code for one in first.diagnostics] == ["SIG097"]
    assert second.query is not None and "SRV" in second.query
    assert not any(one.code.startswith("SIG") for one in many.diagnostics)


def test_a_file_alone_does_not_know_of_the_others(rules: Path) -> None:
    (found,) = convert_paths([str(rules / "below" / "many.yml")], write="spl", model="none")
    assert [one.code for one in found.diagnostics] == ["SIG090"]


def test_filters_beside_the_rules(rules: Path, tmp_path: Path) -> None:
    place = tmp_path / "filters.yml"
    place.write_text(filter_("any").replace("SRV", "DC"), encoding="utf-8")
    options = Options(("spl",), models=("none",), filters=check_filters([str(place)]))
    proofs = [proof for found in verify_files(find([str(rules / "b.yml")]), options) for proof in found]
    assert [one.verdict for one in proofs] == [Verdict.PROVEN]
    assert proofs[0].query is not None and "DC" in proofs[0].query


def test_filters_at_fault_are_a_usage_error(tmp_path: Path) -> None:
    place = tmp_path / "filters.yml"
    place.write_text(filter_().replace("rules: [a]", "rule: [a]"), encoding="utf-8")
    with pytest.raises(common.UsageError, match=r"filters.yml:3:1: SIG101"):
        check_filters([str(place)])
    with pytest.raises(common.UsageError):
        check_filters([str(tmp_path / "nowhere.yml")])


def test_deploy_leaves_base_rules_out(rules: Path) -> None:
    deployment = plan(find([str(rules)]), "splunk", models=("none",))
    outcomes = {Path(one.conversion.path).name: one for one in deployment.outcomes}
    assert outcomes["a.yml"].item is None and outcomes["a.yml"].status == "exact"
    assert outcomes["b.yml"].item is not None
    assert outcomes["many.yml"].item is not None and outcomes["many.yml"].status == "exact"


def test_events_are_matched_under_filters(rules: Path) -> None:
    loaded = list(load_rules(find([str(rules)])))
    assert len(loaded) == 3
