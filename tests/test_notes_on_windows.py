"""What is said of windows on which an exact query rests: values that are not negative, times in whole seconds."""

from __future__ import annotations

import pytest

from transpile.conversion import convert_all

RULES = """
title: A
name: a
logsource: {product: custom}
detection:
  selection: {Act: a}
  condition: selection
---
title: B
name: b
logsource: {product: custom}
detection:
  selection: {Act: b}
  condition: selection
---
title: Both
correlation:
  group-by: [User]
"""


def codes(rest: str, target: str) -> set[str]:
    found = convert_all(RULES + rest, write=target, model="none", allow_approximate=True)[-1]
    return {one.code for one in found.diagnostics}


@pytest.mark.parametrize(
    ("kind", "bound", "said"),
    [("value_sum", "gt: 5", True), ("value_sum", "lt: 5", False), ("value_count", "gt: 5", False)],
)
@pytest.mark.parametrize("target", ["kql", "spl"])
def test_a_sum_with_a_lower_bound(kind: str, bound: str, said: bool, target: str) -> None:
    rest = f"  type: {kind}\n  rules: [a]\n  timespan: 5m\n  condition: {{field: Size, {bound}}}\n"
    assert ("DIA006" in codes(rest, target)) == said


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("  type: temporal_ordered\n  rules: [a, b]\n  timespan: 5m\n", True),
        ("  type: temporal\n  rules: [a, b]\n  timespan: 5m\n", True),
        ("  type: event_count\n  rules: [a]\n  timespan: 30s\n  condition: {gte: 3}\n", True),
        ("  type: event_count\n  rules: [a]\n  timespan: 5m\n  condition: {gte: 3}\n", False),
    ],
)
def test_times_in_whole_seconds(rest: str, said: bool) -> None:
    found = codes(rest, "yaral")
    assert ("YAR022" in found) == said, found
