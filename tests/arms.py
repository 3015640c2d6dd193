"""A dialect's optional functions, for tests of dialects that have them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from transpile.diagnostics import Report
from transpile.dialects.base import Dialect, Event
from transpile.ir.rule import Rule


def lower(dialect: Dialect, rule: Rule, report: Report) -> Any:
    """The dialect's tree of the rule."""
    assert dialect.lower is not None
    return dialect.lower(rule, report)


def run(dialect: Dialect, tree: Any, events: Iterable[Event]) -> list[int]:
    """The positions of the events that the tree returns."""
    assert dialect.run is not None
    return list(dialect.run(tree, events))
