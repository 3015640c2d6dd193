"""Every public Sigma rule in YARA-L, with no data model."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
import re2

from transpile.codes import Effect
from transpile.diagnostics import Report
from transpile.dialects.sigma.read import read
from transpile.dialects.yaral.check import problems
from transpile.dialects.yaral.lower import lower
from transpile.dialects.yaral.parse import parse
from transpile.dialects.yaral.print import print_rule
from transpile.dialects.yaral.run import run
from transpile.dialects.yaral.tree import Call, Regex, String, walk
from transpile.dialects.yaral.tree import Rule as Tree
from transpile.evaluate import Unproven
from transpile.evaluate.witness import make_witnesses
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.source import Source

EVERY = 25  # of the rules are put to the test on events made from them


class Converted(NamedTuple):
    rule: Rule
    tree: Tree
    effects: frozenset[Effect]


@pytest.fixture(scope="module")
def converted(corpora: Path) -> list[Converted]:
    found = []
    for path in sorted((corpora / "sigma").rglob("*.yml")):
        for reading in read(Source(path.read_text(encoding="utf-8"), str(path))):
            if reading.rule is not None:
                rule = run_passes(reading.rule)
                report = Report()
                tree = lower(rule, report)
                found.append(Converted(rule, tree, frozenset(one.effect for one in report.diagnostics)))
    assert len(found) > 3500
    return found


def test_few_rules_are_refused(converted: list[Converted]) -> None:
    inexact = [one for one in converted if one.effects & {Effect.REFUSED, Effect.APPROXIMATE}]
    assert len(inexact) < 0.05 * len(converted)


def test_every_rule_is_sound_and_read_back(converted: list[Converted]) -> None:
    for rule, tree, effects in converted:
        text = print_rule(tree)
        assert parse(Source(text)) == tree, rule.source.path
        if Effect.REFUSED not in effects:
            assert problems(text) == [], rule.source.path


def test_re2_takes_every_regex(converted: list[Converted]) -> None:
    patterns = set()
    for _, tree, _ in converted:
        for line in tree.events:
            for node in walk(line):
                if isinstance(node, Regex):
                    patterns.add(node.pattern)
                elif isinstance(node, Call) and node.function == "re.regex" and isinstance(node.args[1], String):
                    patterns.add(node.args[1].text)
    assert len(patterns) > 5000
    for pattern in patterns:
        re2.compile(pattern)


def test_exact_rules_match_what_the_sigma_rules_match(converted: list[Converted]) -> None:
    proven = 0
    for rule, tree, effects in converted[::EVERY]:
        if not effects & {Effect.REFUSED, Effect.APPROXIMATE}:
            for witness in make_witnesses(rule).events:
                try:
                    found = bool(list(run(tree, [witness.event])))
                except Unproven:
                    continue
                assert found is witness.matches, (rule.source.path, witness)
                proven += 1
    assert proven > 5000
