"""Splunk's names: data sets of the Common Information Model with their fields, and the source types of its add-ons."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent

# The data sets that events with a tag belong to.
TAGS = {
    "communicate": "Network_Traffic.All_Traffic",
    "database": "Databases.All_Databases",
    "dns": "Network_Resolution.DNS",
    "malware": "Malware.Malware_Attacks",
    "proxy": "Web.Web",
    "web": "Web.Web",
}


@cache
def data_sets() -> dict[str, frozenset[str]]:
    """The fields of each data set (`Endpoint.Processes`), without the data set's name before them."""
    text = (HERE / "cim.txt").read_text(encoding="utf-8")
    lines = [line for line in re.sub("\n +", " ", text).splitlines() if line and not line.startswith("#")]
    return {name: frozenset(fields.split()) for name, _, fields in (line.partition(": ") for line in lines)}


def is_field(dataset: str, field: str) -> bool:
    """Whether a data set, or one under it, has a field, which is behind the names of its root and of its own."""
    if field == "nodename":
        return True  # the data set under the root
    model, _, own = dataset.partition(".")
    roots = {name.partition(".")[2] for name in data_sets() if name.startswith(f"{model}.")}
    *lineage, name = field.split(".")
    return bool(lineage) and set(lineage) <= roots | {own} and name in data_sets().get(f"{model}.{lineage[-1]}", ())


def is_source_type(pattern: str) -> bool:
    """Whether an add-on defines the source type, or some that this pattern (with `*`) stands for."""
    return any(pattern == known or fnmatchcase(pattern, known) for known in _source_types())


@cache
def _source_types() -> tuple[str, ...]:
    text = (HERE / "splunk.txt").read_text(encoding="utf-8")
    return tuple(line.split()[0] for line in text.splitlines() if line and not line.startswith("#"))
