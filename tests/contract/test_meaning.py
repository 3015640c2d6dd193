"""Writer against runner against reference, on any condition and any events, in every language."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from tests.contract.conditions import CONDITIONS, EVENTS
from tests.contract.parts import QUERY_LANGUAGES, unfinished
from transpile import dialects
from transpile.codes import Direction, Effect
from transpile.diagnostics import Report
from transpile.evaluate import Unproven
from transpile.evaluate.reference import compile_rule
from transpile.ir.expr import Expr
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.source import Source


@pytest.mark.parametrize("language", QUERY_LANGUAGES)
def test_the_query_means_the_condition(language: str) -> None:
    dialect = dialects.load(language)
    compared = 0

    @settings(derandomize=True, deadline=None, max_examples=400)
    @given(CONDITIONS, EVENTS)
    def run(condition: Expr, events: list[dict[str, Any]]) -> None:
        nonlocal compared
        assert dialect.lower is not None
        assert dialect.run is not None
        rule = run_passes(Rule.on_events("a rule", condition, Source("")))
        report = Report()
        tree = dialect.lower(rule, report)
        directions = {one.direction for one in report.diagnostics} - {Direction.EXACT}
        if any(one.effect is Effect.REFUSED for one in report.diagnostics) or len(directions) > 1:
            return
        text = dialect.print(tree)
        parsed = dialect.parse(Source(text))
        assert parsed == tree, text
        try:
            wanted = {number for number, event in enumerate(events) if compile_rule(rule)(event)}
            found = set(dialect.run(parsed, [dialect.data_set("").store(event) or {} for event in events]))
        except Unproven:
            return
        compared += 1
        match directions:
            case set() if not directions:
                assert found == wanted, text
            case _ if Direction.WIDER in directions:
                assert found >= wanted, text
            case _:
                assert found <= wanted, text

    run()
    if compared <= 40:
        unfinished(language, "lower.py", f"only {compared} of 400 conditions can be compared; write 40 or more")
