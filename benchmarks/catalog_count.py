"""Counts of Sigma rules by technique, made from the YAML alone, beside the catalog's: how many rows agree.

    python benchmarks/catalog_count.py CATALOG.sqlite [TECHNIQUE...]

The count shares no code with the catalog: PyYAML's nodes, a condition parser of its own, and the rules of counting in
docs/catalog.md written a second time. Without techniques, the twenty with the most Sigma rules are compared.
"""

from __future__ import annotations

import fnmatch
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from transpile.catalog.database import open_catalog
from transpile.catalog.pages import technique_page

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NAMES = {
    "NewProcessName": "Image", "IpAddress": "src_ip", "ClientAddress": "src_ip", "process": "CommandLine",
    "process.name": "process_name", "process_path": "process_name", "src": "src_ip", "source.ip": "src_ip",
    "file_path": "TargetFilename", "original_file_name": "OriginalFileName", "ActionType": "EventType",
    "ProcessCommandLine": "CommandLine", "dest_port": "DestinationPort", "RemotePort": "DestinationPort",
    "event.action": "EventType", "process.executable": "Image", "EventCode": "EventID",
}  # fmt: skip
PATHS = {"Image", "process_name", "TargetFilename", "OriginalFileName"}
LOGONS = {
    "2": "Interactive", "3": "Network", "4": "Batch", "5": "Service", "7": "Unlock", "8": "NetworkCleartext",
    "9": "NewCredentials", "10": "RemoteInteractive", "11": "CachedInteractive",
}  # fmt: skip
MODIFIERS = {
    "contains": "contains", "startswith": "starts_with", "endswith": "ends_with", "re": "regex_match",
    "cidr": "cidr_match", "gt": "gt", "gte": "gte", "lt": "lt", "lte": "lte", "fieldref": "eq", "neq": "ne",
}  # fmt: skip
Row = tuple[str, str, str]


def kind_and_value(modifiers: list[str], node: yaml.ScalarNode) -> tuple[str, str]:
    """The kind of a value by its modifiers, else by its free wildcards; and the value without what the kind says."""
    text = node.value
    for modifier in modifiers:
        if modifier in MODIFIERS:
            return MODIFIERS[modifier], text
    if modifiers[:1] == ["exists"]:
        return "is_not_null", ""
    if node.tag.endswith(":null"):
        return "is_null", ""
    places = [found.end() - 1 for found in re.finditer(r"(?<!\\)(?:\\\\)*[*?]", text)]
    if not places:
        return "eq", text
    stars = [place for place in places if text[place] == "*"]
    if text == "*":
        return "is_not_null", ""
    if places == [0, len(text) - 1] == stars:
        return "contains", text[1:-1]
    if places == [0] == stars:
        return "ends_with", text[1:]
    if places == [len(text) - 1] == stars:
        return "starts_with", text[:-1]
    return "wildcard", text


def of_item(key: str, node: yaml.Node) -> Iterator[Row]:
    """The predicates of one field of a selection."""
    field, *modifiers = key.split("|")
    name = NAMES.get(field.removeprefix("winlog.event_data."), field.removeprefix("winlog.event_data."))
    if name == "EventID":
        return
    for one in node.value if isinstance(node, yaml.SequenceNode) else [node]:
        kind, value = kind_and_value(modifiers, one)
        value = value.lower() if name in PATHS else LOGONS.get(value, value) if name == "LogonType" else value
        yield name, kind, value


def of_selection(node: yaml.Node) -> Iterator[Row]:
    """The predicates of a selection: a map, a list of maps, or keywords."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value.startswith("|") or key.value == "":
                for one in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    yield "keywords", "contains", one.value
            else:
                yield from of_item(key.value, value)
    elif isinstance(node, yaml.SequenceNode):
        for one in node.value:
            yield from of_selection(one)
    else:
        yield "keywords", "contains", node.value


TOKEN = re.compile(r"\(|\)|[^\s()]+")


def uses(condition: str, names: list[str]) -> Iterator[tuple[str, bool]]:
    """The selections that a condition names, each with whether it is under an odd number of NOTs."""
    tokens = TOKEN.findall(condition)
    at = 0

    def expression(inverted: bool) -> Iterator[tuple[str, bool]]:
        nonlocal at
        while at < len(tokens) and tokens[at] != ")":
            if tokens[at].lower() in ("and", "or"):
                at += 1
                continue
            yield from operand(inverted)

    def operand(inverted: bool) -> Iterator[tuple[str, bool]]:
        nonlocal at
        token = tokens[at]
        at += 1
        if token.lower() == "not":
            yield from operand(not inverted)
        elif token == "(":
            yield from expression(inverted)
            at += 1
        elif at + 1 < len(tokens) and tokens[at].lower() == "of":
            pattern = tokens[at + 1]
            at += 2
            wanted = "*" if pattern == "them" else pattern
            yield from ((one, inverted) for one in names if fnmatch.fnmatchcase(one, wanted) and one[0] != "_")
        else:
            yield token, inverted

    yield from expression(False)


def rules_of(path: str) -> Iterator[tuple[str, list[str], set[Row], set[Row]]]:
    """Each rule of a file: its name, its techniques, what it looks for, and what it excludes."""
    text = Path(path).read_text(encoding="utf-8")
    for number, node in enumerate(yaml.compose_all(text, Loader=LOADER), start=1):
        if not isinstance(node, yaml.MappingNode):
            continue
        rule = {key.value: value for key, value in node.value}
        if not isinstance(rule.get("detection"), yaml.MappingNode):
            continue
        selections = {key.value: value for key, value in rule["detection"].value}
        conditions = selections.pop("condition")
        selections.pop("timeframe", None)
        texts = [one.value for one in conditions.value] if isinstance(conditions.value, list) else [conditions.value]
        positive: set[Row] = set()
        excluded: set[Row] = set()
        for condition in texts:
            for name, inverted in uses(condition.partition("|")[0], list(selections)):
                rows = set(of_selection(selections[name])) if name in selections else set()
                (excluded if inverted else positive).update(rows)
        tags = [tag.value.lower() for tag in rule["tags"].value] if "tags" in rule else []
        techniques = [tag[7:].upper() for tag in tags if re.fullmatch(r"attack\.t\d{4}(\.\d{3})?", tag)]
        yield f"{path}#{number}", techniques, positive, excluded


def counted(paths: list[str]) -> tuple[dict[str, dict[str, tuple[set[Row], set[Row]]]], dict[Row, int]]:
    """By technique and rule what it looks for and excludes; and how many rules have each predicate positively."""
    found: dict[str, dict[str, tuple[set[Row], set[Row]]]] = defaultdict(dict)
    reach: dict[Row, set[str]] = defaultdict(set)
    for path in paths:
        for name, techniques, positive, excluded in rules_of(path):
            for technique in techniques:
                found[technique][name] = (positive, excluded)
            for row in positive:
                reach[row].add(name)
    return found, {row: len(names) for row, names in reach.items()}


def rows_of(rules: dict[str, tuple[set[Row], set[Row]]], reach: dict[Row, int]) -> dict[tuple[Any, ...], Any]:
    """The rows of a technique's page: fields, indicators with their reach, exclusions."""
    every: dict[Row, set[str]] = defaultdict(set)
    out: dict[Row, set[str]] = defaultdict(set)
    fields: dict[str, set[str]] = defaultdict(set)
    how: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, (positive, excluded) in rules.items():
        for row in positive | excluded:
            every[row].add(name)
            fields[row[0]].add(name)
            how[row[0], row[1]].add(name)
        for row in excluded:
            out[row].add(name)
    found: dict[tuple[Any, ...], Any] = {}
    for field, named in fields.items():
        kinds = sorted((kind, len(ids)) for (one, kind), ids in how.items() if one == field)
        found["field", field] = (len(named), tuple(kinds))
    found.update({("indicator", *row): (len(ids), reach.get(row, 0)) for row, ids in every.items()})
    found.update({("exclusion", *row): len(ids) for row, ids in out.items()})
    return found


def ours_of(page: dict[str, Any]) -> dict[tuple[Any, ...], Any]:
    """The same rows of the catalog's page."""
    found: dict[tuple[Any, ...], Any] = {}
    for row in page["fields"]["rows"]:
        found["field", row["field"]] = (row["rules"], tuple(sorted((kind, n) for kind, n in row["how"])))
    for row in page["indicators"]["rows"]:
        found["indicator", row["field"], row["kind"], row["value"]] = (row["rules"], row["reach"])
    for row in page["exclusions"]["rows"]:
        found["exclusion", row["field"], row["kind"], row["value"]] = row["rules"]
    return found


def main(arguments: list[str]) -> None:
    """Print the share of rows that agree, and the first that do not."""
    db = open_catalog(arguments[0])
    query = """select distinct s.path from rule r join source s on s.id = r.source
      where r.language = 'sigma' and not r.retired and r.state <> 'unread'"""
    paths = [row["path"] for row in db.execute(query)]
    rules, reach = counted(paths)
    chosen = arguments[1:] or sorted(rules, key=lambda one: (-len(rules[one]), one))[:20]
    agreed = total = 0
    for id_ in chosen:
        theirs, ours = rows_of(rules[id_], reach), ours_of(technique_page(db, id_, "Sigma"))
        keys = theirs.keys() | ours.keys()
        good = sum(theirs.get(key) == ours.get(key) for key in keys)
        agreed, total = agreed + good, total + len(keys)
        print(f"{id_:10} {len(rules[id_]):4} rules {good:5} of {len(keys):5} rows")
        for key in sorted((key for key in keys if theirs.get(key) != ours.get(key)), key=str)[:8]:
            print(f"    {key}: counted {theirs.get(key)}, catalog {ours.get(key)}")
    print(f"{agreed:,} of {total:,} rows agree ({100 * agreed / total:.2f} %)")


if __name__ == "__main__":
    main(sys.argv[1:])
