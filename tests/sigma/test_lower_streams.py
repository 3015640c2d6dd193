"""Streams in Sigma: correlations that read back, and what Sigma has no form for."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from tests.sigma.test_correlations import base, correlation
from tests.sigma.test_lower import WINDOWS, A, B, bare, read_back
from transpile.diagnostics import Report
from transpile.dialects.sigma.lower import lower
from transpile.dialects.sigma.print import print_rule
from transpile.dialects.sigma.read import read
from transpile.evaluate.streams import StreamReference
from transpile.ir.expr import And, Match
from transpile.ir.match import (
    Compare,
    Field,
    Order,
)
from transpile.ir.rule import Rule
from transpile.ir.stream import (
    Aggregate,
    Events,
    LogSource,
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
from transpile.ir.timed import Timed
from transpile.source import Source

# --- streams


def stream(text: str) -> Stream:
    found = read(Source(text))[-1].rule
    assert found is not None
    return found.body


def again(body: Stream) -> Stream:
    """The stream that what is written for a stream reads as."""
    report = Report()
    tree = lower(Rule("A rule", body, Source("")), report)
    assert [one.code for one in report.diagnostics] == []
    return read_back(print_rule(tree)).body


BLOCKS = [
    "type: event_count\nrules: [a]\ngroup-by: [User]\ntimespan: 5m\ncondition: {gte: 10}",
    "type: event_count\nrules: [a, b]\ntimespan: 90s\ncondition: {gt: 0.5, lte: 7}",
    "type: event_count\nrules: [a]\ntimespan: 1h\ncondition: {neq: 3}",
    "type: value_count\nrules: [a]\ntimespan: 1d\ncondition: {eq: 10, field: [Host, Port]}",
    "type: value_sum\nrules: [a]\ntimespan: 1d\ncondition: {gte: 10, field: Bytes}",
    "type: value_avg\nrules: [a]\ntimespan: 1d\ncondition: {lt: 10, field: Bytes}",
    "type: value_median\nrules: [a]\ntimespan: 1d\ncondition: {lt: 10, field: Bytes}",
    "type: value_percentile\nrules: [a]\ntimespan: 1d\ncondition: {lt: 10, field: Bytes, percentile: 50}",
    "type: temporal\nrules: [a, b]\ngroup-by: [User, Host]\ntimespan: 10s",
    "type: temporal\nrules: [a, b]\ntimespan: 10s\ncondition: {gte: 1}",
    "type: temporal\nrules: [a, b]\ntimespan: 10s\ncondition: a and not b",
    "type: temporal_ordered\nrules: [b, a]\ntimespan: 10s",
    "type: temporal\nrules: [a, b]\naliases: {u: {a: User, b: Account}}\ngroup-by: [u]\ntimespan: 1h",
]


@pytest.mark.parametrize("block", BLOCKS)
def test_correlations_read_back(block: str) -> None:
    body = stream("---\n".join([base("a"), base("b"), correlation(block)]))
    found = again(body)
    assert bare(replace(found, name="")) == bare(replace(body, name=""))  # type: ignore[arg-type]


def test_chains_read_back() -> None:
    inner = correlation(BLOCKS[0], "title: Inner\nname: inner\n")
    outer = correlation("type: temporal_ordered\nrules: [inner, b]\ngroup-by: [User]\ntimespan: 1h")
    body = stream("---\n".join([base("a"), base("b"), inner, outer]))
    assert bare(replace(again(body), name="")) == bare(replace(body, name=""))  # type: ignore[arg-type]


EVENTS = Events(A, WINDOWS, name="e")
COUNT = Measure("n", MeasureKind.COUNT)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (Aggregate(EVENTS, (COUNT,)), "SIG127W"),
        (Aggregate(EVENTS, (COUNT,), (), Window(60, WindowKind.SESSION)), "SIG127W"),
        (Aggregate(EVENTS, (COUNT,), (), Window(60, WindowKind.TUMBLING)), "SIG121W"),
        (Sequence((Step(EVENTS), Step(replace(EVENTS, name="f"), absent=True)), (), Window(60)), "SIG127W"),
        (Sequence((Step(EVENTS),), (), Window(60), until=replace(EVENTS, name="f")), "SIG127W"),
        (Together((EVENTS,), (), None), "SIG127W"),
        (
            Where(
                Aggregate(EVENTS, (Measure("n", MeasureKind.MAXIMUM, ("x",)),), (), Window(60)),
                Match(Field("n"), Compare(Order.GT, 3)),
            ),
            "SIG127W",
        ),
    ],
)
def test_streams_that_sigma_has_no_form_for(body: Stream, code: str) -> None:
    report = Report()
    lower(Rule("A rule", body, Source("")), report)
    assert [one.code for one in report.diagnostics] == [code]


def test_events_of_any_of_several_rules() -> None:
    body = Union((EVENTS, Events(B, LogSource(product="linux"), name="f")))
    report = Report()
    tree = lower(Rule("A rule", body, Source("")), report)
    assert report.diagnostics == []
    (again,) = [one.rule for one in read(Source(print_rule(tree))) if one.rule is not None and not one.rule.is_single]
    for events in ([], [{"Image": "\\a.exe"}], [{"CommandLine": "-x"}], [{"Image": "b"}, {"CommandLine": "-x"}]):
        timed = [Timed(at, event) for at, event in enumerate(events)]
        alerts = [StreamReference(one).alerts(timed).groups for one in (body, again.body)]
        assert alerts[0] == alerts[1]


def test_one_measure_of_several_is_kept_and_more_groups_alert() -> None:
    users = Measure("users", MeasureKind.DISTINCT, ("User",))
    tests = (
        Match(Field("n"), Compare(Order.GT, 3)),
        Match(Field("users"), Compare(Order.LT, 2)),
        Match(Field("n"), Compare(Order.LTE, 9)),
    )
    body = Where(Aggregate(EVENTS, (COUNT, users), ("Host",), Window(60)), And(tests))
    report = Report()
    tree = lower(Rule("A rule", body, Source("")), report)
    assert [one.code for one in report.diagnostics] == ["SIG125W"]
    found = next(yaml.safe_load_all(print_rule(tree)))["correlation"]
    assert (found["type"], found["condition"]) == ("event_count", {"gt": 3, "lte": 9})


def test_where_nothing_relates_the_events_as_the_rule_does_they_are_asked_for_alone() -> None:
    total = Measure("total", MeasureKind.COUNT, ())
    by_size = Where(Aggregate(EVENTS, (total,), ("Host",), Window(60)), Match(Field("Host"), Compare(Order.GT, 3)))
    report = Report()
    tree = lower(Rule("A rule", by_size, Source("")), report)
    assert [one.code for one in report.diagnostics] == ["SIG127W"]
    (only,) = yaml.safe_load_all(print_rule(tree))
    assert "correlation" not in only
    again = read_back(print_rule(tree)).body
    assert isinstance(again, Events)
    assert isinstance(again.condition, Match) and (again.condition.value, again.condition.test) == (A.value, A.test)


def test_a_stream_whose_alerts_may_lack_an_event_of_each_log_source_is_refused() -> None:
    found = Where(Union((EVENTS, EVENTS)), Match(Field("Host"), Compare(Order.GT, 3)))
    report = Report()
    lower(Rule("A rule", found, Source("")), report)
    assert [one.code for one in report.diagnostics] == ["SIG120"]
