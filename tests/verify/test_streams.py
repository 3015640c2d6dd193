"""Rules on many events against queries: a right one is proven, and one that is wrong in a single place is disproven."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from transpile import dialects
from transpile.codes import Direction
from transpile.conversion import Conversion, Status
from transpile.dialects.base import Dialect, Result, Row
from transpile.evaluate import Unproven
from transpile.evaluate.open_points import (
    OPEN_POINTS,
    OURS,
    Edge,
    Empty,
    InnerAlerts,
    InnerTime,
    Keys,
    Letters,
    Readings,
    Ties,
    Tuples,
)
from transpile.evaluate.stream_make import make_bases
from transpile.evaluate.streams import StreamReference
from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import ANY, Compare, Field, Order, Pattern
from transpile.ir.rule import Rule
from transpile.ir.stream import (
    MATCHED,
    Aggregate,
    Column,
    Compute,
    Events,
    Measure,
    MeasureKind,
    Step,
    Stream,
    Together,
    Union,
    Where,
    Window,
    WindowKind,
)
from transpile.ir.stream import (
    Sequence as InOrder,
)
from transpile.ir.timed import Timed
from transpile.ir.walk import group_by
from transpile.source import Source
from transpile.verify import Proof, StreamCounterexample, Verdict
from transpile.verify.stream_trial import StreamTrial
from transpile.verify.streams import Streams, judge_streams


def base(name: str, **fields: str) -> Events:
    return Events(And(tuple(Match(Field(one), Pattern.of(ANY, text)) for one, text in fields.items())), name=name)


LOGON = base("logon", EventID="4624")
FAILED = base("failed", EventID="4625")
WHOAMI = base("whoami", Image="\\whoami.exe")


def at_least(number: float, name: str = "n", order: Order = Order.GTE) -> Expr:
    return Match(Field(name), Compare(order, number))


WINDOW = Window(300)


def counting(
    number: float,
    *fields: str,
    kind: MeasureKind = MeasureKind.COUNT,
    of: Stream = FAILED,
    by: tuple[str, ...] = ("User",),
    window: Window | None = WINDOW,
    order: Order = Order.GTE,
    rank: float | None = None,
    name: str = "",
) -> Where:
    measure = Measure("n", kind, fields, rank)
    return Where(Aggregate(of, (measure,), by, window), at_least(number, order=order), name=name)


RULES: dict[str, Stream] = {
    "event_count": counting(5),
    "event_count gt": counting(5, order=Order.GT),
    "event_count of two rules": counting(3, of=Union((FAILED, LOGON))),
    "event_count without groups": counting(3, by=()),
    "value_count": counting(4, "Target", kind=MeasureKind.DISTINCT),
    "value_count of two fields": counting(3, "Target", "Host", kind=MeasureKind.DISTINCT),
    "value_sum": counting(1000, "Bytes", kind=MeasureKind.SUM),
    "temporal": Together((LOGON, FAILED, WHOAMI), ("User",), Window(300)),
    "temporal, two of three": Together((LOGON, FAILED, WHOAMI), ("User",), Window(300), at_least(2, MATCHED)),
    "temporal_ordered": InOrder((Step(FAILED), Step(LOGON), Step(WHOAMI)), ("User",), Window(300)),
    "temporal_ordered with an alias": InOrder(
        (
            Step(Compute(FAILED, (Column("who", Field("User")),))),
            Step(Compute(WHOAMI, (Column("who", Field("Account")),))),
        ),
        ("who",),
        Window(300),
    ),
    "sequence without an event": InOrder((Step(FAILED), Step(WHOAMI, True), Step(LOGON)), ("User",), Window(300)),
    "count, then an event": InOrder(
        (Step(counting(5, by=("Ip", "User"), window=Window(60), name="brute")), Step(LOGON)), ("User",), Window(600)
    ),
    "count of counts": counting(
        3, of=counting(4, by=("Ip", "User"), window=Window(60), name="brute"), window=Window(3600)
    ),
}


def rewritten(stream: Stream, change: Callable[[Stream], Stream]) -> Stream:
    """The stream with every stage put through `change`, from the inside out."""
    match stream:
        case Events():
            return change(stream)
        case Where() | Compute() | Aggregate():
            return change(replace(stream, input=rewritten(stream.input, change)))
        case InOrder(steps):
            return change(
                replace(stream, steps=tuple(replace(one, input=rewritten(one.input, change)) for one in steps))
            )
        case Together(inputs) | Union(inputs):
            return change(replace(stream, inputs=tuple(rewritten(one, change) for one in inputs)))
        case _:
            raise AssertionError(stream)


def windows_of(change: Callable[[Window], Window | None]) -> Callable[[Stream], Stream]:
    def go(stage: Stream) -> Stream:
        match stage:
            case Aggregate(window=Window() as window):
                return replace(stage, window=change(window))
            case InOrder(within=Window() as window) | Together(within=Window() as window):
                return replace(stage, within=change(window))
            case _:
                return stage

    return go


def longer(seconds: int) -> Callable[[Stream], Stream]:
    return windows_of(lambda window: replace(window, seconds=window.seconds + seconds))


def threshold(by: int) -> Callable[[Stream], Stream]:
    def go(stage: Stream) -> Stream:
        if (
            isinstance(stage, Where)
            and isinstance(stage.condition, Match)
            and isinstance(stage.condition.test, Compare)
        ):
            test = stage.condition.test
            return replace(stage, condition=replace(stage.condition, test=replace(test, value=test.value + by)))
        return stage

    return go


def without_groups(stage: Stream) -> Stream:
    return replace(stage, by=()) if isinstance(stage, Aggregate | InOrder | Together) else stage


def counting_rows(stage: Stream) -> Stream:
    """Repeats counted as different values."""
    return replace(stage, measures=(Measure("n", MeasureKind.COUNT),)) if isinstance(stage, Aggregate) else stage


def in_any_order(stage: Stream) -> Stream:
    if not isinstance(stage, InOrder):
        return stage
    return Together(tuple(step.input for step in stage.steps if not step.absent), stage.by, stage.within)


def without_the_last_input(stage: Stream) -> Stream:
    match stage:
        case InOrder(steps):
            return replace(stage, steps=steps[:-1])
        case Together(inputs):
            return replace(stage, inputs=inputs[:-1])
        case Union(inputs):
            return replace(stage, inputs=inputs[:-1])
        case _:
            return stage


def without_aliases(stage: Stream) -> Stream:
    if not isinstance(stage, Compute):
        return stage
    return replace(stage, columns=tuple(Column(one.name, Field("User")) for one in stage.columns))


def without_absences(stage: Stream) -> Stream:
    if not isinstance(stage, InOrder):
        return stage
    return replace(stage, steps=tuple(one for one in stage.steps if not one.absent))


MUTANTS: dict[str, Callable[[Stream], Stream]] = {
    "buckets": windows_of(lambda window: replace(window, kind=WindowKind.TUMBLING)),
    "sessions": windows_of(lambda window: replace(window, kind=WindowKind.SESSION)),
    "no window": windows_of(lambda window: None),
    "a second longer": longer(1),
    "one more": threshold(1),
    "one less": threshold(-1),
    "groups lost": without_groups,
    "repeats counted": counting_rows,
    "order lost": in_any_order,
    "an input lost": without_the_last_input,
    "aliases lost": without_aliases,
    "absences lost": without_absences,
}


def prove(
    monkeypatch: pytest.MonkeyPatch,
    rule: Stream,
    query: Stream,
    readings: Readings = OURS,
    direction: Direction = Direction.EXACT,
) -> Proof:
    """The proof of a query that means `query`, by these readings, for a rule that is `rule`."""

    def rows(tree: Stream, events: Sequence[Timed]) -> list[Row]:
        reference = StreamReference(tree)
        return [
            Row({name: row.columns.get(name) for name in reference.by}, row.events)
            for row in reference.rows(events, readings)
        ]

    toy = Dialect("toy", "Toy", (".toy",), print=str, parse=lambda source: query, rows=rows)
    monkeypatch.setattr(dialects, "load", lambda name: toy)
    result = Result(group_by(query), None, None, None)
    made = Rule("t", rule, Source(""))
    conversion = Conversion("p", None, "t", "toy", "none", Status.EXACT, "query", result=result, rule=made)
    proof = Proof("p", None, "t", "toy", "none", Verdict.UNPROVEN, direction=direction)
    return judge_streams(proof, StreamTrial(conversion), Streams(make_bases(rule)))


@pytest.mark.parametrize("name", RULES)
def test_a_right_query_is_proven(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    proof = prove(monkeypatch, RULES[name], RULES[name])
    assert proof.verdict is Verdict.PROVEN, proof
    assert proof.matching > 3 and proof.streams is not None and proof.streams - proof.matching > 3


# Somewhere in a session of events of two rules, one of each are neighbours.
EQUIVALENT = {
    ("temporal, two of three", "sessions"),
    ("temporal_ordered with an alias", "sessions"),
    ("sequence without an event", "sessions"),
}
CASES = [
    (name, mutant)
    for name, rule in RULES.items()
    for mutant in MUTANTS
    if rewritten(rule, MUTANTS[mutant]) != rule and (name, mutant) not in EQUIVALENT
]


@pytest.mark.parametrize(("name", "mutant"), CASES)
def test_a_query_with_one_mistake_is_disproven(name: str, mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    proof = prove(monkeypatch, RULES[name], rewritten(RULES[name], MUTANTS[mutant]))
    assert proof.verdict is Verdict.DISPROVEN, proof
    assert isinstance(proof.counterexample, StreamCounterexample)
    assert proof.counterexample.rule_alerts != proof.counterexample.query_alerts or "time" in proof.reason


@pytest.mark.parametrize("name", RULES)
def test_a_window_without_its_edge_is_another_reading(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In whole seconds, a window that is a second shorter is one that leaves out its edge."""
    proof = prove(monkeypatch, RULES[name], rewritten(RULES[name], longer(-1)))
    assert proof.verdict is not Verdict.PROVEN, proof
    assert proof.verdict is Verdict.DISPROVEN or proof.reason.startswith("open point: ")


@pytest.mark.parametrize(
    ("name", "readings", "point"),
    [
        ("event_count", replace(OURS, edge=Edge.OUTSIDE), "edge"),
        ("event_count", replace(OURS, keys=Keys.NULL), "keys"),
        ("event_count", replace(OURS, letters=Letters.FOLDED), "letters"),
        ("event_count of two rules", replace(OURS, letters=Letters.FOLDED, edge=Edge.OUTSIDE), "edge"),
        ("temporal", replace(OURS, edge=Edge.OUTSIDE), "edge"),
        ("temporal_ordered", replace(OURS, ties=Ties.ORDERED), "ties"),
        ("value_count", replace(OURS, empty=Empty.COUNTED), "empty"),
        ("value_count of two fields", replace(OURS, tuples=Tuples.POOLED), "tuples"),
        ("count, then an event", replace(OURS, inner_time=InnerTime.FIRST), "inner_time"),
        ("count of counts", replace(OURS, inner_alerts=InnerAlerts.QUIET), "inner_alerts"),
    ],
)
def test_a_query_that_reads_an_open_point_otherwise_is_unproven(
    name: str, readings: Readings, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = prove(monkeypatch, RULES[name], RULES[name], readings)
    assert proof.verdict is Verdict.UNPROVEN
    assert proof.reason.startswith("open point: ") and proof.reason.endswith("the query follows another reading")
    assert OPEN_POINTS[point].question in dict(proof.open)


def test_an_approximate_query_is_held_to_its_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = RULES["event_count"]
    buckets, looser = rewritten(rule, MUTANTS["buckets"]), rewritten(rule, threshold(-1))
    assert prove(monkeypatch, rule, buckets, direction=Direction.NARROWER).verdict is Verdict.PROVEN
    assert prove(monkeypatch, rule, buckets, direction=Direction.WIDER).verdict is Verdict.DISPROVEN
    assert prove(monkeypatch, rule, looser, direction=Direction.WIDER).verdict is Verdict.PROVEN
    assert prove(monkeypatch, rule, looser, direction=Direction.NARROWER).verdict is Verdict.DISPROVEN


def test_a_disproof_is_small_and_shows_times(monkeypatch: pytest.MonkeyPatch) -> None:
    proof = prove(monkeypatch, RULES["event_count"], rewritten(RULES["event_count"], MUTANTS["buckets"]))
    found = proof.counterexample
    assert isinstance(found, StreamCounterexample)
    assert len(found.events) == 5 and {frozenset(one.event) for one in found.events} == {frozenset({"EventID", "User"})}
    assert (len(found.rule_alerts), len(found.query_alerts)) == (1, 0)
    assert proof.reason.startswith("the query misses an alert of the rule for ")
    shown = proof.to_dict()
    assert shown["streams"] == proof.streams and shown["counterexample"]["events"][0]["time"].startswith("2026-01-01T")


def test_an_alert_at_another_time_is_a_disproof(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same groups, but for each a row at its first event as well."""
    rule = Together((LOGON, FAILED), ("User",), Window(300))
    early = Together((LOGON, FAILED), ("User",), Window(300), at_least(1, MATCHED))
    proof = prove(monkeypatch, Union((rule,)), Union((rule, early)))
    assert proof.verdict is Verdict.DISPROVEN


def both(one: Pattern, other: Pattern) -> Stream:
    """Four events of a user in which a field has both values."""
    return counting(4, of=Events(And((Match(Field("ttl"), one), Match(Field("ttl"), other))), name="dns"))


def test_a_rule_that_only_lists_match_is_proven_on_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = both(Pattern.of(">0"), Pattern.of("<10"))
    assert prove(monkeypatch, rule, rule).verdict is Verdict.PROVEN
    assert prove(monkeypatch, rule, rewritten(rule, threshold(1))).verdict is Verdict.DISPROVEN


def test_a_base_rule_without_witnesses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (Match(Field("ttl"), Pattern.of(text)) for text in "12")
    never = And((Or((one, other)), Not(one), Not(other)))  # which our logic does not see
    rule = counting(4, of=Events(never, name="dns"))
    with pytest.raises(Unproven, match=r"no event was found that dns matches$"):
        prove(monkeypatch, rule, rule)
