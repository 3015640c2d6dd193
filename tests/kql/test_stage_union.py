"""Events of several rules that are counted: each once, or the query says that it is not so."""

from __future__ import annotations

import pytest

from transpile.diagnostics import Report
from transpile.dialects.kql import DIALECT
from transpile.ir import expr as ir
from transpile.ir.match import Compare, Field, Number, Order, Pattern
from transpile.ir.rule import Rule
from transpile.ir.stream import Aggregate, Column, Compute, Events, Measure, MeasureKind, Stream, Union, Where, Window
from transpile.source import Source

FAILED = ir.Match(Field("EventID"), Number(4625))
NETWORK = ir.Match(Field("LogonType"), Number(3))
TABLE = 'union isfuzzy=true SecurityEvent, (WindowsEvent | where Channel == "{}"{})'


def written(*inputs: Stream, kind: MeasureKind = MeasureKind.COUNT, least: float = 3) -> tuple[str, list[str]]:
    measure = Measure("n", kind, () if kind is MeasureKind.COUNT else ("Host",))
    counted = Aggregate(Union(inputs), (measure,), ("User",), Window(300))
    body = Where(counted, ir.Match(Field("n"), Compare(Order.GTE, least)))
    report = Report()
    assert DIALECT.lower is not None
    text = DIALECT.print(DIALECT.lower(Rule("", body, Source("")), report))
    return text, [one.code for one in report.diagnostics]


def events(condition: ir.Expr, name: str, channel: str = "Security", columns: str = "") -> Events:
    return Events(condition, dataset=TABLE.format(channel, columns), name=name)


def test_rules_on_one_table_are_one_condition_though_they_compute_different_columns() -> None:
    one = events(FAILED, "one", columns=" | extend User = tostring(EventData.User)")
    other = events(NETWORK, "other", columns=" | extend LogonType = toint(EventData.LogonType)")
    text, codes = written(one, other)
    assert codes == []
    assert text.count("SecurityEvent") == 1
    assert next(line for line in text.splitlines() if "4625" in line).count(" or ") == 1
    assert "extend User = tostring(EventData.User), LogonType = toint(EventData.LogonType)" in " ".join(text.split())


def test_columns_that_differ_keep_rules_apart() -> None:
    one = events(FAILED, "one", columns=" | extend User = tostring(EventData.User)")
    other = events(NETWORK, "other", columns=" | extend User = tostring(EventData.Account)")
    assert written(one, other)[1] == ["KQL022W"]


@pytest.mark.parametrize(
    ("kind", "least", "codes"),
    [
        (MeasureKind.COUNT, 3, ["KQL022W"]),
        (MeasureKind.COUNT, 1, []),
        (MeasureKind.DISTINCT, 3, []),
        (MeasureKind.SUM, 3, ["KQL022W", "KQL022N"]),
    ],
)
def test_an_event_of_two_rules_with_other_aliases_counts_twice(
    kind: MeasureKind, least: float, codes: list[str]
) -> None:
    one, other = (
        Compute(events(condition, name), (Column("User", Field(field)),))
        for condition, name, field in ((FAILED, "one", "Target"), (NETWORK, "other", "Subject"))
    )
    assert written(one, other, kind=kind, least=least)[1] == codes


@pytest.mark.parametrize(
    ("condition", "channel"),
    [
        (ir.Match(Field("EventID"), Number(4624)), "Security"),
        (ir.And((NETWORK, ir.Not(FAILED))), "Security"),
        (ir.Or((ir.Match(Field("EventID"), Number(1)), ir.Match(Field("EventID"), Number(2)))), "System"),
    ],
)
def test_rules_that_share_no_event_may_have_other_aliases(condition: ir.Expr, channel: str) -> None:
    one = Compute(events(FAILED, "one"), (Column("User", Field("Target")),))
    other = Compute(events(condition, "other", channel), (Column("User", Field("Subject")),))
    assert written(one, other)[1] == []


def test_what_a_data_set_asks_tells_events_apart() -> None:
    one, other = (
        Compute(Events(ir.Match(Field("X"), Pattern(("a",))), dataset=f"Event | where EventID {ids}", name=ids), alias)
        for ids, alias in (("== 1", (Column("User", Field("A")),)), ("in (2, 3)", (Column("User", Field("B")),)))
    )
    assert written(one, other)[1] == []
