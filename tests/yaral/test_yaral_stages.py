"""Rules about several events, by what Google documents: `stages.yml`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.yaml_files import read_beside
from transpile.conversion import convert_all
from transpile.diagnostics import Report, Severity
from transpile.dialects.base import Timed
from transpile.dialects.yaral import DIALECT
from transpile.evaluate import Unproven
from transpile.ir.expr import Match
from transpile.ir.match import Compare, Field, Order, Pattern
from transpile.ir.rule import Rule
from transpile.ir.stream import Aggregate, Events, Measure, MeasureKind, Stream, Where, Window
from transpile.source import Source

CASES = read_beside(__file__, "stages.yml")


def rule(case: dict[str, Any]) -> str:
    lines = [
        line
        for name in ("e", "p")
        for line in (f'${name}.metadata.event_type = "{case[name]}"', f"$u = ${name}.target.user.userid")
    ]
    sections = {
        "meta": [],
        "events": [*lines, *([case["more"]] if "more" in case else [])],
        "match": [f"$u over {case['over']}"],
        "outcome": [case["outcome"]] if "outcome" in case else [],
        "condition": [case["condition"]],
        "options": [case["options"]] if "options" in case else [],
    }
    body = "\n".join(
        f"{name}:\n  " + "\n  ".join(inside) for name, inside in sections.items() if inside or name == "meta"
    )
    return f"rule case {{\n{body}\n}}"


def udm(kind: str, user: str | None = None, host: str | None = None, sent: int | None = None) -> dict[str, Any]:
    event: dict[str, Any] = {"metadata": {"event_type": kind}}
    if user is not None:
        event["target"] = {"user": {"userid": user}}
    if host is not None:
        event["principal"] = {"hostname": host}
    if sent is not None:
        event["network"] = {"sent_bytes": sent}
    return event


def rows(case: dict[str, Any]) -> list[list[int]]:
    assert DIALECT.rows is not None
    events = [Timed(time, udm(*values)) for time, *values in case["events"]]
    return sorted(sorted(row.events) for row in DIALECT.rows(DIALECT.parse(Source(rule(case))), events))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_case(case: dict[str, Any]) -> None:
    if case["rows"] == "unproven":
        with pytest.raises(Unproven):
            rows(case)
    else:
        assert rows(case) == case["rows"]


def test_there_are_enough_cases_with_a_source() -> None:
    assert len(CASES) >= 40
    assert all(case["source"] for case in CASES)


def refusals(body: Stream) -> list[str]:
    assert DIALECT.lower is not None
    report = Report()
    DIALECT.lower(Rule("", body, Source("")), report)
    return [one.code for one in report.diagnostics if one.severity is Severity.ERROR]


def counted(kind: MeasureKind, by: tuple[str, ...], least: float) -> Stream:
    fields = () if kind is MeasureKind.COUNT else ("sent",)
    rows = Aggregate(Events(Match(Field("kind"), Pattern(("x",)))), (Measure("n", kind, fields),), by, Window(300))
    return Where(rows, Match(Field("n"), Compare(Order.GTE, least)))


def test_a_sum_that_may_be_of_no_numbers_is_refused() -> None:
    assert refusals(counted(MeasureKind.SUM, ("user",), 1)) == []
    assert refusals(counted(MeasureKind.SUM, ("user",), 0)) == ["YAR021"]


def test_groups_of_the_same_variable_are_refused() -> None:
    assert refusals(counted(MeasureKind.COUNT, ("user.name", "host"), 2)) == []
    assert refusals(counted(MeasureKind.COUNT, ("user.name", "user_name"), 2)) == ["YAR021"]


@pytest.mark.parametrize(("bound", "written"), [("gt: 1.5", "#e > 1"), ("gte: 2.5", "#e >= 3"), ("gte: 2", "#e >= 2")])
def test_a_bound_of_a_count_is_a_whole_number(bound: str, written: str) -> None:
    text = f"""
title: Base
name: base
logsource: {{product: windows, service: security}}
detection:
  selection: {{EventID: 4625}}
  condition: selection
---
title: Many
correlation:
  type: event_count
  rules: [base]
  group-by: [TargetUserName]
  timespan: 5m
  condition: {{{bound}}}
"""
    query = convert_all(text, write="yaral")[-1].query
    assert query is not None and f"$p and {written}\n" in query
