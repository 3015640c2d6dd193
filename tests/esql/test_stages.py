"""Rules on several events: our runner against the documentation, and what the writer makes of each stage."""

from __future__ import annotations

from typing import Any

import pytest

from tests.esql.outside import problems
from tests.yaml_files import read_beside
from transpile.conversion import Conversion, Options, Status, convert_source
from transpile.dialects.base import ReadOptions, Timed
from transpile.dialects.esql import DIALECT
from transpile.evaluate import Unproven
from transpile.ir.stream import Aggregate, Where
from transpile.source import Source
from transpile.verify import Verdict, verify_conversions

CASES = read_beside(__file__, "stages.yml")

RULE = """\
title: A
name: a
logsource: {{product: windows, category: process_creation}}
detection: {{s: {{Image: 'a.exe'}}, condition: s}}
---
title: B
name: b
logsource: {{product: windows, category: process_creation}}
detection: {{s: {{Image: 'b.exe'}}, condition: s}}
---
title: Both
correlation:
  {}
"""
OPTIONS = Options(("esql",), models=("none",), allow_approximate=True)


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
        assert rows(case["query"], case["events"]) == sorted(case["rows"])


def test_there_are_enough_cases_with_a_source() -> None:
    assert len(CASES) >= 40
    assert all(case["source"] for case in CASES)
    assert len({case["query"] for case in CASES}) == len(CASES)


def test_the_cases_parse_with_esql_py() -> None:
    # What it does not know yet, though the reference does.
    unknown = ("COUNT()",)
    queries = [case["query"] for case in CASES if not any(text in case["query"] for text in unknown)]
    assert [(why, query) for why, query in zip(problems(queries), queries, strict=True) if why] == []


CORRELATIONS = {
    "type: event_count, rules: [a], group-by: [User], timespan: 5m, condition: {gte: 10}": "event_count >= 10",
    "type: event_count, rules: [a, b], timespan: 90s, condition: {gt: 3}": "event_count > 3",
    "type: event_count, rules: [a], group-by: [User], timespan: 5m, condition: {lt: 3}": None,
    "type: event_count, rules: [a], group-by: [User], timespan: 5m, condition: {eq: 3}": "event_count >= 3",
    "type: value_count, rules: [a], group-by: [User], timespan: 1h, condition: {gte: 3, field: Host}": (
        "value_count >= 3"
    ),
    "type: value_sum, rules: [a], group-by: [User], timespan: 1h, condition: {gt: 100, field: Size}": (
        "value_sum_high > 100"
    ),
    "type: value_avg, rules: [a], group-by: [User], timespan: 1h, condition: {lt: 5, field: Size}": "value_avg_low < 5",
    "type: temporal, rules: [a, b], group-by: [User], timespan: 5m": "rule_1 > 0 AND rule_2 > 0",
    "type: temporal_ordered, rules: [a, b], group-by: [User], timespan: 5m": "first_1 < last_2",
}


def converted(correlation: str) -> Conversion:
    lines = correlation.replace(", rules", "\n  rules").replace(", group-by", "\n  group-by")
    lines = lines.replace(", timespan", "\n  timespan").replace(", condition", "\n  condition")
    return convert_source(Source(RULE.format(lines), "case.yml"), OPTIONS)[-1]


@pytest.mark.parametrize("correlation", CORRELATIONS)
def test_correlations_are_wider_and_proven(correlation: str) -> None:
    found = converted(correlation)
    assert found.query is not None
    assert found.status is Status.APPROXIMATE
    expected = CORRELATIONS[correlation]
    last = found.query.splitlines()[-1]
    assert last == (f"| WHERE {expected}" if expected else last)
    (proof,) = verify_conversions([found], OPTIONS)
    assert (proof.verdict, proof.direction) == (Verdict.PROVEN, "wider"), proof.reason


@pytest.mark.parametrize("kind", ["temporal", "temporal_ordered", "event_count"])
def test_aliases_that_read_one_another_are_refused(kind: str) -> None:
    condition = ", condition: {gte: 2}" if kind == "event_count" else ""
    text = f"type: {kind}, rules: [a, b], group-by: [User, Other], timespan: 5m{condition}"
    text += "\n  aliases: {User: {a: User, b: Other}, Other: {a: Other, b: User}}"
    assert "ESQ017" in [one.code for one in converted(text).diagnostics]


def test_different_values_that_may_be_none_are_any_event() -> None:
    found = converted("type: value_count, rules: [a], group-by: [User], timespan: 1h, condition: {gte: 0, field: Host}")
    (proof,) = verify_conversions([found], OPTIONS)
    assert proof.verdict is Verdict.PROVEN and "Host" not in (found.query or "Host")


def test_the_queries_of_correlations_parse_with_esql_py() -> None:
    queries = [found.query for one in CORRELATIONS if (found := converted(one)).query is not None]
    assert [why for why in problems([query for query in queries if query]) if why] == []


def test_the_result_names_columns_of_the_rows() -> None:
    found = converted("type: event_count, rules: [a], group-by: [User], timespan: 5m, condition: {gte: 2}")
    assert found.query is not None and found.result is not None
    assert found.result.to_dict() == {
        "group": ["User"],
        "value": "event_count",
        "first": "first_time",
        "last": "last_time",
    }
    assert DIALECT.rows is not None
    event = {"Image": "a.exe", "User": "u"}
    (row, *_) = DIALECT.rows(DIALECT.parse(Source(found.query)), [Timed(10, event), Timed(20, event)])
    assert (row.columns["User"], row.columns["event_count"]) == ("u", 2)
    assert str(row.columns["first_time"]).startswith("1970-01-01T00:00:10")


def test_tumbling_windows_are_exact() -> None:
    text = (
        'FROM x | WHERE a == "x" AND u IS NOT NULL | STATS c = COUNT(*) BY u, w = DATE_TRUNC(5 minutes, @timestamp)'
        " | WHERE c > 9"
    )
    assert DIALECT.lift is not None
    found = DIALECT.lift(DIALECT.parse(Source(text)), Source(text), ReadOptions())
    assert isinstance(found.body, Where) and isinstance(found.body.input, Aggregate)
    (again,) = convert_source(Source(text, "q.esql"), Options(("esql",), read="esql", models=("none",)))
    assert again.status is Status.EXACT
    assert again.query is not None and "| EVAL window = DATE_TRUNC(5 minutes, @timestamp)" in again.query


COALESCED = (
    "X | where A == 1 | extend K = coalesce(U, V) | summarize n = count() by K, bin(TimeGenerated, 5m) | where n > 3"
)


def test_a_group_key_is_the_first_field_that_has_a_value() -> None:
    (found,) = convert_source(Source(COALESCED), Options(("esql",), "kql", ("none",), "none", allow_approximate=True))
    assert found.query is not None
    assert 'COALESCE(CASE(U == "", null, U), CASE(V == "", null, V))' in found.query
    events = [{"U": "a"}, {"U": "", "V": "a"}, {"V": "a"}, {"U": "a", "V": "b"}, {"U": "", "V": ""}, {}]
    wanted = [Timed(at, {"event.category": ["X"], "A": 1, **event}) for at, event in enumerate(events)]
    assert DIALECT.rows is not None
    (row,) = DIALECT.rows(DIALECT.parse(Source(found.query)), wanted)
    assert row.events == frozenset(range(4))
    assert problems([found.query]) == [None]


def test_coalesce_in_a_condition_is_refused() -> None:
    (found,) = convert_source(Source("X | where coalesce(U, V) == 'x'"), Options(("esql",), "kql", ("none",), "none"))
    assert found.status is Status.REFUSED
    assert [one.code for one in found.diagnostics if one.effect == "refused"] == ["DIA001"]


PORTS = """\
title: Connection
name: connection
logsource: {product: windows, category: network_connection}
detection: {s: {Initiated: 'true'}, condition: s}
---
title: Ports
correlation:
  type: value_count
  rules: [connection]
  group-by: [DestinationPort, Image]
  timespan: 5m
  condition: {gte: 5, field: [DestinationIp, User]}
"""


def test_numbers_and_addresses_are_not_compared_with_text() -> None:
    (*_, found) = convert_source(Source(PORTS), Options(("esql",), allow_approximate=True))
    assert found.query is not None
    assert "destination.port IS NOT NULL" in found.query and 'destination.port != ""' not in found.query
    assert "TO_STRING(destination.ip)" in found.query and 'destination.ip != ""' not in found.query
    assert 'process.executable != ""' in found.query
    (proof,) = verify_conversions([found], Options(("esql",), allow_approximate=True))
    assert proof.verdict is Verdict.PROVEN


def test_no_events_are_no_alert_of_a_rule_without_groups() -> None:
    stage = "{type: event_count, rules: [connection], timespan: 5m, condition: {gte: 0}}"
    text = PORTS[: PORTS.index("correlation:")] + f"correlation: {stage}\n"
    (*_, found) = convert_source(Source(text), Options(("esql",), models=("none",)))
    assert found.status is Status.EXACT and "first_time IS NOT NULL" in (found.query or "")
    (proof,) = verify_conversions([found], Options(("esql",), models=("none",)))
    assert proof.verdict is Verdict.PROVEN
