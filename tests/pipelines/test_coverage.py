"""How far each data model carries rules: told of one rule, and measured on all public ones."""

from __future__ import annotations

import pytest

from tests.pipelines.pipeline_making import PROCESS, SECURITY, match, rule
from transpile.dialects.base import Reading
from transpile.ir.expr import And, Or
from transpile.ir.match import Case, Field, FieldRef, Number, Shape
from transpile.ir.stream import LogSource
from transpile.pipelines.coverage import cover, fields_of
from transpile.pipelines.load import load, names
from transpile.source import Source

# The share of the public rules that each model is to map exactly, before the language has its say.
BARS = {
    "windows-xml": 0.98,  # of 1%, the rules ask what Sysmon does not record
    "windows-classic": 0.87,
    "cim": 0.98,  # what no data model holds is searched for in the events of the add-ons
    "sentinel": 0.94,
    "defender": 0.68,
    "asim": 0.61,
    "ecs": 0.95,
    "udm": 0.87,
}


def test_every_model_has_a_bar() -> None:
    assert set(BARS) == set(names()) - {"none"}


@pytest.mark.usefixtures("corpora")
@pytest.mark.parametrize("name", BARS)
def test_the_public_rules_are_mapped_exactly(name: str, rules: list[tuple[Source, Reading]]) -> None:
    model = load(name)
    outcomes = [cover(reading.rule, model).outcome for _, reading in rules if reading.rule is not None]
    assert len(outcomes) > 3000
    assert outcomes.count("exact") / len(outcomes) >= BARS[name]


def test_a_rule_that_is_mapped() -> None:
    covered = cover(rule(match("Image", "a")), load("ecs"))
    assert (covered.outcome, covered.known, covered.missing) == ("exact", True, ())


def test_a_rule_that_lacks_a_field() -> None:
    covered = cover(rule(And((match("Image", "a"), match("Imag", "b")))), load("sentinel"))
    assert (covered.outcome, covered.known, covered.missing) == ("refused", True, ("Imag",))


def test_a_rule_of_logs_that_the_model_has_no_place_for() -> None:
    covered = cover(rule(match("a", "b"), LogSource("nothing")), load("sentinel"))
    assert (covered.outcome, covered.known) == ("refused", False)


def test_the_fields_of_a_rule_each_once() -> None:
    compared = match("A", FieldRef(Field("B"), Shape.EQUALS, Case.UNICODE))
    assert fields_of(rule(Or((compared, match("A", "x"), match("C", None))))) == ("A", "B", "C")


@pytest.mark.parametrize("name", sorted(set(names()) - {"none"}))
def test_process_creation_and_security_4688_meet(name: str) -> None:
    """The commonest rule of all, in Sysmon's words and in the Security log's."""
    model = load(name)
    sysmon = rule(And((match("Image", r"*\net.exe"), match("CommandLine", "* user *"))), PROCESS)
    security = rule(
        And((match("EventID", Number(4688)), match("NewProcessName", r"*\net.exe"), match("CommandLine", "* user *"))),
        SECURITY,
    )
    assert [cover(one, model).outcome for one in (sysmon, security)] == ["exact", "exact"]
