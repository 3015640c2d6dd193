"""Rules that count the alerts of other rules: one for each group and time, however many events come at that time."""

from __future__ import annotations

import pytest

from transpile.api import verify_all
from transpile.conversion import Options
from transpile.source import Source
from transpile.verify import Verdict, verify_source

BASES = """\
title: Failed
name: failed
logsource: {product: windows, service: security}
detection: {selection: {EventID: 4625}, condition: selection}
---
title: Logon
name: logon
logsource: {product: windows, service: security}
detection: {selection: {EventID: 4624}, condition: selection}
---
title: Inner
name: inner
correlation: """
INNER = {
    "count": "{type: event_count, rules: [failed], group-by: [User, Host], timespan: 1m, condition: {gte: 3}}",
    "values": "{type: value_count, rules: failed, group-by: [User, Host], timespan: 1m, condition: {field: Ip, gt: 1}}",
    "together": "{type: temporal, rules: [failed, logon], group-by: [User, Host], timespan: 1m}",
}
OUTER = "\n---\ntitle: Outer\ncorrelation: "
COUNTS = {
    "alerts": "{type: event_count, rules: [inner], group-by: [User], timespan: 5m, condition: {gte: 3}}",
    "alerts, events": "{type: event_count, rules: [inner, logon], group-by: User, timespan: 5m, condition: {gt: 2}}",
}


@pytest.mark.parametrize("inner", INNER)
@pytest.mark.parametrize("outer", COUNTS)
def test_a_count_of_alerts_is_proven(inner: str, outer: str) -> None:
    text = BASES + INNER[inner] + OUTER + COUNTS[outer]
    proofs = verify_source(Source(text), Options(("spl", "kql"), models=("none",)))[-2:]
    verdicts = {proof.target: proof.verdict for proof in proofs}
    assert verdicts["kql"] is Verdict.PROVEN
    assert verdicts["spl"] is (Verdict.PROVEN if outer == "alerts" else Verdict.REFUSED)


ALIASED = {
    "together": "{type: temporal, rules: [inner, logon], %s, timespan: 5m}",
    "in order": "{type: temporal_ordered, rules: [inner, logon], %s, timespan: 5m}",
    "in the other order": "{type: temporal_ordered, rules: [logon, inner], %s, timespan: 5m}",
}


@pytest.mark.parametrize("inner", INNER)
@pytest.mark.parametrize("outer", ALIASED)
def test_an_alias_of_an_inner_rule_is_proven(inner: str, outer: str) -> None:
    keys = "group-by: [who], aliases: {who: {inner: Host, logon: Target}}"
    text = BASES + INNER[inner] + OUTER + ALIASED[outer] % keys
    proofs = verify_source(Source(text), Options(("spl", "kql"), models=("none",)))[-2:]
    assert {proof.verdict for proof in proofs} == {Verdict.PROVEN}, [proof.reason for proof in proofs]


def test_a_count_that_no_event_is_needed_for_is_unproven() -> None:
    rules = """
title: base
name: base
logsource: {product: windows, service: security}
detection: {s: {EventID: 4625}, condition: s}
---
title: always
correlation: {type: event_count, rules: [base], group-by: [User], timespan: 5m, condition: {gt: -1}}
"""
    proofs = verify_all(rules, write="spl", model="none")
    assert [(one.verdict.value, one.reason) for one in proofs][-1] == ("unproven", "the rule asks for no events")
