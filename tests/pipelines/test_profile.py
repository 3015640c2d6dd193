"""What a team has decides which places serve a rule; without a profile a query reads all of them."""

from __future__ import annotations

import pytest

from transpile.conversion import Conversion, Options, convert_source
from transpile.dialects.kql.run import run
from transpile.dialects.sigma.read import read
from transpile.pipelines.coverage import needs_of_rules
from transpile.pipelines.load import load, load_for
from transpile.pipelines.profile import NO_PROFILE, Profile, ProfileError, read_profile
from transpile.source import Source

PROCESS = Source(
    "title: A\nlogsource: {product: windows, category: process_creation}\n"
    "detection:\n  s: {CommandLine|contains: x & y}\n  condition: s\n"
)
SECURITY = Source(
    "title: B\nlogsource: {product: windows, service: security}\n"
    "detection:\n  s: {EventID: 5136, AttributeLDAPDisplayName: servicePrincipalName}\n  condition: s\n"
)

COUNTED = """title: Base
name: base
logsource: {product: windows, category: process_creation}
detection:
    selection: {Image: a}
    condition: selection
---
title: Many
correlation:
    type: value_count
    rules: [base]
    group-by: [CommandLine]
    timespan: 5m
    condition: {gte: 3, field: ProcessId}
"""


def convert(source: Source, target: str, profile: Profile = NO_PROFILE) -> Conversion:
    (found,) = convert_source(source, Options((target,), profile=profile))
    return found


def test_without_a_profile_every_table_is_read() -> None:
    query = convert(PROCESS, "kql").query or ""
    assert query.startswith("union isfuzzy=true")
    for table in ("(WindowsEvent", "(Event", "(SecurityEvent", "(DeviceProcessEvents"):
        assert table in query


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        ("SecurityEvent", ["SecurityEvent", "| where EventID == 4688", '| where CommandLine contains "x & y"']),
        (
            "DeviceProcessEvents",
            [
                "DeviceProcessEvents",
                '| where ActionType == "ProcessCreated"',
                "| extend CommandLine = ProcessCommandLine",
                '| where CommandLine contains "x & y"',
            ],
        ),
    ],
)
def test_with_one_table_there_is_no_union(table: str, lines: list[str]) -> None:
    assert (convert(PROCESS, "kql", Profile((table,))).query or "").splitlines() == lines


def test_the_agents_table_keeps_fields_in_xml_which_is_decoded_where_that_matters() -> None:
    query = convert(PROCESS, "kql", Profile(("Event",))).query or ""
    assert query.startswith('Event\n| where EventLog == "Microsoft-Windows-Sysmon/Operational" and EventID == 1\n')
    assert "replace_strings(extract('<Data Name=\"CommandLine\">([^<]*)', 1, EventData)" in query


def test_a_security_event_without_a_column_is_read_from_its_xml() -> None:
    query = convert(SECURITY, "kql", Profile(("SecurityEvent",))).query or ""
    assert query.splitlines()[:2] == [
        "SecurityEvent",
        "| where EventID == 5136",
    ]
    assert "extract('<Data Name=\"AttributeLDAPDisplayName\">([^<]*)', 1, EventData)" in query


@pytest.mark.parametrize(("stored", "expected"), [("0x4", False), ("0x1a4", True)])
def test_an_audited_process_has_its_id_in_hexadecimal_digits(stored: str, expected: bool) -> None:
    source = Source(PROCESS.text.replace("CommandLine|contains: x & y", "ProcessId|neq: 4"))
    tree = convert(source, "kql", Profile(("SecurityEvent",))).tree
    row = {"EventID": 4688, "NewProcessId": stored, "ProcessId": "0x4"}
    assert bool(list(run(tree, [row]))) is expected


def test_a_rule_without_data_is_refused_and_says_what_it_needs() -> None:
    found = convert(SECURITY, "eql", read_profile({"elastic": {"integrations": ["endpoint"]}}))
    assert found.query is None
    assert [one.code for one in found.diagnostics] == ["MAP017"]
    assert "logs-system.security-*" in found.diagnostics[0].message


def test_a_section_is_for_the_models_of_its_platform() -> None:
    profile = read_profile({"sentinel": {"tables": ["SecurityEvent"]}})
    assert convert(PROCESS, "eql", profile).query == convert(PROCESS, "eql").query
    with pytest.raises(ProfileError, match=r"\[sentinel\] tables"):
        read_profile({"sentinel": {"tables": "SecurityEvent"}})


def test_a_query_tells_the_data_that_it_needs_of_the_place_that_serves_the_rule() -> None:
    assert ("data", "SecurityEvent") in convert(PROCESS, "kql").needs
    assert convert(PROCESS, "kql", Profile(("Event",))).needs[0] == ("data", "Event")
    (found,) = convert_source(PROCESS, Options(("spl",), models=("none",)))
    assert found.needs == ()


def test_the_needs_of_rules_are_counted() -> None:
    rules = [one.rule for source in (PROCESS, SECURITY) for one in read(source) if one.rule is not None]
    needs = needs_of_rules(rules, load("sentinel"))
    assert needs["data", "SecurityEvent"] == 2
    assert needs["audit policy", "Directory Service Changes"] == 1
    assert needs["channel", "Microsoft-Windows-Sysmon/Operational, event 1"] == 1
    dead = needs_of_rules(rules, load_for("sentinel", Profile(("DeviceProcessEvents",))))
    assert dead["dead", "product windows, service security"] == 1
    assert ("data", "winlogbeat-*") in convert(PROCESS, "eql").needs


def test_what_stages_count_and_group_by_is_decoded() -> None:
    (_, found) = convert_source(Source(COUNTED), Options(("kql",), profile=Profile(("Event",))))
    assert found.query is not None
    assert 'CommandLine = replace_strings(extract(\'<Data Name="CommandLine">' in found.query
    assert 'ProcessId = replace_strings(extract(\'<Data Name="ProcessId">' in found.query
