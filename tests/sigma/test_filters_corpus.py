"""The public rules under three filters match what the rules edited by hand match: one filter for any rule of a log
source that contains its own, one that lists ids, one that lists names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import yaml

from transpile.dialects.base import ReadOptions
from transpile.dialects.sigma.library import collect
from transpile.dialects.sigma.read import read
from transpile.evaluate import Unproven
from transpile.evaluate.reference import compile_rule
from transpile.evaluate.witness import make_witnesses
from transpile.source import Source

FILTERS = """\
title: Administrators
logsource: {product: windows}
filter:
    rules: any
    selection: {User|startswith: 'adm_'}
    condition: not selection
---
title: Jump hosts and servers
logsource: {product: windows, category: process_creation}
filter:
    rules: [IDS]
    selection_a: {Computer|startswith: ['JUMP-', 'SRV-']}
    selection_b: {ParentImage|endswith: '\\\\agent.exe'}
    condition: not 1 of selection_*
---
title: Only the production
logsource: {product: linux}
filter:
    rules: [NAMES]
    selection: {Environment: prod}
    condition: selection
"""

# What a person would add to each rule of these log sources: selections and the end of the condition.
ADMINISTRATORS = ({"added_user": {"User|startswith": "adm_"}}, " and not added_user")
HOSTS = (
    {"added_host": {"Computer|startswith": ["JUMP-", "SRV-"]}, "added_parent": {"ParentImage|endswith": "\\agent.exe"}},
    " and not (added_host or added_parent)",
)
PRODUCTION = ({"added_environment": {"Environment": "prod"}}, " and added_environment")

EVENTS = [
    {"User": "adm_x"},
    {"Computer": "JUMP-1"},
    {"ParentImage": "C:\\agent.exe"},
    {"Environment": "prod"},
    {"Environment": "test", "User": "u"},
    {},
]


def by_hand(data: dict[str, object], chosen: set[object]) -> str:
    """The rule as a person would edit it; `chosen` holds the ids and names in the filters' lists."""
    source, detection = data["logsource"], data["detection"]
    assert isinstance(source, dict) and isinstance(detection, dict)
    edits: list[tuple[Mapping[str, object], str]] = []
    if source.get("product") == "windows":
        edits.append(ADMINISTRATORS)
        if source.get("category") == "process_creation" and data["id"] in chosen:
            edits.append(HOSTS)
    elif source.get("product") == "linux" and data.get("name") in chosen:
        edits.append(PRODUCTION)
    conditions = detection["condition"]
    texts = conditions if isinstance(conditions, list) else [conditions]
    # `them` and patterns of the rule must not take in what is added: `_` keeps it out of them.
    renamed = [({f"_{name}": one for name, one in more.items()}, end.replace("added", "_added")) for more, end in edits]
    for more, _ in renamed:
        detection |= more
    detection["condition"] = [f"({text}){''.join(end for _, end in renamed)}" for text in texts]
    return yaml.dump(data, allow_unicode=True, sort_keys=False)


def texts(corpora: Path) -> dict[str, str]:
    """The rules by path; the corpus has no names, so those for Linux are given one each."""
    found = {}
    for number, path in enumerate(sorted(corpora.glob("sigma/rules*/**/*.yml"))):
        text = path.read_text(encoding="utf-8")
        found[str(path)] = f"name: rule_{number}\n{text}" if "product: linux" in text else text
    return found


def test_filtered_rules_are_the_rules_edited_by_hand(corpora: Path) -> None:
    rules = {path: (text, yaml.load(text, yaml.CSafeLoader)) for path, text in texts(corpora).items()}
    created = [data["id"] for _, data in rules.values() if data["logsource"].get("category") == "process_creation"]
    named = [data["name"] for _, data in rules.values() if data["logsource"].get("product") == "linux"]
    chosen = {*created[::2], *named[::2]}
    lists = FILTERS.replace("IDS", ", ".join(created[::2])).replace("NAMES", ", ".join(named[::2]))
    filters = Source(lists, "filters.yml")
    library = collect([filters])
    assert library is not None
    compared = 0
    changed: Counter[str] = Counter()
    for path, (text, data) in rules.items():
        filtered = read(Source(text, path), ReadOptions(library=library))
        if len(filtered) != 1 or filtered[0].rule is None:
            continue
        edited = read(Source(by_hand(data, chosen), "by hand"))[0].rule
        assert edited is not None, path
        rule = filtered[0].rule
        one, two = compile_rule(rule), compile_rule(edited)
        changed.update(found.message for found in filtered[0].diagnostics if found.code == "SIG098")
        try:
            witnesses = make_witnesses(edited) if compared % 6 == 0 else None
        except Unproven:
            witnesses = None
        events = [witness.event for witness in witnesses.events] if witnesses else []
        for event in (*events, *({**base, **more} for base in events[:3] for more in EVENTS)):
            assert one(event) == two(event), (path, event)
        compared += 1
    assert compared > 3000
    any_of, *listed = sorted(changed.values(), reverse=True)
    assert any_of > 2000 and len(listed) == 2 and min(listed) > 40
