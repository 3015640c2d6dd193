"""Lowers a rule to a Kusto query."""

from __future__ import annotations

from transpile.diagnostics import Report
from transpile.dialects.kql.lower_events import lower_events
from transpile.dialects.kql.tree import Expr, Script
from transpile.ir.rule import Rule
from transpile.ir.stream import Events


def lower(rule: Rule, report: Report) -> Script:
    """The query that means the rule."""
    if not isinstance(rule.body, Events):
        from transpile.dialects.kql.lower_stages import lower_stages

        return lower_stages(rule, report)
    before, table = lower_events(rule.body, report)
    query = table.source if not table.operators and isinstance(table.source, Expr) else table
    return Script((*before, query))
