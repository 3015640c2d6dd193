"""Google SecOps' Unified Data Model: its field paths, their types, and the values of enumerations.

They come from the package pysigma-backend-secops (LGPL: for tests alone), whose list lacks some of what the platform
has; `udm.txt` in this folder adds it.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NEEDS = "pysigma-backend-secops is not installed: pip install .[schemas]"

NUMBERS = {"double", "float", "int32", "int64", "uint32", "uint64"}


def is_there() -> bool:
    """Whether the package with the field list is installed."""
    try:
        return find_spec("sigma.pipelines.secops") is not None
    except ModuleNotFoundError:
        return False


def field_type(path: str) -> str | None:
    """What a path without its `$e.` holds: `string`, `number`, `bool`, `time`, `enum`; None if there is no such field.

    A key of a map (`additional.fields["x"]`) is text; the index of a list's element is left out of account.
    """
    plain = re.sub(r"\[\d+\]", "", path)
    if re.fullmatch(r'[\w.]+\["[^"]+"\]', plain):
        return "string" if is_map(plain.partition("[")[0]) else None
    return _added().get(plain) or _listed(plain)


def values(path: str) -> frozenset[str]:
    """The values of an enumerated field; none if it is not one, or they are not listed."""
    type_ = _raw_type(path)
    enums = _schema()["Enums"]
    return frozenset(enums.get(type_ or "", ())) | frozenset(_added_values().get(path, ()))


def _listed(path: str) -> str | None:
    type_ = _raw_type(path)
    if type_ is None or type_ in _schema()["TopLevelFields"]:
        return None
    if type_ in NUMBERS:
        return "number"
    if type_ in ("string", "bytes"):
        return "string"
    if type_ == "bool":
        return "bool"
    if type_.startswith("google.protobuf"):
        return "time"
    if type_ in _schema()["Enums"]:
        return "enum"
    return None


def _raw_type(path: str) -> str | None:
    """The name that the list gives to a path's type, by way of the types of what it is in."""
    schema = _schema()
    first, *steps = path.split(".")
    fields = schema["TopLevelFields"].get(first)
    type_: str | None = "noun" if first in schema["Nouns"] else first
    if fields is None:
        return None
    for step in steps:
        fields = schema["TopLevelFields"].get(type_) or schema["Subtypes"].get(type_) or {}
        found = fields.get(step)
        if found is None:
            return None
        type_ = found.lstrip("@").removeprefix("enum:")
    return type_


@cache
def _schema() -> dict[str, Any]:
    spec = find_spec("sigma.pipelines.secops")
    assert spec is not None and spec.origin is not None
    found: dict[str, Any] = json.loads((Path(spec.origin).parent / "udm_field_schema.json").read_text(encoding="utf-8"))
    return found


def is_map(path: str) -> bool:
    """Whether the keys of a field can be asked for: of the map of additional fields, and of lists of labels."""
    return _added().get(path) == "map" or _raw_type(path) == "label"


@cache
def _added() -> dict[str, str]:
    return {words[0]: words[1] for words in _lines()}


@cache
def _added_values() -> dict[str, list[str]]:
    return {words[0]: words[2].split("|") for words in _lines() if len(words) > 2}


@cache
def _lines() -> tuple[list[str], ...]:
    text = (Path(__file__).parent / "udm.txt").read_text(encoding="utf-8")
    return tuple(line.split() for line in text.splitlines() if line and not line.startswith("#"))
