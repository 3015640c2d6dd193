"""A count of the alerts of an inner count, both in fixed windows."""

from __future__ import annotations

import pytest

from transpile.conversion import Conversion, Options, convert_source
from transpile.record import replace
from transpile.source import Source
from transpile.verify import Verdict, verify_conversions

RULES = """
title: Base
name: base
logsource: {product: custom}
detection:
  selection: {Act: a}
  condition: selection
---
title: Inner
name: inner
correlation:
  type: event_count
  rules: [base]
  group-by: [User]
  timespan: 5m
  condition: {gte: 2}
---
title: Outer
correlation:
  type: event_count
  rules: [inner]
  group-by: [User]
"""


def converted(rest: str, target: str) -> tuple[Conversion, Options]:
    options = Options((target,), models=("none",), allow_approximate=True, windows="buckets")
    return convert_source(Source(RULES + rest, "t.yml"), options)[-1], options


def test_spl_keeps_the_time_of_inner_alerts() -> None:
    query = converted("  timespan: 1h\n  condition: {gte: 2}\n", "spl")[0].query
    assert query is not None
    assert query.index("by window User") < query.index("eval _time=lastTime") < query.index("dedup _time User")


@pytest.mark.parametrize("target", ["spl", "kql"])
def test_a_query_that_finds_something_is_proven_narrower(target: str) -> None:
    conversion, options = converted("  timespan: 1h\n  condition: {gte: 1}\n", target)
    (proof,) = verify_conversions([conversion], options)
    assert proof.verdict is Verdict.PROVEN, proof


def test_a_query_that_never_alerts_is_not_proven() -> None:
    options = Options(("kql",), models=("none",), allow_approximate=True, windows="buckets")
    inner = convert_source(Source(RULES + "  timespan: 1h\n  condition: {gte: 1}\n", "t.yml"), options)[1]
    silent = replace(inner, query=f"{inner.query}\n| where event_count > 1000")
    right, never = verify_conversions([inner, silent], options)
    assert right.verdict is Verdict.PROVEN, right
    assert never.verdict is Verdict.UNPROVEN and "alerts on no stream" in never.reason, never
