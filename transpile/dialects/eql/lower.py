"""Lowers a rule to an EQL query."""

from __future__ import annotations

from transpile.diagnostics import Report
from transpile.dialects.eql.lower_events import lower_events
from transpile.dialects.eql.lower_stages import lower_stages
from transpile.dialects.eql.tree import Query
from transpile.ir.rule import Rule


def lower(rule: Rule, report: Report) -> Query:
    """The query that means the rule; what EQL cannot express goes to the report."""
    if rule.is_single:
        return Query(lower_events(rule.events, report))
    return lower_stages(rule, report)
