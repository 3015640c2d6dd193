"""Queries run over rows as the platform stores them, typed from its documentation and its parsers: each finds its row.

What `verify` stores is made by the data model itself; these rows are not.
"""

from __future__ import annotations

from typing import Any

import pytest

from transpile import dialects
from transpile.conversion import Status, convert
from transpile.source import Source

LANGUAGES = {"udm": "yaral", "windows-xml": "spl", "windows-classic": "spl"}
AUDITED = {
    "Type": "SecurityEvent",
    "EventID": 4688,
    "NewProcessName": r"C:\Windows\System32\whoami.exe",
    "SubjectUserSid": "S-1-5-18",
    "SubjectUserName": "HOST$",
    "SubjectDomainName": "CORP",
    "TargetUserName": "-",
}

# A log source and a selection in Sigma's words, the data model, a row that it finds, and what of the row to change.
ROWS: list[tuple[str, str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "product: linux, service: auditd",
        "{type: EXECVE, a0: xclip, a1: -sel}",
        "sentinel",
        {"SyslogMessage": 'type=EXECVE msg=audit(1682609045.526:2): argc=3 a0="xclip" a1="-sel" a2="clip"'},
        {"SyslogMessage": 'type=EXECVE msg=audit(1682609045.526:2): argc=3 a0="xclip" a11="-sel" a2="clip"'},
    ),
    (
        "product: linux, service: auditd",
        "{type: USER_LOGIN, acct: root, res: failed}",
        "sentinel",
        {"SyslogMessage": "type=USER_LOGIN msg=audit(1.5:2): msg='op=login acct=\"root\" res=failed'"},
        {"SyslogMessage": "type=USER_LOGIN msg=audit(1.5:2): msg='op=login acct=\"bob\" res=failed'"},
    ),
    (
        "category: application, product: opencanary",
        "{logtype: 2000}",
        "sentinel",
        {"SyslogMessage": 'opencanary[1:3]: PyLogger WARNING {"dst_host": "10.0.0.1", "logtype": 2000}'},
        {"SyslogMessage": 'opencanary[1:3]: PyLogger WARNING {"dst_host": "10.0.0.1", "logtype": 2001}'},
    ),
    (
        "product: fortigate, service: event",
        "{action: Add, cfgpath: system.admin}",
        "sentinel",
        {
            "DeviceVendor": "Fortinet",
            "DeviceAction": "Add",
            "AdditionalExtensions": "FTNTFGTlevel=information;FTNTFGTcfgpath=system.admin;FTNTFGTcfgobj=eve",
        },
        {"AdditionalExtensions": "FTNTFGTlevel=information;FTNTFGTcfgpath=system.admins;FTNTFGTcfgobj=eve"},
    ),
    (
        "product: zeek, service: dns",
        "{query|endswith: .onion, answers: 10.0.0.1, rejected: 'false'}",
        "sentinel",
        {"Type": "Corelight_v2_dns_CL", "query_s": "a.onion", "answers_s": '["10.0.0.1"]', "rejected_b": False},
        {"answers_s": '["10.0.0.10"]'},
    ),
    (
        "product: zeek, service: dns",
        "{query|endswith: .onion, answers: 10.0.0.1, rejected: 'false'}",
        "sentinel",
        {"Type": "Corelight_v3_dns_CL", "query": "a.onion", "answers": ["10.0.0.1"], "rejected": False},
        {"rejected": True},
    ),
    (
        "product: azure, service: signinlogs",
        "{Status: Success, userAgent|contains: BAV2ROPC}",
        "sentinel",
        {"ResultType": "0", "UserAgent": "BAV2ROPC"},
        {"ResultType": "50057"},
    ),
    (
        "product: linux, category: process_creation",
        "{CurrentDirectory: /tmp, LogonId: 0}",
        "defender",
        {"AdditionalFields": '{"ProcessCurrentWorkingDirectory": "/tmp"}', "LogonId": 0},
        {"AdditionalFields": "{}"},
    ),
    (
        "product: windows, service: security",
        "{EventID: 4732, TargetUserName|startswith: Administr}",
        "asim",
        {"EventVendor": "Microsoft", "EventOriginalType": "4732", "GroupName": "Builtin\\Administrators"},
        {"GroupName": "Administration\\Users"},
    ),
    (
        "product: windows, service: security",
        "{EventID: 4698, TaskName: '\\x', TaskContent|contains: powershell}",
        "asim",
        {"EventVendor": "Microsoft", "EventOriginalType": "4698", "Object": "\\x", "NewValue": "a powershell b"},
        {"EventOriginalType": "4699"},
    ),
    (
        "product: windows, service: security",
        "{EventID: 4624, TargetUserName: admin, SubjectUserName|endswith: $}",
        "asim",
        {"EventType": "Logon", "EventResult": "Success", "TargetUsername": "X\\admin", "ActorUsername": "X\\PC$"},
        {"TargetUsername": "admin\\bob"},
    ),
    (
        "product: azure, service: activitylogs",
        "{operationName|startswith: MICROSOFT.NETWORK/DNSZONES}",
        "asim",
        {"Type": "AzureActivity", "Operation": "Microsoft.Network/dnsZones/write"},
        {"Type": "OfficeActivity"},
    ),
    (
        "product: windows, category: registry_set",
        r"{TargetObject|endswith: '\Services\X\Start', Details: DWORD (0x00000002), Image|endswith: '\a.exe'}",
        "sentinel",
        {
            "Type": "DeviceRegistryEvents",
            "ActionType": "RegistryValueSet",
            "RegistryKey": r"HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\X",
            "RegistryValueName": "Start",
            "RegistryValueType": "Dword",
            "RegistryValueData": "2",
            "InitiatingProcessFolderPath": r"c:\t\a.exe",
        },
        {"RegistryValueData": "4"},
    ),
    (
        "product: windows, category: network_connection",
        "{Initiated: 'false', SourceIp: 10.0.0.9, DestinationPort: 3389}",
        "sentinel",
        {
            "Type": "DeviceNetworkEvents",
            "ActionType": "InboundConnectionAccepted",
            "RemoteIP": "10.0.0.9",
            "LocalPort": 3389,
            "LocalIP": "10.0.0.1",
            "RemotePort": 50000,
        },
        {"ActionType": "ConnectionSuccess"},
    ),
    (
        "product: windows, category: network_connection",
        "{SourceIp: 10.0.0.9, DestinationPort: 3389}",
        "defender",
        {"ActionType": "InboundConnectionAccepted", "RemoteIP": "10.0.0.9", "LocalPort": 3389, "RemotePort": 50000},
        {"ActionType": "ConnectionSuccess"},
    ),
    (
        "product: windows, category: pipe_created",
        r"{PipeName: '\msse-1', Image|endswith: '\a.exe'}",
        "sentinel",
        {
            "Type": "DeviceEvents",
            "ActionType": "NamedPipeEvent",
            "AdditionalFields": r'{"PipeName": "\\Device\\NamedPipe\\msse-1"}',
            "InitiatingProcessFolderPath": r"c:\t\a.exe",
        },
        {"AdditionalFields": r'{"PipeName": "\\Device\\NamedPipe\\msse-10"}'},
    ),
    (
        "product: windows, category: file_event",
        r"{TargetFilename|endswith: '\a.hta', User|contains: bob}",
        "sentinel",
        {
            "Type": "DeviceFileEvents",
            "ActionType": "FileCreated",
            "FolderPath": r"C:\a.hta",
            "InitiatingProcessAccountDomain": "d",
            "InitiatingProcessAccountName": "bob",
        },
        {"ActionType": "FileDeleted"},
    ),
    (
        "category: dns",
        "{query|endswith: .onion, record_type: TXT, answer|contains: iex, src_ip: 10.0.0.5}",
        "defender",
        {
            "ActionType": "DnsConnectionInspected",
            "LocalIP": "10.0.0.5",
            "RemoteIP": "10.0.0.1",
            "AdditionalFields": (
                '{"direction": "Out", "query": "a.onion", "qtype_name": "TXT", "answers": "[\\"TXT 3 iex\\"]"}'
            ),
        },
        {"LocalIP": "10.0.0.1", "RemoteIP": "10.0.0.5"},
    ),
    (
        "product: windows, category: network_connection",
        "{Initiated: 'true', DestinationPort: 3389}",
        "udm",
        {"metadata.event_type": "NETWORK_CONNECTION", "network.direction": "OUTBOUND", "target.port": 3389},
        {"network.direction": "INBOUND"},
    ),
    (
        "product: kubernetes, service: audit",
        "{verb: create, objectRef.resource: pods}",
        "udm",
        {
            "metadata.log_type": "KUBERNETES_AUDIT",
            "network.http.method": "create",
            "target.resource.resource_subtype": "pods",
        },
        {"network.http.method": "delete"},
    ),
    # New processes of the system, and of another account than the one that asks, in the Security log.
    (
        "product: windows, category: process_creation",
        r"{Image|endswith: '\whoami.exe', User|contains: AUTHORI}",
        "sentinel",
        AUDITED,
        {"SubjectUserSid": "S-1-5-21-1-2-3-500"},
    ),
    (
        "product: windows, category: process_creation",
        r"{Image|endswith: '\whoami.exe', User: 'CORP\bob'}",
        "sentinel",
        {**AUDITED, "TargetUserName": "bob", "TargetDomainName": "CORP"},
        {"TargetUserName": "eve"},
    ),
    (
        "product: windows, category: process_creation",
        r"{Image|endswith: '\whoami.exe'}",
        "windows-xml",
        {"source": "XmlWinEventLog:Security", "EventCode": "4688", "NewProcessName": r"C:\Windows\System32\whoami.exe"},
        {"EventCode": "4689"},
    ),
    (
        "product: windows, category: process_creation",
        r"{ParentImage|endswith: '\cmd.exe', CommandLine|contains: whoami}",
        "windows-classic",
        {
            "source": "WinEventLog:Security",
            "EventCode": "4688",
            "Creator_Process_Name": r"C:\Windows\System32\cmd.exe",
            "Process_Command_Line": "whoami /all",
        },
        {"Process_Command_Line": "hostname"},
    ),
]


@pytest.mark.parametrize(("source", "selection", "model", "row", "other"), ROWS)
def test_a_query_finds_the_row_that_the_platform_stores(
    source: str, selection: str, model: str, row: dict[str, Any], other: dict[str, Any]
) -> None:
    rule = f"title: t\nlogsource: {{{source}}}\ndetection: {{selection: {selection}, condition: selection}}\n"
    language = LANGUAGES.get(model, "kql")
    made = convert(rule, read="sigma", write=language, model=model)
    assert made.status is Status.EXACT, made.diagnostics
    dialect = dialects.load(language)
    assert dialect.run is not None
    assert list(dialect.run(dialect.parse(Source(made.query or "")), [row, {**row, **other}])) == [0]


def test_rows_are_grouped_by_a_property_of_a_bag_through_a_column() -> None:
    rule = """
title: many
logsource: {product: aws, service: cloudtrail}
detection:
    selection: {eventName: DisableMacie}
    timeframe: 10m
    condition: selection | count() by sourceIPAddress > 5
"""
    made = convert(rule, read="sigma", write="kql", model="defender")
    assert "['RawEventData.sourceIPAddress'] = tostring(RawEventData.sourceIPAddress)" in (made.query or "")
