"""Queries on many rows, by what the documentation says of each operator; rules on many events, by the reference."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.kql.microsoft import check, needs_microsoft
from tests.yaml_files import read_beside
from transpile.codes import Effect
from transpile.diagnostics import Report
from transpile.dialects.base import ReadOptions
from transpile.dialects.kql import DIALECT
from transpile.dialects.sigma import DIALECT as SIGMA
from transpile.evaluate import Unproven
from transpile.evaluate.facts import spell
from transpile.evaluate.streams import StreamReference
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.ir.timed import Timed
from transpile.source import Source

CASES = read_beside(__file__, "rows.yml")


def plain(value: Any) -> Any:
    """Times and spans in seconds, whole numbers as such."""
    match value:
        case datetime():
            return plain(value.timestamp())
        case timedelta():
            return plain(value.total_seconds())
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["query"][:70])
def test_case(case: dict[str, Any]) -> None:
    tree = DIALECT.parse(Source(case["query"]))
    assert DIALECT.parse(Source(DIALECT.print(tree))) == tree
    events = [Timed(event["at"], {k: v for k, v in event.items() if k != "at"}) for event in case["events"]]
    assert DIALECT.rows is not None
    if case["rows"] == "unproven":
        with pytest.raises(Unproven):
            DIALECT.rows(tree, events)
        return
    rows = DIALECT.rows(tree, events)
    names = {name: "TimeGenerated" if name == "at" else name for row in case["rows"] for name in row}
    found = [{name: plain(row.columns.get(column)) for name, column in names.items()} for row in rows]

    def order(row: dict[str, Any]) -> str:
        return str(sorted(row.items()))

    assert sorted(found, key=order) == sorted(case["rows"], key=order)


def test_there_are_enough_cases_with_a_source() -> None:
    assert len(CASES) >= 40
    assert all(case["source"] for case in CASES)


# --- rules

BASE = """
title: Base
name: failed
logsource: {category: test}
detection: {s: {EventID: 1}, condition: s}
---
title: Other
name: success
logsource: {category: test}
detection: {s: {EventID: 2}, condition: s}
---
title: Third
name: change
logsource: {category: test}
detection: {s: {EventID: 3}, condition: s}
"""
CORRELATIONS = {
    "count": "type: event_count, rules: [failed], group-by: [u], timespan: 1m, condition: {gte: 3}",
    "count two": "type: event_count, rules: [failed, success], group-by: [u, v], timespan: 1m, condition: {gt: 2}",
    "count all": "type: event_count, rules: [failed], timespan: 1m, condition: {gte: 4}",
    "one": "type: event_count, rules: [failed], group-by: [u], timespan: 1m, condition: {gte: 0.5}",
    "values": "type: value_count, rules: [failed], group-by: [u], timespan: 1m, condition: {field: v, gte: 3}",
    "pairs": "type: value_count, rules: [failed], group-by: [u], timespan: 1m, condition: {field: [v, w], gte: 3}",
    "sum": "type: value_sum, rules: [failed], group-by: [u], timespan: 1m, condition: {field: n, gte: 100}",
    "temporal": "type: temporal, rules: [failed, success], group-by: [u], timespan: 1m",
    "aliases": "type: temporal, rules: [failed, success], group-by: [x], timespan: 1m,"
    " aliases: {x: {failed: u, success: v}}",
    "two of three": "type: temporal, rules: [failed, success, change], group-by: [u], timespan: 1m,"
    " condition: {gte: 2}",
    "ordered": "type: temporal_ordered, rules: [failed, success], group-by: [u], timespan: 1m",
    "three in order": "type: temporal_ordered, rules: [failed, success, change], group-by: [u], timespan: 1m",
    "in order, ungrouped": "type: temporal_ordered, rules: [failed, success], timespan: 1m",
}
CHAINS = {
    "counts in order": "type: temporal_ordered, rules: [many, success], group-by: [u], timespan: 2m",
    "counts of counts": "type: event_count, rules: [many], group-by: [u], timespan: 2m, condition: {gte: 2}",
    "counts together": "type: temporal, rules: [many, change], group-by: [u], timespan: 2m",
}
MANY = "type: event_count, rules: [failed], group-by: [u], timespan: 1m, condition: {gte: 2}"


def correlation(name: str) -> Rule:
    text = BASE
    if name in CHAINS:
        text += f"---\ntitle: Many\nname: many\ncorrelation: {{{MANY}}}\n"
    text += f"---\ntitle: Rule\nname: rule\ncorrelation: {{{(CORRELATIONS | CHAINS)[name]}}}\n"
    assert SIGMA.read is not None
    readings = SIGMA.read(Source(text), ReadOptions())
    (rule,) = [one.rule for one in readings if one.rule is not None and one.title == "Rule"]
    return run_passes(rule)


def written(rule: Rule) -> tuple[str, Report]:
    report = Report()
    assert DIALECT.lower is not None
    return DIALECT.print(DIALECT.lower(rule, report)), report


def stream(random_: random.Random) -> list[Timed]:
    at, events = 1_000_000.0, []
    for _ in range(random_.choice([3, 6, 12, 60])):
        at += random_.choice([0, 1, 1, 2, 5, 10, 20, 59, 60, 61])
        event: dict[str, Any] = {"EventID": random_.choice([1, 1, 2, 3]), "n": random_.choice([1, 40, 70])}
        for name in "uvw":
            if random_.random() < 0.9:
                event[name] = random_.choice(["a", "a", "a", "b", "b", "A", ""])
        events.append(Timed(at, event))
    random_.shuffle(events)
    return events


@pytest.mark.parametrize("name", [*CORRELATIONS, *CHAINS])
def test_rules_on_many_events_are_exact(name: str) -> None:
    rule = correlation(name)
    text, report = written(rule)
    assert not report.diagnostics
    tree = DIALECT.parse(Source(text))
    assert DIALECT.rows is not None and DIALECT.result is not None
    reference, group, random_ = StreamReference(rule.body), DIALECT.result(rule).group, random.Random(name)
    alerts = 0
    for _ in range(40):
        events = stream(random_)
        rows = DIALECT.rows(tree, events)
        groups = {tuple(spell(row.columns.get(one)) for one in group) for row in rows}
        assert groups == set(reference.alerts(events).groups)
        alerts += len(groups)
    assert alerts


@needs_microsoft
def test_microsoft_reads_the_queries() -> None:
    columns = {"TimeGenerated": "datetime", "EventID": "int", "n": "long", **dict.fromkeys("uvw", "string")}
    queries = [written(correlation(name))[0] for name in [*CORRELATIONS, *CHAINS]]
    assert check(queries, {"Events": columns}) == [[]] * len(queries)


def test_an_upper_bound_is_narrower() -> None:
    text = BASE + "---\ntitle: Rule\nname: rule\ncorrelation: {type: event_count, rules: [failed], timespan: 1m, "
    text += "group-by: [u], condition: {gte: 2, lte: 4}}\n"
    assert SIGMA.read is not None
    rule = run_passes(next(one.rule for one in SIGMA.read(Source(text), ReadOptions()) if one.title == "Rule"))  # type: ignore[arg-type]
    _, report = written(rule)
    assert [one.code for one in report.diagnostics] == ["KQL017N"]


def test_buckets_are_narrower_and_cheap() -> None:
    report = Report(windows="buckets")
    assert DIALECT.lower is not None
    text = DIALECT.print(DIALECT.lower(correlation("count"), report))
    assert [one.code for one in report.diagnostics] == ["KQL018N"]
    assert "bin(TimeGenerated, 1m)" in text and "prev(" not in text


@pytest.mark.parametrize("name", [*CORRELATIONS, *CHAINS])
def test_the_result_names_columns_of_the_rows(name: str) -> None:
    rule = correlation(name)
    assert DIALECT.result is not None and DIALECT.rows is not None
    found = DIALECT.result(rule)
    tree = DIALECT.parse(Source(written(rule)[0]))
    random_ = random.Random(1)
    rows = [row for _ in range(60) for row in DIALECT.rows(tree, stream(random_))]
    assert rows
    wanted = [*found.group, found.first, found.last, *([found.value] if found.value else [])]
    assert all(one in row.columns for one in wanted if one for row in rows)


def test_a_corpus_of_correlations_is_written(corpora: Path) -> None:
    """Of the public correlations none is refused, and four in five are exact."""
    outcomes: list[Effect | None] = []
    assert SIGMA.read is not None and DIALECT.lower is not None
    for file in sorted((corpora / "stages").rglob("*.yml")):
        for reading in SIGMA.read(Source(file.read_text(encoding="utf-8"), str(file)), ReadOptions()):
            if reading.rule is None or reading.rule.is_single:
                continue
            report = Report()
            DIALECT.lower(run_passes(reading.rule), report)
            effects = {one.effect for one in report.diagnostics}
            outcomes.append(next((one for one in (Effect.REFUSED, Effect.APPROXIMATE) if one in effects), None))
    assert Effect.REFUSED not in outcomes
    assert outcomes.count(None) >= 0.78 * len(outcomes)
