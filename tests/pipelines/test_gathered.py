"""What a data model makes of one test of a Sigma field reads back as that test."""

from __future__ import annotations

import pytest
import yaml

from transpile.conversion import Options, Status, convert_source
from transpile.source import Source

RULE = """\
title: A rule
logsource: {{{logsource}}}
detection:
  selection: {{{selection}}}
  condition: selection
"""


def there_and_back(language: str, logsource: str, selection: str) -> dict[str, object]:
    """The rule that is read from the query that a rule becomes."""
    source = Source(RULE.format(logsource=logsource, selection=selection), "rule.yml")
    (made,) = convert_source(source, Options((language,)))
    assert made.query is not None
    (back,) = convert_source(Source(made.query, "query.txt"), Options(("sigma",), read=language))
    assert back.status is Status.EXACT, back.diagnostics
    assert back.query is not None
    found = yaml.safe_load(back.query)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("language", "logsource", "selection"),
    [
        ("eql", "product: windows, category: process_creation", "User|contains: [AUTHORI, AUTORI]"),
        ("eql", "product: windows, category: process_creation", r"User: NT AUTHORITY\SYSTEM"),
        ("eql", "product: windows, category: network_connection", "Initiated: 'true', DestinationPort: 9389"),
        ("spl", "product: windows, service: system", "EventID: 7045, Provider_Name: Service Control Manager"),
        ("spl", "product: windows, service: application", "EventID: 1000, Data|contains: [MsMpEng.exe, mpengine.dll]"),
        ("yaral", "category: webserver", "cs-method: POST, cs-uri-query|contains: ['cmd=read', 'cmd=connect']"),
        ("yaral", "category: proxy", "cs-method: POST, c-uri: /admin/get.php"),
        ("yaral", "product: windows, category: process_creation", "User|contains: [AUTHORI, AUTORI]"),
        ("kql", "product: macos, category: process_creation", "Image|endswith: /osascript"),
    ],
)
def test_a_query_of_ours_reads_back_as_its_rule(language: str, logsource: str, selection: str) -> None:
    found = there_and_back(language, logsource, selection)
    rule = yaml.safe_load(RULE.format(logsource=logsource, selection=selection))
    assert found["logsource"] == rule["logsource"]
    assert found["detection"] == rule["detection"]


def test_words_in_a_field_for_the_message_are_keywords() -> None:
    query = 'Syslog\n| where SyslogMessage contains "chmod 4777 " or SyslogMessage contains "ratload"'
    (back,) = convert_source(
        Source(query, "query.kql"), Options(("sigma",), source_model="sentinel", allow_approximate=True)
    )
    assert yaml.safe_load(back.query or "")["detection"]["keywords"] == ["chmod 4777 ", "ratload"]


def test_what_every_event_has_need_not_be_there() -> None:
    """`stats` drops events without a field that it groups by; those of Sysmon have these."""
    query = (
        'source="XmlWinEventLog:Microsoft-Windows-Sysmon/Operational" EventCode=8 TargetImage="*\\\\cmd.exe" '
        "| stats count by SourceImage TargetProcessId StartAddress SourceUser"
    )
    (back,) = convert_source(Source(query, "query.spl"), Options(("sigma",)))
    selection = yaml.safe_load(back.query or "")["detection"]["selection"]
    assert selection == {"TargetImage|endswith": "\\cmd.exe", "SourceUser": "*"}
