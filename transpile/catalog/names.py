"""One name for a field that vendors name differently, from `names.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from transpile.record import record


@cache
def data(name: str) -> Any:
    """A YAML file of this folder, as plain values."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(files(__package__).joinpath(name).read_text(encoding="utf-8"), Loader=loader)


@cache
def vendors() -> tuple[str, ...]:
    """The vendors in the order of pages."""
    return tuple(dict.fromkeys(one["vendor"] for one in data("counting.yml").values()))


@record
class Names:
    """Catalog names by the names of vendors, which fields hold paths, and values with another spelling."""

    merged: Mapping[str, str]
    prefixes: tuple[str, ...]
    paths: frozenset[str]
    values: Mapping[str, Mapping[str, str]]


@cache
def names() -> Names:
    """The content of `names.yml`."""
    found = data("names.yml")
    merged = {alias: name for name, aliases in found["merged"].items() for alias in aliases}
    return Names(merged, tuple(found["prefixes"]), frozenset(found["paths"]), found["values"])


def catalog_name(field: str) -> str:
    """The name under which the catalog counts a field.

    >>> catalog_name("process.executable"), catalog_name("winlog.event_data.ShareName"), catalog_name("user.id")
    ('Image', 'ShareName', 'user.id')
    """
    known = names()
    for prefix in known.prefixes:
        field = field.removeprefix(prefix)
    return known.merged.get(field, field)


def catalog_value(field: str, value: str) -> str:
    """How the catalog shows a value of a field, named as `catalog_name` has it.

    >>> catalog_value("Image", "\\\\Net.exe"), catalog_value("LogonType", "3"), catalog_value("User", "Net")
    ('\\\\net.exe', 'Network', 'Net')
    """
    known = names()
    if field in known.paths:
        return value.lower()
    return known.values.get(field, {}).get(value, value)
