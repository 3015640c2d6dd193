"""The reference meaning of rules on many events, held to its conformance suite."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.yaml_files import read_beside
from transpile.dialects.sigma.read import read
from transpile.evaluate.open_points import OPEN_POINTS, OURS
from transpile.evaluate.streams import StreamReference
from transpile.ir.expr import Match
from transpile.ir.match import Exists, Field
from transpile.ir.stream import (
    Aggregate,
    Events,
    Join,
    JoinKind,
    Measure,
    MeasureKind,
    Step,
    Stream,
    Together,
    Window,
    WindowKind,
)
from transpile.ir.stream import Sequence as InOrder
from transpile.ir.timed import Timed
from transpile.record import replace
from transpile.source import Source

CASES: list[dict[str, Any]] = read_beside(__file__, "streams.yml")


def stream_of(case: dict[str, Any]) -> Stream:
    """The stream of a case's outer correlation, read as Sigma."""
    documents: list[dict[str, Any]] = [
        {"title": name, "name": name, "logsource": {"product": "p"}, "detection": {"s": {name: "1"}, "condition": "s"}}
        for name in "abc"
    ]
    given = {"rules": ["a"], "group-by": ["u"], "timespan": "10s"}
    for name, key in (("inner", "rule"), ("outer", "then")):
        if key in case:
            asked = {one: value for one, value in {**given, **case[key]}.items() if value is not None}
            documents.append({"title": name, "name": name, "correlation": asked})
    *_, last = read(Source(yaml.safe_dump_all(documents)))
    assert last.rule is not None, last.diagnostics
    body = last.rule.body
    return replace(body, by=tuple(case["by"])) if "by" in case and isinstance(body, Together) else body


def event_of(text: str) -> Timed:
    """An event by its short form: `5 ab u=x`."""
    time, rules, *fields = text.split()
    event: dict[str, Any] = {name: "1" for name in rules if name != "-"}
    for field in fields:
        name, _, value = field.partition("=")
        try:
            event[name] = json.loads(value)
        except ValueError:
            event[name] = value
    return Timed(float(time), event)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["fact"])
def test_conformance(case: dict[str, Any]) -> None:
    reference = StreamReference(stream_of(case))
    events = [event_of(text) for text in case["events"]]
    for given in (events, events[::-1]):
        found = reference.alerts(given)
        assert sorted(map(list, found.groups)) == case["alerts"]
        assert sorted(point.name for point in found.depends) == sorted(case.get("open", []))


def test_there_are_cases_enough_and_each_has_a_source() -> None:
    assert len(CASES) >= 60
    assert all(case["source"] and case["fact"] for case in CASES)
    assert len({case["fact"] for case in CASES}) == len(CASES)
    types = {case[key]["type"] for case in CASES for key in ("rule", "then") if key in case}
    assert len(types) == 8
    assert {point for case in CASES for point in case.get("open", [])} == OPEN_POINTS.keys()


def events_of(name: str) -> Events:
    return Events(Match(Field(name), Exists()), name=name)


def groups(stream: Stream, *events: str) -> list[str]:
    return sorted(str(key[0]) for key in StreamReference(stream).alerts([event_of(text) for text in events]).groups)


A, B, C = events_of("a"), events_of("b"), events_of("c")


@pytest.mark.parametrize(
    ("steps", "events", "alerts"),
    [
        ((Step(A), Step(B, True), Step(C)), ("0 a", "5 c"), True),
        ((Step(A), Step(B, True), Step(C)), ("0 a", "3 b", "5 c"), False),
        ((Step(A), Step(B, True), Step(C)), ("0 a", "3 b", "4 a", "5 c"), True),  # the later start
        ((Step(A), Step(B, True), Step(C)), ("0 a", "5 c", "6 b"), True),
        ((Step(B, True), Step(A), Step(C)), ("0 a", "5 c"), True),
        ((Step(B, True), Step(A), Step(C)), ("0 b", "1 a", "5 c"), False),
        ((Step(B, True), Step(A), Step(C)), ("0 a", "1 b", "2 a", "5 c"), True),  # the earlier start
        ((Step(B, True), Step(A), Step(C)), ("0 b", "8 a", "15 c"), True),  # out of the window
        ((Step(A), Step(C), Step(B, True)), ("0 a", "5 c"), True),
        ((Step(A), Step(C), Step(B, True)), ("0 a", "5 c", "7 b"), False),
        ((Step(A), Step(C), Step(B, True)), ("0 a", "5 c", "11 b"), True),
    ],
)
def test_what_must_not_happen_in_a_sequence(steps: tuple[Step, ...], events: tuple[str, ...], alerts: bool) -> None:
    found = groups(InOrder(steps, ("u",), Window(10)), *(f"{event} u=x" for event in events))
    assert found == (["x"] if alerts else [])


def test_what_ends_a_sequence() -> None:
    rule = InOrder((Step(A), Step(C)), ("u",), Window(10), until=B)
    assert groups(rule, "0 a u=x", "5 c u=x", "7 b u=x", "0 a u=y", "2 b u=y", "5 c u=y", "2 b u=z") == ["x"]


@pytest.mark.parametrize(
    ("kind", "counts"),
    [(WindowKind.SLIDING, [1, 2, 2, 2, 1]), (WindowKind.TUMBLING, [2, 2, 1]), (WindowKind.SESSION, [4, 1])],
)
def test_windows(kind: WindowKind, counts: list[int]) -> None:
    stage = Aggregate(A, (Measure("n", MeasureKind.COUNT),), ("u",), Window(10, kind))
    events = [event_of(f"{time} a u=x") for time in (0, 9, 18, 19.5, 40)]
    assert [row.columns["n"] for row in StreamReference(stage).rows(events)] == counts[: len(counts)]


def test_an_aggregate_without_a_window_is_one_row_a_group() -> None:
    stage = Aggregate(A, (Measure("n", MeasureKind.COUNT), Measure("top", MeasureKind.MAXIMUM, ("t",))), ("u",))
    rows = StreamReference(stage).rows([event_of(text) for text in ("0 a u=x t=1", "900 a u=x t=5", "3 a u=y")])
    assert [{name: row.columns.get(name) for name in ("u", "n", "first", "last")} for row in rows] == [
        {"u": "y", "n": 1, "first": 3.0, "last": 3.0},
        {"u": "x", "n": 2, "first": 0.0, "last": 900.0},
    ]
    assert rows[1].columns["top"] == 5 and rows[1].events == {0, 1}


@pytest.mark.parametrize(
    ("kind", "expected"), [(JoinKind.INNER, [{0, 1}]), (JoinKind.LEFT, [{0, 1}, {2}]), (JoinKind.ANTI, [{2}])]
)
def test_joins(kind: JoinKind, expected: list[set[int]]) -> None:
    events = [event_of(text) for text in ("0 a u=x t=1", "5 b u=x h=2", "6 a u=y", "30 b u=y")]
    rows = StreamReference(Join(A, B, ("u",), kind, Window(10))).rows(events)
    assert [row.events for row in rows] == expected
    if kind is not JoinKind.ANTI:
        assert (rows[0].time, rows[0].columns["t"], rows[0].columns["h"]) == (5.0, 1, 2)


def test_every_open_point_has_two_readings_and_ours_is_the_first() -> None:
    for name, point in OPEN_POINTS.items():
        assert getattr(OURS, name) is point.ours and len(list(point.readings)) > 1
