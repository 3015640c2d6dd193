"""The conformance cases, by our engine and by Elastic's Python engine of the older dialect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.eql.outside import elastic
from tests.yaml_files import read_beside
from transpile.dialects.eql import DIALECT
from transpile.evaluate import Unproven
from transpile.source import Source
from transpile.syntax.lexer import ParseError

CASES = read_beside(__file__, "conformance.yml")
SETTLED = [case for case in CASES if isinstance(case["matches"], list)]

# Where the engine answers otherwise, and why. In each of these Elasticsearch's documentation is on our side.
OUTSIDE_DIFFERS: Mapping[str, tuple[str, ...]] = {
    "it compares strings without case": (
        'any where a == "net.exe"',
        'any where a != "x"',
        'any where a like "Net*"',
        'any where a like ("a*", "B")',
        'any where a in ("x", "Y")',
        'any where startsWith(a, "net")',
        'any where between(a, "System32\\\\", ".exe") == "cmd"',
    ),
    "null makes conditions on fields null, which Elasticsearch does in scripts only": (
        'any where a != "x" or b == 2',
        "any where not a > 5",
        'any where a not in ("x")',
        'any where a not in~ ("x")',
        'any where not a : "x"',
        'any where not (a : "x" or b : "y")',
        'any where not (a : "x" and b : "y")',
        'any where not a : "1" and b : "2"',
        'any where not a regex "x.*"',
        'any where not (string(a) : "46*" or b == 1)',
    ),
    "it looks into no lists": (
        "process where true",
        "any where a == null",
        "any where a != null",
        'any where a : "x*"',
        'any where not a : "x*"',
        "any where a in (1, 2)  // one of several",
        'any where cidrMatch(a, "10.0.0.0/8") or a == 5',
    ),
    "it has no mapping, which makes a number and its spelling, or two spellings of an address, one": (
        "any where a == 4688",
        'any where a == "4688"',
        "any where a > 5",
        "any where a == true",
        'any where a == "true"',
        'any where a : "46*"',
        "any where a in (1, 2)",
        'any where cidrMatch(a, "10.0.0.0/8") or a == "::1"',
        'any where cidrMatch(a, "::/0")',
    ),
    "it knows no wildcard ?": (
        'any where a : "d?c"',
        'any where a : "?*"',
        'any where a like~ "Net?"',
        'any where ?a == null or not ?a : "?*"',
    ),
    "it ignores the case of all letters": (
        'any where a : "é*"',
        'any where a regex~ "é"',
    ),
    "its regexes are Python's: they need not match to the end, and know nothing of Lucene's operators": (
        'any where a regex "net1?.exe"',
        'any where a regex "^a$"',
        'any where a regex ("a+", "b{2,3}", "c{2}", "d{2,}")',
        'any where a regex "(ab|c)*d?"',
        'any where a regex "\\"a.b\\"c"',
        'any where a regex "x@"',
        'any where a regex "a#|b"',
        'any where a regex "v<1-20>"',
        'any where a regex """\\w+\\s\\d"""',
        'any where a regex "a+?b"',
        'any where a regex "(?i)a"',
        'any where a regex "a(?=b)"',
    ),
    "its grammar lacks this": (
        '"my-category" where true',
        "any where `a``b` == 1",
        'any where a == "\\u{200f}\\u{1F600}"',
    ),
    "it follows dots into nested objects only": ('any where a.b : "x"',),
    "it finds the empty string in every other": ("any where stringContains(a, b)",),
    "it does not skip blanks around a number": ("any where number(a) == 1337",),
}


def run(query: str, events: list[dict[str, Any]]) -> list[int]:
    assert DIALECT.run is not None
    return list(DIALECT.run(DIALECT.parse(Source(query)), events))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["query"])
def test_case(case: dict[str, Any]) -> None:
    match case["matches"]:
        case "unproven":
            with pytest.raises(Unproven):
                run(case["query"], case["events"])
        case "rejected":
            with pytest.raises(ParseError):
                DIALECT.parse(Source(case["query"]))
        case expected:
            assert run(case["query"], case["events"]) == expected


def test_there_are_enough_cases_with_a_source() -> None:
    assert len(CASES) >= 80
    assert all(case["source"] for case in CASES)
    assert len({case["query"] for case in CASES}) == len(CASES)


def run_outside(query: str, events: list[dict[str, Any]]) -> list[int] | str:
    """The positions that the engine finds, or the kind of error it ends with."""
    try:
        with elastic() as eql:
            engine = eql.get_engine(eql.parse_query(query))
        found = []
        for position, event in enumerate(events):
            category = event.get("event", {}).get("category", "generic")
            given = eql.Event(category if isinstance(category, str) else "generic", position, event)
            found += [position for result in engine([given]) for _ in result.events]
        return found
    except Exception as error:  # an error of any kind is an answer here
        return type(error).__name__


@pytest.mark.parametrize("case", SETTLED, ids=lambda case: case["query"])
def test_case_in_the_outside_engine(case: dict[str, Any]) -> None:
    found = run_outside(case["query"], case["events"])
    differs = any(case["query"] in queries for queries in OUTSIDE_DIFFERS.values())
    assert (found != case["matches"]) == differs, found


def test_every_difference_is_of_a_case() -> None:
    differing = [query for queries in OUTSIDE_DIFFERS.values() for query in queries]
    assert set(differing) <= {case["query"] for case in SETTLED}
    assert len(differing) == len(set(differing))
