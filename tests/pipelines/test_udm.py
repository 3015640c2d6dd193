"""Google SecOps: what becomes of rules of each kind of log, line by line, and that the queries mean the rules."""

from __future__ import annotations

import pytest

from transpile.conversion import Conversion, Options, Status, convert_source
from transpile.dialects.yaral.check import problems
from transpile.source import Source
from transpile.verify import Verdict, verify_conversions

OPTIONS = Options(("yaral",), models=("udm",), allow_approximate=True)


def convert(logsource: str, selection: str) -> Conversion:
    text = f"title: t\nlogsource: {{{logsource}}}\ndetection:\n  s: {selection}\n  condition: s\n"
    (conversion,) = convert_source(Source(text, "rule.yml"), OPTIONS)
    return conversion


def lines(conversion: Conversion) -> list[str]:
    """What a query asks of the event."""
    assert conversion.query is not None, conversion.diagnostics
    section = conversion.query.split("  events:\n")[1].split("\n\n")[0]
    return [line.strip() for line in section.splitlines()]


def codes(conversion: Conversion) -> set[str]:
    return {one.code for one in conversion.diagnostics}


PROCESS = "category: process_creation, product: windows"
SECURITY = "service: security, product: windows"
AUDITING = '$e.metadata.product_name = "Microsoft-Windows-Security-Auditing" nocase'
SYSMON = '$e.metadata.product_name = "Microsoft-Windows-Sysmon" nocase'

EXACT = {
    "a process, its parent, its user": (
        PROCESS,
        r"{Image|endswith: '\a.exe', ParentCommandLine: p, User: 'NT AUTHORITY\SYSTEM', OriginalFileName: a.exe}",
        [
            '$e.metadata.event_type = "PROCESS_LAUNCH"',
            '$e.metadata.product_event_type != "4104"',
            r"$e.target.process.file.full_path = /(?s)\\a\.exe$/ nocase",
            '$e.principal.process.command_line = "p" nocase',
            '$e.principal.administrative_domain = "NT AUTHORITY" nocase',
            '$e.principal.user.userid = "SYSTEM" nocase',
            '$e.src.process.file.full_path = "a.exe" nocase',
        ],
    ),
    "a hash": (
        PROCESS,
        "{Hashes|contains: 'SHA256=" + "ab" * 32 + "'}",
        [
            '$e.metadata.event_type = "PROCESS_LAUNCH"',
            '$e.metadata.product_event_type != "4104"',
            f'$e.target.process.file.sha256 = "{"ab" * 32}" nocase',
        ],
    ),
    "a file": (
        "category: file_event, product: windows",
        r"{TargetFilename|endswith: .scr, Image: 'C:\a.exe'}",
        [
            '$e.metadata.event_type = "FILE_CREATION"',
            r"$e.target.file.full_path = /(?s)\.scr$/ nocase",
            r'$e.principal.process.file.full_path = "C:\\a.exe" nocase',
        ],
    ),
    "a file that is read": (
        "category: file_access, product: windows",
        r"{FileName|endswith: '\Login Data'}",
        [
            '($e.metadata.event_type = "FILE_OPEN" or $e.metadata.event_type = "FILE_READ")',
            r"$e.target.file.full_path = /(?s)\\Login Data$/ nocase",
        ],
    ),
    "the registry, which Sysmon's words stay in": (
        "category: registry_set, product: windows",
        r"{TargetObject: 'HKLM\Software\a', Details: DWORD (0x00000001)}",
        [
            '$e.metadata.event_type = "REGISTRY_MODIFICATION"',
            r'$e.target.registry.registry_key = "HKLM\\Software\\a" nocase',
            '$e.target.registry.registry_value_data = "DWORD (0x00000001)" nocase',
        ],
    ),
    "what happened to the registry": (
        "category: registry_event, product: windows",
        r"{TargetObject|endswith: '\a', EventType: SetValue}",
        [
            "(",
            '$e.metadata.event_type = "REGISTRY_MODIFICATION" or',
            '$e.metadata.event_type = "REGISTRY_CREATION" or',
            '$e.metadata.event_type = "REGISTRY_DELETION"',
            ")",
            r"$e.target.registry.registry_key = /(?s)\\a$/ nocase",
            '$e.metadata.product_event_type = "13"',
        ],
    ),
    "a connection": (
        "category: network_connection, product: windows",
        "{DestinationPort: 4444, DestinationIp|cidr: 10.0.0.0/8, Protocol: tcp}",
        [
            '$e.metadata.event_type = "NETWORK_CONNECTION"',
            "$e.target.port = 4444",
            'net.ip_in_range_cidr(any $e.target.ip, "10.0.0.0/8")',
            '$e.network.ip_protocol = "TCP"',
        ],
    ),
    "a name that is looked up": (
        "category: dns_query, product: windows",
        "{QueryName: example.com}",
        ['$e.metadata.event_type = "NETWORK_DNS"', 'any $e.network.dns.questions.name = "example.com" nocase'],
    ),
    "a module": (
        "category: image_load, product: windows",
        r"{ImageLoaded|endswith: '\a.dll', Image|endswith: '\b.exe'}",
        [
            '$e.metadata.event_type = "PROCESS_MODULE_LOAD"',
            r"$e.target.process.file.full_path = /(?s)\\a\.dll$/ nocase",
            r"$e.principal.process.file.full_path = /(?s)\\b\.exe$/ nocase",
        ],
    ),
    "access to a process": (
        "category: process_access, product: windows",
        r"{TargetImage|endswith: '\lsass.exe', GrantedAccess: '0x1010', CallTrace|contains: dbgcore}",
        [
            '$e.metadata.event_type = "PROCESS_OPEN"',
            r"$e.target.process.file.full_path = /(?s)\\lsass\.exe$/ nocase",
            '$e.target.resource.name = "0x1010" nocase',
            '$e.additional.fields["CallTrace"] = /(?s)dbgcore/ nocase',
        ],
    ),
    "a thread in another process": (
        "category: create_remote_thread, product: windows",
        r"{TargetImage|endswith: '\a.exe'}",
        [
            SYSMON,
            '$e.metadata.product_event_type = "8"',
            r"$e.target.process.file.full_path = /(?s)\\a\.exe$/ nocase",
        ],
    ),
    "a script": (
        "category: ps_script, product: windows",
        "{ScriptBlockText|contains: Invoke-A}",
        [
            '$e.metadata.event_type = "PROCESS_LAUNCH"',
            '$e.metadata.product_name = "Microsoft-Windows-PowerShell" nocase',
            '$e.metadata.product_event_type = "4104"',
            "$e.target.process.command_line = /(?s)Invoke-A/ nocase",
        ],
    ),
    "a logon": (
        SECURITY,
        "{EventID: 4624, LogonType: 10, TargetUserName: a, IpAddress: 10.1.2.3}",
        [
            '$e.metadata.event_type = "USER_LOGIN"',
            AUDITING,
            '$e.metadata.product_event_type = "4624"',
            'any $e.extensions.auth.mechanism = "REMOTE_INTERACTIVE"',
            '$e.target.user.userid = "a" nocase',
            'any $e.principal.ip = "10.1.2.3"',
        ],
    ),
    "an object": (
        SECURITY,
        "{EventID: 4662, AccessMask: '0x100', Properties|contains: a}",
        [
            '$e.metadata.event_type = "USER_RESOURCE_ACCESS"',
            AUDITING,
            '$e.metadata.product_event_type = "4662"',
            "$e.principal.process.access_mask = 256",
            '$e.security_result.detection_fields["Properties"] = /(?s)a/ nocase',
        ],
    ),
    "members of a group": (
        SECURITY,
        "{EventID: 4728, TargetUserName: Admins, SubjectUserName: a}",
        [
            "(",
            '$e.metadata.event_type = "GROUP_CREATION" or',
            '$e.metadata.event_type = "GROUP_MODIFICATION" or',
            '$e.metadata.event_type = "GROUP_DELETION"',
            ")",
            AUDITING,
            '$e.metadata.product_event_type = "4728"',
            '$e.target.group.group_display_name = "Admins" nocase',
            '$e.principal.user.userid = "a" nocase',
        ],
    ),
    "a new service": (
        "service: system, product: windows",
        "{Provider_Name: Service Control Manager, EventID: 7045, ImagePath|contains: a}",
        [
            '$e.metadata.event_type = "SERVICE_CREATION"',
            '$e.metadata.product_name = "Service Control Manager" nocase',
            '$e.metadata.product_event_type = "7045"',
            "$e.target.process.file.full_path = /(?s)a/ nocase",
        ],
    ),
    "a process on Linux, whose platform has two places": (
        "category: process_creation, product: linux",
        "{CommandLine|contains: a, User: root}",
        [
            '$e.metadata.event_type = "PROCESS_LAUNCH"',
            '($e.principal.platform = "LINUX" or $e.principal.asset.platform_software.platform = "LINUX")',
            "$e.target.process.command_line = /(?s)a/ nocase",
            '$e.principal.user.userid = "root" nocase',
        ],
    ),
    "Amazon": (
        "service: cloudtrail, product: aws",
        "{eventName: PutUserPolicy, eventSource: iam.amazonaws.com, userIdentity.arn|contains: a}",
        [
            '$e.metadata.vendor_name = "AMAZON" nocase',
            '$e.metadata.product_name = "AWS CloudTrail" nocase',
            '$e.metadata.product_event_type = "PutUserPolicy" nocase',
            '$e.target.application = "iam.amazonaws.com" nocase',
            "$e.principal.user.userid = /(?s)a/ nocase",
        ],
    ),
    "Entra": (
        "service: auditlogs, product: azure",
        "{OperationName: Add user, Category: UserManagement, Result: success}",
        [
            '$e.metadata.vendor_name = "Microsoft" nocase',
            '$e.metadata.product_name = "Azure AD Directory Audit" nocase',
            '$e.metadata.product_event_type = "Add user" nocase',
            '$e.additional.fields["log_category"] = "UserManagement" nocase',
            'any $e.security_result.summary = "success" nocase',
        ],
    ),
    "Okta": (
        "service: okta, product: okta",
        "{eventType: user.session.start, outcome.result: FAILURE}",
        [
            '$e.metadata.vendor_name = "Okta" nocase',
            '$e.metadata.product_name = "Okta" nocase',
            '$e.metadata.product_event_type = "user.session.start" nocase',
            'any $e.security_result.action = "BLOCK"',
        ],
    ),
    "a web server's request, path and query apart": (
        "category: webserver",
        "{cs-method: POST, cs-uri-stem|endswith: .aspx, cs-uri-query|contains: 'cmd=', sc-status: 200}",
        [
            '$e.metadata.event_type = "NETWORK_HTTP"',
            '$e.network.http.method = "POST" nocase',
            r"$e.target.url = /(?s)^[^?]*\.aspx(?:\?|$)/ nocase",
            r"$e.target.url = /(?s)\?.*cmd=/ nocase",
            "$e.network.http.response_code = 200",
        ],
    ),
    "a proxy": (
        "category: proxy",
        "{c-uri|endswith: /a, cs-host: example.com, c-useragent: b}",
        [
            '$e.metadata.event_type = "NETWORK_HTTP"',
            r"$e.target.url = /(?s)\/a$/ nocase",
            '$e.target.hostname = "example.com" nocase',
            '$e.network.http.user_agent = "b" nocase',
        ],
    ),
    "a name server, which numbers kinds of records": (
        "category: dns",
        "{query|endswith: .example.com, record_type: TXT}",
        [
            '$e.metadata.event_type = "NETWORK_DNS"',
            r"re.regex(any $e.network.dns.questions.name, `(?s)\.example\.com$`) nocase",
            "any $e.network.dns.questions.type = 16",
        ],
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_rules_become_queries(name: str) -> None:
    logsource, selection, expected = EXACT[name]
    conversion = convert(logsource, selection)
    assert lines(conversion) == expected
    assert conversion.status is Status.EXACT
    assert not codes(conversion)
    assert not problems(conversion.query or "")


@pytest.mark.parametrize("name", EXACT)
def test_queries_are_proven_on_events_as_they_are_kept(name: str) -> None:
    logsource, selection, _ = EXACT[name]
    (proof,) = verify_conversions([convert(logsource, selection)], OPTIONS)
    assert proof.verdict is Verdict.PROVEN, proof
    assert proof.matching


APPROXIMATE = {
    "a key or a value of the registry": ("category: registry_delete, product: windows", "{EventType: DeleteKey}"),
}


@pytest.mark.parametrize("name", APPROXIMATE)
def test_what_the_parser_does_not_keep_is_left_out_and_said(name: str) -> None:
    conversion = convert(*APPROXIMATE[name])
    assert conversion.status is Status.APPROXIMATE
    assert codes(conversion) == {"MAP007W"}
    (proof,) = verify_conversions([conversion], OPTIONS)
    assert proof.verdict is Verdict.PROVEN, proof


ASSUMED = {
    "an event that the reference lacks": (
        "service: windefend, product: windows",
        "{EventID: 5007, NewValue|contains: a}",
        '$e.additional.fields["NewValue"] = /(?s)a/ nocase',
    ),
    "a log source of which it lacks all": (
        "service: taskscheduler, product: windows",
        "{EventID: 129, Path: a}",
        '$e.additional.fields["Path"] = "a" nocase',
    ),
    "a pipe": (
        "category: pipe_created, product: windows",
        "{PipeName: a}",
        '$e.target.resource.name = "a" nocase',
    ),
}


@pytest.mark.parametrize("name", ASSUMED)
def test_an_assumption_is_said(name: str) -> None:
    logsource, selection, expected = ASSUMED[name]
    conversion = convert(logsource, selection)
    assert lines(conversion)[-1] == expected
    assert conversion.status is Status.EXACT
    assert codes(conversion) == {"MAP010"}


def test_values_without_a_name_are_numbered() -> None:
    conversion = convert("service: application, product: windows", "{Provider_Name: a, EventID: 1, Data|contains: b}")
    asked = [line for line in lines(conversion) if "additional" in line]
    assert [line.split('"')[1] for line in asked] == ["Data", *(f"Data_{n}" for n in range(1, 8))]
    assert codes(conversion) == {"MAP010"}


REFUSED = {
    "a document that the parser takes apart": (SECURITY, "{EventID: 4698, TaskContent|contains: a}", "MAP002"),
    "a code in a sentence": (SECURITY, "{EventID: 4625, SubStatus: '0xC0000072'}", "MAP002"),
    "a piece of a number": (SECURITY, "{EventID: 4662, AccessMask|contains: '10'}", "MAP004"),
    "a word that an enumeration lacks": (
        "category: network_connection, product: windows",
        "{Protocol: ipx}",
        "MAP006",
    ),
    "logs that no parser is known for": ("service: audit, product: bitbucket", "{auditType.action: a}", "MAP001"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_udm_has_no_place_for_is_refused(name: str) -> None:
    logsource, selection, code = REFUSED[name]
    conversion = convert(logsource, selection)
    assert conversion.query is None
    assert codes(conversion) == {code}


def test_a_rule_about_several_events_asks_all_their_places() -> None:
    conversion = convert(SECURITY, "{EventID: [4624, 4728], TargetUserName: a}")
    asked = [line for line in lines(conversion) if '"a"' in line]
    assert asked == [
        '($e.target.user.userid = "a" nocase or $e.target.group.group_display_name = "a" nocase)',
    ]


def test_words_are_sought_in_every_text_of_a_web_request() -> None:
    text = "title: t\nlogsource: {category: webserver}\ndetection:\n  k: [jndi]\n  condition: k\n"
    (conversion,) = convert_source(Source(text, "rule.yml"), OPTIONS)
    found = " ".join(lines(conversion))
    for field in ("target.url", "network.http.user_agent", "network.http.referral_url", "principal.user.userid"):
        assert f"$e.{field} = /(?s)jndi/ nocase" in found
