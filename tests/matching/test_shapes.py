"""Events in the form of platforms and of logs: what they are of, and Sigma's names for what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from transpile.ir.stream import LogSource
from transpile.matching.logs import Broken, LogRecord, read_logs
from transpile.matching.run import RunTally, read_events
from transpile.matching.shapes import EventReader

PROCESS = LogSource(category="process_creation", product="windows")
XML = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
    "<Provider Name='Microsoft-Windows-Sysmon'/><EventID>1</EventID>"
    "<TimeCreated SystemTime='2026-01-01T00:00:00.1Z'/><Channel>Microsoft-Windows-Sysmon/Operational</Channel>"
    "<Computer>pc</Computer></System><EventData><Data Name='Image'>C:\\a.exe</Data>"
    "<Data Name='CommandLine'>a &amp; b</Data></EventData></Event>"
)
SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1}

FORMS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Elastic Defend": (
        {
            "event": {"category": ["process"], "type": ["start"], "action": "start"},
            "host": {"os": {"type": "windows"}, "name": "pc"},
            "process": {
                "executable": "C:\\Windows\\a.exe",
                "command_line": "a -x",
                "parent": {"executable": "C:\\p.exe"},
                "hash": {"md5": "11", "sha256": "22"},
            },
            "user": {"name": "ann", "domain": "CORP"},
        },
        {"Image": "C:\\Windows\\a.exe", "CommandLine": "a -x", "ParentImage": "C:\\p.exe", "User": "CORP\\ann"},
    ),
    "Winlogbeat without event data": (
        {
            "event": {"code": "1", "category": ["process"]},
            "winlog": {"channel": SYSMON["Channel"], "event_id": "1"},
            "process": {"executable": "C:\\a.exe", "command_line": "a"},
        },
        {**SYSMON, "Image": "C:\\a.exe", "CommandLine": "a"},
    ),
    "Defender, a process": (
        {
            "Timestamp": "2026-01-01T00:00:00Z",
            "DeviceName": "pc",
            "ActionType": "ProcessCreated",
            "FolderPath": "C:\\a.exe",
            "ProcessCommandLine": "a -x",
            "InitiatingProcessFolderPath": "c:\\p.exe",
        },
        {"Image": "C:\\a.exe", "CommandLine": "a -x", "Computer": "pc"},
    ),
    "Defender, the registry": (
        {
            "DeviceName": "pc",
            "ActionType": "RegistryValueSet",
            "RegistryKey": "HKEY_LOCAL_MACHINE\\Software\\Run",
            "RegistryValueName": "x",
            "RegistryValueType": "Dword",
            "RegistryValueData": "1",
        },
        {"TargetObject": "HKLM\\Software\\Run\\x", "Details": "DWORD (0x00000001)"},
    ),
    "Splunk with raw XML": (
        {"_raw": XML, "source": "XmlWinEventLog"},
        {**SYSMON, "Image": "C:\\a.exe", "CommandLine": "a & b", "source": "XmlWinEventLog"},
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_platforms(form: str) -> None:
    event, told = FORMS[form]
    found, origin = EventReader().read(event)
    assert {name: found.get(name) for name in told} == told
    assert any(one.product == "windows" for one in origin.logsources) or origin.product == "windows"
    assert PROCESS in origin.logsources or origin.channel or "registry" in form


def test_what_a_platform_does_not_tell_is_not_made_up() -> None:
    found, _ = EventReader().read({"DeviceName": "pc", "ActionType": "ProcessCreated", "FolderPath": "C:\\a.exe"})
    assert "CommandLine" not in found and "ParentImage" not in found


@pytest.mark.parametrize(
    ("event", "product"),
    [
        ({"eventSource": "s3.amazonaws.com", "eventName": "x", "awsRegion": "y"}, "aws"),
        ({"protoPayload": {}, "logName": "x"}, "gcp"),
        ({"Workload": "x", "Operation": "y", "RecordType": 1}, "m365"),
        ({"id.orig_h": "1.1.1.1", "uid": "x"}, "zeek"),
        ({"anything": 1}, None),
    ],
)
def test_products_that_show(event: dict[str, Any], product: str | None) -> None:
    assert EventReader().read(event)[1].product == product


def records(path: Path, text: str) -> list[LogRecord | Broken]:
    path.write_text(text, encoding="utf-8")
    return list(read_logs(path))


@pytest.mark.parametrize("around", ["%s", '<?xml version="1.0"?>\n<Events>%s</Events>', "%s\n%s\n"])
def test_windows_events_as_xml(around: str, tmp_path: Path) -> None:
    found = records(tmp_path / "a.xml", around.replace("%s", XML))
    assert len(found) == around.count("%s")
    for one in found:
        assert isinstance(one, LogRecord)
        event, origin = EventReader().read(one.event)
        assert event["CommandLine"] == "a & b" and event["TimeCreated_SystemTime"].startswith("2026")
        assert origin.number == "1"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<Events></Events>", "without an <Event>"),
        ("<Event><a></Event>", "not XML"),
        (f"{XML}<Event ", "not closed"),
        ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><Event>&a;</Event>', "not XML"),
    ],
)
def test_xml_that_is_broken(text: str, reason: str, tmp_path: Path) -> None:
    found = records(tmp_path / "a.xml", text)[-1]
    assert isinstance(found, Broken) and reason in found.reason


def test_csv_of_the_azure_portal(tmp_path: Path) -> None:
    text = 'TimeGenerated [UTC],EventID,Type\n"3/1/2026, 9:05:00.123 PM",4688,SecurityEvent\n'
    text += '"3/1/2026, 9:05:00 AM",4688,SecurityEvent\n2026-03-01T10:00:00Z,4688,SecurityEvent\n'
    found = [one.event for one in records(tmp_path / "a.csv", text) if isinstance(one, LogRecord)]
    assert [one["TimeGenerated"] for one in found] == [
        "2026-03-01T21:05:00.123000",
        "2026-03-01T09:05:00",
        "2026-03-01T10:00:00Z",
    ]


def test_csv(tmp_path: Path) -> None:
    found = records(tmp_path / "a.csv", 'EventID,Channel,Image,CommandLine\n1,x,,"a, b\nc"\n2,y,C:\\a.exe,d\n')
    assert [one.event for one in found if isinstance(one, LogRecord)] == [
        {"EventID": 1, "Channel": "x", "CommandLine": "a, b\nc"},
        {"EventID": 2, "Channel": "y", "Image": "C:\\a.exe", "CommandLine": "d"},
    ]
    assert [one.event for one in records(tmp_path / "b.log", "a;b;c\n1;2;3\n") if isinstance(one, LogRecord)] == [
        {"a": "1", "b": "2", "c": "3"}
    ]


def test_auditd(tmp_path: Path) -> None:
    text = (
        'type=EXECVE msg=audit(1364481363.243:24287): argc=2 a0="cat" a1=2F6574632F736861646F77\n'
        "type=USER_CMD msg=audit(1364481364.5:2): pid=1 msg='cwd=\"/\" cmd=6C73 terminal=pts/0'\n"
    )
    first, second = (one for one in records(tmp_path / "audit.log", text) if isinstance(one, LogRecord))
    assert first.product == "linux"
    assert dict(first.event) == {
        "type": "EXECVE",
        "timestamp": 1364481363.243,
        "serial": "24287",
        "argc": "2",
        "a0": "cat",
        "a1": "/etc/shadow",
    }
    assert second.event["cmd"] == "ls" and second.event["cwd"] == "/"


def test_syslog(tmp_path: Path) -> None:
    text = (
        "<34>1 2003-10-11T22:14:15.003Z mymachine su: failed for root\n"
        "Oct 11 22:14:15 host sshd[123]: Failed password for root\nnothing\n"
    )
    found = records(tmp_path / "auth.log", text)
    events = [one.event for one in found if isinstance(one, LogRecord)]
    assert [(one["host"], one["program"], one["message"]) for one in events] == [
        ("mymachine", "su", "failed for root"),
        ("host", "sshd", "Failed password for root"),
    ]
    assert isinstance(found[-1], Broken)
    assert EventReader().read(events[0], "unix")[1].product == "unix"


def test_json_stays_json(tmp_path: Path) -> None:
    event = {"a": "x,y,z", "b": "<Event>", "type": "SYSCALL"}
    assert [one.event for one in records(tmp_path / "a.csv", json.dumps(event)) if isinstance(one, LogRecord)] == [
        event
    ]


@pytest.mark.parametrize(
    "line",
    [
        '{"winlog": {"event_id": "²", "channel": "Security"}, "event": {"code": "²"}}',
        '{"Channel": "Security", "EventID": "²", "DestinationPort": "²"}',
        "<Event><System><EventID>²</EventID><Channel>Security</Channel></System></Event>",
    ],
)
def test_a_digit_that_is_no_number_is_text(line: str, tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    path.write_text(line + "\n", encoding="utf-8")
    tally = RunTally()
    assert [event.get("EventID") for _, _, event, _ in read_events([path], tally)] == ["²"]
