"""What a rule means once it is read: regexes with flags, unset fields, keys of labels, and values to group by."""

from __future__ import annotations

from typing import Any

import pytest

from transpile.codes import Direction, Effect
from transpile.dialects.base import Lifted, ReadOptions
from transpile.dialects.yaral.lift import lift
from transpile.dialects.yaral.parse import parse
from transpile.evaluate.reference import matches
from transpile.ir.stream import Events
from transpile.source import Source

HOST = "principal.hostname"
EVENTS: tuple[dict[str, Any], ...] = ({}, {HOST: ""}, {HOST: "a"}, {HOST: "A"}, {HOST: "b"}, {HOST: "xA y"})


def matched(line: str) -> list[int]:
    source = Source(f'rule r {{\n  events:\n    {line}\n    $e.target.hostname != "z"\n  condition:\n    $e\n}}\n')
    body = lift(parse(source), source, ReadOptions()).body
    assert isinstance(body, Events)
    return [number for number, event in enumerate(EVENTS) if matches(body.condition, event)]


@pytest.mark.parametrize(
    ("regex", "expected"),
    [
        ("/(?i)a/", [2, 3, 5]),
        ("/(?i)^a$/", [2, 3]),
        ("/(?i:x)a/ nocase", [5]),
        ("/a/", [2]),
        ("/^$/", [0, 1]),
        ("/^a?$/", [0, 1, 2]),
        ("/.*/", [0, 1, 2, 3, 4, 5]),
        ("/a|^$/ nocase", [0, 1, 2, 3, 5]),
    ],
)
def test_regexes(regex: str, expected: list[int]) -> None:
    others = [number for number in range(len(EVENTS)) if number not in expected]
    pattern, _, nocase = regex.partition("/ ")
    call = f"re.regex($e.{HOST}, `{pattern.strip('/')}`) {nocase}"
    assert matched(f"$e.{HOST} = {regex}") == expected
    assert matched(f"$e.{HOST} != {regex}") == others
    assert matched(call) == expected
    assert matched(call.replace("`", "/")) == expected
    assert matched(f"not {call}") == others


def read(events: str, match: str = "", condition: str = "$e") -> Lifted:
    grouping = f"  match:\n    {match} over 5m\n" if match else ""
    source = Source(f"rule r {{\n  events:\n    {events}\n{grouping}  condition:\n    {condition}\n}}\n")
    return lift(parse(source), source, ReadOptions())


def test_a_key_of_labels_is_one_value() -> None:
    labels = "$e.security_result.about.labels"
    found = read(f'{labels}["a"] != "x"\n    {labels}["b"] = "y"')
    assert not [one for one in found.diagnostics if one.effect is Effect.APPROXIMATE]
    assert isinstance(found.body, Events)
    name = "security_result.about.labels"
    for event, expected in (({f'{name}["b"]': "y"}, True), ({f'{name}["a"]': "x", f'{name}["b"]': "y"}, False)):
        assert matches(found.body.condition, event) is expected


@pytest.mark.parametrize(
    ("value", "event", "expected"),
    [
        ("$e.principal.hostname", {}, False),
        ("strings.to_lower($e.principal.hostname)", {}, False),
        ("strings.to_lower($e.principal.hostname)", {HOST: "a"}, True),
        ("strings.coalesce($e.principal.hostname, $e.src.hostname)", {}, False),
        ("strings.coalesce($e.principal.hostname, $e.src.hostname)", {"src.hostname": "a"}, True),
        ("re.capture($e.principal.hostname, `a(b+)`)", {HOST: "ac"}, False),
        ("re.capture($e.principal.hostname, `a(b+)`)", {HOST: "ab"}, True),
    ],
)
def test_events_without_a_value_to_group_by_are_dropped(value: str, event: dict[str, Any], expected: bool) -> None:
    found = read(f'$e.target.hostname != "z"\n    $x = {value}', "$x")
    assert isinstance(found.body, Events)
    assert matches(found.body.condition, event) is expected
    assert not [one for one in found.diagnostics if one.effect is Effect.APPROXIMATE]


def test_a_computed_value_to_group_by_that_has_no_form_is_left() -> None:
    found = read('$e.target.hostname != "z"\n    $x = re.capture($e.principal.hostname, `a(b*)`)', "$x", "#e > 3")
    left = [(one.text, one.effect) for one in found.left]
    assert left == [("re.capture($e.principal.hostname, `a(b*)`)", Direction.WIDER)] * 2
