"""Every language counts what no index serves: leading wildcards, regular expressions, and scans."""

from __future__ import annotations

import pytest

from tests.contract.parts import QUERY_LANGUAGES, unfinished
from transpile import dialects
from transpile.dialects.base import QueryCost
from transpile.source import Source

# By language, queries and what they cost. A new language adds its own.
COSTS = {
    "spl": {
        'source="x" a=b c=d*': QueryCost(),
        'a="*b" c IN ("*d*", "e") NOT f="*"': QueryCost(2, 0, 1),
        'index=x | where match(a, "b") OR like(c, "%d")': QueryCost(1, 1, 0),
        'index=x | regex a="b" | rex "(?<c>d)"': QueryCost(0, 2, 0),
        "index=x *word* OR NOT *other": QueryCost(2, 0, 0),
        '| tstats count from datamodel=Web.Web where Web.url="*x"': QueryCost(1, 0, 0),
        "| multisearch [search index=x a=*b] [search c=d]": QueryCost(1, 0, 1),
    },
    "kql": {
        'T | where a has "b" and c startswith "d" and e == "f"': QueryCost(),
        'T | where a contains "b" or c !endswith "d"': QueryCost(2, 0, 0),
        'T | where a matches regex "b" | extend c = extract("d", 1, e)': QueryCost(0, 2, 0),
        'search "x"': QueryCost(0, 0, 1),
        'T | where * has "x"': QueryCost(0, 0, 1),
    },
    "eql": {
        'process where a == "b" and c : ("d*", "*")': QueryCost(),
        'process where a : ("*b", "c") or d like "?e"': QueryCost(2, 0, 0),
        'process where a regex ("b", "c") and length(d) > 3': QueryCost(0, 2, 1),
        'sequence by x [process where a : "*b"] [file where c : "*d"]': QueryCost(2, 0, 0),
    },
    "esql": {
        'FROM x | WHERE TO_LOWER(a) LIKE "b*" AND c == "d"': QueryCost(),
        'FROM x | WHERE a LIKE ("*b", "c") OR d RLIKE "e"': QueryCost(1, 1, 0),
        "FROM x | WHERE LENGTH(a) > 3": QueryCost(0, 0, 1),
    },
    "lucene": {
        "a:b AND c:d*": QueryCost(),
        "a:*b OR a:(*c OR /d/)": QueryCost(2, 1, 0),
        "a:*": QueryCost(),
    },
    "kuery": {
        "a:b and c:d* and e:*": QueryCost(),
        "a:*b or c:(*d or e)": QueryCost(2, 0, 0),
        "word": QueryCost(0, 0, 1),
    },
    "yaral": {
        'rule r { events: $e.metadata.event_type = "NETWORK_DNS" condition: $e }': QueryCost(),
        "rule r { events: $e.principal.hostname = /a/ $e.principal.ip = /^b/ condition: $e }": QueryCost(1, 2, 1),
    },
}


@pytest.mark.parametrize("name", [name for name in QUERY_LANGUAGES if name != "sigma"])
def test_what_no_index_serves_is_counted(name: str) -> None:
    dialect = dialects.load(name)
    if dialect.cost is None:
        unfinished(name, "cost.py", "count what no index serves")
    assert dialect.cost is not None
    for query, expected in COSTS[name].items():
        assert dialect.cost(dialect.parse(Source(query))) == expected, query
