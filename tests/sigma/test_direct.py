"""Selections that are read straight to IR mean what pySigma's objects mean."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from transpile.dialects.base import ReadOptions
from transpile.dialects.sigma import direct, rule
from transpile.dialects.sigma.read import read
from transpile.dialects.sigma.tree import MapEntry
from transpile.source import Source

RULE = """\
title: One
logsource: {product: windows, category: process_creation}
detection:
  selection:
%s
  condition: selection
"""

USUAL = (
    "Image: x",
    "Image: [a, 'b*', '*c?', 'd\\*e', '\\\\\\\\host\\share']",
    "Image|endswith: ['\\net.exe', '*\\net1.exe', '']",
    "CommandLine|contains|all: [a, b c, '*', 1, true]",
    "CommandLine|startswith: 5",
    "EventID: [1, '2', 3.5]",
    "Image: [null, '', true, 'true', ~]",
    "CommandLine|re: '^a.*b$'",
    "CommandLine|re: ['a\\d+', '(?i)b']",
)
LISTS = (
    "- a\n    - 'b*c'\n    - '*d*'",
    "- Image: a\n      User: b\n    - CommandLine|contains: c",
)
UNUSUAL = (
    "Image|windash|contains: ' -a'",
    "Image|contains|all: a",
    "Image|cased: a",
    "Image|nosuch: a",
    "Image|re: '('",
    "Image|re|i: a",
    "SourceIp: 10.0.0.0/8",
    "SourceIp|cidr: 10.0.0.0/8",
    "Image|contains: null",
    "Image: {a: b}",
    "Image: 2020-01-01",
    "Image: []",
    "'|contains': a",
    "Image|exists: true",
    "'': a",
)


def both(text: str, monkeypatch: pytest.MonkeyPatch) -> tuple[object, object]:
    """The readings of a text with and without the short way."""
    source = Source(text)
    ours = read(source, ReadOptions())
    monkeypatch.setattr(rule, "direct_meanings", lambda entries: None)
    return ours, read(source, ReadOptions())


@pytest.mark.parametrize("lines", (*USUAL, *LISTS, *UNUSUAL))
def test_both_ways_read_the_same(lines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = both(RULE % f"    {lines}", monkeypatch)
    assert ours == theirs


def direct_reading(lines: str, monkeypatch: pytest.MonkeyPatch) -> object:
    """What the short way makes of the selections of a rule."""
    found: list[object] = []

    def watched(entries: Sequence[MapEntry]) -> object:
        found.append(direct.meanings(entries))
        return found[-1]

    monkeypatch.setattr(rule, "direct_meanings", watched)
    read(Source(RULE % f"    {lines}"), ReadOptions())
    (only,) = found
    return only


@pytest.mark.parametrize("lines", (*USUAL, *LISTS))
def test_usual_selections_need_no_pysigma(lines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert direct_reading(lines, monkeypatch) is not None


@pytest.mark.parametrize("lines", UNUSUAL)
def test_anything_else_is_left_to_it(lines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert direct_reading(lines, monkeypatch) is None
