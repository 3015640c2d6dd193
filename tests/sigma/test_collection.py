"""Several documents in a text: rules beside rules, and what one lends to another."""

from __future__ import annotations

from tests.sigma.sigma_rules import readings
from transpile.dialects.base import Reading
from transpile.ir.match import Pattern
from transpile.ir.walk import leaves

GLOBAL = (
    "action: global\ntitle: Shared\nlevel: high\nlogsource: {product: windows}\ndetection: {condition: selection}\n"
)


def part(service: str, value: str) -> str:
    return f"logsource: {{service: {service}}}\ndetection: {{selection: {{field: {value}}}}}\n"


def values(found: list[Reading]) -> list[str | None]:
    return [
        ",".join(leaf.test.literal for leaf in leaves(one.rule.condition) if isinstance(leaf.test, Pattern))
        if one.rule
        else None
        for one in found
    ]


def test_global_lends_to_every_rule_behind_it() -> None:
    found = readings(f"{GLOBAL}---\n{part('sysmon', 'a')}---\n{part('security', 'b')}")
    assert values(found) == ["a", "b"]
    assert [str(one.rule.logsource) for one in found if one.rule] == [
        "product windows, service sysmon",
        "product windows, service security",
    ]
    assert all(one.rule and one.rule.title == "Shared" and one.rule.level == "high" for one in found)


def test_what_global_says_wins() -> None:
    (found,) = readings(f"{GLOBAL}---\ntitle: Mine\nlogsource: {{product: linux}}\n{part('x', 'a')[18:]}")
    assert found.rule is None or found.rule.title == "Shared"


def test_reset_ends_what_global_lends() -> None:
    found = readings(f"{GLOBAL}---\n{part('sysmon', 'a')}---\naction: reset\n---\n{part('security', 'b')}")
    assert values(found) == ["a", None]
    assert "SIG022" in [diagnostic.code for diagnostic in found[1].diagnostics]


def test_repeat_changes_the_rule_before_it() -> None:
    whole = "title: One\ndetection: {condition: selection, selection: {field: a}}\nlogsource: {product: x}\n"
    found = readings(f"{whole}---\naction: repeat\ntitle: Two\ndetection: {{selection: {{field: b}}}}\n")
    assert values(found) == ["a", "b"]
    assert [one.title for one in found] == ["One", "Two"]
    assert found[1].rule is not None and "action" not in found[1].rule.custom


def test_repeat_behind_global() -> None:
    found = readings(f"{GLOBAL}---\naction: repeat\n{part('x', 'a')}---\naction: repeat\n{part('y', 'b')}")
    assert values(found) == ["a", "b"]


def test_repeat_with_nothing_before_it() -> None:
    (found,) = readings("action: repeat\ntitle: x\n")
    assert found.rule is None


def test_unknown_actions() -> None:
    found = readings("action: explode\ntitle: x\n---\naction: [a]\n")
    assert [one.diagnostics[0].code for one in found] == ["SIG013", "SIG013"]


def test_empty_documents_are_passed_over() -> None:
    whole = "title: One\nlogsource: {product: x}\ndetection: {selection: {field: a}, condition: selection}\n"
    assert values(readings(f"---\n{whole}---\n---\n# nothing\n---\n{whole}---\n")) == ["a", "a"]


def test_correlations_and_filters_take_nothing() -> None:
    correlation = "title: Many\ncorrelation: {type: event_count, rules: [x], timespan: 5m, condition: {gte: 10}}\n"
    filter_ = (
        "title: Less\nlogsource: {product: x}\nfilter: {rules: [x], selection: {f: x}, condition: not selection}\n"
    )
    found = readings(f"{GLOBAL}---\n{correlation}---\n{filter_}---\n{part('x', 'a')}")
    assert values(found) == [None, None, "a"]
    assert [[diagnostic.code for diagnostic in one.diagnostics] for one in found[:2]] == [["SIG090"], ["SIG102"]]
    assert [one.title for one in found[:2]] == ["Many", "Less"]


def test_repeated_keys_in_what_is_lent() -> None:
    found = readings("action: global\nlevel: high\nlevel: low\n---\ntitle: x\n")
    assert [diagnostic.code for diagnostic in found[0].diagnostics] == ["SIG009"]
