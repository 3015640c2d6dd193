"""Every leaf, stage and finding knows where it is in the text."""

from __future__ import annotations

from pathlib import Path

from tests.sigma.sigma_rules import reading, rule_of
from transpile.dialects.sigma.read import read
from transpile.ir.expr import Keyword, Match
from transpile.ir.match import Pattern
from transpile.ir.walk import leaves
from transpile.source import Source, Span

TEXT = """\
title: Places
logsource:
    product: windows
    category: process_creation
detection:
    first:
        Image|endswith:
            - '\\a.exe'
            - "\\\\b.exe"
        CommandLine|contains|windash: ' -x'
        ParentImage:
    words:
        - plain
        - 'quo ted'
    either:
        - User: root
        - User|exists: false
    condition: first and not words or either
"""


def cut(span: Span) -> str:
    """The text of a span on one line."""
    assert span.line == span.end_line
    return TEXT.splitlines()[span.line - 1][span.column - 1 : span.end_column - 1]


def test_leaves_point_at_their_values() -> None:
    pieces = [cut(leaf.span) for leaf in leaves(rule_of(TEXT).condition) if leaf.span]
    dashes = ["' -x'"] * 5
    assert pieces == ["'\\a.exe'", '"\\\\b.exe"', *dashes, "", "plain", "'quo ted'", "root", "false"]


def test_stages_stand_at_their_names() -> None:
    rule = rule_of(TEXT)
    assert [part.name for part in rule.parts] == ["first", "words", "either"]
    assert [cut(part.span) for part in rule.parts if part.span] == ["first", "words", "either"]
    assert rule.conditions == ("first and not words or either",)


def test_the_rule_and_its_log_source() -> None:
    rule = rule_of(TEXT)
    assert rule.span == Span(1, 1, 18, 45)
    assert rule.logsource_span == Span(3, 5, 4, 31)


def test_unreadable_values_are_told_where_they_stand() -> None:
    found = reading(TEXT.replace("|exists: false", "|exists: maybe"))
    (diagnostic,) = found.diagnostics
    assert diagnostic.span == Span(17, 24, 17, 29)
    found = reading(TEXT.replace("first and", "fist and"))
    assert found.diagnostics[0].span == Span(18, 16, 18, 20)


def test_every_leaf_of_every_public_rule_stands_where_its_text_is(corpora: Path) -> None:
    """A pattern's literal text is found at its place, but for what encoding, dashes and escapes change."""
    seen = exact = 0
    for path in sorted((corpora / "sigma" / "rules").rglob("*.yml"))[::5]:
        source = Source(path.read_text(encoding="utf-8"), str(path))
        lines = source.text.splitlines()
        for found in read(source):
            for leaf in leaves(found.rule.condition) if found.rule else ():
                assert isinstance(leaf, Match | Keyword) and leaf.span is not None
                seen += 1
                if isinstance(leaf.test, Pattern) and leaf.span.line == leaf.span.end_line:
                    text = lines[leaf.span.line - 1][leaf.span.column - 1 : leaf.span.end_column - 1]
                    longest = max((part for part in leaf.test.parts if isinstance(part, str)), key=len, default="")
                    exact += longest in text.replace("''", "'")
    assert seen > 5000
    assert exact > 0.9 * seen
