"""Each rule of counting in docs/catalog.md, with a small rule a side."""

from __future__ import annotations

from pathlib import Path

import pytest

from transpile.catalog.collect import collect, holds_rules, read_files
from transpile.catalog.names import catalog_name, catalog_value
from transpile.catalog.read import AsWritten, CatalogRule, read_source
from transpile.dialects.base import ReadOptions
from transpile.source import Source

MACROS = {"security_logs": '(source="XmlWinEventLog:Security")', "psexec": "process_name=psexec.exe"}


def read(text: str, path: str) -> CatalogRule:
    source = Source(text, path)
    assert holds_rules(source)
    (found,) = read_source(source, path, ReadOptions(AsWritten(), macros=MACROS))
    assert found.state != "unread", found.findings
    return found


def sigma(detection: str, logsource: str = "{product: windows, category: process_creation}") -> CatalogRule:
    indented = "\n".join(f"    {line}" for line in detection.strip("\n").splitlines())
    return read(f"title: T\nlogsource: {logsource}\ndetection:\n{indented}\n", "rule.yml")


def elastic(query: str, language: str = "eql") -> CatalogRule:
    return read(f"[rule]\nname = 'T'\nlanguage = '{language}'\nquery = '''\n{query}\n'''\n", "rule.toml")


def splunk(search: str) -> CatalogRule:
    return read(f"name: T\nsearch: '{search}'\ntags: {{mitre_attack_id: [T1021.002]}}\n", "rule.yml")


def kusto(query: str) -> CatalogRule:
    return read(query, "rule.kql")


def yaral(events: str) -> CatalogRule:
    return read(f'rule t {{\n  meta:\n    author = "a"\n  events:\n{events}\n  condition:\n    $e\n}}\n', "rule.yaral")


def of(record: CatalogRule) -> list[tuple[str, str, str, bool]]:
    return [(one.field, one.kind, one.value, one.excluded) for one in record.predicates]


def test_a_rule_gives_each_predicate_once() -> None:
    found = sigma("a: {Image|endswith: '\\net.exe'}\nb: {Image|endswith: '\\net.exe'}\ncondition: a or b")
    assert of(found) == [("Image", "ends_with", "\\net.exe", False)]


def test_windash_is_one_value() -> None:
    found = sigma("a: {CommandLine|contains|windash: ' -f '}\ncondition: a")
    assert of(found) == [("CommandLine", "contains", " -f ", False)]


def test_exclusions_are_under_an_odd_number_of_nots() -> None:
    found = sigma("a: {User: x}\nf: {User: y}\ng: {User: z}\ncondition: a and not (f and not g)")
    assert of(found) == [("User", "eq", "x", False), ("User", "eq", "y", True), ("User", "eq", "z", False)]


def test_filters_of_sigma_count_and_those_of_others_do_not() -> None:
    one = sigma("a: {User: x}\nf: {User: y}\ncondition: a and not f")
    other = elastic('process where user.name == "x" and not user.name == "y"')
    assert [predicate.counted for predicate in one.predicates] == [True, True]
    assert [predicate.counted for predicate in other.predicates] == [True, False]


def test_not_equal_is_a_kind_and_no_exclusion() -> None:
    assert of(elastic("process where process.pid != 4")) == [("process_id", "ne", "4", False)]
    assert of(elastic("process where not process.pid != 4")) == [("process_id", "ne", "4", True)]
    assert of(elastic("process where not process.pid == 4")) == [("process_id", "eq", "4", True)]
    assert ("user", "ne", "x", False) in of(splunk("index=a process=b user!=x"))
    assert ("AccountName", "ne", "x", False) in of(kusto('DeviceEvents | where AccountName != "x"'))
    assert ("target.user.userid", "ne", "x", False) in of(yaral('    $e.target.user.userid != "x"'))


def test_event_numbers_are_events_only() -> None:
    one = sigma("a: {EventID: 5145, ShareName: x}\ncondition: a", "{product: windows, service: security}")
    assert of(one) == [("ShareName", "eq", "x", False)]
    assert one.events == (("Security-Auditing", "Event ID 5145"),)
    other = elastic('any where event.code == "5145" and winlog.event_data.ShareName == "x"')
    assert of(other) == [("ShareName", "eq", "x", False)]
    third = yaral('    $e.metadata.product_event_type = "4688"\n    $e.target.user.userid = "x"')
    assert [one[0] for one in of(third)] == ["target.user.userid"]


def test_event_codes_of_spl_are_events_and_predicates() -> None:
    found = splunk("`security_logs` EventCode=5145 ShareName=x")
    assert of(found) == [("EventID", "eq", "5145", False), ("ShareName", "eq", "x", False)]
    assert found.events == (("Security-Auditing", "Event ID 5145"),)


def test_the_platform_is_no_predicate() -> None:
    found = elastic('process where host.os.type == "linux" and process.name == "x"')
    assert of(found) == [("process_name", "eq", "x", False)]
    assert found.platforms == ("Linux",)
    assert found.events == ()


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("User: abc", ("eq", "abc")),
        ("User: 'abc*'", ("starts_with", "abc")),
        ("User: '*abc'", ("ends_with", "abc")),
        ("User: '*abc*'", ("contains", "abc")),
        ("User: 'a*c'", ("wildcard", "a*c")),
        (r"User: 'a\*c'", ("eq", r"a\*c")),
        (r"User: '\\\\\*\\IPC$'", ("eq", r"\\\\\*\\IPC$")),
        (r"User: '\\*\ADMIN$'", ("wildcard", r"\\*\ADMIN$")),
        ("User|re: 'a.*b'", ("regex_match", "a.*b")),
        ("User|cidr: 10.0.0.0/8", ("cidr_match", "10.0.0.0/8")),
        ("User|gte: 5", ("gte", "5")),
        ("User: null", ("is_null", "")),
        ("User|contains|all: [' a ']", ("contains", " a ")),
        ("User|contains: 'a*'", ("contains", "a*")),
        ("User|expand: '%admins%'", ("eq", "%admins%")),
    ],
)
def test_kinds_of_sigma(item: str, expected: tuple[str, str]) -> None:
    assert [(kind, value) for _, kind, value, _ in of(sigma(f"a:\n    {item}\ncondition: a"))] == [expected]


def test_the_rule_page_of_sigma_shows_all_as_match() -> None:
    (found,) = sigma("a: {CommandLine|contains|all: [x]}\ncondition: a").predicates
    assert (found.kind, found.own_kind) == ("contains", "match")


def test_lists_of_sigma_count_value_by_value() -> None:
    assert of(sigma("a: {User: [x, y]}\ncondition: a")) == [("User", "eq", "x", False), ("User", "eq", "y", False)]


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('user.name == "x"', [("eq", "x")]),
        ('user.name : "x*"', [("starts_with", "x")]),
        ('user.name like~ "*x"', [("ends_with", "x")]),
        ('user.name : "*x*"', [("contains", "x")]),
        ('user.name : "?x*y"', [("wildcard", "?x*y")]),
        ('user.name in ("x", "y")', [("in", "x"), ("in", "y")]),
        ('user.name : ("x", "y*")', [("eq", "x"), ("starts_with", "y")]),
        ("user.name != null", [("is_not_null", "")]),
        ('user.name == "a\\\\b"', [("eq", "a\\b")]),
        ('cidrmatch(user.name, "10.0.0.0/8")', [("cidr_match", "10.0.0.0/8")]),
    ],
)
def test_kinds_of_eql(test: str, expected: list[tuple[str, str]]) -> None:
    assert [(kind, value) for _, kind, value, _ in of(elastic(f"process where {test}"))] == expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("user.name : x", ("eq", "x")),
        ("user.name : x*", ("starts_with", "x")),
        ('user.name : "x*"', ("eq", "x*")),
        ("user.name : *", ("is_not_null", "")),
        ("not user.name : x", ("eq", "x")),
    ],
)
def test_kinds_of_kuery(test: str, expected: tuple[str, str]) -> None:
    assert [(kind, value) for _, kind, value, _ in of(elastic(test, "kuery"))] == [expected]


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('user.name == "x"', [("eq", "x", False)]),
        ('user.name != "x"', [("ne", "x", False)]),
        ('user.name in ("x", "y")', [("in", "x", False), ("in", "y", False)]),
        ('user.name like "x*"', [("starts_with", "x", False)]),
        ('not user.name like "*x"', [("ends_with", "x", True)]),
        ("user.name is not null", [("is_not_null", "", False)]),
        ('to_lower(user.name) == "x"', [("eq", "x", False)]),
    ],
)
def test_kinds_of_esql(test: str, expected: list[tuple[str, str, bool]]) -> None:
    found = of(elastic(f"from logs-* | where {test} | keep user.name", "esql"))
    assert [(kind, value, excluded) for _, kind, value, excluded in found] == expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("user=x", ("eq", "x")),
        ('user="*x"', ("match", "*x")),
        (r'user="\\\\*\\C$"', ("match", r"\\\\*\\C$")),
        (r'user IN ("a\\b")', ("in", r"a\\b")),
    ],
)
def test_kinds_of_spl(test: str, expected: tuple[str, str]) -> None:
    found = [(kind, value) for field, kind, value, _ in of(splunk(f"index=a {test}")) if field == "user"]
    assert found == [expected]


def test_match_and_macros_of_spl() -> None:
    found = of(splunk(r'index=a `psexec` | where match(process, "net\s+use")'))
    assert ("process_name", "eq", "psexec.exe", False) in found
    assert ("CommandLine", "match", r"net\s+use", False) in found


def test_terms_of_spl_are_as_written_and_event_codes_among_them_are_events() -> None:
    found = splunk('`security_logs` (TERM(EventCode=5140) OR "<EventID>5140<") TERM(net) "admin$" NOT CASE(Old)')
    assert of(found) == [
        ("EventID", "eq", "5140", False),
        ("keywords", "contains", "<EventID>5140<", False),
        ("keywords", "contains", "net", False),
        ("keywords", "contains", "admin$", False),
        ("keywords", "contains", "Old", True),
    ]
    assert found.events == (("Security-Auditing", "Event ID 5140"),)
    assert found.predicates[0].meaning == "EventID =5140"


def test_fields_of_data_models_lose_their_node() -> None:
    found = splunk(
        "| tstats count from datamodel=Endpoint.Processes where Processes.process_name=cmd.exe by Processes.dest"
    )
    assert of(found) == [("process_name", "eq", "cmd.exe", False)]
    assert found.events == (("Sysmon", "Event ID 1"), ("Security-Auditing", "Event ID 4688"))


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('AccountName == "x"', ("eq", "x")),
        ('AccountName =~ "x"', ("eq", "x")),
        ('AccountName !~ "x"', ("ne", "x")),
        ('AccountName in~ ("x")', ("in", "x")),
        ('AccountName startswith "x"', ("starts_with", "x")),
        ('AccountName matches regex @"x.*y"', ("regex_match", "x.*y")),
    ],
)
def test_kinds_of_kql(test: str, expected: tuple[str, str]) -> None:
    found = of(kusto(f"DeviceProcessEvents | where {test}"))
    assert [(kind, value) for _, kind, value, _ in found] == [expected]


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('$e.target.user.userid = "x"', ("eq", "x")),
        ("$e.target.user.userid = /x.*y/ nocase", ("regex_match", "x.*y")),
        ("re.regex($e.target.user.userid, `x.*y`)", ("regex_match", "x.*y")),
        ('strings.contains(strings.to_lower($e.target.user.userid), "x")', ("contains", "x")),
    ],
)
def test_kinds_of_yaral(test: str, expected: tuple[str, str]) -> None:
    assert [(kind, value) for _, kind, value, _ in of(yaral(f"    {test}"))] == [expected]


def test_one_name_for_a_field() -> None:
    assert {catalog_name(one) for one in ("Image", "NewProcessName", "process.executable")} == {"Image"}
    assert {catalog_name(one) for one in ("process.name", "process_path")} == {"process_name"}
    assert [catalog_name(one) for one in ("Share_Name", "share_name", "process.args", "user.id", "file.extension")] == [
        "Share_Name", "share_name", "process.args", "user.id", "file.extension",
    ]  # fmt: skip
    assert catalog_value("LogonType", "3") == "Network"
    assert catalog_value("Image", "\\NET.exe") == "\\net.exe"
    assert catalog_value("CommandLine", "NET use") == "NET use"


@pytest.mark.parametrize(
    ("logsource", "events"),
    [
        ("{product: windows, category: process_creation}", ["Sysmon 1", "Security-Auditing 4688"]),
        ("{product: windows, category: file_event}", ["Sysmon 11"]),
        ("{product: windows, category: image_load}", ["Sysmon 7"]),
        ("{product: windows, category: registry_set}", ["Sysmon 13"]),
        ("{product: windows, category: registry_event}", ["Sysmon 12", "Sysmon 13", "Sysmon 14"]),
        ("{product: windows, category: pipe_created}", ["Sysmon 17", "Sysmon 18"]),
        ("{product: windows, category: ps_script}", ["PowerShell 4104"]),
        ("{product: linux, category: process_creation}", []),
    ],
)
def test_events_of_log_sources(logsource: str, events: list[str]) -> None:
    found = sigma("a: {User: x}\ncondition: a", logsource).events
    assert [f"{one.provider} {one.event.removeprefix('Event ID ')}" for one in found] == events


def test_events_of_services_are_those_of_their_provider() -> None:
    found = sigma("a: {EventID: 7045}\ncondition: a", "{product: windows, service: system}")
    assert found.events == (("Service-Control-Manager", "Event ID 7045"),)
    assert sigma("a: {EventID: 99999}\ncondition: a", "{product: windows, service: security}").events == ()


def test_events_of_defender_tables() -> None:
    assert kusto('DeviceLogonEvents | where ActionType == "LogonSuccess"').events == (
        ("Defender-DeviceLogonEvents", "LogonSuccess"),
    )
    assert kusto("DeviceNetworkEvents | where RemotePort == 445").events == (("Defender-DeviceNetworkEvents", "any"),)


def test_equal_predicates_of_two_vendors_have_one_meaning() -> None:
    (one,) = sigma("a: {Image|endswith: '\\net.exe'}\ncondition: a").predicates
    (regex,) = sigma("a: {Image|re: '(?i)\\\\net\\.exe$'}\ncondition: a").predicates
    (other,) = elastic('process where host.os.type == "windows" and process.name : "net.exe"').predicates
    assert one.meaning == regex.meaning == other.meaning
    (cased,) = sigma("a: {Image|endswith|cased: '\\net.exe'}\ncondition: a").predicates
    assert cased.meaning != one.meaning


def test_a_filter_for_many_rules_gives_none_of_them_a_predicate(tmp_path: Path) -> None:
    rule = "title: T\nlogsource: {product: windows}\ndetection: {a: {User: x}, condition: a}\n"
    found = "title: F\nlogsource: {product: windows}\nfilter: {rules: any, f: {User: adm}, condition: not f}\n"
    (tmp_path / "a.yml").write_text(rule)
    (tmp_path / "f.yml").write_text(found)
    collected = collect([str(tmp_path)])
    records = dict(read_files(collected.files, collected.options, jobs=1))
    (record,) = records[str(tmp_path / "a.yml")]
    assert of(record) == [("User", "eq", "x", False)]
    assert record.frozen is not None
    assert "adm" in record.frozen  # its meaning is that of the rule under the filter


def test_what_cannot_be_read_is_a_record_with_its_reason() -> None:
    (found,) = read_source(Source("title: x\ndetection: {a: {b: c}, condition: d}\n", "x.yml"), "x.yml", ReadOptions())
    assert found.state == "unread"
    assert found.findings[0].code
    assert "condition: d" in found.body
