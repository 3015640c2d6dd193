"""What a deployment would change in what a platform runs, by an export of it, or by the folder of an earlier run.

Both are read by `formats`, as the platform has them. Where a query is another, the two are compared by events.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from transpile import dialects, formats
from transpile.codes import Effect
from transpile.deploy.output import File
from transpile.dialects.base import Reading, ReadOptions
from transpile.formats.item import QueryItem
from transpile.formats.reading import read_item
from transpile.formats.splunk import read_macros
from transpile.ir.expr import TRUE
from transpile.ir.rule import Rule
from transpile.ir.stream import Events, Stream, Union
from transpile.record import record, replace
from transpile.source import Source
from transpile.verify.compare import Comparison, Relation, compare_rules

CREATE, MEANING, QUERY, SWITCH_ON, SWITCH_OFF, TEXT, KEEP, REMOVE, OTHER = (
    "create",
    "change meaning",
    "change query",
    "switch on",
    "switch off",
    "change text",
    "keep",
    "remove",
    "only live",
)
_WORDS = {
    Relation.WIDER: "matches more than what is live",
    Relation.NARROWER: "matches less than what is live",
    Relation.DIFFERENT: "matches other events than what is live",
}


@record
class RuleChange:
    """What a deployment would do to one rule, and in which way.

    `kind`: `create`, `change meaning`, `change query` (with the same meaning, or one that is not known), `switch on`,
    `switch off`, `change text`, `keep` for a deployed rule that is refused or unreadable now, `remove`, or `only live`
    for a rule on the platform that is none of these. `event` shows a change in meaning.
    """

    kind: str
    id: str
    title: str
    detail: str = ""
    event: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The change as JSON-ready values."""
        event = None if self.event is None else dict(self.event)
        return {"kind": self.kind, "id": self.id, "title": self.title, "detail": self.detail, "event": event}


class LiveError(ValueError):
    """An export of what is live cannot be read; the message says why."""


def compare_live(files: Iterable[File], live: Iterable[Source], removes: bool = False) -> list[RuleChange]:
    """What deploying `files` would change in the rules of `live`.

    With `removes`, rules that are only live are those of an earlier deployment, which this one removes. Raises
    `LiveError` where no rule can be read.
    """
    live = list(live)
    ours = [Source(file.text, file.path) for file in files]
    options = ReadOptions(macros=_macros((*live, *ours)))
    wanted = list(_items(ours))
    old_items = list(_items(live))
    if live and not old_items and not removes:
        raise LiveError(f"no rules of a platform in {', '.join(source.path for source in live[:3])}")
    there = _Known(old_items)
    found = []
    for item in wanted:
        old = there.take(item)
        if old is None:
            found.append(RuleChange(CREATE, _id(item), _title(item)))
        elif (change := _change(item, old, options)) is not None:
            found.append(change)
    kind = REMOVE if removes else OTHER
    found += [RuleChange(kind, _id(item), _title(item)) for item in there.left()]
    return in_order(found)


def kinds(sources: Iterable[Source]) -> set[str]:
    """The names of the formats that files of rules are in."""
    return {form.name for source in sources if (form := formats.recognise(source)) is not None}


def by_files(changes: Iterable[tuple[str, str, str]]) -> list[RuleChange]:
    """The changes between two manifests (`output.changed_rules`), where the earlier files cannot be read."""
    return in_order([RuleChange(_BY_FILE[kind][0], id_, title, _BY_FILE[kind][1]) for kind, id_, title in changes])


_BY_FILE = {
    "added": (CREATE, ""),
    "removed": (REMOVE, ""),
    "changed": (TEXT, "with the same query"),
    "query": (QUERY, "not compared: the earlier query cannot be read here; --live compares with what runs"),
}


def in_order(changes: Iterable[RuleChange]) -> list[RuleChange]:
    """The changes by kind, and by title within each."""
    return sorted(changes, key=lambda change: (_ORDER.index(change.kind), change.title, change.id))


_ORDER = (CREATE, MEANING, SWITCH_OFF, SWITCH_ON, QUERY, TEXT, KEEP, REMOVE, OTHER)


class _Known:
    """Live rules by what they are called, each taken once."""

    def __init__(self, items: Iterable[QueryItem]) -> None:
        self._items = dict(enumerate(items))
        self._by_id = {_id(item): at for at, item in self._items.items() if _id(item)}
        self._by_title = {_title(item): at for at, item in self._items.items()}

    def take(self, item: QueryItem) -> QueryItem | None:
        """The live rule with the id of this one, else with its title; it is not taken again."""
        for at in (self._by_id.get(_id(item)), self._by_title.get(_title(item))):
            if at is not None and at in self._items:
                return self._items.pop(at)
        return None

    def left(self) -> Iterable[QueryItem]:
        """The rules that were not taken."""
        return self._items.values()


def _change(item: QueryItem, old: QueryItem, options: ReadOptions) -> RuleChange | None:
    id_, title = _id(item), _title(item)
    if _bare(item) == _bare(old) and _beside(item) == _beside(old):
        words = _words(item, old)
        return RuleChange(TEXT, id_, title, words) if words else None
    readings = [read_item(each, options) for each in (old, item)]
    for reading, name in zip(readings, ("the live query", "the new query"), strict=True):
        if reading.rule is None or not _is_whole(reading):
            return RuleChange(QUERY, id_, title, f"not compared: {name} cannot be read whole")
    one, other = (reading.rule for reading in readings if reading.rule is not None)
    found = _compared(one, other)
    if found.relation is Relation.EQUAL:
        words = _words(item, old)
        if words and dialects.load(item.language).holds_rules:  # what the rule says of itself is part of its text
            return RuleChange(TEXT, id_, title, words)
        return RuleChange(QUERY, id_, title, "with the same meaning")
    if found.relation is Relation.UNPROVEN:
        return RuleChange(QUERY, id_, title, f"not compared: {found.reason}")
    event = found.only_second if found.only_second is not None else found.only_first
    return RuleChange(MEANING, id_, title, _WORDS[found.relation], event)


def _is_whole(reading: Reading) -> bool:
    """Whether nothing of a query is left out of the rule that was read."""
    effects = {one.effect for one in reading.diagnostics}
    return Effect.APPROXIMATE not in effects and Effect.REFUSED not in effects


def _compared(one: Rule, other: Rule) -> Comparison:
    """Two rules, of which a union of tables is compared table by table; a table of one alone has events of its own."""
    first, second = _tables(one), _tables(other)
    if first is None or second is None or not (isinstance(one.body, Union) or isinstance(other.body, Union)):
        return compare_rules(one, other)
    found = [compare_rules(first[name], second[name]) for name in first if name in second]
    if unproven := next((one for one in found if one.relation is Relation.UNPROVEN), None):
        return unproven
    relations = {one.relation for one in found} - {Relation.EQUAL}
    relations |= {Relation.NARROWER} if first.keys() - second.keys() else set()
    relations |= {Relation.WIDER} if second.keys() - first.keys() else set()
    shown = next((one for one in found if one.relation is not Relation.EQUAL), None)
    if len(relations) > 1:
        return Comparison(Relation.DIFFERENT, *((shown.only_first, shown.only_second) if shown else ()))
    return shown or (Comparison(relations.pop()) if relations else found[0])


def _tables(rule: Rule) -> dict[str, Rule] | None:
    """The parts of a rule on single events, by the tables of its union or its one table; None for any other rule."""
    inputs = rule.body.inputs if isinstance(rule.body, Union) else (rule.body,)
    parts = {one.dataset or "": one for one in inputs if isinstance(one, Events)}
    if len(parts) != len(inputs):
        return None
    return {name: replace(rule, body=events) for name, events in parts.items()}


def _words(item: QueryItem, old: QueryItem) -> str:
    """What of all that two rules say of themselves is not the same, but for their ids."""
    one, other = item.metadata, old.metadata
    return ", ".join(sorted(name for name in {*one, *other} - {"id"} if one.get(name) != other.get(name)))


def _bare(item: QueryItem) -> str:
    return "\n".join(line.rstrip() for line in item.source.text.strip().splitlines())


def _beside(item: QueryItem) -> Stream | None:
    """What the rule asks of the events of its query: a threshold rule's numbers."""
    return item.around(Events(TRUE)) if item.around else None


def _id(item: QueryItem) -> str:
    return str(item.metadata.get("id") or "")


def _title(item: QueryItem) -> str:
    return str(item.metadata.get("title") or item.name)


def _items(sources: Iterable[Source]) -> Iterator[QueryItem]:
    for source in sources:
        if (form := formats.recognise(source)) is not None:
            try:
                yield from form.items(source)
            except ValueError as error:
                raise LiveError(f"{source.path}: {error}") from None


def _macros(sources: Iterable[Source]) -> dict[str, str]:
    found: dict[str, str] = {}
    for source in sources:
        if _has_macros(source):
            found.update(read_macros(source))
    return found


def _has_macros(source: Source) -> bool:
    if "definition" not in source.text or not source.path.endswith((".conf", ".json", ".yml", ".yaml")):
        return False
    try:
        return bool(read_macros(source))
    except (ValueError, json.JSONDecodeError):
        return False
