"""What each language's reader makes of what queries ask, found by asking: the table of docs/reading.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transpile import dialects
from transpile.conversion import Status, convert_all

INTRODUCTION = """\
# What is read of each language

Made by `python docs/generate.py`, by reading a query for each cell and writing it as Sigma, with `--source-model none`.

- **exact**: the rule means the query. A code behind it names what was left out without an effect on what matches, such
  as presentation, or a note.
- **wider**, **narrower**: the rule matches more, or less. It is written only with `--allow-approximate`, and the result
  lists each piece of text that was left out (`read.left` in `--format ndjson`).
- **refused**: there is no rule, and the code says why.
- **-**: the language has nothing of the kind.

The pages of the languages say more.
"""


def _yaral(events: str, rest: str = "") -> str:
    return f"rule example {{\n  events:\n    {events}\n{rest}  condition:\n    $e\n}}\n"


CASES: Mapping[str, Mapping[str, str]] = {
    "a value, its case ignored": {
        "spl": 'f="net.exe"',
        "kql": 'T | where f =~ "net.exe"',
        "eql": 'any where f : "net.exe"',
        "esql": 'FROM logs-* | WHERE TO_LOWER(f) == "net.exe"',
        "lucene": "f:/[nN][eE][tT]\\.[eE][xX][eE]/",
        "yaral": _yaral('$e.principal.hostname = "net.exe" nocase'),
    },
    "a value, its case counted": {
        "spl": 'index=a | where f=="net.exe"',
        "kql": 'T | where f == "net.exe"',
        "eql": 'any where f == "net.exe"',
        "esql": 'FROM logs-* | WHERE f == "net.exe"',
        "kuery": 'f:"net.exe"',
        "lucene": 'f:"net.exe"',
        "yaral": _yaral('$e.principal.hostname = "net.exe"'),
    },
    "a list of values": {
        "spl": 'f IN ("a", "b")',
        "kql": 'T | where f in~ ("a", "b")',
        "eql": 'any where f in~ ("a", "b")',
        "esql": 'FROM logs-* | WHERE f IN ("a", "b")',
        "kuery": "f:(a or b)",
        "lucene": "f:(a OR b)",
        "yaral": _yaral('($e.principal.hostname = "a" or $e.principal.hostname = "b")'),
    },
    "a part of a value, wildcards": {
        "spl": 'f="*use*"',
        "kql": 'T | where f contains "use"',
        "eql": 'any where f : "*use*"',
        "esql": 'FROM logs-* | WHERE f LIKE "*use*"',
        "kuery": "f:*use*",
        "lucene": "f:*use*",
        "yaral": _yaral('strings.contains($e.principal.hostname, "use")'),
    },
    "a whole word (`has`)": {"kql": 'T | where f has "use"'},
    "a regular expression": {
        "spl": '* | regex f="a+b"',
        "kql": 'T | where f matches regex "a+b"',
        "eql": 'any where f regex ".*a+b.*"',
        "esql": 'FROM logs-* | WHERE f RLIKE ".*a+b.*"',
        "lucene": "f:/.*a+b.*/",
        "yaral": _yaral("$e.principal.hostname = /a+b/"),
    },
    "a number, an order": {
        "spl": "f>10",
        "kql": "T | where f > 10",
        "eql": "any where f > 10",
        "esql": "FROM logs-* | WHERE f > 10",
        "kuery": "f > 10",
        "lucene": "f:>10",
        "yaral": _yaral("$e.target.port > 10"),
    },
    "a field without a value": {
        "spl": "NOT f=*",
        "kql": "T | where isempty(f)",
        "eql": "any where f == null",
        "esql": "FROM logs-* | WHERE f IS NULL",
        "kuery": "not f:*",
        "lucene": "NOT _exists_:f",
        "yaral": _yaral('$e.principal.hostname = ""'),
    },
    "a network": {
        "spl": '* | where cidrmatch("10.0.0.0/8", f)',
        "kql": 'T | where ipv4_is_in_range(f, "10.0.0.0/8")',
        "eql": 'any where cidrMatch(f, "10.0.0.0/8")',
        "esql": 'FROM logs-* | WHERE CIDR_MATCH(f, "10.0.0.0/8")',
        "kuery": 'f:"10.0.0.0/8"',
        "lucene": 'f:"10.0.0.0/8"',
        "yaral": _yaral('net.ip_in_range_cidr($e.principal.ip, "10.0.0.0/8")'),
    },
    "two fields": {
        "spl": "* | where f==g",
        "kql": "T | where f == g",
        "eql": "any where startsWith(f, g)",
        "esql": "FROM logs-* | WHERE f == g",
        "yaral": _yaral("$e.principal.hostname = $e.target.hostname"),
    },
    "a computed column": {
        "spl": '* | eval name=lower(f) | where name="x"',
        "kql": 'T | extend name = tolower(f) | where name == "x"',
        "eql": "any where length(f) > 10",
        "esql": 'FROM logs-* | EVAL name = TO_LOWER(f) | WHERE name == "x"',
        "yaral": _yaral('strings.to_lower($e.principal.hostname) = "x"'),
    },
    "a word anywhere in the event": {
        "spl": "mimikatz",
        "kql": 'T | where * contains "mimikatz"',
        "esql": 'FROM logs-* | WHERE QSTR("mimikatz")',
        "kuery": "mimikatz",
        "lucene": "mimikatz",
    },
    "presentation": {
        "spl": "f=x | table _time f | sort f",
        "kql": 'T | where f == "x" | project f | sort by f',
        "esql": 'FROM logs-* | WHERE f == "x" | KEEP f | SORT f',
        "yaral": _yaral('$e.principal.hostname = "x"', "  outcome:\n    $risk_score = 35\n"),
    },
    "a look-back": {
        "spl": "f=x earliest=-1h",
        "kql": 'T | where Timestamp > ago(1h) | where f == "x"',
        "esql": 'FROM logs-* | WHERE @timestamp > NOW() - 1 hour AND f == "x"',
    },
    "a count of events in a window": {
        "spl": "f=x | bin _time span=5m | stats count by _time, g | where count>=5",
        "kql": 'T | where f == "x" | summarize n = count() by g, bin(Timestamp, 5m) | where n >= 5',
        "eql": 'sequence by g with maxspan=5m [any where f == "x"] with runs=5',
        "esql": (
            'FROM logs-* | WHERE f == "x" | STATS n = COUNT(*) BY g, t = DATE_TRUNC(5 minutes, @timestamp) '
            "| WHERE n >= 5"
        ),
        "yaral": (
            'rule example {\n  events:\n    $e.metadata.event_type = "USER_LOGIN"\n    $e.target.user.userid = $u\n'
            "  match:\n    $u over 5m\n  condition:\n    #e >= 5\n}\n"
        ),
    },
    "a count of different values": {
        "spl": "f=x | bin _time span=5m | stats dc(h) as n by _time, g | where n>5",
        "kql": 'T | where f == "x" | summarize n = dcount(h) by g, bin(Timestamp, 5m) | where n > 5',
        "esql": (
            'FROM logs-* | WHERE f == "x" | STATS n = COUNT_DISTINCT(h) BY g, t = DATE_TRUNC(5 minutes, @timestamp) '
            "| WHERE n > 5"
        ),
        "yaral": (
            'rule example {\n  events:\n    $e.metadata.event_type = "USER_LOGIN"\n    $e.target.user.userid = $u\n'
            "  match:\n    $u over 5m\n  outcome:\n    $n = count_distinct($e.principal.hostname)\n"
            "  condition:\n    $e and $n > 5\n}\n"
        ),
    },
    "events in order": {
        "eql": 'sequence by g with maxspan=5m [any where f == "x"] [any where f == "y"]',
        "yaral": (
            'rule example {\n  events:\n    $a.metadata.event_type = "USER_LOGIN"\n    $a.target.user.userid = $u\n'
            '    $b.metadata.event_type = "PROCESS_LAUNCH"\n    $b.principal.user.userid = $u\n'
            "    $a.metadata.event_timestamp.seconds < $b.metadata.event_timestamp.seconds\n"
            "  match:\n    $u over 5m\n  condition:\n    $a and $b\n}\n"
        ),
    },
    "a join, a subsearch": {
        "spl": "f=x | join g [search f=y]",
        "kql": 'T | where f == "x" | join kind=inner (U | where f == "y") on g',
        "esql": 'FROM logs-* | WHERE f == "x" | LOOKUP JOIN other ON g | WHERE h == "y"',
    },
    "a list from elsewhere": {
        "spl": "f=x | lookup names g OUTPUT h | where h=1",
        "kql": "T | where f in (_GetWatchlist('names'))",
        "esql": 'FROM logs-* | WHERE f == "x" | ENRICH names ON g | WHERE h == "y"',
        "yaral": _yaral("$e.principal.hostname in %names"),
    },
    "some of the rows": {
        "spl": "f=x | head 5",
        "kql": 'T | where f == "x" | take 5',
        "eql": 'any where f == "x" | tail 5',
        "esql": 'FROM logs-* | WHERE f == "x" | LIMIT 5',
    },
}


DIRECTIONS = {"W": "wider", "N": "narrower"}


def reading() -> Iterator[str]:
    """The page as Markdown."""
    names = [name for name in dialects.readers() if any(name in row for row in CASES.values())]
    yield INTRODUCTION
    titles = (dialects.load(name).title.replace("|", "\\|") for name in names)
    yield f"| | {' | '.join(titles)} |"
    yield f"| --- |{' --- |' * len(names)}"
    for title, queries in CASES.items():
        yield f"| {title} | {' | '.join(_cell(name, queries.get(name)) for name in names)} |"


def _cell(language: str, query: str | None) -> str:
    """What became of a query: how the rule stands to it, and the codes that say why."""
    if query is None:
        return "-"
    (found, *_) = convert_all(query, read=language, write="sigma", source_model="none", allow_approximate=True)
    said = found.diagnostics
    if found.status is Status.APPROXIMATE:
        codes = [one for one in said if one.code[-1] in "WN"]
        ways = {one.code[-1]: DIRECTIONS[one.code[-1]] for one in codes}
        verdict = " and ".join(ways.values())
    else:
        codes = [one for one in said if one.kind.id[:3] not in ("SIG", "MAP")]
        verdict = "exact" if found.status is Status.EXACT else "refused"
    links = dict.fromkeys(f"[{one.code}](codes.md#{one.kind.id.lower()})" for one in codes or said)
    return f"{verdict} {', '.join(links)}".strip() if found.status is not Status.EXACT or codes else verdict
