"""What a regex of a rule means once it is read: flags inside of it, and unset fields that are the empty text."""

from __future__ import annotations

from typing import Any

import pytest

from transpile.dialects.base import ReadOptions
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
