"""Ordinary Windows events, as many as one likes, in the shape that EVTX converters write: what a quiet network logs.

    python benchmarks/ordinary.py [--events N] > events.ndjson

The mix is that of domain members with Sysmon: mostly logons, network connections, loaded images and registry values,
some processes. Times, ids and ports never repeat; programs, users and hosts do. The same number gives the same events.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator, Mapping
from typing import Any

SECURITY, SYSMON = "Security", "Microsoft-Windows-Sysmon/Operational"
AUDITING = "Microsoft-Windows-Security-Auditing"
POWERSHELL = "Microsoft-Windows-PowerShell/Operational"
SYSTEM32, PROGRAMS = "C:\\Windows\\System32\\", "C:\\Program Files\\"

HOSTS = [f"ws-{number:03}.corp.example" for number in range(40)]
USERS = [f"{name}{number}" for name in ("anna", "ben", "carla", "dmitri", "eve") for number in range(12)]
# Each with the arguments that it is started with.
IMAGES = {
    f"{SYSTEM32}svchost.exe": "-k netsvcs -p -s Schedule",
    f"{SYSTEM32}conhost.exe": "0xffffffff -ForceV1",
    f"{SYSTEM32}RuntimeBroker.exe": "-Embedding",
    f"{SYSTEM32}taskhostw.exe": "",
    f"{SYSTEM32}backgroundTaskHost.exe": "-ServerName:App.AppXmtcan0h2tfbfy7k9kn8hbxb6dmzz1zh0.mca",
    f"{SYSTEM32}SearchProtocolHost.exe": "Global\\UsGthrFltPipeMssGthrPipe 1 -2147483646",
    f"{PROGRAMS}Google\\Chrome\\Application\\chrome.exe": "--type=renderer --lang=en-US --renderer-client-id={n}",
    f"{PROGRAMS}Microsoft Office\\root\\Office16\\OUTLOOK.EXE": "/recycle",
    f"{PROGRAMS}Microsoft Office\\root\\Office16\\WINWORD.EXE": '/n "C:\\Users\\{user}\\Documents\\report {n}.docx" /o',
    f"{PROGRAMS}Windows Defender\\MsMpEng.exe": "",
    "C:\\Users\\{user}\\AppData\\Local\\Microsoft\\Teams\\current\\Teams.exe": "--type=gpu-process --channel={n}",
}
LIBRARIES = ("ntdll.dll", "kernel32.dll", "combase.dll", "rpcrt4.dll", "ucrtbase.dll", "wininet.dll", "crypt32.dll")
VALUES = ("Explorer\\RecentDocs\\MRUListEx", "Internet Settings\\ProxyEnable", "Explorer\\SessionInfo\\1\\ItemPos")
NAMES = ("outlook.office365.com", "www.example.com", "dc01.corp.example", "clients2.google.com", "settings.example.net")


class Maker:
    """Makes events one after the other."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.number = 0
        self.kinds = [
            (18, self.logon),
            (12, self.logoff),
            (8, self.privileges),
            (10, self.connection_filtered),
            (6, self.audited_process),
            (6, self.process),
            (10, self.connection),
            (12, self.library),
            (6, self.file),
            (8, self.registry),
            (4, self.name_query),
            (3, self.service),
            (2, self.script),
        ]

    def events(self, count: int) -> Iterator[Mapping[str, Any]]:
        """This many events."""
        weights = [weight for weight, _ in self.kinds]
        for self.number in range(count):
            (make,) = self.random.choices([make for _, make in self.kinds], weights)
            yield make()

    def event(self, channel: str, number: int, provider: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """An event with its `System` part."""
        system = {
            "Provider": {"#attributes": {"Name": provider, "Guid": "54849625-5478-4994-A5BA-3E3B0328C30D"}},
            "EventID": number,
            "Version": 2,
            "Level": 4,
            "Task": number % 100,
            "Opcode": 0,
            "Keywords": "0x8020000000000000",
            "TimeCreated": {"#attributes": {"SystemTime": self.time()}},
            "EventRecordID": self.number,
            "Correlation": None,
            "Execution": {"#attributes": {"ProcessID": self.id(), "ThreadID": self.id()}},
            "Channel": channel,
            "Computer": self.random.choice(HOSTS),
            "Security": None,
        }
        schema = {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"}
        return {"Event": {"#attributes": schema, "System": system, "EventData": data}}

    def time(self) -> str:
        """A time, later than all before."""
        seconds = self.number // 20
        hours, minutes = seconds // 3600 % 24, seconds // 60 % 60
        return f"2026-03-{1 + seconds // 86400 % 28:02}T{hours:02}:{minutes:02}:{seconds % 60:02}.{self.number:07}Z"

    def id(self) -> int:
        """A process's number."""
        return self.random.randrange(500, 30_000) & ~3

    def guid(self) -> str:
        """An identifier that is not seen again."""
        first, last = self.random.getrandbits(32), self.random.getrandbits(32)
        return f"{first:08X}-{self.number & 0xFFFF:04X}-6A01-0000-0010{last:08X}"

    def address(self) -> str:
        """An address of the network's."""
        return f"10.{self.random.randrange(4)}.{self.random.randrange(256)}.{self.random.randrange(1, 255)}"

    def started(self) -> tuple[str, str, str]:
        """A program, its command line, and who started it."""
        user = self.random.choice(USERS)
        image, arguments = self.random.choice(list(IMAGES.items()))
        image = image.format(user=user)
        return image, f'"{image}" {arguments.format(user=user, n=self.number)}'.strip(), user

    def logon(self) -> Mapping[str, Any]:
        """4624."""
        user = self.random.choice(USERS)
        data = {
            "SubjectUserSid": "S-1-5-18",
            "SubjectUserName": "-",
            "SubjectLogonId": "0x3e7",
            "TargetUserSid": f"S-1-5-21-2555720767-1205513275-3893774561-{1100 + USERS.index(user)}",
            "TargetUserName": user,
            "TargetDomainName": "CORP",
            "TargetLogonId": f"0x{self.random.getrandbits(28):x}",
            "LogonType": self.random.choice([2, 3, 3, 3, 5, 7]),
            "LogonProcessName": "Kerberos",
            "AuthenticationPackageName": "Kerberos",
            "WorkstationName": "-",
            "LogonGuid": self.guid(),
            "ProcessId": "0x0",
            "ProcessName": "-",
            "IpAddress": self.address(),
            "IpPort": str(self.random.randrange(49152, 65535)),
        }
        return self.event(SECURITY, 4624, AUDITING, data)

    def logoff(self) -> Mapping[str, Any]:
        """4634."""
        data = {
            "TargetUserSid": "S-1-5-21-2555720767-1205513275-3893774561-1101",
            "TargetUserName": self.random.choice(USERS),
            "TargetDomainName": "CORP",
            "TargetLogonId": f"0x{self.random.getrandbits(28):x}",
            "LogonType": 3,
        }
        return self.event(SECURITY, 4634, AUDITING, data)

    def privileges(self) -> Mapping[str, Any]:
        """4672."""
        data = {
            "SubjectUserSid": "S-1-5-18",
            "SubjectUserName": "SYSTEM",
            "SubjectDomainName": "NT AUTHORITY",
            "SubjectLogonId": "0x3e7",
            "PrivilegeList": "SeAssignPrimaryTokenPrivilege\r\n\t\t\tSeTcbPrivilege\r\n\t\t\tSeAuditPrivilege",
        }
        return self.event(SECURITY, 4672, AUDITING, data)

    def connection_filtered(self) -> Mapping[str, Any]:
        """5156."""
        data = {
            "ProcessID": self.id(),
            "Application": "\\device\\harddiskvolume3\\windows\\system32\\svchost.exe",
            "Direction": "%%14593",
            "SourceAddress": self.address(),
            "SourcePort": str(self.random.randrange(49152, 65535)),
            "DestAddress": self.address(),
            "DestPort": self.random.choice(["53", "88", "389", "443", "445"]),
            "Protocol": 6,
            "FilterRTID": 71_430,
            "LayerName": "%%14611",
        }
        return self.event(SECURITY, 5156, AUDITING, data)

    def audited_process(self) -> Mapping[str, Any]:
        """4688."""
        image, line, user = self.started()
        data = {
            "SubjectUserSid": "S-1-5-18",
            "SubjectUserName": user,
            "SubjectDomainName": "CORP",
            "SubjectLogonId": f"0x{self.random.getrandbits(24):x}",
            "NewProcessId": f"0x{self.id():x}",
            "NewProcessName": image,
            "TokenElevationType": "%%1938",
            "ProcessId": f"0x{self.id():x}",
            "CommandLine": line,
            "TargetUserSid": "S-1-0-0",
            "TargetUserName": "-",
            "ParentProcessName": f"{SYSTEM32}services.exe",
            "MandatoryLabel": "S-1-16-8192",
        }
        return self.event(SECURITY, 4688, AUDITING, data)

    def process(self) -> Mapping[str, Any]:
        """Sysmon 1."""
        image, line, user = self.started()
        data = {
            "RuleName": "-",
            "UtcTime": self.time(),
            "ProcessGuid": self.guid(),
            "ProcessId": self.id(),
            "Image": image,
            "FileVersion": "10.0.19041.1806",
            "Description": image.rpartition("\\")[2].partition(".")[0],
            "Product": "Microsoft Windows Operating System",
            "Company": "Microsoft Corporation",
            "OriginalFileName": image.rpartition("\\")[2],
            "CommandLine": line,
            "CurrentDirectory": SYSTEM32,
            "User": f"CORP\\{user}",
            "LogonGuid": self.guid(),
            "LogonId": f"0x{self.random.getrandbits(24):x}",
            "TerminalSessionId": 1,
            "IntegrityLevel": "Medium",
            "Hashes": f"MD5={hash_of(image)}",
            "ParentProcessGuid": self.guid(),
            "ParentProcessId": self.id(),
            "ParentImage": f"{SYSTEM32}services.exe",
            "ParentCommandLine": f"{SYSTEM32}services.exe",
            "ParentUser": "NT AUTHORITY\\SYSTEM",
        }
        return self.event(SYSMON, 1, "Microsoft-Windows-Sysmon", data)

    def connection(self) -> Mapping[str, Any]:
        """Sysmon 3."""
        image, _, user = self.started()
        data = {
            "UtcTime": self.time(),
            "ProcessGuid": self.guid(),
            "ProcessId": self.id(),
            "Image": image,
            "User": f"CORP\\{user}",
            "Protocol": "tcp",
            "Initiated": True,
            "SourceIp": self.address(),
            "SourcePort": self.random.randrange(49152, 65535),
            "DestinationIp": f"52.{self.random.randrange(256)}.{self.random.randrange(256)}.7",
            "DestinationHostname": self.random.choice(NAMES),
            "DestinationPort": 443,
            "DestinationPortName": "https",
        }
        return self.event(SYSMON, 3, "Microsoft-Windows-Sysmon", data)

    def library(self) -> Mapping[str, Any]:
        """Sysmon 7."""
        image, _, user = self.started()
        name = self.random.choice(LIBRARIES)
        data = {
            "UtcTime": self.time(),
            "ProcessGuid": self.guid(),
            "ProcessId": self.id(),
            "Image": image,
            "ImageLoaded": SYSTEM32 + name,
            "FileVersion": "10.0.19041.1806",
            "Description": name,
            "Company": "Microsoft Corporation",
            "OriginalFileName": name,
            "Hashes": f"MD5={hash_of(name)}",
            "Signed": "true",
            "Signature": "Microsoft Windows",
            "SignatureStatus": "Valid",
            "User": f"CORP\\{user}",
        }
        return self.event(SYSMON, 7, "Microsoft-Windows-Sysmon", data)

    def file(self) -> Mapping[str, Any]:
        """Sysmon 11."""
        image, _, user = self.started()
        folder = f"C:\\Users\\{user}\\AppData\\Local\\Google\\Chrome\\User Data\\Cache"
        data = {
            "UtcTime": self.time(),
            "ProcessGuid": self.guid(),
            "ProcessId": self.id(),
            "Image": image,
            "TargetFilename": f"{folder}\\f_{self.number:06x}",
            "CreationUtcTime": self.time(),
            "User": f"CORP\\{user}",
        }
        return self.event(SYSMON, 11, "Microsoft-Windows-Sysmon", data)

    def registry(self) -> Mapping[str, Any]:
        """Sysmon 13."""
        image, _, user = self.started()
        value = self.random.choice(VALUES)
        data = {
            "EventType": "SetValue",
            "UtcTime": self.time(),
            "ProcessGuid": self.guid(),
            "ProcessId": self.id(),
            "Image": image,
            "TargetObject": f"HKU\\S-1-5-21-1-2-3-{1100 + USERS.index(user)}\\Software\\Vendor\\{value}\\{self.number}",
            "Details": f"DWORD (0x{self.number & 0xFFFFFFFF:08x})",
            "User": f"CORP\\{user}",
        }
        return self.event(SYSMON, 13, "Microsoft-Windows-Sysmon", data)

    def name_query(self) -> Mapping[str, Any]:
        """Sysmon 22."""
        image, _, user = self.started()
        data = {
            "UtcTime": self.time(),
            "ProcessGuid": self.guid(),
            "ProcessId": self.id(),
            "QueryName": self.random.choice(NAMES),
            "QueryStatus": 0,
            "QueryResults": f"::ffff:{self.address()};",
            "Image": image,
            "User": f"CORP\\{user}",
        }
        return self.event(SYSMON, 22, "Microsoft-Windows-Sysmon", data)

    def service(self) -> Mapping[str, Any]:
        """7036 of the service control manager."""
        data = {"param1": "Windows Update", "param2": self.random.choice(["running", "stopped"])}
        return self.event("System", 7036, "Service Control Manager", data)

    def script(self) -> Mapping[str, Any]:
        """A block of PowerShell, 4104."""
        text = f"Get-Service | Where-Object Status -eq Running | Export-Csv C:\\Reports\\services-{self.number}.csv"
        data = {
            "MessageNumber": 1,
            "MessageTotal": 1,
            "ScriptBlockText": text,
            "ScriptBlockId": self.guid(),
            "Path": "C:\\Scripts\\report.ps1",
        }
        return self.event(POWERSHELL, 4104, "Microsoft-Windows-PowerShell", data)


def hash_of(name: str) -> str:
    """A made-up MD5 for a file of this name."""
    return f"{random.Random(name).getrandbits(128):032X}"


def main() -> int:
    """Write the events."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    options = parser.parse_args()
    sys.stdout.writelines(json.dumps(event) + "\n" for event in Maker().events(options.events))
    return 0


if __name__ == "__main__":
    sys.exit(main())
