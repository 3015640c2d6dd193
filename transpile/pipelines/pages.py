"""What a data model says, as rows for people: its log sources, its fields, and how two models differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transpile.pipelines.forms import Absent, AnyOf, Fixed, How, Split
from transpile.pipelines.model import Model, ModelSource
from transpile.pipelines.words import told_condition


def source_rows(model: Model) -> list[dict[str, Any]]:
    """A row for each place of a log source, the best first."""
    return [
        {
            "log source": source.name,
            "data set": (source.dataset or "-").partition("\n")[0],
            "where": ", ".join(map(told_condition, source.where)) or "-",
            "fields": len(source.fields),
            "place": str(source.place),
        }
        for source in _sources(model)
    ]


def field_rows(model: Model, logsource: str) -> list[dict[str, Any]]:
    """A row for each Sigma field of the log sources whose name has a text in it."""
    return [
        {
            "log source": source.name,
            "field": name,
            "kept in": shown(entry.how),
            "note": entry.loss or entry.assumed or "",
            "place": str(entry.place),
        }
        for source in _sources(model)
        if logsource.casefold() in source.name.casefold()
        for name, entry in sorted(source.fields.items())
    ]


def differences(first: Model, second: Model) -> list[dict[str, Any]]:
    """The fields that two models keep otherwise, by log source; of several places of one, the first counts."""
    one, other = _first_places(first), _first_places(second)
    rows = []
    for name in sorted(one.keys() | other.keys()):
        here, there = one.get(name, {}), other.get(name, {})
        if (name in one) != (name in other):
            rows.append(_row(name, "(all of it)", first, _known(name in one), second, _known(name in other)))
            continue
        rows += (
            _row(name, field, first, here.get(field, "-"), second, there.get(field, "-"))
            for field in sorted(here.keys() | there.keys())
            if here.get(field) != there.get(field)
        )
    return rows


def _known(there: bool) -> str:
    return "yes" if there else "-"


def starter(model: Model) -> str:
    """A data model that adds to another one, to be filled in."""
    target = " ".join(model.target)
    return f"""\
# yaml-language-server: $schema=./model.schema.json
# A data model of our own (docs/pipelines.md). What it says comes first; {model.name} serves the rest.
# The schema: transpile config --schema model > model.schema.json
title: {model.title}, with ours
for: {target}
include: {model.name}
sources:
  # A log source of ours: where its events are, and what its fields are called there.
  - for: {{product: ours, category: audit}}
    where: {{log_name: our-audit}}
    fields:
      User: user_name
      Action: action
      StatusCode: status number
"""


def shown(how: How) -> str:
    """Where a field is kept, in short: its columns, or why there are none."""
    match how:
        case Absent(reason):
            return f"(not kept: {reason})"
        case Fixed(value):
            return f"always {value}"
        case AnyOf(options):
            return " or ".join(dict.fromkeys(map(shown, options)))
        case Split(head, tail):
            return f"{shown(head)}, {shown(tail)}"
        case _:
            names = (*(field.name for field in how.fields()), *(name for name, _ in how.places()))
            return ", ".join(dict.fromkeys(names)) or "(a piece of another field)"


def _sources(model: Model) -> Iterator[ModelSource]:
    """Every place of a model once."""
    seen = set()
    for found in model.sources.values():
        for source in found:
            key = (source.name, str(source.place), source.events)
            if key not in seen:
                seen.add(key)
                yield source


def _first_places(model: Model) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for source in _sources(model):
        if source.name not in found:
            found[source.name] = {name: shown(entry.how) for name, entry in source.fields.items()}
    return found


def _row(logsource: str, field: str, first: Model, here: str, second: Model, there: str) -> dict[str, Any]:
    names = (first.name, second.name) if first.name != second.name else (first.name, f"{second.name} (second)")
    return {"log source": logsource, "field": field, names[0]: here, names[1]: there}
