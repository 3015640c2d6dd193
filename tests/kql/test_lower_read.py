"""What is written for Kusto is run, read by the parser of Microsoft, and laid out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests import arms
from tests.kql.microsoft import check, needs_microsoft
from tests.kql.test_lower import APPROXIMATE, DYNAMIC, EXACT, lowered, of, text, where
from transpile.dialects.kql import DIALECT
from transpile.evaluate import Unproven
from transpile.evaluate.reference import matches
from transpile.ir.expr import And, Expr, Keyword, Not, Or
from transpile.ir.match import (
    ANY,
)
from transpile.source import Source

EVENTS: list[Mapping[str, Any]] = [
    {},
    {"a": "x", "n": 1, "b": True, "c": "x", "groups": ["x", "80"], "EventData": {"Image": "x"}, "ip": "10.1.2.3"},
    {"a": "X", "n": 2, "b": False, "c": "X", "groups": ["axb"], "EventData": {"Image": "C:\\cmd.exe"}, "ip": "::1"},
    {"a": "axb", "n": 46, "c": "y", "groups": [], "EventData": {"Image": ""}, "ip": "10.0.0.0"},
    {"a": "80", "n": 4688, "c": "80", "groups": ["1", "q"], "EventData": {"Image": 3}, "d": "z", "ip": "11.0.0.0"},
    {"a": "C:\\x\\*.EXE", "EventData": {}, "groups": [""], "m": 5, "n": 5},
    {"a": "a\nb", "n": -5, "m": 1, "EventData": {"Image": "10"}, "Other": {"Path": "x10"}},
    {"a": "été–X", "c": "é", "ip": "fe80::1"},
    {"a": "abc", "c": "net user", "n": 10**6},
    {"a": "2026-01-03T03:03:00Z", "t": "2026-03-20T10:03:00Z"},
    {"a": "10.2.3.4", "c-uri": "x", "kind": "x", "userIdentity": {"arn": "X"}},
    {"a": "::1", "c-uri": "y"},
    {"a": "Mimikatz", "n": 0},
    {"a": "sekurlsa::MIMI", "b": True},
    {"a": "4688", "n": 4},
    {"a": "true"},
    {"a": "\\"},
    {"a": "*"},
]


@pytest.mark.parametrize("condition", [condition for condition, _ in EXACT], ids=[expected for _, expected in EXACT])
def test_exact_by_running_it(condition: Expr) -> None:
    script = DIALECT.parse(Source(lowered(condition)[0]))
    settled = 0
    for event in EVENTS:
        try:
            found = arms.run(DIALECT, script, [event])
        except Unproven:
            continue
        settled += 1
        assert bool(found) is matches(condition, event), event
    assert settled > 10


def test_a_keyword_that_is_all_wildcard_asks_for_nothing() -> None:
    """Every row of a table holds some value."""
    assert where(Keyword(text(ANY))) == ""


@needs_microsoft
def test_microsoft_reads_all_of_it_and_names_and_types_fit() -> None:
    """Every predicate on a mapped field is one that Kusto takes for the column's type."""
    tables = {
        "Events": {
            **dict.fromkeys(["a", "c", "d", "ip", "c-uri", "kind", "userIdentity.arn"], "string"),
            **dict.fromkeys(["n", "m"], "long"),
            **dict.fromkeys(["EventData", "Other", "D", "groups"], "dynamic"),
            "b": "bool",
            "t": "datetime",
        }
    }
    conditions = [*(one for one, _ in EXACT), *(one for one, _, _ in APPROXIMATE)]
    queries = [lowered(condition)[0] for condition in conditions]
    wrong = {"Events | where n =~ 'x'": "KS106", "Events | where z == 1": "KS142", "Nothing | count": "KS204"}
    found = check([*queries, *wrong], tables)
    assert [(query, one) for query, one in zip(queries, found, strict=False) if one] == []
    assert [one[0][:5] for one in found[len(queries) :]] == list(wrong.values())


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (8, 'Events\n| where a contains "number 0"\n    or a contains "number 1"'),
        (2, 'Events\n| where a contains "number 0" or a contains "number 1"'),
    ],
)
def test_layout(parts: int, expected: str) -> None:
    condition = Or(tuple(of(text(ANY, f"number {i}", ANY)) for i in range(parts)))
    assert lowered(condition)[0].startswith(expected)


def test_what_is_nested_deep_is_no_crash() -> None:
    condition: Expr = of(text("x"))
    for level in range(60):
        condition = Not(And((condition, of(text(f"{level}"))))) if level % 2 else Or((condition, of(text(f"{level}"))))
    assert lowered(condition)[0].count("not(") > 20
    deep = replace(DYNAMIC, name="EventData" + ".x" * 2000)
    assert lowered(of(text("x"), deep))[0].startswith("Events\n| where tostring(['EventData.x.x.x")


def test_long_lists_are_one_value_a_line() -> None:
    condition = Or(tuple(of(text(f"a rather long value, number {i}")) for i in range(5)))
    assert lowered(condition)[0] == "\n".join(
        [
            "Events",
            "| where a in~ (",
            *(f'    "a rather long value, number {i}"{"," * (i < 4)}' for i in range(5)),
            "  )",
        ]
    )
