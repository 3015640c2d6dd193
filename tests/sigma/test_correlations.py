"""Correlation rules become streams; what is wrong with them is said where it is."""

from __future__ import annotations

import textwrap

import pytest

from tests.sigma.sigma_rules import codes_of, readings
from transpile.dialects.base import Reading, ReadOptions
from transpile.dialects.sigma.library import collect
from transpile.dialects.sigma.read import read
from transpile.dialects.sigma.timespan import TimespanError, seconds, timespan
from transpile.ir.expr import And, Match, Not, Or
from transpile.ir.match import Compare, Exists, Field, Number, Order
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
    Stream,
    Together,
    Union,
    Where,
    Window,
)
from transpile.ir.walk import all_events, name_of
from transpile.source import Source


def base(name: str, **more: str) -> str:
    extra = "".join(f"{key}: {value}\n" for key, value in more.items())
    return (
        f"title: Rule {name}\nname: {name}\n{extra}logsource: {{product: windows}}\n"
        f"detection:\n  selection: {{field: {name}}}\n  condition: selection\n"
    )


def correlation(block: str, head: str = "title: Many\n") -> str:
    return f"{head}correlation:\n{textwrap.indent(textwrap.dedent(block).strip(), '  ')}\n"


def text(block: str, *names: str) -> str:
    return "---\n".join([*map(base, names or ("a", "b")), correlation(block)])


def last(text: str) -> Reading:
    return readings(text)[-1]


def rule_of(block: str, *names: str) -> Rule:
    found = last(text(block, *names))
    assert found.rule is not None, found.diagnostics
    return found.rule


def body_of(block: str, *names: str) -> Stream:
    return rule_of(block, *names).body


def errors(block: str, *names: str) -> list[str]:
    """The codes of what is wrong with the correlation."""
    return [one.code for one in last(text(block, *names)).diagnostics]


def marked(block: str, *names: str) -> tuple[str, str]:
    """The text under the first finding's caret, and its hint."""
    whole = text(block, *names)
    (finding, *_) = last(whole).diagnostics
    assert finding.span is not None
    line = whole.splitlines()[finding.span.line - 1]
    return line[finding.span.column - 1 : finding.span.end_column - 1], finding.hint


COUNT = "type: event_count\nrules: [a]\ngroup-by: [User]\ntimespan: 5m\ncondition: {gte: 10}"


def test_event_count() -> None:
    body = body_of(COUNT)
    assert isinstance(body, Where) and isinstance(body.input, Aggregate)
    rows = body.input
    assert (rows.by, rows.window) == (("User",), Window(300))
    assert [(one.name, one.kind, one.fields) for one in rows.measures] == [("event_count", MeasureKind.COUNT, ())]
    assert isinstance(body.condition, Match)
    assert (body.condition.value, body.condition.test) == (Field("event_count"), Compare(Order.GTE, 10))
    assert isinstance(rows.input, Events) and rows.input.name == "a"


@pytest.mark.parametrize(
    ("kind", "more", "measure"),
    [
        ("value_count", "field: Host", Measure("value_count", MeasureKind.DISTINCT, ("Host",))),
        ("value_count", "field: [Host, Port]", Measure("value_count", MeasureKind.DISTINCT, ("Host", "Port"))),
        ("value_sum", "field: Bytes", Measure("value_sum", MeasureKind.SUM, ("Bytes",))),
        ("value_avg", "field: Bytes", Measure("value_avg", MeasureKind.AVERAGE, ("Bytes",))),
        ("value_median", "field: Bytes", Measure("value_median", MeasureKind.PERCENTILE, ("Bytes",), 50.0)),
        (
            "value_percentile",
            "field: Bytes, percentile: 95",
            Measure("value_percentile", MeasureKind.PERCENTILE, ("Bytes",), 95.0),
        ),
    ],
)
def test_values(kind: str, more: str, measure: Measure) -> None:
    body = body_of(f"type: {kind}\nrules: a\ntimespan: 1h\ncondition: {{gt: 3, {more}}}")
    assert isinstance(body, Where) and isinstance(body.input, Aggregate)
    (found,) = body.input.measures
    assert (found.name, found.kind, found.fields, found.rank) == (
        measure.name,
        measure.kind,
        measure.fields,
        measure.rank,
    )
    assert body.input.by == ()


@pytest.mark.parametrize(
    ("condition", "tests"),
    [
        ("{gt: 0.5}", [Compare(Order.GT, 0.5)]),
        ("{gte: '10'}", [Compare(Order.GTE, 10)]),
        ("{lt: 3.0}", [Compare(Order.LT, 3)]),
        ("{lte: 7}", [Compare(Order.LTE, 7)]),
        ("{eq: 4}", [Number(4)]),
        ("{gt: 5, lte: 20}", [Compare(Order.GT, 5), Compare(Order.LTE, 20)]),
    ],
)
def test_conditions(condition: str, tests: list[object]) -> None:
    body = body_of(f"type: event_count\nrules: [a]\ntimespan: 1h\ncondition: {condition}")
    assert isinstance(body, Where)
    found = body.condition.args if isinstance(body.condition, And) else (body.condition,)
    assert [one.test for one in found if isinstance(one, Match)] == tests
    assert {type(one.test.value) for one in found if isinstance(one, Match) and isinstance(one.test, Compare)} <= {
        int,
        float,
    }


def test_not_equal() -> None:
    body = body_of("type: event_count\nrules: [a]\ntimespan: 1h\ncondition: {neq: 4}")
    assert isinstance(body, Where) and isinstance(body.condition, Not)


def test_several_rules_are_counted_together() -> None:
    body = body_of("type: event_count\nrules: [a, b]\ntimespan: 1h\ncondition: {gte: 4}")
    assert isinstance(body, Where) and isinstance(body.input, Aggregate) and isinstance(body.input.input, Union)
    assert [one.name for one in all_events(body)] == ["a", "b"]


def test_temporal() -> None:
    body = body_of("type: temporal\nrules: [a, b]\ngroup-by: User\ntimespan: 10s")
    assert isinstance(body, Together)
    assert (body.by, body.within, body.holds) == (("User",), Window(10), None)
    assert [name_of(one) for one in body.inputs] == ["a", "b"]


@pytest.mark.parametrize("condition", ["a and b", "(b and a)", "{gte: 2}", "{eq: 2}", "{gt: 1}"])
def test_all_of_the_rules_however_it_is_written(condition: str) -> None:
    body = body_of(f"type: temporal\nrules: [a, b]\ntimespan: 10s\ncondition: {condition}")
    assert isinstance(body, Together) and body.holds is None


def test_some_of_the_rules() -> None:
    body = body_of("type: temporal\nrules: [a, b, c]\ntimespan: 10s\ncondition: {gte: 2}", "a", "b", "c")
    assert isinstance(body, Together) and isinstance(body.holds, Match)
    assert (body.holds.value, body.holds.test) == (Field(MATCHED), Compare(Order.GTE, 2))


def test_a_condition_of_names() -> None:
    block = "type: temporal\ntimespan: 10s\ncondition: a and (b or c) and not d"
    body = body_of(block, "a", "b", "c", "d")
    assert isinstance(body, Together) and isinstance(body.holds, And)
    first, either, without = body.holds.args
    assert isinstance(first, Match) and (first.value, first.test) == (Field("a"), Exists())
    assert isinstance(either, Or) and isinstance(without, Not)
    assert [name_of(one) for one in body.inputs] == ["a", "b", "c", "d"]


def test_temporal_ordered() -> None:
    body = body_of("type: temporal_ordered\nrules: [b, a]\ntimespan: 1d")
    assert isinstance(body, Sequence)
    assert [name_of(step.input) for step in body.steps] == ["b", "a"]
    assert body.within == Window(86400)


def test_aliases_are_columns() -> None:
    block = "type: temporal\nrules: [a, b]\naliases: {user: {a: User, b: Account}}\ngroup-by: [user]\ntimespan: 1h"
    body = body_of(block)
    assert isinstance(body, Together)
    columns = [one.columns for one in body.inputs if isinstance(one, Compute)]
    assert columns == [(Column("user", Field("User")),), (Column("user", Field("Account")),)]


def test_an_alias_that_leaves_a_rule_out_is_noted() -> None:
    block = "type: temporal\nrules: [a, b]\naliases: {user: {a: User}}\ngroup-by: [user]\ntimespan: 1h"
    assert errors(block) == ["SIG103"]
    assert isinstance(body_of(block), Together)


def test_chains() -> None:
    inner = correlation(COUNT, "title: Inner\nname: inner\n")
    outer = correlation("type: temporal_ordered\nrules: [inner, a]\ngroup-by: [User]\ntimespan: 1h")
    _, (_, found), (_, nested) = enumerate(readings("---\n".join([base("a"), outer, inner])))
    chain = found.rule
    assert nested.rule is not None and nested.rule.is_base
    assert chain is not None and isinstance(chain.body, Sequence)
    first, second = (step.input for step in chain.body.steps)
    assert isinstance(first, Where) and name_of(first) == "inner"
    assert isinstance(second, Events)
    assert [one.name for one in all_events(chain.body)] == ["a", "a_2"]


def test_rules_by_id() -> None:
    rule = base("a", id="6f5a1a5e-2a6b-4c1e-9d0f-0b1c2d3e4f50")
    block = COUNT.replace("[a]", "[6f5a1a5e-2a6b-4c1e-9d0f-0b1c2d3e4f50, a]")
    found = last(f"{rule}---\n{correlation(block)}")
    assert found.rule is not None and [one.name for one in all_events(found.rule.body)] == ["a"]


def test_metadata_and_parts() -> None:
    head = "title: Many\nid: 6f5a1a5e-2a6b-4c1e-9d0f-0b1c2d3e4f51\nlevel: high\ntags: [attack.t1110]\nfields: [User]\n"
    found = last("---\n".join([base("a"), correlation(COUNT, head)]))
    assert found.rule is not None
    assert (found.rule.level, found.rule.tags, found.rule.fields) == ("high", ("attack.t1110",), ("User",))
    assert [part.name for part in found.rule.parts] == ["a"]
    assert found.rule.conditions == ("event_count gte 10 within 300 s by User",)


@pytest.mark.parametrize(
    ("block", "code", "place"),
    [
        ("type: event_cout\nrules: [a]\ntimespan: 5m\ncondition: {gt: 1}", "SIG086", "event_cout"),
        ("rules: [a]\ntimespan: 5m\ncondition: {gt: 1}", "SIG088", "correlation"),
        ("type: event_count\nrules: [a]\ncondition: {gt: 1}", "SIG088", "correlation"),
        ("type: event_count\nrules: [a]\ntimeframe: 5m\ncondition: {gt: 1}", "SIG087", "timeframe"),
        ("type: event_count\ntimespan: 5m\ncondition: {gt: 1}", "SIG088", "correlation"),
        ("type: event_count\nrules: [a]\ntimespan: 5m", "SIG088", "correlation"),
        ("type: event_count\nrules: [a]\ntimespan: 5 min\ncondition: {gt: 1}", "SIG089", "5 min"),
        ("type: event_count\nrules: [a]\ntimespan: 0m\ncondition: {gt: 1}", "SIG089", "0m"),
        ("type: event_count\nrules: [a]\ngroup_by: [b]\ntimespan: 5m\ncondition: {gt: 1}", "SIG087", "group_by"),
        ("type: event_count\nrules: [aa]\ntimespan: 5m\ncondition: {gt: 1}", "SIG090", "aa"),
        ("type: event_count\nrules: [Rule a]\ntimespan: 5m\ncondition: {gt: 1}", "SIG090", "Rule a"),
        ("type: event_count\nrules: [a]\ntimespan: 5m\ncondition: {gt: many}", "SIG094", "many"),
        ("type: event_count\nrules: [a]\ntimespan: 5m\ncondition: {field: x}", "SIG094", "{field: x"),
        ("type: event_count\nrules: [a]\ntimespan: 5m\ncondition: {more: 1}", "SIG087", "more"),
        ("type: event_count\nrules: [a]\ntimespan: 5m\ncondition: a and b", "SIG094", "a and b"),
        ("type: event_count\nrules: [a]\ntimespan: 5m\ncondition: [a]", "SIG094", "[a"),
        ("type: event_count\nrules: [a]\ntimespan: 5m\ncondition: {gt: 1, field: x}", "SIG096", "field"),
        ("type: value_sum\nrules: [a]\ntimespan: 5m\ncondition: {gt: 1}", "SIG094", "{gt: 1"),
        ("type: value_sum\nrules: [a]\ntimespan: 5m\ncondition: {gt: 1, field: [x, y]}", "SIG094", "y"),
        (
            "type: value_percentile\nrules: [a]\ntimespan: 5m\ncondition: {gt: 1, field: x}",
            "SIG096",
            "{gt: 1, field: x",
        ),
        (
            "type: value_percentile\nrules: [a]\ntimespan: 5m\ncondition: {gt: 1, field: x, percentile: 101}",
            "SIG094",
            "101",
        ),
        (
            "type: value_sum\nrules: [a]\ntimespan: 5m\ncondition: {gt: 1, field: x, percentile: 9}",
            "SIG096",
            "percentile",
        ),
        ("type: temporal\nrules: [a, b]\ntimespan: 5m\ncondition: a and (b", "SIG094", "a and (b"),
        ("type: temporal\nrules: [a, b]\ntimespan: 5m\ncondition: a and c", "SIG094", "a and c"),
        ("type: temporal\nrules: [a, b]\ntimespan: 5m\ncondition: 1 of a*", "SIG094", "1 of a*"),
        ("type: temporal\nrules: {a: b}\ntimespan: 5m", "SIG085", "{a: b"),
        ("type: temporal_ordered\nrules: [a, b]\ntimespan: 5m\ncondition: {gte: 1}", "SIG096", "{gte: 1"),
        ("type: temporal_ordered\nrules: [a, b, a]\ntimespan: 5m", "SIG096", "a"),
        ("type: temporal_ordered\nrules: [a, b]\ntimespan: 5m\ncondition: a or b", "SIG096", "a or b"),
        ("type: temporal\nrules: [a, b]\naliases: [x]\ntimespan: 5m", "SIG095", "aliases"),
        ("type: temporal\nrules: [a, b]\naliases: {x: y}\ntimespan: 5m", "SIG095", "x"),
        ("type: temporal\nrules: [a, b]\naliases: {x: {bb: y}}\ntimespan: 5m", "SIG095", "bb"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(block: str, code: str, place: str) -> None:
    assert last(text(block)).rule is None
    assert errors(block)[0] == code
    assert marked(block)[0] == place


def test_hints() -> None:
    assert marked("type: event_cout\nrules: [a]\ntimespan: 5m\ncondition: {gt: 1}")[1] == "did you mean `event_count`?"
    block = "type: temporal\nrules: [failed_logon, logn]\ntimespan: 5m"
    assert marked(block, "failed_logon", "logon")[1] == "did you mean `logon`?"
    block = "type: event_count\nrules: [Rule a]\ntimespan: 5m\ncondition: {gt: 1}"
    assert "not by title" in marked(block)[1]


def test_not_a_map() -> None:
    assert codes_of("title: x\ncorrelation: many\n") == ["SIG085"]


def test_names_that_two_rules_have() -> None:
    found = last("---\n".join([base("a"), base("a"), correlation(COUNT)]))
    assert found.rule is None and [one.code for one in found.diagnostics] == ["SIG091"]


def test_cycles() -> None:
    one = correlation("type: event_count\nrules: [two]\ntimespan: 5m\ncondition: {gt: 1}", "title: One\nname: one\n")
    two = correlation("type: event_count\nrules: [one]\ntimespan: 5m\ncondition: {gt: 1}", "title: Two\nname: two\n")
    found = readings(f"{one}---\n{two}")
    assert all(reading.rule is None for reading in found)
    assert "SIG092" in [finding.code for reading in found for finding in reading.diagnostics]
    own = correlation("type: event_count\nrules: [one]\ntimespan: 5m\ncondition: {gt: 1}", "title: One\nname: one\n")
    assert codes_of(own) == ["SIG092"]


def test_a_rule_that_cannot_be_used_refuses_the_correlation() -> None:
    broken = base("a").replace("condition: selection", "condition: selektion")
    found = last(f"{broken}---\n{correlation(COUNT)}")
    (finding,) = found.diagnostics
    assert found.rule is None and finding.code == "SIG093"
    assert "SIG051" in finding.message


def test_base_rules_are_no_alerts_of_their_own() -> None:
    first, second, many = readings(text(COUNT))
    assert first.rule is not None and first.rule.is_base
    assert [one.code for one in first.diagnostics] == ["SIG097"]
    assert second.rule is not None and not second.rule.is_base
    assert many.rule is not None and not many.rule.is_base
    generating = readings(text(f"{COUNT}\ngenerate: true"))
    assert generating[0].rule is not None and not generating[0].rule.is_base


def run(*texts: str) -> list[list[Reading]]:
    """What several texts hold, read as the files of one run."""
    sources = [Source(one, f"{number}.yml") for number, one in enumerate(texts)]
    return [read(source, ReadOptions(library=collect(sources))) for source in sources]


def test_rules_in_other_files() -> None:
    (first,), (many,), (other,) = run(base("a"), correlation(COUNT), base("b"))
    assert first.rule is not None and first.rule.is_base
    assert other.rule is not None and not other.rule.is_base
    assert many.rule is not None
    (events,) = all_events(many.rule.body)
    assert isinstance(events.condition, Match) and events.condition.span is not None
    assert events.condition.span.source is not None and events.condition.span.source.path == "0.yml"


def test_a_file_prefers_its_own_rules() -> None:
    (_, many), (other,) = run(f"{base('a')}---\n{correlation(COUNT)}", base("a"))
    assert many.rule is not None
    assert other.rule is not None and not other.rule.is_base


def test_names_that_rules_in_two_other_files_have() -> None:
    _, _, (many,) = run(base("a"), base("a"), correlation(COUNT))
    assert [one.code for one in many.diagnostics] == ["SIG091"]
    assert "0.yml:1" in many.diagnostics[0].message


@pytest.mark.parametrize(
    "layout",
    [
        "{title: A, 'name': a, logsource: {product: x}, detection: {s: {f: v}, condition: s}}\n",
        "--- # first\n  title: A\n  name: 'a'   # a name\n  logsource: {product: x}\n"
        "  detection: {s: {f: v}, condition: s}\n",
        'title: A\n"name": "a"\nlogsource: {product: x}\ndetection: {s: {f: v}, condition: s}\n',
    ],
)
def test_rules_in_other_files_of_any_layout(layout: str) -> None:
    (first,), (many,) = run(layout, correlation(COUNT))
    assert first.rule is not None and first.rule.is_base and many.rule is not None


def test_only_what_is_referred_to_is_collected() -> None:
    sources = [Source(one, str(n)) for n, one in enumerate([base("a"), base("c"), text(COUNT, "b", "a")])]
    assert collect(sources) is None
    sources.append(Source(correlation(COUNT), "3"))
    found = collect(sources)
    assert found is not None and [one.path for one in found.sources] == ["3", "2", "0"]


def test_time_spans() -> None:
    assert [seconds(one) for one in ("1s", "2m", "3h", "4d", "1w", "1M", "1y")] == [
        1,
        120,
        10800,
        345600,
        604800,
        2629746,
        31556952,
    ]
    assert [timespan(one) for one in (1, 120, 10800, 345600, 61)] == ["1s", "2m", "3h", "4d", "61s"]
    with pytest.raises(TimespanError):
        seconds("1.5h")
