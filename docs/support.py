"""What each language supports of what Sigma can ask, found by asking: the cases of docs/support.md."""

from __future__ import annotations

from collections.abc import Iterator

from transpile import dialects
from transpile.conversion import Conversion, Status, convert_all

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
        found = convert_all(text, write=names, model="none", allow_approximate=True)
        cells = [title.replace("|", "\\|"), *map(_cell, found)]
        yield f"| {' | '.join(cells)} |"
    yield "\nThe codes are explained in [codes.md](codes.md)."


def _cell(found: Conversion) -> str:
    codes = ", ".join(dict.fromkeys(one.code for one in found.diagnostics if one.severity != "note"))
    if found.status is Status.APPROXIMATE:
        return f"{'narrower' if codes.endswith('N') else 'wider'}, {codes}"
    return f"{SIGNS[found.status]}{f', {codes}' if codes else ''}"
