"""Aliases of correlations whose fields a data model keeps in several places, or computes."""

from __future__ import annotations

import pytest

from transpile.conversion import Conversion, Options, Status, convert_source
from transpile.source import Source
from transpile.verify import Verdict, verify_conversions

RULES = """
title: Failed
name: failed
logsource: {product: windows, service: security}
detection:
  selection: {EventID: 4625}
  condition: selection
---
title: Succeeded
name: succeeded
logsource: {product: windows, service: security}
detection:
  selection: {EventID: 4624}
  condition: selection
---
title: Started
name: started
logsource: {product: windows, category: process_creation}
detection:
  selection: {Image|endswith: '\\x.exe'}
  condition: selection
---
title: Both
correlation:
  timespan: 20m
"""
ADDRESSES = "  group-by: [ip]\n  aliases: {ip: {failed: IpAddress, succeeded: IpAddress}}\n"
ORDERED = "  type: temporal_ordered\n  rules: [failed, succeeded]\n" + ADDRESSES
COUNTED = "  type: event_count\n  rules: [failed, succeeded]\n  condition: {gte: 3}\n" + ADDRESSES
USERS = "  group-by: [u]\n  aliases: {u: {failed: TargetUserName, started: User}}\n"


def options(target: str) -> Options:
    return Options((target,), allow_approximate=True)


def converted(correlation: str, target: str) -> Conversion:
    return convert_source(Source(RULES + correlation, "t.yml"), options(target))[-1]


@pytest.mark.parametrize("correlation", [ORDERED, COUNTED])
@pytest.mark.parametrize("target", ["eql", "esql"])
def test_an_alias_of_a_field_in_two_places_asks_both(correlation: str, target: str) -> None:
    query = converted(correlation, target).query
    assert query is not None and "source.ip" in query and "winlog.event_data.IpAddress" in query
    assert "by IpAddress" not in query and "BY IpAddress" not in query


@pytest.mark.parametrize("correlation", [ORDERED, COUNTED])
def test_such_a_query_is_not_disproven(correlation: str) -> None:
    (proof,) = verify_conversions([converted(correlation, "eql")], options("eql"))
    assert proof.verdict in (Verdict.PROVEN, Verdict.UNPROVEN), proof


def test_a_key_that_the_platform_lacks_is_disproven_and_not_a_failure() -> None:
    from transpile.record import replace

    found = converted(ORDERED, "eql")
    assert found.query is not None and found.result is not None
    wrong = found.query.replace("?source.ip, ?winlog.event_data.IpAddress", "IpAddress")
    given = replace(found, query=wrong, result=replace(found.result, group=("IpAddress",), either=()))
    (proof,) = verify_conversions([given], options("eql"))
    assert proof.verdict is Verdict.DISPROVEN, proof


@pytest.mark.parametrize("kind", ["temporal", "temporal_ordered"])
@pytest.mark.parametrize("target", ["esql", "yaral"])
def test_events_related_by_a_computed_alias_are_refused(kind: str, target: str) -> None:
    found = converted(f"  type: {kind}\n  rules: [failed, started]\n{USERS}", target)
    assert found.status is Status.REFUSED
    assert "DIA001" in {one.code for one in found.diagnostics}


def test_addresses_and_texts_under_one_alias_are_text_in_esql() -> None:
    text = """
title: Sign-in
name: signin
logsource: {product: azure, service: signinlogs}
detection:
  selection: {ResultType: 50126}
  condition: selection
---
title: Console
name: console
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: ConsoleLogin}
  condition: selection
---
title: Both
correlation:
  type: temporal
  rules: [signin, console]
  group-by: [ip]
  aliases: {ip: {signin: IPAddress, console: sourceIPAddress}}
  timespan: 1h
"""
    query = convert_source(Source(text, "t.yml"), options("esql"))[-1].query
    assert query is not None
    assert "TO_STRING(source.ip)" in query and "TO_STRING(source.address)" not in query
    assert 'ip != ""' in query
