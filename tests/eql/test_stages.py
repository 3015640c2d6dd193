"""Rules on many events: our runner against the documentation, and what the writer makes of each stage."""

from __future__ import annotations

from typing import Any

import pytest

from tests.eql.outside import elastic
from tests.yaml_files import read_beside
from transpile.diagnostics import Report
from transpile.dialects.base import ReadOptions, Timed
from transpile.dialects.eql import DIALECT
from transpile.evaluate import Unproven
from transpile.ir.expr import TRUE, And, Expr, Match
from transpile.ir.match import Case, Compare, Field, Number, Order, Pattern
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.ir.stream import (
    Aggregate,
    Column,
    Compute,
    Events,
    Measure,
    MeasureKind,
    Sequence,
    Step,
    Stream,
    Together,
    Union,
    Where,
    Window,
    WindowKind,
)
from transpile.source import Source

CASES = read_beside(__file__, "stages.yml")


def rows(query: str, events: list[Any]) -> list[list[int]]:
    assert DIALECT.rows is not None
    found = DIALECT.rows(DIALECT.parse(Source(query)), [Timed(time, event) for time, event in events])
    return sorted(sorted(row.events) for row in found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["query"])
def test_case(case: dict[str, Any]) -> None:
    if case["rows"] == "unproven":
        with pytest.raises(Unproven):
            rows(case["query"], case["events"])
    else:
        assert rows(case["query"], case["events"]) == case["rows"]


def test_there_are_enough_cases_with_a_source() -> None:
    assert len(CASES) >= 40
    assert all(case["source"] for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["query"])
def test_elastics_grammar_takes_the_queries(case: dict[str, Any]) -> None:
    if case["rows"] != "unproven":
        parse_outside(case["query"])


def parse_outside(query: str) -> None:
    """Elastic's own parser takes the query."""
    with elastic("allow_runs", "allow_sample", "allow_negation", "elasticsearch_validate_optional_fields") as eql:
        eql.parse_query(query)


def events(name: str, number: int, dataset: str | None = None) -> Events:
    return Events(Match(Field("a"), Number(number)), name=name, dataset=dataset)


def count(least: Expr, kind: MeasureKind = MeasureKind.COUNT, by: tuple[str, ...] = ("u",), **window: Any) -> Stream:
    measure = Measure("n", kind, ("f",) if kind is not MeasureKind.COUNT else ())
    return Where(Aggregate(events("one", 1), (measure,), by, Window(300, **window)), least)


def at_least(number: float, order: Order = Order.GTE) -> Expr:
    return Match(Field("n"), Compare(order, number))


def alias(stream: Events, field: str) -> Compute:
    return Compute(stream, (Column("who", Field(field)),))


A, B, C = events("one", 1), events("two", 2), events("three", 3)
HOUR = Window(3600)

WRITTEN = [
    (count(at_least(5)), "sequence by u with maxspan=5m\n  [any where a == 1] with runs=5"),
    (count(at_least(5, Order.GT)), "sequence by u with maxspan=5m\n  [any where a == 1] with runs=6"),
    (count(at_least(4.5)), "sequence by u with maxspan=5m\n  [any where a == 1] with runs=5"),
    (count(at_least(5), by=()), "sequence with maxspan=5m\n  [any where a == 1] with runs=5"),
    (
        count(at_least(202)),
        "sequence by u with maxspan=5m\n"
        "  [any where a == 1] with runs=100\n  [any where a == 1] with runs=100\n  [any where a == 1] with runs=2",
    ),
    (count(at_least(1)), 'any where a == 1 and ?u : "?*"'),
    (count(And((at_least(2), at_least(3)))), "sequence by u with maxspan=5m\n  [any where a == 1] with runs=3"),
    (
        Where(Aggregate(Union((A, B)), (Measure("n", MeasureKind.COUNT),), ("u",), Window(90)), at_least(3)),
        "sequence by u with maxspan=90s\n  [any where a in (1, 2)] with runs=3",
    ),
    (
        Where(
            Aggregate(
                Union((events("one", 1, "process"), events("two", 2, "file"))),
                (Measure("n", MeasureKind.COUNT),),
                ("u",),
                HOUR,
            ),
            at_least(3),
        ),
        "sequence by u with maxspan=1h\n"
        '  [any where (event.category == "process" and a == 1) or (event.category == "file" and a == 2)] with runs=3',
    ),
    (
        Sequence((Step(A), Step(B)), ("u",), HOUR),
        "sequence by u with maxspan=1h\n  [any where a == 1]\n  [any where a == 2]",
    ),
    (
        Sequence((Step(alias(A, "x")), Step(alias(B, "y"))), ("u", "who"), Window(86_400)),
        "sequence by u with maxspan=1d\n  [any where a == 1] by x\n  [any where a == 2] by y",
    ),
    (
        Sequence((Step(A), Step(B, absent=True), Step(C)), ("u",), HOUR),
        "sequence by u with maxspan=1h\n  [any where a == 1]\n  ![any where a == 2]\n  [any where a == 3]",
    ),
    (
        Sequence((Step(A), Step(B)), ("u",), HOUR, until=C),
        "sequence by u with maxspan=1h\n  [any where a == 1]\n  [any where a == 2]\nuntil [any where a == 3]",
    ),
    (
        Sequence((Step(A), Step(events("again", 1)), Step(B)), ()),
        "sequence\n  [any where a == 1] with runs=2\n  [any where a == 2]",
    ),
    (Together((A, B), ("u",)), "sample by u\n  [any where a == 1]\n  [any where a == 2]"),
    (Union((A, B)), "any where a in (1, 2)"),
    (Events(And((Match(Field("event.category"), Pattern.of("file", case=Case.SENSITIVE)), TRUE))), "file where true"),
]


def lower(body: Stream) -> tuple[Any, Report]:
    report = Report()
    return DIALECT.lower(run_passes(Rule("test", body, Source(""))), report), report  # type: ignore[misc]


@pytest.mark.parametrize(("body", "query"), WRITTEN, ids=[query for _, query in WRITTEN])
def test_written_exactly(body: Stream, query: str) -> None:
    tree, report = lower(body)
    assert [one.code for one in report.diagnostics] == (["EQL019"] if "runs=100\n" in query else [])
    assert DIALECT.print(tree) == query
    assert DIALECT.parse(Source(query)) == tree
    parse_outside(query)


@pytest.mark.parametrize(("body", "query"), WRITTEN, ids=[query for _, query in WRITTEN])
def test_written_again_as_read(body: Stream, query: str) -> None:
    assert DIALECT.lift is not None
    lifted = DIALECT.lift(DIALECT.parse(Source(query)), Source(query), ReadOptions())
    assert lifted.body is not None
    assert not lifted.left
    assert DIALECT.print(lower(lifted.body)[0]) == query


REFUSED = [
    (count(at_least(2501)), "EQL015"),
    (count(at_least(5, Order.LT)), "EQL015"),
    (count(Match(Field("n"), Number(5))), "EQL015"),
    (count(And((at_least(5), at_least(9, Order.LTE)))), "EQL015"),
    (count(at_least(5), MeasureKind.DISTINCT), "EQL015"),
    (count(at_least(5), kind=MeasureKind.SUM), "EQL015"),
    (Together((A, B), ("u",), HOUR), "EQL016"),
    (Together((A, B), ("u",), holds=TRUE), "EQL016"),
    (Together((A, B)), "EQL014"),
    (Sequence((Step(A),), ("u",), HOUR), "EQL014"),
    (Sequence((Step(A), Step(B, absent=True)), ("u",)), "EQL014"),
    (Sequence((Step(A), Step(count(at_least(5)))), ("u",), HOUR), "EQL014"),
    (
        Where(Aggregate(A, (Measure("n", MeasureKind.COUNT),), ("u",), Window(60, WindowKind.TUMBLING)), at_least(3)),
        "EQL014",
    ),
    (
        Where(
            Aggregate(Union((alias(A, "x"), alias(B, "y"))), (Measure("n", MeasureKind.COUNT),), ("who",), HOUR),
            at_least(3),
        ),
        "EQL014",
    ),
    (Sequence((Step(A, absent=True), Step(B), Step(C)), ("u",), HOUR), "EQL017N"),
]


@pytest.mark.parametrize(
    ("body", "code"), REFUSED, ids=[f"{code} {number}" for number, (_, code) in enumerate(REFUSED)]
)
def test_not_exact(body: Stream, code: str) -> None:
    assert [finding.code for finding in lower(body)[1].diagnostics] == [code]


def test_the_result_names_the_keys_of_the_first_item() -> None:
    rule = Rule("test", Sequence((Step(alias(A, "x")), Step(alias(B, "y"))), ("u", "who"), HOUR), Source(""))
    assert DIALECT.result is not None
    assert DIALECT.result(rule).group == ("u", "x")
    tree, _ = lower(rule.body)
    assert DIALECT.rows is not None
    found = DIALECT.rows(tree, [Timed(0, {"a": 1, "u": "me", "x": 5}), Timed(9, {"a": 2, "u": "me", "y": 5})])
    assert [row.columns for row in found] == [{"u": "me", "x": "5"}]
