"""Rules that can match nothing say so, in every language, and their queries stay what they are."""

from __future__ import annotations

import pytest

from transpile.conversion import convert_all

HEAD = "title: A rule\nlogsource: {%s}\ndetection:\n  s: %s\n  t: %s\n  condition: %s\n"
PROCESS = "category: process_creation, product: windows"
SECURITY = "product: windows, service: security"


def notes(logsource: str, s: str, t: str = "{Image: z}", condition: str = "s", model: str | None = None) -> list[str]:
    found = convert_all(HEAD % (logsource, s, t, condition), write=["spl", "eql", "kql"], model=model)
    said = [[one.message for one in each.diagnostics if one.code in ("MAP018", "MAP019")] for each in found]
    assert said[0] == said[1] == said[2]
    return said[0]


DEAD = {
    "two numbers of an event": (SECURITY, "{EventID: 4720}", "{EventID: 4726}", "s and t", "EventID cannot be 4720"),
    "another event than the log source": (
        PROCESS,
        "{EventID: 7}",
        "{Image: z}",
        "s",
        "EventID cannot be 1 or 4688 and 7",
    ),
    "a part and not this part": (PROCESS, "{Image: a}", "{Image: a}", "s and not t", "asks for a part and excludes it"),
    "each alternative": (SECURITY, "{EventID: 1, LogonType: 3}", "{EventID: 2}", "(s and t) or (t and s)", "EventID"),
}


@pytest.mark.parametrize("case", DEAD)
def test_a_condition_that_can_never_hold_is_told(case: str) -> None:
    logsource, s, t, condition, words = DEAD[case]
    (note,) = notes(logsource, s, t, condition)
    assert words in note


VALUES = {
    "a control character": (PROCESS, r'{Image: "C:\temp\a.exe"}', "control character"),
    "text of two bytes a letter": (PROCESS, "{CommandLine|wide|contains: ping}", "NUL"),
    "an escaped star in a path": (PROCESS, r"{Image|endswith: '\a\*.exe'}", "asterisk"),
    "a number without its prefix": (
        "category: registry_set, product: windows",
        "{Details: DWORD (00000001)}",
        "DWORD (0x00000001)",
    ),
    "a page asked of a query": ("category: webserver", "{cs-uri-query|contains: /owa/auth/x.aspx}", "behind `?`"),
}


@pytest.mark.parametrize("case", VALUES)
def test_a_value_that_no_event_has_is_told(case: str) -> None:
    logsource, s, words = VALUES[case]
    (note,) = notes(logsource, s, "{EventID: 1}", model="none")
    assert words in note


@pytest.mark.parametrize(
    ("logsource", "s"),
    [
        (PROCESS, r"{EventID: 4688, Image: 'C:\a.exe', CommandLine|contains: '*x'}"),
        (SECURITY, "{EventID: [4720, 4726]}"),
        ("category: webserver", "{cs-uri-query|contains: /etc/passwd}"),
        ("category: firewall", "{dst_ip|cidr: 10.0.0.0/8}"),
        ("category: registry_set, product: windows", "{Details: DWORD (0x00000001)}"),
    ],
)
def test_of_what_may_be_nothing_is_told(logsource: str, s: str) -> None:
    assert notes(logsource, s, "{EventID: 1}") == []


def test_a_dead_rule_gains_no_source_that_it_did_not_name() -> None:
    (found,) = convert_all(HEAD % (SECURITY, "{EventID: 4720}", "{EventID: 4726}", "s and t"), write="eql")
    assert "4688" not in (found.query or "")


def test_a_network_as_text_is_told_once() -> None:
    found = convert_all(
        HEAD % ("category: firewall", "{dst_ip: 10.0.0.0/8}", "{EventID: 1}", "s"), write="spl", model="none"
    )
    assert [one.code for one in found[0].diagnostics if one.code in ("SIG106", "MAP019")] == ["SIG106"]
