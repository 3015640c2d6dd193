"""The conformance cases, by our engine and by an outside one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests import arms
from tests.yaml_files import read_beside
from transpile.dialects.kql import DIALECT
from transpile.dialects.kql.literals import quote, spell_name
from transpile.evaluate import Unproven
from transpile.source import Source
from transpile.syntax.lexer import ParseError

CASES = read_beside(__file__, "conformance.yml")
SETTLED = [case for case in CASES if isinstance(case["matches"], list)]

# Where duckdb-kql 1.1 answers otherwise. In each of these the reference is on our side.
OUTSIDE_DIFFERS: Mapping[str, str] = {
    'Events | where a == h"secret"': "it keeps the h of an obfuscated string",
    'Events | where a == ```C:\\a"b```': "it keeps the quotes of a multi-line string",
    'Events | where a matches regex @"^\\d+$"': "its regexes are RE2's, in which \\d is ASCII; Kusto's is \\p{Nd}",
    "Events | where isnotnull(D.a)": "it takes a JSON null inside of a bag for a value",
}


def run(query: str, events: list[dict[str, Any]]) -> list[int]:
    return arms.run(DIALECT, DIALECT.parse(Source(query)), events)


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


# --- duckdb-kql, an engine of other authors


def datatable(case: dict[str, Any]) -> str:
    """The events of a case as a table in KQL, with their positions in a column of their own."""
    names = list(dict.fromkeys([*case.get("columns", {}), *(name for event in case["events"] for name in event)]))
    types = {name: case.get("columns", {}).get(name) or type_of(case["events"], name) for name in names}
    schema = ", ".join(f"{spell_name(name)}: {type_}" for name, type_ in types.items())
    rows = ", ".join(
        ", ".join([*(literal(event.get(name), type_) for name, type_ in types.items()), str(position)])
        for position, event in enumerate(case["events"])
    )
    return f"datatable({schema}, position__: long) [{rows}]"


def type_of(events: list[dict[str, Any]], name: str) -> str:
    for event in events:
        match event.get(name):
            case bool():
                return "bool"
            case int():
                return "long"
            case float():
                return "real"
            case list() | dict():
                return "dynamic"
            case str():
                return "string"
    return "string"


def literal(value: Any, type_: str) -> str:
    match type_:
        case "string":
            return quote("" if value is None else str(value))
        case _ if value is None:
            return f"{type_}(null)"
        case "dynamic":
            return f"dynamic({json.dumps(value)})"
        case _:
            return f"{type_}({str(value).lower()})"


@pytest.fixture(scope="module")
def duckdb() -> Any:
    pytest.importorskip("duckdb", reason="duckdb-kql[duckdb] is not installed")
    return pytest.importorskip("duckdb_kql", reason="duckdb-kql[duckdb] is not installed").connect()


@pytest.mark.parametrize("case", SETTLED, ids=lambda case: case["query"])
def test_case_outside(case: dict[str, Any], duckdb: Any) -> None:
    import duckdb_kql

    table = f"let {(name := case.get('table', 'Events'))} = {datatable(case)};\nlet Others = {name} | take 0;\n"
    try:
        query = table + case["query"].removesuffix("| project b") + "\n| project position__"
        found = sorted(row[0] for row in duckdb_kql.query(duckdb, query).fetchall())
    except (duckdb_kql.KqlUnsupportedError, duckdb_kql.KqlSchemaError) as error:
        pytest.skip(f"duckdb-kql cannot run it: {str(error).splitlines()[0]}")
    except Exception as error:
        if "invalid perl operator" not in str(error):
            raise
        pytest.skip(f"duckdb's regexes are RE2's: {error}")
    assert (found == case["matches"]) is (case["query"] not in OUTSIDE_DIFFERS)
