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
        "digits of the registry, which are said to be no text",
        "q.eql",
        'registry where host.os.type == "windows" and event.type == "change" and registry.data.strings : "1" '
        'and not registry.data.type in ("REG_SZ", "REG_EXPAND_SZ", "REG_MULTI_SZ", "SZ_QWORD", "REG_QWORD")',
        {"Details: 'DWORD (0x00000001)'"},
    ),
    (
        "numbers of the registry by their type alone",
        "q.eql",
        'registry where host.os.type == "windows" and event.type == "change" and registry.path : "*x" '
        'and registry.data.type == "REG_DWORD"',
        {"Details|startswith: 'DWORD (0x'"},
    ),
    (
        "a table that holds one log",
        "q.kql",
        "SecurityEvent | where EventID == 4726 and TargetUserName =~ 'a'",
        {"product: windows", "service: security", "TargetUserName: 'a'"},
    ),
    (
        "an event of a table that has a category of its own",
        "q.kql",
        'SecurityEvent | where EventID == 4688 | where NewProcessName endswith "\\\\net.exe"',
        {"category: process_creation", r"Image|endswith: '\net.exe'"},
    ),
    (
        "properties in a bag",
        "q.kql",
        'WindowsEvent | where Channel == "Microsoft-Windows-Sysmon/Operational" and EventID == 13 '
        'and tostring(EventData.TargetObject) endswith "x"',
        {"category: registry_set", "TargetObject|endswith: 'x'"},
    ),
    (
        "elements of XML",
        "q.kql",
        'Event | where EventLog == "Microsoft-Windows-Sysmon/Operational" and EventID == 13 '
        """| where extract('<Data Name="TargetObject">([^<]*)', 1, EventData) endswith "x" """,
        {"category: registry_set", "TargetObject|endswith: 'x'"},
    ),
    (
        "events that have a category, and a number within a service",
        "q.eql",
        'file where host.os.type == "windows" and (event.type == "creation" or event.action == "overwrite") '
        'and file.path : "*x"',
        {"category: file_event", "TargetFilename|endswith: 'x'"},
    ),
    (
        "alternatives by which a source tells its events",
        "q.eql",
        'any where host.os.type == "windows" and (event.category == "library" or '
        '(event.provider == "Microsoft-Windows-Sysmon" and event.code == "7")) and dll.path : "*x"',
        {"category: image_load", "ImageLoaded|endswith: 'x'"},
    ),
    (
        "a value of the registry, which may come of a new service",
        "q.kql",
        'DeviceRegistryEvents | where ActionType == "RegistryValueSet" and RegistryValueName =~ "ImagePath" '
        r'and RegistryKey startswith @"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services" '
        'and RegistryValueData contains "pwdump"',
        {"category: registry_set", "Details|contains: 'pwdump'"},
    ),
    (
        "words in an event log",
        "q.spl",
        'source="XmlWinEventLog:MSExchange Management" "Remove-MailboxExportRequest"',
        {"service: msexchange-management"},
    ),
    (
        "numbers of events that another source has",
        "q.yaral",
        'rule x {\n events:\n $e.metadata.product_name = "Microsoft-Windows-Sysmon" nocase\n'
        ' ($e.metadata.product_event_type = "17" or $e.metadata.product_event_type = "18")\n'
        " $e.target.resource.name = /^\\\\PAExec/ nocase\n condition:\n $e\n}",
        {"category: pipe_created", r"PipeName|startswith: '\PAExec'"},
    ),
    (
        "events that a source tells by their number alone",
        "q.eql",
        'process where event.provider == "Microsoft-Windows-Sysmon" and event.code == "7" and file.path : "*x"',
        {"service: sysmon", "EventID: 7", "ImageLoaded|endswith: 'x'"},
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
    found, codes = restored(query, "q.kql")
    assert "product: linux" in found
    assert "MAP020N" in codes  # macOS has such paths too


SPLUNK_YAML = """name: At
search: '| tstats count from datamodel=Endpoint.Processes where Processes.process_name = "at" by Processes.user'
data_source:
- {source}
"""
YARAL = """rule x {{
 meta:
  {meta}
 events:
  {events}
 condition:
  $e
}}"""
ELASTIC = """[rule]
name = "x"
language = "kuery"
type = "query"
index = ["{index}"]
tags = ["OS: {system}"]
query = '{query}'
"""


def restored(text: str, path: str) -> tuple[str, set[str]]:
    (found,) = convert_source(Source(text, path), Options(("sigma",), allow_approximate=True))
    assert found.query is not None, found.diagnostics
    return found.query, {one.code for one in found.diagnostics}


@pytest.mark.parametrize(
    ("source", "product", "image"),
    [("Sysmon for Linux EventID 1", "linux", "/at"), ("Windows Event Log Security 4688", "windows", r"\at")],
)
def test_the_file_tells_the_system(source: str, product: str, image: str) -> None:
    query, codes = restored(SPLUNK_YAML.format(source=source), "q.yml")
    assert f"product: {product}" in query
    assert f"Image|endswith: '{image}'" in query
    assert "fields:\n    - User\n" in query
    assert "MAP020N" not in codes


def test_a_system_that_nothing_tells_makes_the_rule_narrower() -> None:
    text = SPLUNK_YAML.format(source="CrowdStrike ProcessRollup2")
    query, codes = restored(text, "q.yml")
    assert "product: linux" in query  # few programs of Windows have no extension
    assert "MAP020N" in codes
    query, codes = restored(text.replace('"at"', '"at.exe"'), "q.yml")
    assert "product: windows" in query
    assert not codes & {"MAP020N", "MAP022"}
    query, codes = restored(text.replace("process_name", "process"), "q.yml")
    assert "product: windows" in query
    assert "MAP022" in codes


def test_rules_made_from_sigma_name_their_log_source() -> None:
    meta = 'category = "process_creation"\n  product = "windows"'
    events = (
        '$e.target.process.file.full_path = "net.exe" and '
        '($e.metadata.product_event_type = "4688" or $e.metadata.product_event_type = "1")'
    )
    query, _ = restored(YARAL.format(meta=meta, events=events), "q.yaral")
    assert "category: process_creation" in query
    assert "Image|cased: 'net.exe'" in query
    assert "4688" not in query.partition("detection:")[2]


def test_events_of_another_product_are_not_those_of_a_log_source() -> None:
    events = (
        '$e.metadata.product_name = "Google Cloud Platform"\n  $e.metadata.product_event_type = "Decrypt"\n'
        '  $e.target.resource.name = "key"'
    )
    query, _ = restored(YARAL.format(meta='author = "x"', events=events), "q.yaral")
    assert "service: security" not in query


def test_index_patterns_tell_what_is_read() -> None:
    text = ELASTIC.format(index="packetbeat-*", system="Windows", query="destination.port:4444")
    query, _ = restored(text, "q.toml")
    assert "DestinationPort" not in query
    text = ELASTIC.format(
        index="winlogbeat-*", system="Windows", query="event.category:network and destination.port:4444"
    )
    query, _ = restored(text, "q.toml")
    assert "DestinationPort" in query


@pytest.mark.parametrize(
    ("argument", "line"),
    [
        ("/c", r"""CommandLine|re|i: '(?:^|[\s"''])/c(?:[\s"'']|$)'"""),
        ("*.dll", r"""CommandLine|re|i: '\.dll(?:[\s"'']|$)'"""),
        ("*http*", "CommandLine|contains: 'http'"),
    ],
)
def test_words_of_a_command_line(argument: str, line: str) -> None:
    query = f'process where host.os.type == "windows" and event.type == "start" and process.args : "{argument}"'
    found, codes = restored(query, "q.eql")
    assert line in found
    assert {"MAP021W", "MAP021N"} <= codes


def test_the_names_of_the_common_information_model_are_read_in_sysmon() -> None:
    text = (
        'source="XmlWinEventLog:Microsoft-Windows-Sysmon/Operational" OR source="Syslog:Linux-Sysmon/Operational" | '
        'search EventID=1 process_name=net.exe parent_process="*x*" | stats count by dest EventCode'
    )
    query, codes = restored(text, "q.spl")
    assert "category: process_creation" in query
    assert r"Image|endswith: '\net.exe'" in query
    assert "ParentCommandLine|contains: 'x'" in query
    assert "Computer: '*'" not in query  # every event has it
    assert "MAP015" not in codes


PROCESS = """title: A
logsource: {product: windows, category: process_creation}
detection:
    selection:
        Image|endswith: '\\a.exe'
        IntegrityLevel: System
        OriginalFileName: a.exe
        CommandLine|re: 'a[0-9]<b'
    condition: selection
"""


def test_tables_that_are_asked_as_a_model_asks_them_are_one_log_source() -> None:
    (written,) = convert_source(Source(PROCESS), Options(("kql",)))
    assert written.query is not None and written.query.startswith("union")
    (found,) = convert_source(Source(written.query, "q.kql"), Options(("sigma",)))
    assert found.query is not None, found.diagnostics
    lines = {line.strip() for line in found.query.splitlines()}
    assert {"category: process_creation", r"Image|endswith: '\a.exe'", "IntegrityLevel: 'System'"} <= lines
    assert not found.left
    (written,) = convert_source(Source(PROCESS.replace("        OriginalFileName: a.exe\n", "")), Options(("kql",)))
    changed = (written.query or "").replace('"-16384", "System"', '"-16385", "System"')
    (other,) = convert_source(Source(changed, "q.kql"), Options(("sigma",)))
    assert other.query is None  # what cannot be read there is not what the model makes


def test_tables_that_are_asked_for_something_else_stay_apart() -> None:
    query = (
        'union (WindowsEvent | where Channel == "Security" and EventID == 4726 '
        "| extend N = tostring(EventData.TargetUserName)), (SecurityEvent | where EventID == 4726 "
        '| extend N = %s) | where N =~ "a"'
    )
    (one,) = convert_source(Source(query % "TargetUserName", "q.kql"), Options(("sigma",)))
    assert one.query is not None and "service: security" in one.query, one.diagnostics
    (other,) = convert_source(Source(query % "SubjectUserName", "q.kql"), Options(("sigma",)))
    assert other.rule is not None and not other.rule.is_single
