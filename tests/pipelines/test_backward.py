"""Data models backwards: from a platform's fields, values and tables to Sigma's."""

from __future__ import annotations

import pytest

from transpile.conversion import Options, convert_source
from transpile.source import Source

CASES = [
    (
        "a path by its name",
        "q.eql",
        'process where host.os.type == "windows" and event.type == "start" and process.name : "net.exe"',
        {"category: process_creation", "product: windows", r"Image|endswith: '\net.exe'"},
    ),
    (
        "a parent",
        "q.eql",
        'process where host.os.type == "windows" and event.type == "start" and '
        'process.parent.executable : "?:\\\\x.exe"',
        {"ParentImage: '?:\\x.exe'"},
    ),
    (
        "a table of Defender",
        "q.kql",
        'DeviceProcessEvents | where FileName =~ "net.exe" and InitiatingProcessCommandLine contains "x"',
        {r"Image|endswith: '\net.exe'", "ParentCommandLine|contains: 'x'"},
    ),
    (
        "a source of Splunk",
        "q.spl",
        'source="XmlWinEventLog:Microsoft-Windows-Sysmon/Operational" EventCode=1 Image="*\\\\net.exe"',
        {"category: process_creation", r"Image|endswith: '\net.exe'"},
    ),
    (
        "a name that is another one",
        "q.spl",
        "| tstats count from datamodel=Endpoint.Processes where Processes.process_name!=a.exe Processes.process=*x* "
        "by Processes.dest",
        {"Image: '*'", r"Image|endswith: '\a.exe'"},
    ),
    (
        "a number of the registry without its type",
        "q.spl",
        "| tstats count from datamodel=Endpoint.Registry where Registry.registry_path=*x NOT "
        'Registry.registry_value_data IN ("0x0000000a", "*.exe", "*0x0000*") by Registry.dest',
        {"Details: 'DWORD (0x0000000a)'", "Details|endswith: '.exe'", "Details|contains: '0x0000'"},
    ),
    (
        "a pattern that a number of the registry may pass",
        "q.spl",
        "| tstats count from datamodel=Endpoint.Registry where Registry.registry_value_data=*1 by Registry.dest",
        {"Registry.registry_value_data|endswith: '1'"},
    ),
    (
        "digits of the registry, which may be a number or a text",
        "q.eql",
        'registry where host.os.type == "windows" and event.type == "change" and registry.data.strings : "1"',
        {"- 'DWORD (0x00000001)'", "- 1"},
    ),
    (
        "UDM",
        "q.yaral",
        'rule x {\n events:\n $e.metadata.event_type = "PROCESS_LAUNCH"\n'
        " $e.target.process.file.full_path = /net\\.exe$/ nocase\n condition:\n $e\n}",
        {"category: process_creation", "Image|endswith: 'net.exe'"},
    ),
]


@pytest.mark.parametrize(("what", "path", "query", "lines"), CASES, ids=[case[0] for case in CASES])
def test_the_names_are_those_of_sigma(what: str, path: str, query: str, lines: set[str]) -> None:
    (found,) = convert_source(Source(query, path), Options(("sigma",), allow_approximate=True))
    assert found.query is not None, found.diagnostics
    written = {line.strip() for line in found.query.splitlines()}
    assert lines <= written, found.query


def test_names_stay_without_a_model() -> None:
    query = Source('process where process.name : "net.exe"', "q.eql")
    (found,) = convert_source(query, Options(("sigma",), source_model="none"))
    assert found.query is not None
    assert "process.name: 'net.exe'" in found.query


def test_an_unknown_field_keeps_its_name_and_is_noted() -> None:
    query = (
        'process where host.os.type == "windows" and event.type == "start" and process.name : "a" and odd.field == "b"'
    )
    (found,) = convert_source(Source(query, "q.eql"), Options(("sigma",)))
    assert "MAP015" in [one.code for one in found.diagnostics]
    assert found.query is not None
    assert "odd.field" in found.query


def test_a_condition_that_is_not_asked_for_makes_the_rule_narrower() -> None:
    query = 'process where host.os.type == "windows" and process.name : "a.exe" and process.command_line : "b"'
    (found,) = convert_source(Source(query, "q.eql"), Options(("sigma",), allow_approximate=True))
    assert "MAP014N" in [one.code for one in found.diagnostics]


def test_the_paths_tell_the_system() -> None:
    query = 'DeviceProcessEvents | where ProcessCommandLine contains "cat /etc/shadow"'
    (found,) = convert_source(Source(query, "q.kql"), Options(("sigma",)))
    assert found.query is not None
    assert "product: linux" in found.query
