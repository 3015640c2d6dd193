"""Which columns of a Kusto table name a host, an account, an address: Sentinel's entity mappings and connectors.

Column names as documented in the Azure Monitor Logs and Microsoft Defender XDR table references; a test checks
them against published schemas of the tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from transpile.record import record


@record
class Entity:
    """An entity of Sentinel's (`Host`, `Account` ...): pairs of an identifier and its column (at most 3)."""

    type: str
    identifiers: tuple[tuple[str, str], ...]


def _entity(type_: str, **identifiers: str) -> Entity:
    return Entity(type_, tuple(identifiers.items()))


_DEVICE = (
    _entity("Host", FullName="DeviceName"),
    _entity("Account", Name="InitiatingProcessAccountName", NTDomain="InitiatingProcessAccountDomain"),
)
_DEVICE_PROCESS = (
    _entity("Host", FullName="DeviceName"),
    _entity("Account", Name="AccountName", NTDomain="AccountDomain", Sid="AccountSid"),
    _entity("Process", ProcessId="ProcessId", CommandLine="ProcessCommandLine"),
)
_ASIM_ACTOR = (_entity("Host", FullName="DvcHostname"), _entity("Account", Name="ActorUsername"))

ENTITIES: Mapping[str, tuple[Entity, ...]] = {
    "SecurityEvent": (
        _entity("Host", FullName="Computer"),
        _entity("Account", Name="SubjectUserName", NTDomain="SubjectDomainName"),
    ),
    "WindowsEvent": (_entity("Host", FullName="Computer"),),
    "Event": (_entity("Host", FullName="Computer"),),
    "Syslog": (_entity("Host", FullName="Computer"),),
    "SigninLogs": (
        _entity("Account", FullName="UserPrincipalName", AadUserId="UserId"),
        _entity("IP", Address="IPAddress"),
    ),
    "AADNonInteractiveUserSignInLogs": (
        _entity("Account", FullName="UserPrincipalName", AadUserId="UserId"),
        _entity("IP", Address="IPAddress"),
    ),
    "AuditLogs": (_entity("Account", Name="Identity"),),
    "AzureActivity": (
        _entity("Account", FullName="Caller"),
        _entity("IP", Address="CallerIpAddress"),
    ),
    "OfficeActivity": (_entity("Account", FullName="UserId"), _entity("IP", Address="ClientIP")),
    "AWSCloudTrail": (
        _entity("Account", Name="UserIdentityUserName"),
        _entity("IP", Address="SourceIpAddress"),
    ),
    "CommonSecurityLog": (
        _entity("Host", FullName="SourceHostName"),
        _entity("Account", Name="SourceUserName"),
        _entity("IP", Address="SourceIP"),
    ),
    "W3CIISLog": (_entity("Host", FullName="Computer"), _entity("IP", Address="cIP")),
    "DeviceProcessEvents": _DEVICE_PROCESS,
    "DeviceNetworkEvents": (*_DEVICE, _entity("IP", Address="RemoteIP")),
    "DeviceFileEvents": (*_DEVICE, _entity("File", Name="FileName", Directory="FolderPath")),
    "DeviceRegistryEvents": (*_DEVICE, _entity("RegistryKey", Key="RegistryKey")),
    "DeviceImageLoadEvents": (*_DEVICE, _entity("File", Name="FileName", Directory="FolderPath")),
    "DeviceEvents": _DEVICE,
    "DeviceLogonEvents": (
        _entity("Host", FullName="DeviceName"),
        _entity("Account", Name="AccountName", NTDomain="AccountDomain"),
        _entity("IP", Address="RemoteIP"),
    ),
    "EmailEvents": (_entity("Mailbox", MailboxPrimaryAddress="RecipientEmailAddress"),),
    "CloudAppEvents": (_entity("Account", AadUserId="AccountObjectId"), _entity("IP", Address="IPAddress")),
    "IdentityLogonEvents": (_entity("Account", FullName="AccountUpn"), _entity("IP", Address="IPAddress")),
    "_Im_ProcessCreate": _ASIM_ACTOR,
    "_Im_ProcessEvent": _ASIM_ACTOR,
    "_Im_FileEvent": _ASIM_ACTOR,
    "_Im_RegistryEvent": _ASIM_ACTOR,
    "_Im_NetworkSession": (_entity("Host", FullName="DvcHostname"), _entity("IP", Address="SrcIpAddr")),
    "_Im_Dns": (_entity("Host", FullName="DvcHostname"), _entity("IP", Address="SrcIpAddr")),
    "_Im_WebSession": (_entity("IP", Address="SrcIpAddr"),),
    "_Im_Authentication": (_entity("Account", Name="TargetUsername"), _entity("IP", Address="SrcIpAddr")),
}

# Columns that rules group by, beside those of the tables above: of the Windows Security log, ASIM and sign-ins.
_BY_COLUMN: Mapping[str, tuple[str, str]] = {
    "TargetUserName": ("Account", "Name"),
    "TargetUserSid": ("Account", "Sid"),
    "SubjectUserSid": ("Account", "Sid"),
    "Account": ("Account", "FullName"),
    "TargetAccount": ("Account", "FullName"),
    "IpAddress": ("IP", "Address"),
    "SourceIp": ("IP", "Address"),
    "DestinationIp": ("IP", "Address"),
    "LocalIP": ("IP", "Address"),
    "DstIpAddr": ("IP", "Address"),
    "WorkstationName": ("Host", "HostName"),
    "HostName": ("Host", "HostName"),
    "ProcessCommandLine": ("Process", "CommandLine"),
}


def entities_of(columns: tuple[str, ...]) -> tuple[Entity, ...]:
    """The entities that the columns name (at most 10): what the alerts of a grouped query are about.

    >>> [entity.type for entity in entities_of(("TargetUserName", "Computer", "LogonType"))]
    ['Account', 'Host']
    >>> entities_of(("AccountDomain", "AccountName"))[0].identifiers
    (('Name', 'AccountName'), ('NTDomain', 'AccountDomain'))
    """
    single = (_entity(type_, **{identifier: column}) for column, (type_, identifier) in _BY_COLUMN.items())
    entities = (*(entity for of_table in ENTITIES.values() for entity in of_table), *single)
    known = {column: entity for entity in entities for _, column in entity.identifiers}
    asked = dict.fromkeys(known[column] for column in columns if column in known)
    return tuple(Entity(one.type, tuple(pair for pair in one.identifiers if pair[1] in columns)) for one in asked)[:10]


def entities_in(tables: Iterable[str]) -> tuple[Entity, ...]:
    """The entities of a query's rows, whichever of the tables they are from: by columns that every table has.

    A rule that maps a column which its query lacks cannot be saved, and a table that is not there takes its own along.

    >>> entities_in(["WindowsEvent", "SecurityEvent"])
    (Entity(type='Host', identifiers=(('FullName', 'Computer'),)),)
    >>> entities_in(["SecurityEvent", "DeviceProcessEvents"])
    ()
    """
    first, *others = (ENTITIES.get(table, ()) for table in tables)
    columns = [{column for entity in entities for _, column in entity.identifiers} for entities in others]
    found = []
    for entity in first:
        shared = tuple(pair for pair in entity.identifiers if all(pair[1] in there for there in columns))
        if shared:
            found.append(Entity(entity.type, shared))
    return tuple(found)


# The connector that fills each table; none for tables that any of several connectors fills.
CONNECTORS: Mapping[str, str] = {
    "SecurityEvent": "SecurityEvents",
    "WindowsEvent": "WindowsForwardedEvents",
    "Syslog": "Syslog",
    "SigninLogs": "AzureActiveDirectory",
    "AADNonInteractiveUserSignInLogs": "AzureActiveDirectory",
    "AuditLogs": "AzureActiveDirectory",
    "AzureActivity": "AzureActivity",
    "OfficeActivity": "Office365",
    "AWSCloudTrail": "AWS",
    "CommonSecurityLog": "CEF",
    "W3CIISLog": "AzureMonitor(IIS)",
    **dict.fromkeys(
        (
            "DeviceProcessEvents",
            "DeviceNetworkEvents",
            "DeviceFileEvents",
            "DeviceRegistryEvents",
            "DeviceImageLoadEvents",
            "DeviceEvents",
            "DeviceLogonEvents",
            "EmailEvents",
            "CloudAppEvents",
            "IdentityLogonEvents",
        ),
        "MicrosoftThreatProtection",
    ),
}


def table(dataset: str | None) -> str:
    """The table or function that a data set begins with; `""` for none.

    >>> table("_Im_Dns()"), table("DeviceEvents | extend X = parse_json(AdditionalFields)"), table(None)
    ('_Im_Dns', 'DeviceEvents', '')
    """
    found = re.match(r"\w+", dataset or "")
    return found[0] if found else ""
