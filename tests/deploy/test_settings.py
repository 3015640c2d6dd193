"""deploy.yml: what it sets, what overrides what, and how errors are told."""

from __future__ import annotations

import pytest

from transpile.deploy.settings import Config, DeploySettings, DeploySettingsError, parse
from transpile.ir.expr import TRUE
from transpile.ir.rule import Rule
from transpile.source import Source


def rule(level: str | None = "high", status: str | None = "stable", **more: object) -> Rule:
    return Rule.on_events("t", TRUE, Source(""), level=level, status=status, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("status", "on"), [("stable", True), (None, True), ("test", False), ("deprecated", False)])
def test_only_finished_rules_are_switched_on(status: str | None, on: bool) -> None:
    assert Config().settings(rule(status=status), "a.yml").enabled is on


def test_levels_have_their_schedule() -> None:
    assert Config().settings(rule("critical"), "").interval < Config().settings(rule("low"), "").interval
    assert Config().settings(rule("nonsense"), "") == Config().settings(rule("medium"), "")


def test_the_narrower_section_wins() -> None:
    config = parse(
        """
defaults: {owner: all, interval: 1d, index: main}
levels: {high: {interval: 2h}}
folders: {"windows/**": {owner: win}, "linux/*": {owner: lin}}
tags: {attack.t1059: {suppress_for: 4h, suppress_by: [host]}}
rules:
  7f3c: {enabled: false, severity: critical}
"""
    )
    settings = config.settings(rule(id="7f3c", tags=("attack.T1059",)), "rules/windows/x/a.yml")
    assert settings == DeploySettings(
        enabled=False,
        interval=120,
        suppress_for=240,
        suppress_by=("host",),
        severity="critical",
        risk_score=99,
        index=("main",),
        owner="win",
    )
    assert config.settings(rule("low"), "linux/a.yml").owner == "lin"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("default: {}", "deploy.yml:1: unknown section 'default' (did you mean 'defaults'?)"),
        ("defaults:\n  enabled: 1", "deploy.yml:2: enabled wants true or false"),
        ("defaults:\n  interval: 5", "deploy.yml:2: interval wants a duration such as 15m, 4h or 1d"),
        ("defaults:\n  interval: 15d", "deploy.yml:2: interval wants a duration from 1m to 14d"),
        ("levels: {hihg: {}}", "deploy.yml:1: unknown level 'hihg' (did you mean 'high'?)"),
        ("defaults: {name: '{x}'}", "deploy.yml:1: name may hold {title}, {id} and {level}, and no other braces"),
        ("defaults: {risk_score: 101}", "deploy.yml:1: risk_score wants a whole number from 0 to 100"),
        ("- a", "deploy.yml:1: expected names and values here"),
        ("a: [", "deploy.yml:1: not YAML"),
    ],
)
def test_errors_name_the_line_and_what_is_right(text: str, message: str) -> None:
    with pytest.raises(DeploySettingsError) as error:
        parse(text)
    assert str(error.value).startswith(message)


def test_an_empty_file_changes_nothing() -> None:
    assert parse("") == Config()
