"""A value that is in one of several places: a deployment that lacks one of them must still accept the query."""

from __future__ import annotations

import pytest

import transpile

RULE = r"""
title: Integrity
logsource: {category: process_creation, product: windows}
detection:
    selection:
        Image|endswith: \a.exe
        IntegrityLevel: High
    filter:
        IntegrityLevel: Low
    condition: selection and not filter
"""


def query(write: str) -> str:
    found = transpile.convert(RULE, write=write, model="ecs")
    assert found.status == "exact" and found.query is not None
    return found.query


def test_eql_asks_for_optional_fields() -> None:
    text = query("eql")
    assert '?process.Ext.token.integrity_level_name : "High"' in text
    assert '?process.Ext.token.integrity_level_name != null and ?process.Ext.token.integrity_level_name : "Low"' in text
    assert text.count("winlog.event_data") == text.count("?winlog.event_data")
    assert "?process.name" not in text  # every deployment has it


def test_esql_searches_columns_that_may_be_unknown() -> None:
    text = query("esql")
    assert 'QSTR("process.Ext.token.integrity_level_name:/[Hh][iI][gG][hH]/")' in text
    assert text.count("integrity_level_name") == text.count('QSTR("process.Ext.token.integrity_level_name')


@pytest.mark.parametrize("write", ["eql", "esql"])
def test_such_queries_mean_the_rule(write: str) -> None:
    assert [proof.verdict.value for proof in transpile.verify_all(RULE, write=write, model="ecs")] == ["proven"]


def test_esql_reads_the_indices_of_the_data_model() -> None:
    source, rest = query("esql").split("METADATA")
    assert "winlogbeat-*" in source and "logs-endpoint.events.process-*" in source
    assert "event.category" in rest


def test_networks_in_several_places() -> None:
    rule = """
title: Network
logsource: {product: windows, service: smbclient-connectivity}
detection:
    selection: {EventID: 30803}
    filter:
        ServerAddress|cidr: [10.0.0.0/8, "fe80::/10"]
    condition: selection and not filter
"""
    assert [proof.verdict.value for proof in transpile.verify_all(rule, write="esql", model="ecs")] == ["proven"]
