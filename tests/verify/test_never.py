"""Rules that no event can match: logic shows it, and the query must match none either."""

from __future__ import annotations

import pytest

from transpile.conversion import Options, convert_source
from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import Field, Pattern
from transpile.ir.meaning import is_never
from transpile.ir.stream import Events, Sequence, Step, Stream, Together, Union
from transpile.source import Source
from transpile.verify import Verdict, verify_source
from transpile.verify.audit import audit

DETECTIONS = (
    "{s: {A: x}, f: {A: X}, condition: s and not f}",
    "{s: {A: x, B: z}, f: {A: [x, y]}, condition: s and not f}",
    "{s: {A: x}, f: {A: [x, y], B: z}, g: {B: z}, condition: s and g and not f}",
)
CORRELATION = """\
---
title: Three
correlation: {type: event_count, rules: [case], group-by: [User], timespan: 5m, condition: {gte: 3}}
"""
LANGUAGES = ("spl", "kql", "eql", "esql", "yaral")


def rule(detection: str, more: str = "") -> Source:
    return Source(f"title: Case\nname: case\nlogsource: {{product: windows}}\ndetection: {detection}\n{more}")


@pytest.mark.parametrize("detection", DETECTIONS)
@pytest.mark.parametrize("more", ["", CORRELATION])
def test_that_no_event_can_match_is_proven(detection: str, more: str) -> None:
    proofs = verify_source(rule(detection, more), Options(LANGUAGES, models=("none",)))
    assert {proof.verdict for proof in proofs} <= {Verdict.PROVEN, Verdict.REFUSED}
    proven = [proof for proof in proofs if proof.verdict is Verdict.PROVEN]
    assert len(proven) >= len(LANGUAGES)
    assert all("no event can match" in proof.reason for proof in proven)


@pytest.mark.parametrize(("more", "query"), [("", 'A="x"'), (CORRELATION, 'A="x" | stats count by User')])
def test_a_query_that_matches_where_no_event_can_is_disproven(more: str, query: str) -> None:
    options = Options(("spl",), models=("none",))
    conversion = convert_source(rule(DETECTIONS[0], more), options)[-1]
    assert audit(conversion, query, options).verdict is Verdict.DISPROVEN


A, B = (Match(Field(name), Pattern.of("x")) for name in "ab")
NEVER, EVER = Events(And((A, Not(A)))), Events(A)


@pytest.mark.parametrize(
    ("condition", "never"),
    [
        (And((A, Not(Or((A, B))))), True),
        (And((A, B, Not(And((A, B))))), True),
        (And((A, Not(And((A, B))))), False),
        (Or((And((A, Not(A))), And((B, Not(B))))), True),
        (Or((And((A, Not(A))), B)), False),
    ],
)
def test_what_contradicts_itself(condition: Expr, never: bool) -> None:
    assert is_never(Events(condition)) is never


@pytest.mark.parametrize(
    ("body", "never"),
    [
        (Together((NEVER, EVER)), True),
        (Together((NEVER, EVER), holds=A), False),
        (Union((NEVER, EVER)), False),
        (Sequence((Step(EVER), Step(NEVER))), True),
        (Sequence((Step(EVER), Step(NEVER, absent=True))), False),
    ],
)
def test_what_never_alerts(body: Stream, never: bool) -> None:
    assert is_never(body) is never
