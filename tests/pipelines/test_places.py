"""Where events really are: one test for each kind of place that a query has to read."""

from __future__ import annotations

import pytest

from transpile.conversion import Options, convert_all, convert_source
from transpile.pipelines.backward import sources_of
from transpile.pipelines.load import load
from transpile.pipelines.profile import Profile
from transpile.source import Source
from transpile.verify import Verdict, verify_source

HEAD = "title: A rule\nlogsource: {%s}\ndetection:\n  s: %s\n  condition: s\n"
PROCESS, SECURITY = "category: process_creation, product: windows", "product: windows, service: security"
DIGEST = "0123456789abcdef0123456789abcdef"

# By kind: language, data model, log source, selection, and what the query has to hold.
ASKED = {
    "registry by Elastic Defend and Sysmon": (
        "eql",
        "ecs",
        "category: registry_set, product: windows",
        r"{TargetObject|contains: '\CurrentControlSet\', Details: DWORD (0x00000001)}",
        [
            'event.type == "change"',
            '("12", "14")',
            r"\\ControlSet001\\",
            'strings : ("1", "0x00000001")',
        ],
    ),
    "modules by Elastic Defend and Sysmon": (
        "eql",
        "ecs",
        "category: image_load, product: windows",
        r"{ImageLoaded|endswith: '\a.dll'}",
        ['event.category == "library"', 'dll.name : "a.dll"', 'file.name : "a.dll"'],
    ),
    "no forks": (
        "eql",
        "ecs",
        "category: process_creation, product: linux",
        "{CommandLine: a}",
        ['event.action != "fork"'],
    ),
    "user data": (
        "eql",
        "ecs",
        "product: windows, service: terminalservices-localsessionmanager",
        "{EventID: 21, Address: a}",
        ['winlog.event_data.Address : "a"', 'winlog.user_data.Address : "a"'],
    ),
    "codes of rights": (
        "eql",
        "ecs",
        SECURITY,
        "{EventID: 4663, AccessList|contains: '%%4417'}",
        ['"4417"', '"*%%4417*"'],
    ),
    "alerts of Microsoft 365": (
        "eql",
        "ecs",
        "product: m365, service: threat_management",
        "{eventName: a}",
        ['event.action == "AlertTriggered"', 'rule.name : "a"'],
    ),
    "attributes in quotes": ("spl", "windows-xml", SECURITY, "{Provider_Name: a b}", ["'a b'", '"a b"']),
    "values without a name": (
        "spl",
        "windows-xml",
        "product: windows, service: application",
        "{Data|contains: abc}",
        ['EventData_Xml="*abc*"'],
    ),
    "arrays of JSON": ("spl", "windows-xml", "product: zeek, service: dns", "{answers: a}", ["answers{}"]),
    "the vendor's own word": (
        "spl",
        "windows-xml",
        "product: fortinet, service: event",
        "{action: Add}",
        ["vendor_action"],
    ),
    "names of processes": ("spl", "cim", PROCESS, r"{Image|endswith: '\a.exe'}", ['Processes.process_name="a.exe"']),
    "both control sets": (
        "kql",
        "defender",
        "category: registry_set, product: windows",
        r"{TargetObject|contains: '\CurrentControlSet\Services\'}",
        [r"\ControlSet001\Services", r"\CurrentControlSet\Services"],
    ),
    "the host of a URL": (
        "kql",
        "defender",
        "category: network_connection, product: windows",
        "{DestinationHostname: a.b}",
        ["parse_url(RemoteUrl).Host", 'RemoteHost =~ "a.b"'],
    ),
    "a facility": (
        "kql",
        "sentinel",
        "product: linux, service: auth",
        "['word']",
        ['Facility in ("auth", "authpriv")'],
    ),
    "applocker among security events": (
        "kql",
        "sentinel",
        "product: windows, service: applocker",
        "{EventID: 8004}",
        ["(SecurityEvent", "(WindowsEvent", "(Event"],
    ),
    "a normalised name": ("kql", "asim", PROCESS, "{OriginalFileName: a}", ["TargetProcessFilename"]),
    "Sysmon by number": (
        "yaral",
        "udm",
        "product: windows, service: sysmon",
        "{EventID: 11, TargetFilename: a}",
        ['product_event_type = "11"', "target.file.full_path"],
    ),
    "a version before a method": (
        "yaral",
        "udm",
        "product: gcp, service: gcp.audit",
        "{gcp.audit.method_name: compute.insert}",
        [r"/(?s)\.compute\.insert$/"],
    ),
    "a result of CloudTrail": (
        "yaral",
        "udm",
        "product: aws, service: cloudtrail",
        "{errorCode: AccessDenied}",
        ["security_result.rule_id"],
    ),
    **{
        f"a hash of its own, {model}": (language, model, PROCESS, f"{{md5: {DIGEST}}}", [DIGEST])
        for language, model in (
            ("spl", "windows-xml"),
            ("spl", "cim"),
            ("eql", "ecs"),
            ("kql", "sentinel"),
            ("kql", "defender"),
            ("kql", "asim"),
            ("yaral", "udm"),
        )
    },
}


@pytest.mark.parametrize("kind", ASKED)
def test_a_query_reads_where_the_events_are(kind: str) -> None:
    language, model, logsource, selection, parts = ASKED[kind]
    (found,) = convert_all(HEAD % (logsource, selection), write=language, model=model)
    assert found.query is not None, found.diagnostics
    for part in parts:
        assert part in found.query, found.query


def test_a_pattern_that_takes_the_dropped_word_asks_for_a_missing_value_too() -> None:
    (found,) = convert_all(HEAD % (SECURITY, "{EventID: 4625, WorkstationName|contains: '-'}"), write="esql")
    assert "source.domain IS NULL" in (found.query or ""), found.query
    (found,) = convert_all(HEAD % (SECURITY, "{EventID: 4625, WorkstationName|contains: '--'}"), write="esql")
    assert "IS NULL" not in (found.query or ""), found.query


@pytest.mark.parametrize(
    "selection", ["{EventID: 4625, WorkstationName|contains: ''}", "{EventID: 4625, WorkstationName: null}"]
)
def test_a_test_for_any_value_takes_the_dropped_word_for_none_and_says_so(selection: str) -> None:
    (found,) = convert_all(HEAD % (SECURITY, selection), write="esql")
    assert "MAP024" in {one.code for one in found.diagnostics}
    (proof,) = verify_source(Source(HEAD % (SECURITY, selection)), Options(("esql",)))
    assert proof.verdict is Verdict.PROVEN, proof


def test_a_dash_that_the_pipelines_drop_is_a_missing_value() -> None:
    (found,) = convert_all(HEAD % (SECURITY, "{EventID: 4742, PasswordLastSet: '-'}"), write="eql")
    assert 'not winlog.event_data.PasswordLastSet : "?*"' in (found.query or "")


@pytest.mark.parametrize("service", ["sysmon", "security"])
def test_a_category_in_a_service_is_its_event_there(service: str) -> None:
    text = HEAD % (f"{PROCESS}, service: {service}", "{CommandLine: a}")
    (found,) = convert_all(text, write="spl")
    channel, number = {"sysmon": ("Microsoft-Windows-Sysmon/Operational", 1), "security": ("Security", 4688)}[service]
    assert f'source="XmlWinEventLog:{channel}"' in (found.query or "")
    assert f"EventCode={number}" in (found.query or "")


def test_a_category_of_any_product_asks_each() -> None:
    (found,) = convert_all(HEAD % ("category: process_creation", "{CommandLine: a}"), write="eql")
    assert all(f'host.os.type == "{name}"' in (found.query or "") for name in ("windows", "linux", "macos"))


REGISTRY = "category: registry_set, product: windows"


@pytest.mark.parametrize(
    ("logsource", "selection", "start"),
    [
        (REGISTRY, r"{TargetObject|contains: '\Run\'}", "| tstats "),
        (REGISTRY, r"{TargetObject|contains: '\Run\', Image: 'C:\a.exe'}", 'source="XmlWinEventLog:'),
        ("category: ps_script, product: windows", "{ScriptBlockText: a}", "source IN ("),
    ],
)
def test_what_no_data_model_holds_is_searched_in_the_events_and_said(
    logsource: str, selection: str, start: str
) -> None:
    (found,) = convert_all(HEAD % (logsource, selection), write="spl", model="cim")
    assert (found.query or "").startswith(start), found.query
    assert ("MAP010" in {one.code for one in found.diagnostics}) is not start.startswith("|")


# What Sysmon does not record of an event, and the platforms of which another source does.
UNRECORDED = {
    "category: network_connection, product: windows": ("CommandLine", {"defender", "udm"}),
    "category: image_load, product: windows": ("CommandLine", {"defender", "udm"}),
    "category: driver_load, product: windows": ("ImagePath", set()),
    "category: file_event, product: windows": ("CommandLine", {"ecs", "defender", "udm"}),
    PROCESS: ("GrandParentImage", {"defender", "udm"}),
}


@pytest.mark.parametrize("logsource", UNRECORDED)
@pytest.mark.parametrize("model", [("spl", "windows-xml"), ("eql", "ecs"), ("kql", "defender"), ("yaral", "udm")])
def test_no_query_asks_what_no_source_fills(logsource: str, model: tuple[str, str]) -> None:
    name, fills = UNRECORDED[logsource]
    (found,) = convert_all(HEAD % (logsource, f"{{{name}|endswith: '\\a.exe'}}"), write=model[0], model=model[1])
    assert (found.query is not None) is (model[1] in fills), found.diagnostics


@pytest.mark.parametrize("model", [("spl", "windows-xml"), ("kql", "sentinel")])
def test_files_that_are_read_are_in_the_audit_log(model: tuple[str, str]) -> None:
    text = HEAD % ("category: file_access, product: windows", r"{FileName|endswith: '\cert9.db', Image: 'C:\a.exe'}")
    (found,) = convert_all(text, write=model[0], model=model[1])
    assert "4663" in (found.query or "")
    assert {one.code for one in found.diagnostics} == {"MAP010"}


# What a rule of a new process asks, and whether Sysmon and the Security log both have it.
NEW_PROCESS = {
    "what each has": (r"{Image|endswith: '\a.exe', CommandLine|contains: b}", True),
    "one of two, of which each has one": (r"[{Image|endswith: '\a.exe'}, {OriginalFileName: a}]", True),
    "what the audit event lacks": (r"{Image|endswith: '\a.exe', ParentCommandLine: b}", False),
}


@pytest.mark.parametrize("kind", NEW_PROCESS)
@pytest.mark.parametrize(
    ("target", "model", "sysmon", "audit"),
    [
        ("spl", "windows-xml", "XmlWinEventLog:Microsoft-Windows-Sysmon", '"XmlWinEventLog:Security"'),
        ("spl", "windows-classic", "WinEventLog:Microsoft-Windows-Sysmon", '"WinEventLog:Security"'),
        ("kql", "sentinel", "Microsoft-Windows-Sysmon", "SecurityEvent"),
    ],
)
def test_a_process_is_sought_in_each_log_that_has_what_is_asked(
    kind: str, target: str, model: str, sysmon: str, audit: str
) -> None:
    selection, both = NEW_PROCESS[kind]
    (found,) = convert_all(HEAD % (PROCESS, selection), write=target, model=model)
    assert sysmon in (found.query or "")
    assert (audit in (found.query or "")) is both
    assert ("MAP025" in {one.code for one in found.diagnostics}) is not both


def test_an_exclusion_keeps_out_the_log_that_cannot_tell() -> None:
    text = HEAD % (PROCESS, "{Image|endswith: a}\n  f: {ParentCommandLine: b}")
    (found,) = convert_all(text.replace("condition: s", "condition: s and not f"), write="spl")
    assert "4688" not in (found.query or "")
    assert {one.code for one in found.diagnostics} == {"MAP025"}


@pytest.mark.parametrize(
    ("have", "reads"),
    [("XmlWinEventLog", {"4688", "1"}), ("XmlWinEventLog:Security", {"4688"}), ("XmlWinEventLog:*Sysmon*", {"1"})],
)
def test_a_profile_chooses_the_log(have: str, reads: set[str]) -> None:
    (found,) = convert_source(
        Source(HEAD % (PROCESS, "[{Image|endswith: a}, {OriginalFileName: b}]")),
        Options(("spl",), profile=Profile((have,))),
    )
    assert {one for one in ("1", "4688") if f"EventCode={one}" in (found.query or "")} == reads
    assert ("OriginalFileName" in (found.query or "")) is ("1" in reads)


def test_places_that_another_model_lends_are_not_read_back_as_its_own() -> None:
    own = {one.name for one in sources_of(load("cim"))}
    assert "windows/registry_set" in own
    assert "windows/ps_script" not in own


@pytest.mark.parametrize(("regex", "guarded"), [(r"\\s-sT\\s", False), ("un.?know", True), ("(?i)KNOW", True)])
def test_a_regex_that_cannot_match_the_word_for_no_value_needs_no_guard_against_it(regex: str, guarded: bool) -> None:
    (found,) = convert_all(HEAD % (PROCESS, f'{{CommandLine|re: "{regex}"}}'), write="spl", model="cim")
    assert ('"unknown"' in (found.query or "")) is guarded, found.query


def test_texts_without_letters_are_compared_as_they_are() -> None:
    (found,) = convert_all(HEAD % (SECURITY, "{EventID: [4624, 4625], SubjectUserSid: S-1-0-0}"), write="eql")
    assert 'event.code in ("4624", "4625")' in (found.query or "")
    assert 'SubjectUserSid : "S-1-0-0"' in (found.query or "")


def test_what_is_told_of_a_place_has_the_columns_of_the_rule() -> None:
    text = HEAD % (PROCESS, r"{Image|endswith: '\a.exe'}")
    (found,) = convert_all(text, write="kql")
    told = [became for _, became, _ in found.trace if "WindowsEvent" in became]
    assert told and "Image = tostring(EventData.Image)" in told[0] and "{{" not in told[0]


@pytest.mark.parametrize("model", ["windows-xml", "cim"])
def test_a_rule_that_asks_for_an_event_number_is_asked_of_its_log(model: str) -> None:
    text = HEAD % (PROCESS, "{EventID: 4688, Channel: Security, CommandLine: whoami}")
    options = Options(("spl",), models=(model,))
    (found,) = convert_source(Source(text), options)
    assert found.query is not None
    assert 'source="XmlWinEventLog:Security"' in found.query and "Sysmon" not in found.query
    assert "MAP025" not in {one.code for one in found.diagnostics}
    assert verify_source(Source(text), options)[0].verdict is Verdict.PROVEN
