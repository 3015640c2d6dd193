"""Rules that only look as if one contained the other."""

from __future__ import annotations

from transpile.catalog.relations import relate
from transpile.ir.expr import Match
from transpile.ir.match import Boolean, Case, Field, Pattern
from transpile.ir.rule import Rule
from transpile.ir.stream import Events, LogSource
from transpile.source import Source


def test_a_truth_value_is_not_contained_in_its_text_in_one_case() -> None:
    logsource = LogSource(product="gcp")
    truth, text = (
        Rule("", Events(Match(Field("a"), test), logsource), Source(""))
        for test in (Boolean(False), Pattern.of("false", case=Case.SENSITIVE))
    )
    assert relate(truth, text) is None
