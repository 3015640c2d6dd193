"""Rules that group by or count a field that a platform keeps in two columns, such as a user in a domain and a name."""

from __future__ import annotations

import pytest

from transpile.conversion import Conversion, Options, Status, convert_source
from transpile.source import Source
from transpile.verify import Verdict, verify_source

BASES = r"""
title: Net
name: net
logsource: {product: windows, category: process_creation}
detection: {selection: {Image|endswith: '\net.exe'}, condition: selection}
---
title: Whoami
name: whoami
logsource: {product: windows, category: process_creation}
detection: {selection: {Image|endswith: '\whoami.exe'}, condition: selection}
---
title: Download
name: download
logsource: {product: windows, category: dns_query}
detection: {selection: {QueryName: example.org}, condition: selection}
---
title: Stage
correlation: """
COUNTING = "{type: event_count, rules: [net], group-by: [User, Computer], timespan: 10m, condition: {gte: 3}}"
COUNTED = "{type: value_count, rules: [net], group-by: Computer, timespan: 10m, condition: {gte: 3, field: User}}"
ORDERED = "{type: temporal_ordered, rules: [net, whoami], group-by: User, timespan: 10m}"
TEMPORAL = "{type: temporal, rules: [net, whoami], group-by: User, timespan: 10m}"
PLATFORMS = {"eql": "ecs", "yaral": "udm", "kql": "defender"}


def options(target: str) -> Options:
    return Options((target,), models=(PLATFORMS[target],))


def converted(stage: str, target: str) -> Conversion:
    return convert_source(Source(BASES + stage), options(target))[-1]


@pytest.mark.parametrize(
    ("target", "columns"),
    [
        ("eql", ("user.domain", "user.name", "winlog.computer_name")),
        ("yaral", ("principal_administrative_domain", "principal_user_userid", "principal_hostname")),
        ("kql", ("AccountDomain", "AccountName", "DeviceName")),
    ],
)
def test_a_user_in_two_columns_is_grouped_by_both(target: str, columns: tuple[str, ...]) -> None:
    made = converted(COUNTING, target)
    assert made.status is Status.EXACT and made.result is not None
    assert tuple(name.lstrip("$") for name in made.result.group) == columns


@pytest.mark.parametrize("target", PLATFORMS)
@pytest.mark.parametrize("stage", [COUNTING, COUNTED, ORDERED, TEMPORAL])
def test_such_a_query_is_proven(stage: str, target: str) -> None:
    proof = verify_source(Source(BASES + stage), options(target))[-1]
    assert proof.verdict in (Verdict.PROVEN, Verdict.REFUSED), proof
    assert proof.verdict is Verdict.PROVEN or "two columns" not in proof.reason


def test_other_columns_in_another_rule_are_given_the_names_of_the_first() -> None:
    stage = "{type: temporal, rules: [net, download], group-by: User, timespan: 10m}"
    made = converted(stage, "kql")
    assert made.result is not None and made.result.group == ("AccountDomain", "AccountName")
    assert "AccountName = InitiatingProcessAccountName" in (made.query or "")
    assert verify_source(Source(BASES + stage), options("kql"))[-1].verdict is Verdict.PROVEN
