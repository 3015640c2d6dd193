"""What of a query only tells which events it reads, and fields that a platform makes of others: read back as Sigma."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from transpile.conversion import Options, convert_source
from transpile.source import Source

SECURITY = "eventtype=wineventlog_security OR Channel=security OR source=XmlWinEventLog:Security"
SYSMON = "Microsoft-Windows-Sysmon/Operational"
POWERSHELL = "Microsoft-Windows-PowerShell/Operational"


def sigma(query: str, path: str, **options: Any) -> dict[str, Any]:
    """The rule that a query is read as, which has to be exact."""
    (found,) = convert_source(Source(query, path), Options(("sigma",), **options))
    assert found.query is not None, found.diagnostics
    assert found.status == "exact", found.diagnostics
    rule = yaml.safe_load(found.query)
    return {"logsource": rule["logsource"], **rule["detection"]}


def codes(query: str, path: str) -> set[str]:
    return {one.code for found in convert_source(Source(query, path), Options(("sigma",))) for one in found.diagnostics}


def test_a_log_named_in_several_ways_is_the_log_source() -> None:
    rule = sigma(f"({SECURITY}) EventCode=4625 TargetUserName=bob", "q.spl")
    assert rule["logsource"] == {"product": "windows", "service": "security"}
    assert rule["selection"] == {"EventID": 4625, "TargetUserName": "bob"}


def test_one_of_the_logs_of_a_log_source_is_a_channel() -> None:
    told = f'(source="WinEventLog:{POWERSHELL}" OR source="XmlWinEventLog:{POWERSHELL}")'
    query = f"{told} EventCode=4104 ScriptBlockText=*x*"
    rule = sigma(query, "q.spl")
    assert rule["logsource"] == {"category": "ps_script", "product": "windows"}
    assert rule["selection"] == {"Channel": POWERSHELL, "ScriptBlockText|contains": "x"}


@pytest.mark.parametrize(
    "told",
    [
        "source=WinEventLog:Security",  # no event of this form is kept as XML
        f"(source=XmlWinEventLog:Security OR source=XmlWinEventLog:{SYSMON})",  # another log's events too
        "(source=XmlWinEventLog:Security OR EventCode=1)",  # something else than a log
        "NOT source=XmlWinEventLog:Security",
    ],
)
def test_what_says_more_or_less_than_the_log_does_not_pass_for_it(told: str) -> None:
    query = f"{told} EventCode=4625 SubjectUserSid=S-1-5-18 TargetUserSid=S-1-0-0 LogonProcessName=x"
    assert {"MAP014N", "MAP015"} & codes(query, "q.spl")


@pytest.mark.parametrize("test", ['event.code > "4688"', 'event.code : "*4688*"', 'event.code != "4688"'])
def test_a_condition_is_said_by_its_own_value_alone(test: str) -> None:
    assert "MAP014N" in codes(f'process where {test} and winlog.event_data.SubjectLogonId == "x"', "q.eql")


LINUX = 'process where host.os.type == "linux" and event.type %s and event.action %s and process.name == "proot"'


@pytest.mark.parametrize(
    ("type_", "action"),
    [
        ('== "start"', '== "exec"'),
        ('in ("start", "process_started")', 'in ("exec", "exec_event", "start", "ProcessRollup2")'),
    ],
)
def test_words_of_several_agents_for_a_new_process_are_the_log_source(type_: str, action: str) -> None:
    rule = sigma(LINUX % (type_, action), "q.eql")
    assert rule["logsource"] == {"category": "process_creation", "product": "linux"}
    assert rule["selection"] == {"Image|endswith|cased": "/proot"}


@pytest.mark.parametrize("action", ['== "ProcessRollup2"', 'in ("exec", "uid_change")', '!= "exec"'])
def test_words_that_leave_out_the_platforms_own_or_say_more_are_not(action: str) -> None:
    assert "MAP015" in codes(LINUX % ('== "start"', action), "q.eql")


def test_the_value_of_a_registry_key_is_the_end_of_its_path() -> None:
    query = 'registry where host.os.type == "windows" and event.type == "change" and registry.value : "URL"'
    assert sigma(query, "q.eql")["selection"] == {"TargetObject|endswith": "\\URL"}


def test_a_category_that_is_excluded_is_not_said() -> None:
    query = 'any where not event.category == "process" and host.os.type == "windows" and event.type == "start" and '
    assert "MAP014N" in codes(f'{query} process.command_line == "x"', "q.eql")


@pytest.mark.parametrize("field", ["event.dataset", "data_stream.dataset"])
def test_a_data_stream_tells_the_data_set(field: str) -> None:
    rule = sigma(f"{field}: aws.cloudtrail and event.action: DeleteTrail", "q.kuery")
    assert rule["logsource"] == {"product": "aws", "service": "cloudtrail"}
    assert rule["selection"] == {"eventName|cased": "DeleteTrail"}


@pytest.mark.parametrize(
    ("test", "condition", "wanted"),
    [
        ("event.outcome: success", "selection", {"errorCode": None, "errorMessage": None}),
        ("not event.outcome: failure", "selection", {"errorCode": None, "errorMessage": None}),
    ],
)
def test_an_outcome_is_that_there_is_no_error(test: str, condition: str, wanted: dict[str, Any]) -> None:
    rule = sigma(f"data_stream.dataset: aws.cloudtrail and event.action: DeleteTrail and {test}", "q.kuery")
    assert rule["condition"] == condition
    assert rule["selection"] == {"eventName|cased": "DeleteTrail", **wanted}


@pytest.mark.parametrize("action", ["event.action: ConsoleLogin and", "event.action: Console* and", ""])
def test_the_outcome_of_a_login_is_not_guessed(action: str) -> None:
    query = f"data_stream.dataset: aws.cloudtrail and {action} event.outcome: success"
    assert "MAP016" in codes(query, "q.kuery")
    assert "event.outcome|cased" in sigma(query, "q.kuery")["selection"]


def test_the_name_of_a_value_is_the_end_of_its_path() -> None:
    query = (
        "| tstats count from datamodel=Endpoint.Registry where "
        'Registry.registry_path="*\\\\System*" Registry.registry_value_name="EnableLUA" by Registry.dest'
    )
    rule = sigma(query, "q.spl")
    assert rule["logsource"] == {"category": "registry_event", "product": "windows"}
    asked = {name: value for key, part in rule.items() if key.startswith("selection") for name, value in part.items()}
    assert asked == {
        "TargetObject|contains": "\\System",
        "TargetObject|endswith": "\\EnableLUA",
        "EventType": "SetValue",
    }


def test_a_backslash_in_the_name_of_a_value_is_not_read() -> None:
    query = (
        "| tstats count from datamodel=Endpoint.Registry where Registry.registry_path=*a* "
        'Registry.registry_value_name="*b\\\\c" by Registry.dest'
    )
    assert "MAP016" in codes(query, "q.spl")


ROUND_TRIPS = [
    ("spl", "windows-xml", {"product": "windows", "service": "security"}, {"EventID": 4625, "TargetUserName": "bob"}),
    ("spl", "windows-xml", {"product": "windows", "service": "system"}, {"EventID": 7045, "ServiceName": "x"}),
    ("spl", "windows-xml", {"product": "windows", "category": "ps_script"}, {"ScriptBlockText|contains": "x"}),
    ("spl", "windows-xml", {"product": "windows", "category": "process_creation"}, {"Image|endswith": "\\net.exe"}),
    ("spl", "windows-classic", {"product": "windows", "category": "process_creation"}, {"CommandLine|contains": "x"}),
    ("eql", "ecs", {"product": "windows", "category": "process_creation"}, {"Image|endswith": "\\net.exe"}),
    ("eql", "ecs", {"product": "aws", "service": "cloudtrail"}, {"eventName": "DeleteTrail", "errorCode": None}),
    ("kuery", "ecs", {"product": "aws", "service": "cloudtrail"}, {"eventName|cased": "DeleteTrail"}),
    ("kql", "defender", {"product": "windows", "category": "process_creation"}, {"CommandLine|contains": "x"}),
    ("eql", "ecs", {"product": "linux", "category": "process_creation"}, {"CommandLine|contains": "x"}),
    ("kql", "sentinel", {"product": "aws", "service": "cloudtrail"}, {"eventName": "DeleteTrail"}),
    ("yaral", "udm", {"product": "windows", "category": "process_creation"}, {"CommandLine|contains": "x"}),
]


@pytest.mark.parametrize(
    ("language", "model", "logsource", "selection"), ROUND_TRIPS, ids=[f"{r[1]} {r[2]}" for r in ROUND_TRIPS]
)
def test_there_and_back(language: str, model: str, logsource: dict[str, str], selection: dict[str, Any]) -> None:
    rule = yaml.safe_dump(
        {"title": "x", "logsource": logsource, "detection": {"selection": selection, "condition": "selection"}}
    )
    (there,) = convert_source(Source(rule, "x.yml"), Options((language,), models=(model,)))
    assert there.query is not None, there.diagnostics
    back = sigma(there.query, f"q.{language}", source_model=model)
    assert back["logsource"] == logsource
    assert back["selection"] == selection


LENGTH = 'any where event.dataset == "aws.cloudtrail" and event.action == "x" and length({field}) > 30'


def test_a_computed_value_is_of_the_platforms_field() -> None:
    query = Source(LENGTH.format(field="event.provider"), "q.eql")
    (found,) = convert_source(query, Options(("eql",), models=("ecs",)))
    assert found.query is not None, found.diagnostics
    assert "length(event.provider) > 30" in found.query


def test_a_computed_value_of_a_field_that_is_kept_otherwise_is_refused() -> None:
    rule = 'process where host.os.type == "windows" and event.type == "start" and length(process.command_line) > 30'
    (found,) = convert_source(Source(rule, "q.eql"), Options(("spl",), models=("windows-xml",)))
    assert found.query is None
    assert "MAP004" in [one.code for one in found.diagnostics]
    unknown = Source(LENGTH.format(field="odd.field"), "q.eql")
    (found,) = convert_source(unknown, Options(("kql",), models=("sentinel",)))
    assert "MAP002" in [one.code for one in found.diagnostics]
