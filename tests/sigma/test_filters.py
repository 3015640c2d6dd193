"""Filters: conditions that are added to the rules that they name, or whose log source they share."""

from __future__ import annotations

import pytest

from tests.sigma.sigma_rules import codes_of, readings
from tests.sigma.test_correlations import base, correlation, run
from transpile.ir.expr import And, Match, Not
from transpile.ir.match import Pattern
from transpile.ir.rule import Rule
from transpile.ir.walk import all_events, leaves

HEAD = "title: Not the servers\n"
SELECTION = "  selection: {Computer: SRV}\n  condition: not selection\n"


def filter_(rules: str = "[a]", logsource: str = "{product: windows}", selection: str = SELECTION) -> str:
    return f"{HEAD}logsource: {logsource}\nfilter:\n  rules: {rules}\n{selection}"


def filtered(rule: Rule | None) -> list[str]:
    """The values that the rule asks about."""
    assert rule is not None
    found = [leaf for events in all_events(rule.body) for leaf in leaves(events.condition)]
    return [leaf.test.literal for leaf in found if isinstance(leaf.test, Pattern)]


def test_a_filter_is_added_as_it_is_written() -> None:
    first, second = readings("---\n".join([base("a"), filter_(), base("b")]))
    assert first.rule is not None and isinstance(first.rule.condition, And)
    own, added = first.rule.condition.args
    assert isinstance(own, Match) and isinstance(added, Not)
    assert [one.code for one in first.diagnostics] == ["SIG098"]
    assert [part.name for part in first.rule.parts] == ["selection", "Not the servers"]
    assert filtered(second.rule) == ["b"]


def test_a_filter_that_keeps() -> None:
    keeping = filter_(selection=SELECTION.replace("not selection", "selection"))
    (found,) = readings(f"{base('a')}---\n{keeping}")
    assert found.rule is not None and isinstance(found.rule.condition, And)
    assert all(isinstance(arg, Match) for arg in found.rule.condition.args)


@pytest.mark.parametrize("rules", ["any", "[any]", "[]", "a", "[x, a]", "6f5a1a5e-2a6b-4c1e-9d0f-0b1c2d3e4f50"])
def test_ways_to_name_rules(rules: str) -> None:
    rule = base("a", id="6f5a1a5e-2a6b-4c1e-9d0f-0b1c2d3e4f50")
    assert filtered(readings(f"{rule}---\n{filter_(rules)}")[0].rule) == ["a", "SRV"]


@pytest.mark.parametrize(
    ("logsource", "applies"),
    [
        ("{product: windows}", True),
        ("{product: linux}", False),
        ("{product: windows, category: process_creation}", False),
    ],
)
def test_log_sources(logsource: str, applies: bool) -> None:
    named = readings(f"{base('a')}---\n{filter_('[a]', logsource)}")[0]
    general = readings(f"{base('a')}---\n{filter_('any', logsource)}")[0]
    assert (filtered(named.rule) == ["a", "SRV"]) == (filtered(general.rule) == ["a", "SRV"]) == applies
    assert [one.code for one in named.diagnostics] == ["SIG098" if applies else "SIG099"]


def test_several_filters() -> None:
    other = filter_("any").replace("SRV", "DC")
    (found,) = readings("---\n".join([base("a"), filter_(), other]))
    assert filtered(found.rule) == ["a", "SRV", "DC"]


def test_correlations_get_the_filters_of_their_rules() -> None:
    count = "type: event_count\nrules: [a]\ntimespan: 5m\ncondition: {gte: 10}"
    one = correlation(count, "title: Many\nname: many\n")
    _, many = readings("---\n".join([base("a"), one, filter_()]))
    assert filtered(many.rule) == ["a", "SRV"]
    assert many.rule is not None and [part.name for part in many.rule.parts] == ["a", "Not the servers"]
    _, many = readings("---\n".join([base("a"), one, filter_("[many]")]))
    assert filtered(many.rule) == ["a"]


def test_filters_in_other_files() -> None:
    (found,), nothing = run(base("a"), filter_())
    assert filtered(found.rule) == ["a", "SRV"]
    assert nothing == []
    assert found.rule is not None
    part = found.rule.parts[-1]
    assert part.span is not None and part.span.source is not None and part.span.source.path == "1.yml"
    spans = [leaf.span for leaf in leaves(found.rule.condition)]
    assert [span and span.source and span.source.path for span in spans] == [None, "1.yml"]
    assert found.diagnostics[0].to_dict()["file"] == "1.yml"


def test_a_filter_of_unknown_rules() -> None:
    rule, found = readings(f"{base('admin_tool')}---\n{filter_('[admin_tool, admin_tol]')}")
    assert filtered(rule.rule) == ["admin_tool", "SRV"]
    assert [(one.code, one.hint) for one in found.diagnostics] == [("SIG102", "did you mean `admin_tool`?")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (filter_(selection="  selection: {Computer|contain: SRV}\n  condition: selection\n"), "SIG030"),
        (filter_(selection="  selection: {Computer: SRV}\n"), "SIG022"),
        (f"{HEAD}filter:\n  rules: [a]\n{SELECTION}", "SIG020"),
        (f"{HEAD}logsource: {{product: windows}}\nfilter:\n{SELECTION}", "SIG101"),
    ],
)
def test_a_filter_at_fault(text: str, code: str) -> None:
    rule, found = readings(f"{base('a')}---\n{text}")
    assert code in [one.code for one in found.diagnostics]
    expected = [] if code == "SIG101" else ["SIG100W"]
    assert [one.code for one in rule.diagnostics] == expected


def test_chainsaw_rules_are_named() -> None:
    assert codes_of("title: x\nkind: evtx\nfilter:\n  condition: info\n  info: {a: 1}\n") == ["SIG101"]
    assert "Chainsaw" in readings("title: x\nkind: evtx\nfilter: {condition: info}\n")[0].diagnostics[0].message
