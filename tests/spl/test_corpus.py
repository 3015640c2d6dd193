"""Every public Sigma rule as SPL, and every public SPL search read back."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from transpile.codes import Effect
from transpile.diagnostics import Report
from transpile.dialects.sigma.read import read
from transpile.dialects.spl import DIALECT
from transpile.dialects.spl.run import run
from transpile.evaluate import Unproven
from transpile.evaluate.witness import make_witnesses
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.source import Source
from transpile.syntax.lexer import ParseError


@pytest.fixture(scope="module")
def rules(corpora: Path) -> list[Rule]:
    paths = sorted((corpora / "sigma").rglob("*.yml"))
    readings = [one for path in paths for one in read(Source(path.read_text(encoding="utf-8"), str(path)))]
    return [run_passes(reading.rule) for reading in readings if reading.rule is not None]


def test_every_rule_is_said_and_reads_back(rules: list[Rule]) -> None:
    refused = 0
    for rule in rules:
        report = Report()
        tree = DIALECT.lower(rule, report)
        refused += any(d.effect is Effect.REFUSED for d in report.diagnostics)
        assert DIALECT.parse(Source(DIALECT.print(tree))) == tree, rule.source.path
    assert len(rules) > 3000
    assert refused <= len(rules) / 100


def test_searches_mean_their_rules(rules: list[Rule]) -> None:
    """Only what Splunk does with several values in a field is ever in doubt."""
    for rule in rules[::25]:
        tree = DIALECT.parse(Source(DIALECT.print(DIALECT.lower(rule, Report()))))
        for witness in make_witnesses(rule).events:
            try:
                assert (list(run(tree, [witness.event])) == [0]) is witness.matches, (rule.source.path, witness)
            except Unproven:
                assert any(isinstance(value, list) for value in witness.event.values()), witness


def test_public_searches_read_and_print_back(corpora: Path) -> None:
    paths = sorted((corpora / "splunk" / "detections").rglob("*.yml"))
    unread = 0
    for path in paths:
        text = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["search"]
        try:
            tree = DIALECT.parse(Source(text))
        except ParseError:
            unread += 1
            continue
        assert DIALECT.parse(Source(DIALECT.print(tree))) == tree, path
    assert len(paths) > 500
    assert unread <= len(paths) / 100
