"""Which tables a query of Sentinel reads: each that has what the rule asks for."""

from __future__ import annotations

import pytest

import transpile

RULE = "title: t\nlogsource: {{product: windows, category: {}}}\ndetection:\n  s: {{{}}}\n  condition: s\n"


@pytest.mark.parametrize(
    ("category", "tests", "table"),
    [
        ("network_connection", r"Image|endswith: \a.exe, Protocol: tcp", "DeviceNetworkEvents"),
        ("registry_event", r"TargetObject|contains: \Run\a", "DeviceRegistryEvents"),
        ("registry_event", "EventType: SetValue, Details|contains: b", "DeviceRegistryEvents"),
    ],
)
def test_defenders_tables_are_read_beside_sysmon(category: str, tests: str, table: str) -> None:
    found = transpile.convert(RULE.format(category, tests), write="kql", model="sentinel")
    assert found.status == "exact" and found.query is not None
    assert table in found.query and "WindowsEvent" in found.query
    assert not found.diagnostics


def test_a_protocol_of_a_sign_in_is_one_of_two() -> None:
    rule = RULE.format("x", "properties.message: blocked").replace(
        "product: windows, category: x", "product: azure, service: signinlogs"
    )
    found = transpile.convert(rule, write="kql", model="sentinel")
    assert [one.code for one in found.diagnostics] == ["MAP006"]
