"""Rules on several events: every run looks back far enough, or the rule is refused."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from transpile.batch import find
from transpile.deploy.kusto_columns import lacking
from transpile.deploy.live import compare_live
from transpile.deploy.output import File
from transpile.deploy.plan import PLATFORMS, Deployment, plan, platform
from transpile.deploy.settings import parse
from transpile.source import Source

BASE = """
title: Failed logon
name: failed_logon
id: 0e95725d-7320-415d-80f7-004da920fc11
status: stable
logsource: {product: windows, service: security}
detection:
  selection: {EventID: 4625}
  condition: selection
"""
DEVICE = """
title: Archive tool
name: failed_logon
status: stable
logsource: {product: windows, category: process_creation}
detection:
  selection: {Image|endswith: '\\rar.exe'}
  condition: selection
"""
LOUD = """
title: Many failed logons
id: 0e95725d-7320-415d-80f7-004da920fc12
status: stable
level: high
author: Ann, Bob
correlation:
  type: event_count
  rules: [failed_logon]
  group-by: [TargetUserName]
  timespan: 10m
  condition: {gte: 10}
"""


def deployed(
    tmp_path: Path, *texts: str, to: str, form: str | None = None, settings: str = "", approximate: bool = False
) -> Deployment:
    (tmp_path / "rules.yml").write_text("---".join(texts), encoding="utf-8")
    return plan(
        find([str(tmp_path / "rules.yml")]),
        to,
        format_=form,
        config=parse(settings),
        allow_approximate=approximate,
    )


def read(made: Deployment, path: str) -> str:
    return next(file.text for file in made.files if file.path == path)


def codes(made: Deployment) -> set[str]:
    return {one.code for outcome in made.outcomes if outcome.item is None for one in outcome.diagnostics}


def device(timespan: str, group: str = "Computer") -> str:
    return LOUD.replace("TargetUserName", group).replace("10m", timespan)


def stanza(made: Deployment) -> dict[str, str]:
    _, _, text = read(made, "savedsearches.conf").partition("[Many failed logons]\n")
    lines = (line.partition(" = ") for line in text.splitlines() if " = " in line)
    return {key: value for key, _, value in lines}


def test_splunk_looks_back_over_span_and_interval_and_holds_a_group_back(tmp_path: Path) -> None:
    made = stanza(deployed(tmp_path, BASE, LOUD, to="splunk", form="conf"))
    assert made["dispatch.earliest_time"] == "-45m@m"  # 10m of the rule, 30m to the next run, 5m of lag
    assert made["dispatch.latest_time"] == "-5m@m"
    assert (made["alert.suppress"], made["alert.suppress.period"]) == ("1", "40m")
    assert (made["alert.suppress.fields"], made["alert.digest_mode"]) == ("TargetUserName", "0")


def test_a_base_rule_raises_no_alert(tmp_path: Path) -> None:
    for name in PLATFORMS:
        made = deployed(tmp_path, BASE, LOUD, to=name)
        assert made.outcomes[0].item is None
        assert not any("0e95725d-7320-415d-80f7-004da920fc11" in file.text for file in made.files[:-1])


def test_every_branch_of_a_search_is_within_the_indexes(tmp_path: Path) -> None:
    other = BASE.replace("failed_logon", "logon").replace("4625", "4624").replace("fc11", "fc13")
    both = LOUD.replace("event_count", "temporal").replace("[failed_logon]", "[failed_logon, logon]")
    both = both.replace("  condition: {gte: 10}\n", "")
    text = read(deployed(tmp_path, BASE, other, both, to="splunk", form="conf"), "savedsearches.conf")
    assert text.count("`transpile_index_windows`") == 2


def sentinel(made: Deployment) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(read(made, "rules/many_failed_logons.yaml"))
    return found


def test_sentinel_looks_back_and_maps_the_group(tmp_path: Path) -> None:
    rule = sentinel(deployed(tmp_path, BASE, LOUD, to="sentinel"))
    assert (rule["queryFrequency"], rule["queryPeriod"]) == ("30m", "40m")
    assert rule["entityMappings"] == [
        {"entityType": "Account", "fieldMappings": [{"identifier": "Name", "columnName": "TargetUserName"}]}
    ]
    assert rule["customDetails"] == {
        "FirstSeen": "FirstSeen",
        "LastSeen": "TimeGenerated",
        "TargetUserName": "TargetUserName",
    }
    assert rule["eventGroupingSettings"] == {"aggregationKind": "AlertPerResult"}


def test_sentinel_runs_hourly_from_two_days_on_and_still_covers_the_span(tmp_path: Path) -> None:
    rule = sentinel(deployed(tmp_path, BASE, LOUD.replace("10m", "2d"), to="sentinel"))
    assert (rule["queryFrequency"], rule["queryPeriod"]) == ("1h", "49h")


def test_sentinel_refuses_what_it_cannot_look_back_over(tmp_path: Path) -> None:
    made = deployed(tmp_path, BASE, LOUD.replace("10m", "14d"), to="sentinel")
    assert "DEP005" in codes(made)
    (message,) = (one.message for one in made.outcomes[1].diagnostics if one.code == "DEP005")
    assert message == "a run has to look back 337h; Microsoft Sentinel looks back 14d at most"


def test_the_other_formats_of_sentinel_say_the_same(tmp_path: Path) -> None:
    made = deployed(tmp_path, BASE, LOUD, to="sentinel", form="arm-single")
    properties = json.loads(read(made, "azuredeploy.json"))["resources"][0]["properties"]
    assert (properties["queryFrequency"], properties["queryPeriod"]) == ("PT30M", "PT40M")
    assert properties["incidentConfiguration"]["groupingConfiguration"]["lookbackDuration"] == "PT40M"
    hcl2 = pytest.importorskip("hcl2", reason="python-hcl2 is not installed")
    text = read(deployed(tmp_path, BASE, LOUD, to="sentinel", form="terraform"), "many_failed_logons.tf")
    assert hcl2.loads(text)["resource"]


@pytest.mark.parametrize(("span", "period"), [("10m", "1H"), ("6h", "3H"), ("12h", "12H"), ("28d", "24H")])
def test_defender_runs_as_often_as_its_look_back_allows(tmp_path: Path, span: str, period: str) -> None:
    made = deployed(tmp_path, DEVICE, device(span), to="defender")
    assert codes(made) == {"SIG097"}
    assert json.loads(read(made, "rules/many_failed_logons.json"))["schedule"]["period"] == period


def test_defender_refuses_longer_spans(tmp_path: Path) -> None:
    assert "DEP005" in codes(deployed(tmp_path, DEVICE, device("29d"), to="defender"))


@pytest.mark.parametrize(
    "correlation",
    [
        "{type: event_count, rules: [one], group-by: [Computer], timespan: 10m, condition: {gte: 10}}",
        "{type: event_count, rules: [one, two], group-by: [Computer], timespan: 10m, condition: {gte: 10}}",
        "{type: value_count, rules: [one], group-by: [Computer], timespan: 10m, condition: {gte: 4, field: Image}}",
        "{type: temporal, rules: [one, two], group-by: [Computer], timespan: 10m}",
        "{type: temporal_ordered, rules: [one, two], timespan: 10m}",
    ],
)
def test_rows_of_defender_have_what_an_alert_is_raised_on(tmp_path: Path, correlation: str) -> None:
    kinds = (("one", "process_creation", "Image"), ("two", "network_connection", "Image"))
    bases = [
        f"\ntitle: {name}\nname: {name}\nlogsource: {{product: windows, category: {category}}}\n"
        f"detection: {{a: {{{field}|endswith: 'whoami.exe'}}, condition: a}}\n"
        for name, category, field in kinds
    ]
    made = deployed(
        tmp_path,
        *bases,
        f"\ntitle: Several\nid: 0e95725d-7320-415d-80f7-004da920fc14\nlevel: high\ncorrelation: {correlation}\n",
        to="defender",
    )
    found = [one.item for one in made.outcomes if one.item is not None]
    assert found, codes(made)
    assert not lacking(found[-1].query, ("Timestamp", "ReportId", "DeviceId"))


def test_defender_wants_rows_that_an_alert_can_be_raised_on(tmp_path: Path) -> None:
    inner = device("10m").replace("title: Many", "name: many\ntitle: Many")
    outer = device("1h").replace("title: Many failed", "title: More").replace("[failed_logon]", "[many]")
    outer = outer.replace("fc12", "fc13")
    made = deployed(tmp_path, DEVICE, inner, outer, to="defender")
    (message,) = (one.message for one in made.outcomes[2].diagnostics if one.code == "DEP006")
    assert "ReportId" in message


def test_elastic_takes_the_language_that_is_exact(tmp_path: Path) -> None:
    made = deployed(tmp_path, BASE, LOUD, to="elastic")
    rule = json.loads(read(made, "rules.ndjson"))
    assert (rule["type"], rule["from"], rule["interval"]) == ("eql", "now-45m", "30m")
    assert rule["investigation_fields"] == {"field_names": ["winlog.event_data.TargetUserName"]}
    distinct = LOUD.replace("event_count", "value_count").replace("{gte: 10}", "{gte: 10, field: SubStatus}")
    assert deployed(tmp_path, BASE, distinct, to="elastic").outcomes[1].item is None
    made = deployed(tmp_path, BASE, distinct, to="elastic", approximate=True)
    rule = json.loads(read(made, "rules.ndjson"))
    assert (rule["type"], rule["language"]) == ("esql", "esql")
    assert "index" not in rule
    shown = ["winlog.event_data.TargetUserName", "value_count", "first_time", "last_time"]
    assert rule["investigation_fields"] == {"field_names": shown}
    assert rule["query"].startswith("FROM logs-system.security-*")
    assert made.outcomes[1].to_dict()["language"] == "esql"


THRESHOLD = "defaults: {threshold: true, suppress_for: 1h}"
OTHER = BASE.replace("failed_logon", "locked_out").replace("4625", "4740").replace("fc11", "fc13")


SIX = "TargetUserName, SubjectUserName, Status, WorkstationName, LogonType, SubStatus"


def threshold_rule(tmp_path: Path, *texts: str) -> dict[str, Any]:
    """The rule in Kibana's import file, which says what the public repository's form says."""
    made = deployed(tmp_path, *texts, to="elastic", settings=THRESHOLD, approximate=True)
    rule: dict[str, Any] = json.loads(read(made, "rules.ndjson"))
    toml = deployed(tmp_path, *texts, to="elastic", form="toml", settings=THRESHOLD, approximate=True)
    other = tomllib.loads(read(toml, "rules/many_failed_logons.toml"))["rule"]
    for key in ("type", "language", "query", "index", "from", "threshold", "alert_suppression"):
        assert rule.get(key) == other.get(key), key
    return rule


def test_elastic_counts_by_threshold_rules_on_request(tmp_path: Path) -> None:
    rule = threshold_rule(tmp_path, BASE, LOUD)
    assert (rule["type"], rule["language"]) == ("threshold", "lucene")
    assert rule["query"] == "winlog.channel:Security AND event.code:4625"
    assert rule["threshold"] == {"field": ["winlog.event_data.TargetUserName"], "value": 10}
    assert (rule["from"], rule["interval"]) == ("now-45m", "30m")  # 10m of the rule, 30m to the next run, 5m of lag
    assert rule["alert_suppression"] == {"duration": {"value": 60, "unit": "m"}}  # Kibana groups them by the fields


@pytest.mark.parametrize(
    ("condition", "least"), [("{gt: 10}", 11), ("{gte: 9.5}", 10), ("{gt: 9.5}", 10), ("{gte: 0}", 1)]
)
def test_the_threshold_is_the_least_number(tmp_path: Path, condition: str, least: int) -> None:
    assert threshold_rule(tmp_path, BASE, LOUD.replace("{gte: 10}", condition))["threshold"]["value"] == least


def test_different_values_are_the_cardinality(tmp_path: Path) -> None:
    distinct = LOUD.replace("event_count", "value_count").replace("{gte: 10}", "{gt: 10, field: SubStatus}")
    wanted = [{"field": "winlog.event_data.SubStatus", "value": 11}]
    assert threshold_rule(tmp_path, BASE, distinct)["threshold"] == {
        "field": ["winlog.event_data.TargetUserName"],
        "value": 1,
        "cardinality": wanted,
    }


def test_events_of_several_rules_are_counted_once(tmp_path: Path) -> None:
    both = LOUD.replace("[failed_logon]", "[failed_logon, locked_out]").replace("  group-by: [TargetUserName]\n", "")
    rule = threshold_rule(tmp_path, BASE, OTHER, both)
    assert rule["threshold"] == {"field": [], "value": 10}
    assert rule["query"] == (
        "(winlog.channel:Security AND event.code:4625) OR (winlog.channel:Security AND event.code:4740)"
    )


def test_another_threshold_is_a_change_of_what_is_live(tmp_path: Path) -> None:
    def made(text: str) -> File:
        return deployed(tmp_path, BASE, text, to="elastic", settings=THRESHOLD, approximate=True).files[0]

    live = Source(made(LOUD).text, "rules.ndjson")
    assert compare_live([made(LOUD)], [live]) == []
    (change,) = compare_live([made(LOUD.replace("gte: 10", "gte: 12"))], [live])
    assert (change.kind, change.title) == ("change query", "Many failed logons")


def test_threshold_rules_are_wider_and_need_leave(tmp_path: Path) -> None:
    made = deployed(tmp_path, BASE, LOUD, to="elastic", settings=THRESHOLD)
    assert "DEP008W" in codes(made)
    (hint,) = (one.hint for one in made.outcomes[1].diagnostics if one.code == "DEP008W")
    assert "--allow-approximate" in hint
    made = deployed(tmp_path, BASE, LOUD, to="elastic", settings=THRESHOLD, approximate=True)
    assert made.outcomes[1].status == "approximate"


@pytest.mark.parametrize(
    ("changes", "language", "told"),
    [
        (
            (
                ("event_count", "temporal_ordered"),
                ("[failed_logon]", "[failed_logon, locked_out]"),
                ("  condition: {gte: 10}\n", ""),
            ),
            "eql",
            False,
        ),
        ((("{gte: 10}", "{gte: 10, lt: 20}"),), "esql", False),
        ((("[TargetUserName]", f"[{SIX}]"),), "eql", True),
        ((("event_count", "value_count"), ("{gte: 10}", "{gte: 3001, field: SubStatus}")), "esql", True),
        ((("TargetUserName", "IpAddress"),), "eql", True),  # which is in one of two columns
    ],
)
def test_what_a_threshold_rule_cannot_count_stays(
    tmp_path: Path, changes: tuple[tuple[str, str], ...], language: str | None, told: bool
) -> None:
    text = LOUD
    for old, new in changes:
        text = text.replace(old, new)
    made = deployed(tmp_path, BASE, OTHER, text, to="elastic", settings=THRESHOLD, approximate=True)
    outcome = made.outcomes[2]
    assert outcome.to_dict()["language"] == language
    assert ("DEP009" in {one.code for one in outcome.diagnostics}) is told


def test_secops_runs_by_the_hour_and_keeps_what_the_query_counts(tmp_path: Path) -> None:
    made = deployed(tmp_path, BASE, LOUD, to="secops")
    config = yaml.safe_load(read(made, "rule_config.yaml"))
    assert config["many_failed_logons"]["run_frequency"] == "HOURLY"
    text = read(made, "rules/many_failed_logons.yaral")
    assert "$event_count = count($e.metadata.id)" in text
    assert "$principal_hostname = array_distinct($p.principal.hostname)" in text


def test_a_rule_without_a_time_span_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.spl"
    path.write_text('source="XmlWinEventLog:Security" EventCode=4625 | stats count by TargetUserName | where count>5')
    made = plan(find([str(path)]), "splunk")
    assert [outcome.item for outcome in made.outcomes] == [None]


@pytest.mark.parametrize("name", PLATFORMS)
def test_our_rules_on_several_events_are_deployed(name: str) -> None:
    made = plan(find([str(Path(__file__).parent.parent.parent / "rules")]), name, allow_approximate=True)
    several = [outcome for outcome in made.outcomes if outcome.conversion.result is not None]
    assert all(outcome.item is not None or outcome.diagnostics for outcome in several)
    assert platform(name).formats


def test_a_rule_of_another_platform_keeps_its_look_back_and_severity(tmp_path: Path) -> None:
    (tmp_path / "rule.yaml").write_text(
        """
id: 0e95725d-7320-415d-80f7-004da920fc77
name: Many failed logons
kind: Scheduled
severity: High
queryFrequency: 1h
queryPeriod: 3h
triggerOperator: gt
triggerThreshold: 0
query: |
  SecurityEvent
  | where EventID == 4625 and isnotempty(TargetUserName)
  | summarize Failures = count() by TargetUserName
  | where Failures >= 10
""",
        encoding="utf-8",
    )
    made = plan(find([str(tmp_path)]), "sentinel", models=("none",), allow_approximate=True)
    rule = sentinel(made)
    assert rule["severity"] == "High"
    assert (rule["queryFrequency"], rule["queryPeriod"]) == ("30m", "210m")  # its three hours, and the interval


def test_splunk_holds_a_count_of_several_fields(tmp_path: Path) -> None:
    counted = LOUD.replace("event_count", "value_count").replace(
        "{gte: 10}", "{gte: 10, field: [SubStatus, IpAddress]}"
    )
    made = deployed(tmp_path, BASE, counted, to="splunk", form="conf")
    assert codes(made) == {"SIG097"}
    assert stanza(made)["search"].isprintable()
