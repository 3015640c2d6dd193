"""Elastic's fields and their types: the Elastic Common Schema, and what agents and integrations add to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


def field_type(name: str) -> str | None:
    """The type of a field in Elasticsearch; None if there is no such field."""
    found = _fields().get(name)
    return found or next((type_ for pattern, type_ in _patterns() if pattern.fullmatch(name)), None)


@cache
def allowed_values(name: str) -> frozenset[str]:
    """The values that the schema allows for a field; none if it allows any."""
    return next(
        (frozenset(values[0].split("|")) for field, _, *values in _lines() if field == name and values), frozenset()
    )


@cache
def _fields() -> dict[str, str]:
    return {name: type_ for name, type_, *_ in _lines() if "*" not in name}


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The names with wildcards, as regular expressions."""
    found = []
    for name, type_, *_ in _lines():
        if "*" in name:
            pattern = re.escape(name).replace(r"\*\*", ".+").replace(r"\*", "[^.]+")
            found.append((re.compile(pattern), type_))
    return tuple(found)


def _lines() -> Iterator[list[str]]:
    for file in ("ecs.txt", "elastic.txt"):
        for line in (HERE / file).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                yield line.split()
