"""Rules for tests, written as Sigma detections."""

from __future__ import annotations

from textwrap import dedent

from transpile.dialects.sigma.read import read
from transpile.ir.rule import Rule
from transpile.source import Source


def make_rule(detection: str, category: str = "process_creation") -> Rule:
    """A rule with this detection (YAML, without the key); its condition is `sel` unless the text gives one."""
    lines = dedent(detection).strip().splitlines()
    if not any(line.startswith("condition:") for line in lines):
        lines.append("condition: sel")
    text = f"title: Case\nlogsource: {{product: windows, category: {category}}}\ndetection:\n"
    (reading,) = read(Source(text + "".join(f"  {line}\n" for line in lines)))
    assert reading.rule is not None, reading.diagnostics
    return reading.rule
