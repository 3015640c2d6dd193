"""Rules on many events: the runner against the documentation, and written searches against what the rules mean."""

from __future__ import annotations

from typing import Any

import pytest

from tests.yaml_files import read_beside
from transpile.diagnostics import Report
from transpile.dialects.base import Timed
from transpile.dialects.spl import DIALECT
from transpile.dialects.spl.run import rows
from transpile.evaluate import Unproven
from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import Call, Compare, Exists, Field, Function, Literal, Order, Pattern
from transpile.ir.rule import Rule
from transpile.ir.stream import (
    MATCHED,
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


def timed(events: list[dict[str, Any]]) -> list[Timed]:
    return [
        Timed(float(event["at"]), {name: value for name, value in event.items() if name != "at"}) for event in events
    ]


def same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, int) and isinstance(found, str):
        return found == str(wanted)
    return bool(found == wanted)


@pytest.mark.parametrize("case", CASES, ids=[case["title"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    tree = DIALECT.parse(Source(case["query"]))
    if case["rows"] == "unproven":
        with pytest.raises(Unproven):
            rows(tree, timed(case["events"]))
        return
    found = [row.columns for row in rows(tree, timed(case["events"]))]
    assert len(found) == len(case["rows"]), found
    for wanted in case["rows"]:
        hit = next((one for one in found if all(same(one.get(name), value) for name, value in wanted.items())), None)
        assert hit is not None, (wanted, found)
        found.remove(hit)


def test_each_case_is_there_once_and_names_its_source() -> None:
    assert len(CASES) >= 40
    assert all(case["source"] for case in CASES)
    assert len({case["title"] for case in CASES}) == len(CASES)


# --- what is written


def events(value: str, name: str) -> Events:
    return Events(Match(Field("a"), Pattern.of(value)), name=name)


A, B, C = events("x", "A"), events("y", "B"), events("z", "C")


FIVE_MINUTES = Window(300)


def count(
    input: Stream,
    least: float,
    *,
    kind: MeasureKind = MeasureKind.COUNT,
    fields: tuple[str, ...] = (),
    by: tuple[str, ...] = ("g",),
    window: Window | None = FIVE_MINUTES,
    order: Order = Order.GTE,
) -> Where:
    measure = Measure("n", kind, fields, 95 if kind is MeasureKind.PERCENTILE else None)
    return Where(Aggregate(input, (measure,), by, window), Match(Field("n"), Compare(order, least)))


def lower(body: Stream, **options: Any) -> tuple[str, list[str]]:
    """The search for a rule, and the codes reported; it reads back as the same tree."""
    report = Report(**options)
    rule = Rule("", body, Source(""), fields=("u",))
    tree = DIALECT.lower(rule, report) if DIALECT.lower else None
    text = DIALECT.print(tree)
    assert DIALECT.parse(Source(text)) == tree
    return text, [diagnostic.code for diagnostic in report.diagnostics]


def alerts(body: Stream, *found: tuple[float, str, str] | tuple[float, str, str, str]) -> list[tuple[str, str]]:
    """Group and last time of the alerts over events of a time, a value of `a`, a group and perhaps a user."""
    text, codes = lower(body)
    assert codes == []
    stored = [Timed(one[0], {"a": one[1], "g": one[2], **({"u": one[3]} if len(one) > 3 else {})}) for one in found]
    columns = [row.columns for row in rows(DIALECT.parse(Source(text)), stored)]
    return sorted((str(one.get("g", "")), f"{float(one['lastTime']):g}") for one in columns)


def test_a_count_looks_back_over_the_last_events_of_the_group() -> None:
    body = count(A, 3)
    assert alerts(body, (0, "x", "1"), (100, "x", "1"), (300, "x", "1")) == [("1", "300")]
    assert alerts(body, (0, "x", "1"), (100, "x", "1"), (301, "x", "1")) == []
    assert alerts(body, (0, "x", "1"), (100, "x", "2"), (300, "x", "1")) == []
    assert alerts(body, (0, "x", "1"), (100, "y", "1"), (300, "x", "1")) == []
    # Across the boundary of a fixed bucket, and groups interleaved.
    crossing = [(290.0, "x", "1"), (295.0, "x", "2"), (310.0, "x", "1"), (320.0, "x", "2"), (330.0, "x", "1")]
    assert alerts(body, *crossing) == [("1", "330")]
    assert alerts(count(A, 2.5), (0, "x", "1"), (1, "x", "1"), (2, "x", "1")) == [("1", "2")]
    assert alerts(count(A, 2, order=Order.GT), (0, "x", "1"), (1, "x", "1"), (2, "x", "1")) == [("1", "2")]


def test_an_event_without_a_value_of_the_group_is_in_none() -> None:
    assert alerts(count(A, 2), (0, "x", ""), (1, "x", "")) == []
    text, _ = lower(count(A, 2))
    assert text.splitlines()[0] == 'a="x" g!=""'


def test_without_groups_all_events_are_one() -> None:
    text, _ = lower(count(A, 2, by=()))
    assert "| streamstats window=2 count as n first(_time) as firstTime" in text.splitlines()
    assert alerts(count(A, 2, by=()), (0, "x", "1"), (1, "x", "2")) == [("", "1")]


def test_an_event_of_two_rules_counts_once() -> None:
    both = Union((A, Events(Match(Field("a"), Pattern.of("x")), name="again")))
    assert alerts(count(both, 2), (0, "x", "1")) == []
    assert alerts(count(Union((A, B)), 2), (0, "x", "1"), (1, "y", "1")) == [("1", "1")]


def test_different_values_are_counted_over_the_time_before() -> None:
    body = count(A, 2, kind=MeasureKind.DISTINCT, fields=("u",))
    assert alerts(body, (0, "x", "1", "p"), (1, "x", "1", "p"), (2, "x", "1", "q")) == [("1", "2")]
    pairs = count(A, 2, kind=MeasureKind.DISTINCT, fields=("u", "a"))
    assert alerts(pairs, (0, "x", "1", "p"), (1, "x", "1", "q"), (2, "x", "1")) == [("1", "1")]
    assert lower(body)[0].splitlines()[0] == 'a="x" g!="" u!=""'


def test_what_more_events_can_undo_is_approximate() -> None:
    for body in (
        count(A, 2, order=Order.LT),
        count(A, 2, kind=MeasureKind.AVERAGE, fields=("u",)),
        count(A, 2, kind=MeasureKind.PERCENTILE, fields=("u",)),
    ):
        assert lower(body)[1] == ["SPL022N", "SPL022W"]


def test_fixed_windows_when_the_rule_or_the_user_asks() -> None:
    tumbling = count(A, 2, window=Window(300, WindowKind.TUMBLING))
    assert alerts(tumbling, (299, "x", "1"), (300, "x", "1")) == []
    assert alerts(tumbling, (0, "x", "1"), (299, "x", "1")) == [("1", "299")]
    assert lower(count(A, 2), windows="buckets")[1] == ["SPL023N"]
    assert alerts(count(A, 2, window=None), (0, "x", "1"), (9999, "x", "1")) == [("1", "9999")]
    session = count(A, 3, window=Window(10, WindowKind.SESSION))
    assert alerts(session, (0, "x", "1"), (9, "x", "1"), (18, "x", "1"), (40, "x", "1")) == [("1", "18")]


def test_events_together_in_any_order() -> None:
    body = Together((A, B), ("g",), Window(600))
    assert alerts(body, (0, "x", "1"), (600, "y", "1")) == [("1", "600")]
    assert alerts(body, (0, "y", "1"), (600, "x", "1")) == [("1", "600")]
    assert alerts(body, (0, "x", "1"), (601, "y", "1")) == []
    assert alerts(body, (0, "x", "1"), (1, "y", "2")) == []
    assert alerts(body, (5, "x", "1"), (5, "y", "1")) == [("1", "5")]


def test_one_event_may_be_of_two_rules_together() -> None:
    again = Events(Match(Field("u"), Pattern.of("p")), name="again")
    assert alerts(Together((A, again), ("g",), Window(600)), (0, "x", "1", "p")) == [("1", "0")]


@pytest.mark.parametrize(
    ("holds", "values", "found"),
    [
        (Or((Match(Field("A"), Exists()), Match(Field("B"), Exists()))), "xz", True),
        (And((Match(Field("A"), Exists()), Match(Field("C"), Exists()))), "xy", False),
        (Match(Field(MATCHED), Compare(Order.GTE, 2)), "xz", True),
        (Match(Field(MATCHED), Compare(Order.GTE, 3)), "xz", False),
    ],
)
def test_a_condition_over_several_rules(holds: Expr, values: str, found: bool) -> None:
    body = Together((A, B, C), ("g",), Window(600), holds)
    stream = [(float(at), value, "1") for at, value in enumerate(values)]
    assert (("1", "1") in alerts(body, *stream)) is found


def test_not_over_several_rules_is_narrower() -> None:
    holds = And((Match(Field("A"), Exists()), Not(Match(Field("B"), Exists()))))
    assert lower(Together((A, B), ("g",), Window(600), holds))[1] == ["SPL022N"]


def test_events_in_order() -> None:
    body = Sequence((Step(A), Step(B), Step(C)), ("g",), Window(600))
    assert alerts(body, (0, "x", "1"), (100, "y", "1"), (600, "z", "1")) == [("1", "600")]
    assert alerts(body, (0, "x", "1"), (100, "y", "1"), (601, "z", "1")) == []
    assert alerts(body, (100, "x", "1"), (0, "y", "1"), (200, "z", "1")) == []
    assert alerts(body, (0, "x", "1"), (0, "y", "1"), (200, "z", "1")) == []  # at the same time is not in order
    assert alerts(body, (0, "x", "1"), (100, "y", "2"), (200, "z", "1")) == []
    # The latest start counts, and a step may serve several ends.
    late = [(0.0, "x", "1"), (500.0, "x", "1"), (600.0, "y", "1"), (1000.0, "z", "1"), (1100.0, "z", "1")]
    assert alerts(body, *late) == [("1", "1000"), ("1", "1100")]


def test_a_step_may_be_a_count() -> None:
    body = Sequence((Step(count(A, 2)), Step(B)), ("g",), Window(600))
    assert alerts(body, (0, "x", "1"), (10, "x", "1"), (20, "y", "1")) == [("1", "20")]
    assert alerts(body, (0, "x", "1"), (20, "y", "1")) == []


def test_a_count_of_counts() -> None:
    body = count(count(A, 2, window=Window(10)), 2, window=Window(3600))
    assert alerts(body, (0, "x", "1"), (1, "x", "1"), (1000, "x", "1"), (1001, "x", "1")) == [("1", "1001")]
    assert alerts(body, (0, "x", "1"), (1, "x", "1"), (1000, "x", "1")) == []


def test_aliases_name_the_group_of_each_rule() -> None:
    one = Compute(A, (Column("g", Field("g1")),))
    other = Compute(B, (Column("g", Field("g2")),))
    text, codes = lower(Together((one, other), ("g",), Window(600)))
    assert codes == []
    stored = [Timed(0, {"a": "x", "g1": "k"}), Timed(5, {"a": "y", "g2": "k"}), Timed(6, {"a": "y", "g1": "k"})]
    assert [row.columns["g"] for row in rows(DIALECT.parse(Source(text)), stored)] == ["k"]
    text, codes = lower(count(Union((one, other)), 2))
    assert codes == []
    assert [row.columns["g"] for row in rows(DIALECT.parse(Source(text)), stored)] == ["k"]


def test_an_alias_of_a_computed_column_reads_every_field_of_it() -> None:
    either = Compute(A, (Column("Image", Call(Function.COALESCE, (Field("Image"), Field("Process")))),))
    body = count(Compute(either, (Column("g", Field("Image")),)), 2)
    text, codes = lower(body)
    assert codes == []
    stored = [Timed(0, {"a": "x", "Image": "k"}), Timed(5, {"a": "x", "Process": "k"})]
    assert [row.columns["g"] for row in rows(DIALECT.parse(Source(text)), stored)] == ["k"]


def test_aliases_may_swap_fields() -> None:
    swapped = Compute(B, (Column("g", Field("h")), Column("h", Field("g"))))
    for body in (
        Sequence((Step(A), Step(swapped)), ("g", "h"), Window(600)),
        count(Union((A, swapped)), 2, by=("g", "h")),
    ):
        text, codes = lower(body)
        assert codes == []
        stored = [Timed(0, {"a": "x", "g": "1", "h": "2"}), Timed(5, {"a": "y", "g": "2", "h": "1"})]
        assert len(rows(DIALECT.parse(Source(text)), stored)) == 1
        assert not rows(DIALECT.parse(Source(text)), [stored[0], Timed(5, {"a": "y", "g": "1", "h": "2"})])


def test_an_alias_of_rules_that_may_match_one_event_is_refused() -> None:
    of_a = Compute(A, (Column("g", Field("g1")),))
    other = Events(Match(Field("b"), Pattern.of("y")), name="other")
    assert "SPL021" in lower(count(Union((of_a, Compute(other, (Column("g", Field("g2")),)))), 2))[1]
    assert lower(count(Union((of_a, Compute(other, (Column("g", Field("g1")),)))), 2))[1] == []


def test_alerts_show_group_value_times_and_the_fields_of_the_rule() -> None:
    rule = Rule("", count(A, 2), Source(""), fields=("u",))
    assert lower(rule.body)[0].splitlines()[-1] == "| table g n firstTime lastTime u"
    assert DIALECT.result is not None
    assert DIALECT.result(rule).to_dict() == {"group": ["g"], "value": "n", "first": "firstTime", "last": "lastTime"}


@pytest.mark.parametrize(
    "body",
    [
        count(A, 10_001),
        Together((A, B), ("g",), None),
        Sequence((Step(A), Step(B, absent=True), Step(C)), ("g",), Window(600)),
        Sequence((Step(A), Step(B)), ("g",), Window(600), until=C),
        count(Sequence((Step(A), Step(B)), ("g",), Window(600)), 2, by=("h",)),
        count(Events(Match(Field("a"), Pattern.of("x")), dataset="Endpoint.Processes"), 2),
        Sequence((Step(count(A, 2, window=Window(9, WindowKind.TUMBLING))), Step(B)), ("g",), Window(600)),
    ],
)
def test_refused(body: Stream) -> None:
    assert "SPL021" in lower(body)[1]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Call(Function.LENGTH, (Field("b"),)), "len(b)>5"),
        (Call(Function.SUBTRACT, (Field("b"), Field("c"))), "tonumber(b) - tonumber(c)>5"),
        (Call(Function.LENGTH, (Call(Function.SUBSTRING, (Field("b"), Literal(2))),)), "len(substr(b, 3))>5"),
        (Call(Function.LENGTH, (Call(Function.CONCAT, (Field("b"), Literal("."), Field("c"))),)), 'len(b."."  .c)>5'),
    ],
)
def test_functions_of_fields(value: Call, text: str) -> None:
    leaf = Match(value, Compare(Order.GT, 5))
    report = Report()
    rule = Rule.on_events("", And((Match(Field("a"), Pattern.of("x")), leaf)), Source(""))
    found = DIALECT.print(DIALECT.lower(rule, report)) if DIALECT.lower else ""
    assert report.diagnostics == []
    assert found == f'a="x"\n| where {text.replace("  ", "")}'
