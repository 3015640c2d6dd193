"""Every public Sigma rule as SPL, and every public SPL search read back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests import arms
from transpile.codes import Effect
from transpile.diagnostics import Report
from transpile.dialects.base import ReadOptions
from transpile.dialects.sigma.read import read
from transpile.dialects.spl import DIALECT
from transpile.dialects.spl.lift import lift
from transpile.dialects.spl.macros import expand
from transpile.dialects.spl.run import run
from transpile.dialects.spl.strings import RAW
from transpile.dialects.spl.tree import Flag, Pipeline, Plain, Stats, Tstats
from transpile.evaluate import Unproven
from transpile.evaluate.reference import compile_rule
from transpile.evaluate.witness import make_witnesses
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.ir.stream import Events
from transpile.source import Source
from transpile.syntax.lexer import ParseError


@pytest.fixture(scope="module")
def rules(corpora: Path) -> list[Rule]:
    paths = sorted((corpora / "sigma").rglob("*.yml"))
    readings = [one for path in paths for one in read(Source(path.read_text(encoding="utf-8"), str(path)))]
    return [run_passes(one.rule) for one in readings if one.rule is not None and one.rule.is_single]


def test_every_rule_is_said_and_reads_back(rules: list[Rule]) -> None:
    refused = 0
    for rule in rules:
        report = Report()
        tree = arms.lower(DIALECT, rule, report)
        refused += any(d.effect is Effect.REFUSED for d in report.diagnostics)
        assert DIALECT.parse(Source(DIALECT.print(tree))) == tree, rule.source.path
    assert len(rules) > 3000
    assert refused <= len(rules) / 100


def test_searches_mean_their_rules(rules: list[Rule]) -> None:
    """Only what Splunk does with several values in a field is ever in doubt."""
    for rule in rules[::25]:
        tree = DIALECT.parse(Source(DIALECT.print(arms.lower(DIALECT, rule, Report()))))
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


# --- reading


@pytest.fixture(scope="module")
def macros(corpora: Path) -> dict[str, str]:
    found = {}
    for path in sorted((corpora / "splunk" / "macros").glob("*.yml")):
        macro = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        arguments = macro.get("arguments") or []
        found[macro["name"] + (f"({len(arguments)})" if arguments else "")] = str(macro["definition"])
    return found


def searches(corpora: Path) -> list[str]:
    paths = sorted((corpora / "splunk" / "detections").rglob("*.yml"))
    return [yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["search"] for path in paths]


def test_most_public_searches_become_rules(corpora: Path, macros: dict[str, str]) -> None:
    options = ReadOptions(macros=macros)
    out = exact = 0
    texts = searches(corpora)
    for text in texts:
        source = Source(text)
        lifted = lift(DIALECT.parse(source), source, options)
        effects = {one.effect for one in lifted.diagnostics}
        out += lifted.body is not None
        exact += isinstance(lifted.body, Events) and Effect.APPROXIMATE not in effects
    assert out >= 0.96 * len(texts)
    assert exact >= 0.68 * len(texts)  # without tests of fields that `spath input=` and `xmlkv` take out of a text


def test_sigma_to_spl_and_back_is_the_same_rule(rules: list[Rule]) -> None:
    for rule in rules[::20]:
        report = Report()
        source = Source(DIALECT.print(arms.lower(DIALECT, rule, report)))
        if any(one.effect in (Effect.REFUSED, Effect.APPROXIMATE) for one in report.diagnostics):
            continue
        lifted = lift(DIALECT.parse(source), source, ReadOptions())
        assert isinstance(lifted.body, Events)
        check = compile_rule(lifted.body.condition)
        for witness in make_witnesses(rule).events:
            assert check(witness.event) is witness.matches, (rule.source.path, source.text, witness)


def test_what_is_read_matches_what_the_search_matches(corpora: Path, macros: dict[str, str]) -> None:
    """The search itself, run by the documentation, against the rule that was read from it."""
    proven = unproven = 0
    for text in searches(corpora)[::6]:
        source = Source(text)
        lifted = lift(DIALECT.parse(source), source, ReadOptions(macros=macros))
        effects = {one.effect for one in lifted.diagnostics}
        if not isinstance(lifted.body, Events) or Effect.APPROXIMATE in effects:
            continue
        tree = DIALECT.parse(expand(Source(_runnable(text)), macros).source)
        rule = run_passes(Rule("", lifted.body, source))
        try:
            for witness in make_witnesses(rule).events:
                if not any(isinstance(value, list | dict) for value in witness.event.values()):
                    event = {**_filled(tree), **witness.event}
                    event[RAW] = "\n".join(map(str, event.values()))
                    assert (list(run(tree, [event])) == [0]) is compile_rule(rule)(event), (text, event)
            proven += 1
        except (Unproven, TypeError):  # computed values have no witnesses yet
            unproven += 1
    assert proven > 8 * unproven


def _runnable(text: str) -> str:
    """The text without the macros that belong to the platform."""
    text = re.sub(r"\|\s*`\w+_filter`", "", text)
    text = text.replace("`security_content_summariesonly`", "summariesonly=false fillnull_value=null")
    return re.sub(r"\|\s*`security_content_ctime\(\s*\w+\s*\)`", "", text)


def _filled(tree: Pipeline) -> dict[str, str]:
    """What every event has, and what data models and `fillnull` put into fields."""
    found = dict.fromkeys(("host", "source", "sourcetype", "index"), "")
    filling = any(isinstance(one, Plain) and one.name == "fillnull" for one in tree.commands)
    for command in tree.commands:
        match command:
            case Tstats() if not any(isinstance(one, Flag) and one.name == "fillnull_value" for one in command.options):
                found.update(dict.fromkeys(command.by, "unknown"))
            case Stats() if filling:
                found.update(dict.fromkeys(command.by, "0"))
            case _:
                pass
    return found
