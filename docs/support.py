"""What each language supports of what Sigma can ask, found by asking: the cases of docs/support.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transpile import dialects
from transpile.conversion import Conversion, Status, convert_all
from transpile.ir.stream import Aggregate

RULE = """\
title: Case
logsource: {{product: windows, category: process_creation}}
detection:
  selection:
    {detection}
  condition: {condition}
"""

# What is asked, as a line of a selection; `not` before it asks for the opposite.
CASES = {
    "a value": "Image: 'C:\\a.exe'",
    "a list of values": "Image: [a, b, c]",
    "`contains`, `startswith`, `endswith`": "Image|endswith: '\\a.exe'",
    "`contains|all`": "CommandLine|contains|all: [a, b]",
    "a wildcard `*` inside": "CommandLine: 'a*b'",
    "a wildcard `?`": "CommandLine: 'a?b'",
    "an escaped `\\*`": "CommandLine: 'a\\*b'",
    "`cased`": "CommandLine|contains|cased: Ab",
    "a number": "EventID: 4688",
    "a number's spelling": "EventID: '4688'",
    "a truth value": "Initiated: true",
    "`gt`, `gte`, `lt`, `lte`": "Size|gt: 10",
    "`null`": "User: null",
    "not `null`": "User: null",
    "`''`": "User: ''",
    "not `''`": "User: ''",
    "`*` alone": "User: '*'",
    "`exists: true`": "User|exists: true",
    "`exists: false`": "User|exists: false",
    "`re`": "CommandLine|re: 'a+b'",
    "not `re`": "CommandLine|re: 'a+b'",
    "`re|i`": "CommandLine|re|i: 'a+b'",
    "`re|m`": "CommandLine|re|m: '^ab$'",
    "`re|s`": "CommandLine|re|s: 'a.b'",
    "`re` that looks ahead": "CommandLine|re: 'a(?!b)'",
    "`re` that refers back": "CommandLine|re: '(a)\\1'",
    "`cidr`, IPv4": "Ip|cidr: 10.0.0.0/8",
    "`cidr`, IPv6": "Ip|cidr: 'fe80::/10'",
    "`fieldref`": "Image|fieldref: ParentImage",
    "`fieldref|startswith`": "Image|fieldref|startswith: ParentImage",
    "`windash`": "CommandLine|windash|contains: ' -a'",
    "`base64offset`, `wide`": "CommandLine|wide|base64offset|contains: abc",
    "`hour`, `minute` ...": "UtcTime|hour: 3",
    "a keyword": "- abc",
    "not a keyword": "- abc",
}

BASES = """\
title: A
name: a
logsource: {product: windows, service: security}
detection: {selection: {EventID: 1}, condition: selection}
---
title: B
name: b
logsource: {product: windows, service: security}
detection: {selection: {EventID: 2}, condition: selection}
---
title: Inner
name: inner
correlation: {type: event_count, rules: [a], group-by: [User], timespan: 5m, condition: {gte: 10}}
---
title: Case
correlation:
"""

# What is asked of several events: a correlation, its type first. BY_USER stands for a group and five minutes.
STAGES = {
    "`event_count`, `gte` or `gt`": "event_count, rules: [a], BY_USER, condition: {gte: 10}",
    "`event_count` of 101 to 2,500": "event_count, rules: [a], BY_USER, condition: {gt: 1000}",
    "`event_count` without `group-by`": "event_count, rules: [a], timespan: 5m, condition: {gte: 10}",
    "`event_count` of several rules": "event_count, rules: [a, b], BY_USER, condition: {gte: 10}",
    "`event_count`, `lt` or `lte`": "event_count, rules: [a], BY_USER, condition: {lt: 10}",
    "`event_count`, `eq`": "event_count, rules: [a], BY_USER, condition: {eq: 10}",
    "`event_count`, a range": "event_count, rules: [a], BY_USER, condition: {gte: 10, lt: 20}",
    "`event_count` over three days": "event_count, rules: [a], group-by: [User], timespan: 3d, condition: {gte: 10}",
    "`value_count`": "value_count, rules: [a], BY_USER, condition: {field: F, gte: 10}",
    "`value_count` of two fields": "value_count, rules: [a], BY_USER, condition: {field: [F, G], gte: 10}",
    "`value_sum`": "value_sum, rules: [a], BY_USER, condition: {field: F, gte: 10}",
    "`value_avg`": "value_avg, rules: [a], BY_USER, condition: {field: F, gte: 10}",
    "`value_median`": "value_median, rules: [a], BY_USER, condition: {field: F, gte: 10}",
    "`value_percentile`": "value_percentile, rules: [a], BY_USER, condition: {field: F, percentile: 95, gte: 10}",
    "`temporal`": "temporal, rules: [a, b], BY_USER",
    "`temporal` without `group-by`": "temporal, rules: [a, b], timespan: 5m",
    "`temporal`, a number of rules": "temporal, rules: [a, b], BY_USER, condition: {gte: 1}",
    "`temporal`, `a or b`": "temporal, rules: [a, b], BY_USER, condition: a or b",
    "`temporal`, `a and not b`": "temporal, rules: [a, b], BY_USER, condition: a and not b",
    "`temporal_ordered`": "temporal_ordered, rules: [a, b], BY_USER",
    "aliases": "temporal_ordered, rules: [a, b], aliases: {who: {a: User, b: Account}}, group-by: [who], timespan: 5m",
    "a chain: ordered over a count": "temporal_ordered, rules: [inner, b], group-by: [User], timespan: 15m",
    "a chain: a count of counts": "event_count, rules: [inner], group-by: [User], timespan: 1h, condition: {gte: 2}",
}

SIGNS = {Status.EXACT: "exact", Status.REFUSED: "refused", Status.ERROR: "error"}


def support() -> Iterator[str]:
    """The table as Markdown."""
    names = dialects.writers()
    yield (
        "# What each language supports\n\nMade by `python docs/generate.py`, by converting a rule for each line, with "
        "`--model none`. A data model can do better or worse, because it knows what a field holds.\n"
    )
    titles = (dialects.load(name).title.replace("|", "\\|") for name in names)
    yield f"| | {' | '.join(titles)} |"
    yield f"| --- |{' --- |' * len(names)}"
    for title, detection in CASES.items():
        condition = "not selection" if title.startswith("not ") else "selection"
        text = RULE.format(detection=detection, condition=condition)
        yield _row(title, convert_all(text, write=names, model="none", allow_approximate=True))
    yield from _stages()
    yield "\nThe codes are explained in [codes.md](codes.md)."


def _stages() -> Iterator[str]:
    """The table of what is asked of several events, in the languages that have stages."""
    names = [name for name in dialects.writers() if Aggregate in dialects.load(name).can.stages]
    yield (
        "\n## Rules on several events\n\nFields are texts here, and windows slide; [windows.md](windows.md) says what "
        "that means, and why some conditions are exact in no language.\n"
    )
    titles = (dialects.load(name).title.replace("|", "\\|") for name in names)
    yield f"| | {' | '.join(titles)} |"
    yield f"| --- |{' --- |' * len(names)}"
    for title, stage in STAGES.items():
        text = f"{BASES}  {{type: {stage.replace('BY_USER', 'group-by: [User], timespan: 5m')}}}\n"
        found = convert_all(text, write=names, model="none", allow_approximate=True)
        yield _row(title, found[-len(names) :])


def _row(title: str, found: Sequence[Conversion]) -> str:
    cells = [title.replace("|", "\\|"), *map(_cell, found)]
    return f"| {' | '.join(cells)} |"


def _cell(found: Conversion) -> str:
    codes = ", ".join(dict.fromkeys(one.code for one in found.diagnostics if one.severity != "note"))
    if found.status is Status.APPROXIMATE:
        return f"{'narrower' if codes.endswith('N') else 'wider'}, {codes}"
    return f"{SIGNS[found.status]}{f', {codes}' if codes else ''}"
