"""The checker takes sound rules and says what is wrong with the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.yaml_files import read_beside
from transpile.dialects.yaral.check import problems

CASES: list[dict[str, Any]] = read_beside(__file__, "invalid.yml")

SOUND = {
    "events": '$e.metadata.event_type = "PROCESS_LAUNCH"',
    "match": "",
    "outcome": "",
    "condition": "$e",
    "options": "",
}


def rule_of(case: dict[str, Any]) -> str:
    if "rule" in case:
        return str(case["rule"])
    sections = {name: case.get(name, text) for name, text in SOUND.items()}
    body = "\n".join(f"{name}:\n{text}" for name, text in sections.items() if text)
    return f"rule invalid {{\nmeta:\n{body}\n}}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["says"])[:60])
def test_an_invalid_rule_is_rejected_with_the_reason(case: dict[str, Any]) -> None:
    found = [str(problem) for problem in problems(rule_of(case))]
    assert any(case["says"] in message for message in found), found


def test_there_are_enough_invalid_rules() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize(
    "case",
    [
        {},
        {"events": '$e.metadata.id = "a"\nnot ($e.src.ip = "b" or $e.src.ip = "c")'},
        {"events": '$e.target.port = 80 and $e.metadata.event_type >= "USER_LOGIN"'},
        {"events": 'any $e.principal.ip = "10.0.0.1"'},
        {"events": 're.regex(any $e.about.hostname, `a`) nocase\nstrings.contains($e.src.hostname, "x") = true'},
        {"events": "$e.src.ip in cidr %nets\nnot $e.src.hostname in %hosts.column nocase"},
        {"events": "$e.src.ip = $ip", "match": "$ip over 48h", "condition": "$e and #e >= 2"},
        {"events": "$e.src.ip = $ip", "match": "$ip by 30m", "options": "allow_zero_values = true"},
        {"options": "suppression_window = 5m"},
        {
            "events": "$a.src.ip = $b.target.ip\n$a.src.port = $p",
            "match": "$p over 1h after $a",
            "condition": "$a and !$b",
        },
        {"outcome": '$risk_score = 65\n$b = if($risk_score > 50, "high", "low")', "condition": '$e and $b = "high"'},
        {
            "events": "$e.src.ip = $ip",
            "match": "$ip over 5m",
            "outcome": "$n = count_distinct($e.metadata.id)\n$x = $ip",
        },
        {"outcome": '$x = $e.additional.fields["a"]', "condition": '($e) and ($x = "1" or not $x = "2")'},
    ],
)
def test_a_sound_rule_is_taken(case: dict[str, Any]) -> None:
    assert [str(problem) for problem in problems(rule_of(case))] == []


def test_a_problem_has_its_place() -> None:
    text = 'rule x {\n  meta:\n  events:\n    $e.metadata.id = "a"\n    $e.target.port = "80"\n  condition:\n    $e\n}'
    (problem,) = problems(text)
    assert problem.span is not None
    assert problem.span[:2] == (5, 5)


# Rules that Google publishes and the checker finds fault with, and why it is right to.
KNOWN = {
    # (net.exe or net1.exe and ...): the conditions are on net1.exe alone, which cannot have been meant.
    "local_accounts_discovery.yaral": ["and and or mixed without parentheses"],
}
# Of a deprecated folder: numbers of ports and names of enumerations as texts that no event can have.
DEPRECATED = ("is not a name of an enumerated value", "a number cannot be compared with a text")


def test_published_rules_are_taken(corpora: Path) -> None:
    paths = sorted((corpora / "yaral").rglob("*.yaral"))
    assert len(paths) > 400
    faulty = 0
    for path in paths:
        messages = [problem.message for problem in problems(path.read_text(encoding="utf-8"))]
        if "_deprecated" in path.parts:
            faulty += bool(messages)
            assert all(message.endswith(DEPRECATED) for message in messages), (path.name, messages)
        else:
            assert messages == KNOWN.get(path.name, []), path.name
    assert faulty < 20
