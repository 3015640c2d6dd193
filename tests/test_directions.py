"""How an approximate base rule changes the alerts of a rule on several events: turned round where it must not match."""

from __future__ import annotations

import pytest

from transpile.codes import Direction
from transpile.conversion import Conversion, Options, convert_source
from transpile.diagnostics import Report
from transpile.ir.polarity import Polarity
from transpile.record import replace
from transpile.source import Source
from transpile.verify import Verdict, verify_conversions

RULES = """
title: X
name: rx
logsource: {product: custom}
detection:
  selection: {Act: a}
  condition: selection
---
title: Y
name: ry
logsource: {product: custom}
detection:
  selection: {Act: b, Opt|exists: true}
  condition: selection
---
title: Both
correlation:
  group-by: [User]
  timespan: 1h
"""
NOT_Y = "  type: temporal\n  condition: rx and not ry\n"
INNER = """---
title: Many
name: many
correlation:
  type: value_count
  rules: [ry]
  group-by: [User]
  timespan: 5m
  condition: {field: Address, gte: 3}
"""
W, N = Direction.WIDER, Direction.NARROWER


def converted(correlation: str, target: str, windows: str = "sliding") -> tuple[Conversion, Options]:
    options = Options((target,), models=("none",), allow_approximate=True, windows=windows)
    text = RULES + correlation
    return next(one for one in convert_source(Source(text, "t.yml"), options) if one.title == "Both"), options


def directions(conversion: Conversion, code: str) -> set[Direction]:
    return {one.direction for one in conversion.diagnostics if one.kind.id == code}


@pytest.mark.parametrize(("target", "code"), [("kql", "KQL002"), ("esql", "ESQ004")])
@pytest.mark.parametrize(
    ("correlation", "expected"),
    [
        ("  type: temporal\n  condition: rx and ry\n", {N}),
        (NOT_Y, {W}),
        ("  type: temporal\n  condition: rx and not (ry and rx)\n", {N, W}),
        ("  type: temporal\n  rules: [rx, ry]\n  condition: {lt: 2}\n", {N, W}),
        ("  type: event_count\n  rules: [ry]\n  condition: {gte: 3}\n", {N}),
        ("  type: event_count\n  rules: [ry]\n  condition: {lt: 3}\n", {N, W}),
        ("  type: event_count\n  rules: [ry]\n  condition: {gt: 1, lt: 3}\n", {N, W}),
        ("  type: value_avg\n  rules: [ry]\n  condition: {field: Size, gt: 3}\n", {N, W}),
    ],
)
def test_a_narrower_base_rule_is_turned_round_where_it_must_not_match(
    target: str, code: str, correlation: str, expected: set[Direction]
) -> None:
    found, _ = converted(correlation, target)
    assert directions(found, code) == expected, found.diagnostics


def test_fixed_windows_of_an_inner_rule_that_must_not_match_are_wider() -> None:
    correlation = "  type: temporal\n  condition: rx and not many\n" + INNER
    assert directions(converted(correlation, "kql", windows="buckets")[0], "KQL018") == {W}


def test_fixed_windows_of_a_condition_that_more_events_can_undo_are_both() -> None:
    correlation = "  type: event_count\n  rules: [rx]\n  condition: {eq: 2}\n"
    assert directions(converted(correlation, "kql", windows="buckets")[0], "KQL018") == {N, W}


@pytest.mark.parametrize("correlation", [NOT_Y, "  type: event_count\n  rules: [ry]\n  condition: {lt: 3}\n"])
def test_a_query_that_adds_alerts_is_not_proven_narrower(correlation: str) -> None:
    conversion, options = converted(correlation, "kql")
    said = tuple(one for one in conversion.diagnostics if one.direction is not W)
    (proof,) = verify_conversions([replace(conversion, diagnostics=said)], options)
    assert (proof.direction, proof.verdict is Verdict.PROVEN) == (N, False)


def test_directions_of_stages_within_stages() -> None:
    report = Report()
    with report.inside(Polarity.FEWER.turned):
        assert report.turned == {True}
        with report.inside(Polarity.FEWER.turned):
            assert report.turned == {False}
        with report.inside(Polarity.EITHER.turned):
            assert report.turned == {False, True}
    assert report.turned == {False}
