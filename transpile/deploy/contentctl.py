"""contentctl's form of a Splunk detection: a content pack's YAML, with its macros, that `contentctl validate` passes.

Facts about the format are those of contentctl 5's own models (`contentctl/objects`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from transpile.batch.files import RESERVED
from transpile.deploy.escape import cut, one_line
from transpile.deploy.item import Item
from transpile.deploy.output import File
from transpile.deploy.templates import Templates

_NAME_LIMIT = 67  # characters of a detection's name
_DESCRIPTION_LIMIT = 10_000
_AUTHOR_LIMIT = 255
_LONGEST_RUN = re.compile(r"`(\S+)`")  # what contentctl takes for a macro, quotes or not


def names(items: Sequence[Item]) -> Iterator[str]:
    """A name for each item, of letters, digits, blanks, dots and hyphens: files and macros are named after it.

    Names whose files would be the same are told apart by the item's id.
    """
    taken: set[str] = set()
    for item in items:
        plain = " ".join(re.sub(r"[^A-Za-z0-9 .\-]", " ", item.title).split()).strip(" .-")
        name = plain[:_NAME_LIMIT].strip(" .-") or "Rule"
        if file_name(name) in taken | RESERVED or name == "Rule":  # no file of Windows is called CON
            name = f"{name[: _NAME_LIMIT - 9].rstrip(' .-')} {item.id[:8]}"
        count = 2
        unique = name
        while file_name(unique) in taken:
            unique = f"{name[: _NAME_LIMIT - 4].rstrip(' .-')} {count}"
            count += 1
        taken.add(file_name(unique))
        yield unique


def file_name(name: str) -> str:
    """The name of a detection's file, without its ending, as contentctl derives it; its macros begin with it."""
    return re.sub(r"[ \-./]", "_", name).lower()


def files(views: Sequence[Mapping[str, Any]], indexes: Mapping[str, Sequence[str]], on: Templates) -> Iterator[File]:
    """A detection for each view, and the macros that the searches call, one a file."""
    for view, name in zip(views, names([view["item"] for view in views]), strict=True):
        stem, search = file_name(name), view["search"]
        if _is_misread(search):
            yield _macro(on, f"{stem}_search", search, f"The search of the detection {name}.")
            search = f"`{stem}_search`"
        yield _macro(on, f"{stem}_filter", "search *", "Leave out results that are known to be benign.")
        shown = {**view, **_facts(view), "name": name, "search": f"{search}\n| `{stem}_filter`"}
        yield File(f"detections/{stem}.yml", on.render("splunk/detection.yml.j2", **shown))
    for name, wanted in indexes.items():
        definition = f"({' OR '.join(map(_index, wanted))})" if wanted else "index=*"
        yield _macro(on, name, definition, "The indexes that hold the events of a log source; set it to yours.")


def _index(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'index="{escaped}"'


def _macro(on: Templates, name: str, definition: str, description: str) -> File:
    values = {"name": name, "definition": definition, "description": description}
    return File(f"macros/{name}.yml", on.render("splunk/macro.yml.j2", **values))


def _is_misread(search: str) -> bool:
    """Whether backticks in values of the search look like calls of macros to contentctl: it does not see quotes.

    Such a search goes into a macro of its own, which contentctl does not look into.
    """
    named = [found.partition("(")[0] for found in _LONGEST_RUN.findall(search)]
    return "````" in search or any(not name.startswith("transpile_index_") or "`" in name for name in named)


def _facts(view: Mapping[str, Any]) -> dict[str, Any]:
    item: Item = view["item"]
    rule = item.rule
    techniques = dict.fromkeys(item.technique_ids)
    parents = {technique.partition(".")[0] for technique in techniques if "." in technique}
    licence = f"\n\nLicense: {one_line(rule.license)}" if rule.license else ""
    fields = [field for field in view["suppress_by"] if " " not in field]
    return {
        "author": cut(one_line(item.settings.author or rule.author or "unknown"), _AUTHOR_LIMIT),
        "date": rule.modified or rule.date or "2026-01-01",
        "description": cut(item.description, _DESCRIPTION_LIMIT - len(licence)) + licence,
        "references": [url for url in rule.references if re.fullmatch(r"https?://[^\s/]+\.\S+", url)],
        "false_positives": "; ".join(rule.falsepositives).ljust(4) or "Unknown",
        "techniques": [technique for technique in techniques if technique not in parents],
        "throttling": fields if view["suppress_for"] and fields else [],
        "risk_score": max(item.settings.risk_score, 1),
    }
