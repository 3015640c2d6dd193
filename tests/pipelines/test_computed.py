"""Tests of computed values go through a data model: each field must be kept as it is."""

from __future__ import annotations

import pytest

from transpile.conversion import Status, convert

SEARCH = (
    'index=main source="XmlWinEventLog:Microsoft-Windows-Sysmon/Operational" EventCode=1 '
    '| where len({field}) > 100 AND like(lower({field}), "%cmd%")'
)


def converted(field: str, target: str, **more: object) -> tuple[Status, set[str], str | None]:
    found = convert(
        SEARCH.format(field=field),
        read="spl",
        write=target,
        unmapped="keep",
        allow_approximate=True,
        **more,
    )
    return found.status, {one.code for one in found.diagnostics}, found.query


def test_a_renamed_field_keeps_its_functions() -> None:
    status, _, query = converted("CommandLine", "kql")
    assert status is not Status.ERROR
    assert query is not None
    assert "strlen(" in query


def test_a_length_is_not_that_of_xml() -> None:
    status, found, query = converted("CommandLine", "spl")
    assert (status, query) == (Status.REFUSED, None)
    assert "MAP004" in found


@pytest.mark.parametrize("target", ["kql", "spl", "eql", "esql", "yaral", "sigma", "lucene", "kuery"])
def test_no_target_fails(target: str) -> None:
    assert converted("CommandLine", target)[0] is not Status.ERROR
    assert converted("Nowhere", target)[0] is not Status.ERROR
