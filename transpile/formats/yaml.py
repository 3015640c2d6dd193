"""YAML documents of rule files, as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from transpile.source import Source

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_all(source: Source) -> Iterator[Any]:
    """The documents of a text. Raises `ValueError` with the place for text that is not YAML."""
    try:
        yield from yaml.load_all(source.text, Loader=_LOADER)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ValueError(f"not valid YAML{place}: {getattr(error, 'problem', None) or error}") from None
