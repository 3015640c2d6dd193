"""What a rule says of itself, right and wrong."""

from __future__ import annotations

import pytest

from tests.sigma.sigma_rules import codes_of, reading, rule_of
from transpile.codes import Direction
from transpile.ir.rule import Rule
from transpile.ir.stream import Events, LogSource

REST = "logsource: {product: windows}\ndetection:\n  selection: {field: x}\n  condition: selection\n"
FULL = """\
title: All of it
id: 0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f1
name: all_of_it
related:
  - id: 11111111-2222-4333-8444-555555555555
    type: derived
status: test
level: high
description: |
  Two
  lines
license: MIT
author: Ann, Bob
references:
  - https://example.org/one
date: 2024-01-31
modified: 2024/2/3
tags:
  - attack.t1059.001
  - cve.2024-1
falsepositives:
  - Administrators
fields: [Image, CommandLine]
taxonomy: sigma
scope: [server]
ours: {nested: [1, yes]}
logsource:
  category: process_creation
  product: windows
  service: sysmon
  definition: as it is
detection:
  selection: {field: x}
  condition: selection
"""


def with_(lines: str) -> Rule:
    """A rule with these lines of metadata."""
    title = "" if lines.startswith("title") else "title: t\n"
    return rule_of(title + lines + "\n" + REST)


def noted(lines: str) -> list[str]:
    title = "" if lines.startswith("title") else "title: t\n"
    assert reading(title + lines + "\n" + REST).rule is not None
    return codes_of(title + lines + "\n" + REST)


def test_everything_is_kept() -> None:
    rule = rule_of(FULL)
    assert codes_of(FULL) == []
    assert rule.title == "All of it"
    assert rule.id == "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f1"
    assert rule.name == "all_of_it"
    assert (rule.status, rule.level) == ("test", "high")
    assert rule.description == "Two\nlines\n"
    assert (rule.author, rule.license) == ("Ann, Bob", "MIT")
    assert rule.references == ("https://example.org/one",)
    assert (rule.date, rule.modified) == ("2024-01-31", "2024-02-03")
    assert rule.tags == ("attack.t1059.001", "cve.2024-1")
    assert rule.falsepositives == ("Administrators",)
    assert rule.fields == ("Image", "CommandLine")
    assert rule.logsource == LogSource("process_creation", "windows", "sysmon")
    assert rule.conditions == ("selection",)
    assert rule.custom == {
        "related": [{"id": "11111111-2222-4333-8444-555555555555", "type": "derived"}],
        "taxonomy": "sigma",
        "scope": ["server"],
        "ours": {"nested": [1, "yes"]},
    }


def test_a_bare_rule_has_nothing_but_its_title() -> None:
    rule = with_("")
    assert rule == Rule(
        title="t",
        body=Events(rule.condition, LogSource(product="windows"), logsource_span=rule.logsource_span),
        source=rule.source,
        parts=rule.parts,
        conditions=("selection",),
        span=rule.span,
    )


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("title:", "SIG070"),
        ("title: ''", "SIG070"),
        ("title: [a, b]", "SIG071"),
        ("title: 2024", "SIG071"),
        ("title: {a: b}", "SIG071"),
        (f"title: {'x' * 257}", "SIG076"),
        ("id: no-uuid", "SIG073"),
        ("id: {a: b}", "SIG071"),
        ("author: [Ann, Bob]", "SIG071"),
        ("description: {a: b}", "SIG071"),
        ("license: 2", "SIG071"),
        ("references: https://example.org", "SIG071"),
        ("references: [{a: b}]", "SIG071"),
        ("tags: attack.t1059", "SIG071"),
        ("tags: [notag]", "SIG075"),
        ("tags: ['attack.']", "SIG075"),
        ("fields: Image", "SIG071"),
        ("falsepositives: {a: b}", "SIG071"),
        ("scope: server", "SIG071"),
        ("status: great", "SIG072"),
        ("level: [high]", "SIG071"),
        ("level: severe", "SIG072"),
        ("date: today", "SIG074"),
        ("date: 2024-13-01", "SIG074"),
        ("date: 31-01-2024", "SIG074"),
        ("date: [2024-01-31]", "SIG074"),
        ("modified: 2024-02-30", "SIG074"),
        ("related: x", "SIG071"),
        ("related: [x]", "SIG071"),
        ("related: [{id: x, type: derived}]", "SIG073"),
        ("related: [{id: 11111111-2222-4333-8444-555555555555, type: cousin}]", "SIG072"),
        ("taxonomy: ecs", "SIG078"),
        ("falsepositive: [x]", "SIG077"),
        ("Level: high", "SIG077"),
        ("refrences: [x]", "SIG077"),
        ("level: high\nlevel: low", "SIG009"),
    ],
)
def test_mistakes_are_noted_and_do_not_lose_the_rule(lines: str, code: str) -> None:
    assert code in noted(lines)


def test_what_can_be_understood_of_a_mistake_is_kept() -> None:
    assert with_("author: [Ann, Bob]").author == "Ann, Bob"
    assert with_("references: https://example.org").references == ("https://example.org",)
    assert with_("title: 2024").title == "2024"
    assert with_("title:").title == "Untitled rule"
    assert with_("id: no-uuid").id == "no-uuid"
    assert with_("level: HIGH").level == "high"
    assert with_("level: severe").level is None
    assert with_("level: high\nlevel: low").level == "low"
    assert with_("tags: [a.b, null, {c: d}, 5]").tags == ("a.b", "5")
    assert with_("falsepositive: [x]").custom == {"falsepositive": ["x"]}
    assert with_("date: 2024-01-31 10:00:00").date == "2024-01-31"
    assert with_("date: '2024-1-5'").date == "2024-01-05"


@pytest.mark.parametrize(
    "lines",
    ["level: HIGH", "tags: []", "tags:", "author: null", "owner: me", "id: 0F1E2D3C-4B5A-4978-8695-A4B3C2D1E0F1"],
)
def test_what_is_no_mistake(lines: str) -> None:
    assert noted(lines) == []


def test_notes_point_at_the_value() -> None:
    (note,) = reading("title: t\ntags:\n  - attack.t1059\n  - oops\n" + REST).diagnostics
    assert note.span is not None and (note.span.line, note.span.column) == (4, 5)


DETECTION = "title: t\ndetection: {selection: {field: x}, condition: selection}\n"


@pytest.mark.parametrize(
    "logsource",
    ["", "logsource:", "logsource: {}", "logsource: windows", "logsource: [a]", "logsource: {definition: x}",
     "logsource: {product: [a, b]}", "logsource: {product: null}", "logsource: {product: ''}"],
)  # fmt: skip
def test_a_rule_needs_a_log_source(logsource: str) -> None:
    found = reading(DETECTION + logsource)
    assert found.rule is None
    assert [diagnostic.code for diagnostic in found.diagnostics] == ["SIG020"]


def test_several_values_in_a_log_source_are_read_as_the_rest_of_it() -> None:
    assert rule_of(DETECTION + "logsource: {product: [a]}").logsource == LogSource(product="a")
    found = reading(DETECTION + "logsource: {product: a, service: [b, c]}")
    assert found.rule is not None and found.rule.logsource == LogSource(product="a")
    assert [(one.code, one.direction) for one in found.diagnostics] == [("SIG025W", Direction.WIDER)]


def test_log_sources_are_kept_as_written() -> None:
    assert rule_of(DETECTION + "logsource: {product: Windows}").logsource == LogSource(product="Windows")
    assert codes_of(DETECTION + "logsource: {product: Windows}") == ["SIG084"]
    assert rule_of(DETECTION + "logsource: {product: 365}").logsource == LogSource(product="365")
    assert codes_of(DETECTION + "logsource: {product: a}\nlogsource: {product: b}") == ["SIG008"]


@pytest.mark.parametrize("detection", ["", "detection:", "detection: []", "detection: x", "detection: {}"])
def test_a_rule_needs_a_detection(detection: str) -> None:
    found = reading("title: t\nlogsource: {product: x}\n" + detection)
    assert found.rule is None
    assert "SIG021" in [diagnostic.code for diagnostic in found.diagnostics]


def test_a_lost_rule_still_has_its_name() -> None:
    found = reading("title: Lost\nid: 0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f1\n")
    assert (found.rule, found.title, found.id) == (None, "Lost", "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f1")
