"""The public rules under three filters match what the rules edited by hand match."""

from __future__ import annotations

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
    rules: []
    selection_a: {Computer|startswith: ['JUMP-', 'SRV-']}
    selection_b: {ParentImage|endswith: '\\\\agent.exe'}
    condition: not 1 of selection_*
---
title: Only the production
logsource: {product: linux}
filter:
    rules: any
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


def by_hand(data: dict[str, object]) -> str:
    """The rule as a person would edit it."""
    source, detection = data["logsource"], data["detection"]
    assert isinstance(source, dict) and isinstance(detection, dict)
    edits: list[tuple[Mapping[str, object], str]] = []
    if source.get("product") == "windows":
        edits.append(ADMINISTRATORS)
        if source.get("category") == "process_creation":
            edits.append(HOSTS)
    elif source.get("product") == "linux":
        edits.append(PRODUCTION)
    conditions = detection["condition"]
    texts = conditions if isinstance(conditions, list) else [conditions]
    # `them` and patterns of the rule must not take in what is added: `_` keeps it out of them.
    renamed = [({f"_{name}": one for name, one in more.items()}, end.replace("added", "_added")) for more, end in edits]
    for more, _ in renamed:
        detection |= more
    detection["condition"] = [f"({text}){''.join(end for _, end in renamed)}" for text in texts]
    return yaml.dump(data, allow_unicode=True, sort_keys=False)


def test_filtered_rules_are_the_rules_edited_by_hand(corpora: Path) -> None:
    filters = Source(FILTERS, "filters.yml")
    library = collect([filters])
    assert library is not None and read(filters) == []
    compared = changed = 0
    for path in sorted(corpora.glob("sigma/rules*/**/*.yml")):
        text = path.read_text(encoding="utf-8")
        data = yaml.load(text, yaml.CSafeLoader)
        filtered = read(Source(text, str(path)), ReadOptions(library=library))
        if len(filtered) != 1 or filtered[0].rule is None:
            continue
        edited = read(Source(by_hand(data), "by hand"))[0].rule
        assert edited is not None, path
        rule = filtered[0].rule
        one, two = compile_rule(rule), compile_rule(edited)
        changed += any(found.code == "SIG098" for found in filtered[0].diagnostics)
        try:
            witnesses = make_witnesses(edited) if compared % 6 == 0 else None
        except Unproven:
            witnesses = None
        events = [witness.event for witness in witnesses.events] if witnesses else []
        for event in (*events, *({**base, **more} for base in events[:3] for more in EVENTS)):
            assert one(event) == two(event), (path, event)
        compared += 1
    assert compared > 3000 and changed > 0.6 * compared
