"""Rules on many events against logs: the engine agrees with the reference, in any order of events."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from transpile.batch import find
from transpile.cli.main import main
from transpile.evaluate.streams import StreamReference
from transpile.ir.rule import Rule
from transpile.ir.stream import Aggregate, Measure, MeasureKind, Step, Stream, Window, WindowKind
from transpile.ir.stream import Sequence as InOrder
from transpile.ir.timed import Timed
from transpile.matching import groups, spool
from transpile.matching.correlate import Alert, match_rules
from transpile.matching.engine import is_incremental
from transpile.matching.expect import check_expectations
from transpile.matching.rules import load_rules
from transpile.matching.run import Hit, RunTally
from transpile.matching.spool import Spool
from transpile.record import replace
from transpile.source import Source

RULES = """\
title: a
name: a
logsource: {product: p}
detection: {s: {A: 1}, condition: s}
---
title: b
name: b
logsource: {product: p}
detection: {s: {B: 1}, condition: s}
---
title: c
name: c
logsource: {product: p}
detection: {s: {C: 1}, condition: s}
"""
CORRELATIONS: dict[str, dict[str, Any]] = {
    "count": {"type": "event_count", "rules": ["a"], "condition": {"gte": 3}},
    "count of two": {"type": "event_count", "rules": ["a", "b"], "condition": {"gt": 3}},
    "few": {"type": "event_count", "rules": ["a"], "condition": {"lt": 2}},
    "values": {"type": "value_count", "rules": ["a"], "condition": {"field": "t", "gte": 3}},
    "sum": {"type": "value_sum", "rules": ["a"], "condition": {"field": "t", "gte": 9}},
    "average": {"type": "value_avg", "rules": ["a"], "condition": {"field": "t", "gte": 3}},
    "percentile": {"type": "value_percentile", "rules": ["a"], "condition": {"field": "t", "percentile": 75, "gte": 3}},
    "together": {"type": "temporal", "rules": ["a", "b", "c"]},
    "two of three": {"type": "temporal", "rules": ["a", "b", "c"], "condition": {"gte": 2}},
    "not": {"type": "temporal", "rules": ["a", "b"], "condition": "a and not b"},
    "ordered": {"type": "temporal_ordered", "rules": ["a", "b", "c"]},
    "alias": {
        "type": "temporal_ordered",
        "rules": ["a", "b"],
        "aliases": {"w": {"a": "u", "b": "v"}},
        "group-by": ["w"],
    },
    "chain": {"type": "temporal_ordered", "rules": ["count", "b"], "timespan": "40s"},
    "count of counts": {"type": "event_count", "rules": ["count"], "timespan": "40s", "condition": {"gte": 2}},
}


def write(folder: Path) -> Path:
    path = folder / "rules.yml"
    documents = [
        {"title": name, "name": name, "correlation": {"group-by": ["u"], "timespan": "10s", **asked}}
        for name, asked in CORRELATIONS.items()
    ]
    path.write_text(RULES + "---\n" + yaml.safe_dump_all(documents))
    return path


def rules_in(path: Path) -> list[Rule]:
    rules = list(load_rules(find([str(path)])))
    assert all(isinstance(one, Rule) for one in rules), rules
    return [one for one in rules if isinstance(one, Rule)]


def all_alerting(path: Path) -> list[Rule]:
    """The rules, where those on many events alert even where another one counts their alerts."""
    return [one if one.is_single else replace(one, is_base=False) for one in rules_in(path)]


def random_events(seed: int, count: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    events = []
    for _ in range(count):
        event: dict[str, Any] = {name: 1 for name in "ABC" if chance.random() < 0.4}
        event |= {"u": chance.choice("xyz"), "v": chance.choice("xyz"), "t": chance.randint(1, 5)}
        if chance.random() < 0.1:
            del event["u"]
        events.append({**event, "time": 1_000_000 + chance.choice((1, 0.5)) * chance.randint(0, count)})
    return events


def groups_of(found: list[Hit | Alert], number: int) -> set[tuple[Any, ...]]:
    return {tuple(one.group.values()) for one in found if isinstance(one, Alert) and one.rule == number}


@pytest.mark.parametrize("seed", range(12))
def test_the_engine_agrees_with_the_reference(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "RUN", 7)
    monkeypatch.setattr(groups, "PURGE", 1)
    rules = all_alerting(write(tmp_path))
    events = random_events(seed, 60)
    log = tmp_path / "log.ndjson"
    log.write_text("\n".join(map(json.dumps, events)))
    tally = RunTally()
    found = list(match_rules(rules, [log], tally))
    assert (tally.events, tally.untimed) == (len(events), 0)
    timed = [Timed(event["time"], event) for event in events]
    compared = 0
    for number, rule in enumerate(rules):
        if rule.is_single:
            assert not any(one.rule == number for one in found), "a base rule alerts"
            continue
        assert is_incremental(rule.body)
        reference = StreamReference(rule.body).alerts(timed)
        assert groups_of(found, number) == set(reference.groups), rule.title
        windows = {(row.first, row.time) for row in reference.rows}
        times = {one.last for one in found if isinstance(one, Alert) and one.rule == number}
        assert times <= {last for _, last in windows}
        compared += len(reference.groups)
    assert compared > 0


def test_one_alert_for_each_group_and_timespan(tmp_path: Path) -> None:
    rules = all_alerting(write(tmp_path))
    log = tmp_path / "log.ndjson"
    times = [0, 1, 2, 3, 4, 12, 13, 14, 30, 31, 32]
    log.write_text("\n".join(json.dumps({"A": 1, "u": "x", "time": 1_000_000 + time}) for time in reversed(times)))
    count = next(number for number, rule in enumerate(rules) if rule.title == "count")
    found = [one for one in match_rules(rules, [log], RunTally()) if isinstance(one, Alert) and one.rule == count]
    assert [one.last - 1_000_000 for one in found] == [2, 13, 32]
    assert [one.count for one in found] == [3, 4, 3]
    assert found[0].to_dict(rules)["group"] == {"u": "x"}
    assert {place["record"] for place in found[0].to_dict(rules)["records"]} == {9, 10, 11}


CHAIN = """\
title: Base
name: base
logsource: {product: p}
detection: {s: {A: 1}, condition: s}
---
title: Inner
name: inner
correlation: {type: event_count, rules: [base], group-by: [u], timespan: 10s, condition: {gte: 2}}
---
title: Outer
name: outer
correlation: {type: event_count, rules: [inner], group-by: [u], timespan: 1m, condition: {gte: 1}}
"""


@pytest.mark.parametrize(("generate", "titles"), [("", {"Outer"}), (", generate: true", {"Inner", "Outer"})])
def test_a_correlation_that_only_serves_another_has_no_alerts(generate: str, titles: set[str], tmp_path: Path) -> None:
    path, log = tmp_path / "rules.yml", tmp_path / "log.ndjson"
    path.write_text(CHAIN.replace("gte: 1}", "gte: 1}" + generate))
    log.write_text("".join(json.dumps({"A": 1, "u": "x", "time": 1_000_000 + at}) + "\n" for at in range(3)))
    rules = rules_in(path)
    assert {rules[one.rule].title for one in match_rules(rules, [log], RunTally())} == titles


def test_events_without_a_time_are_counted(tmp_path: Path) -> None:
    rules = all_alerting(write(tmp_path))
    log = tmp_path / "log.ndjson"
    log.write_text('{"A": 1, "u": "x"}\n{"A": 1, "u": "x", "when": "2026-01-01T00:00:00Z"}\n')
    tally = RunTally()
    assert not list(match_rules(rules, [log], tally)) and tally.untimed == 2
    few = next(number for number, rule in enumerate(rules) if rule.title == "few")
    found = list(match_rules(rules, [log], RunTally(), times=("when",)))
    assert groups_of(found, few) == {("x",)}


def test_what_is_not_incremental_is_evaluated_at_once(tmp_path: Path) -> None:
    base = rules_in(write(tmp_path))[0].events
    bodies: list[Stream] = [
        Aggregate(base, (Measure("n", MeasureKind.COUNT),), ("u",), Window(10, WindowKind.TUMBLING)),
        InOrder((Step(base), Step(base), Step(base, absent=True)), ("u",), Window(10)),
    ]
    log = tmp_path / "log.ndjson"
    log.write_text("\n".join(json.dumps({"A": 1, "u": "x", "time": time}) for time in (9, 1, 11)))
    for body in bodies:
        assert not is_incremental(body)
        (found,) = {type(one) for one in match_rules([Rule("t", body, Source(""))], [log], RunTally())}
        assert found is Alert


def test_a_spool_sorts_what_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "RUN", 10)
    chance = random.Random(1)
    rows = [(chance.randint(0, 30), number) for number in range(107)]
    kept = Spool()
    for row in rows:
        kept.add(row)
    assert list(kept.rows()) == sorted(rows, key=lambda row: row[0])
    assert not list(kept.rows())


def test_expectations_of_rules_on_many_events(tmp_path: Path) -> None:
    path = write(tmp_path)
    events = [{"A": 1, "u": "x", "time": f"2026-01-01T00:00:0{second}Z"} for second in (1, 2, 3)]
    side = {
        "rule": "count",
        "match": [{"events": events, "groups": [{"u": "x"}]}, {"events": events, "groups": [{"u": "y"}]}],
        "no_match": [{"events": events[:2]}, {"events": events}],
    }
    (tmp_path / "rules.tests.yml").write_text(yaml.safe_dump(side))
    outcomes = list(check_expectations(rules_in(path)))
    assert [one.met for one in outcomes] == [True, False, True, False]
    assert outcomes[1].problem == "the rule alerts on (x), not on (y)"
    assert outcomes[3].problem == "the rule alerts on (x)"
    (tmp_path / "rules.tests.yml").write_text(yaml.safe_dump({"rule": "count", "match": [{"events": [{"A": 1}]}]}))
    (outcome,) = check_expectations(rules_in(path))
    assert not outcome.met and "does not say when it happened" in outcome.problem


def test_the_command_shows_alerts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path)
    log = tmp_path / "log.ndjson"
    log.write_text(
        "\n".join(json.dumps({"A": 1, "u": "x", "t": 3, "time": 1_767_225_600 + time}) for time in (0, 1, 2))
    )
    assert main(["test", str(path), "--events", str(log), "--quiet"]) == 0
    shown = [line for line in capsys.readouterr().out.splitlines() if ": sum  " in line]
    assert shown == [f"{log}:3: -: sum  3 events, 2026-01-01T00:00:00Z to 2026-01-01T00:00:02Z  u: x"]
