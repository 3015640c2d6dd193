"""Every diagnostic code, gathered from the rooms that define them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from transpile import dialects
from transpile.codes import Code, Direction, codes_of, failures

_ROOMS = ("dialects", "pipelines", "verify", "deploy")


@cache
def all_codes() -> Mapping[str, Code]:
    """Every code by its id: files, shared codes of all languages, the languages, data models, proof, deploy files."""
    from transpile.lint import codes as lint  # with the rooms, a good part of the tool: loaded only for the whole list

    modules = [failures, *(import_module(f"transpile.{room}.codes") for room in _ROOMS), *lint.MODULES]
    languages = [import_module(f"transpile.dialects.{name}.codes") for name in dialects.names()]
    return MappingProxyType({code.id: code for module in (*modules, *languages) for code in codes_of(module)})


def split(shown: str) -> tuple[Code, Direction] | None:
    """The code of an id as users see it (`KQL002W`), and its direction; None if there is no such code.

    >>> split("KQL002W")[1]
    <Direction.WIDER: 'wider'>
    """
    known = all_codes()
    if shown in known:
        return known[shown], Direction.EXACT
    code = known.get(shown[:-1])
    direction = {"W": Direction.WIDER, "N": Direction.NARROWER}.get(shown[-1:])
    return (code, direction) if code is not None and direction is not None else None


def meaning(code: Code, direction: Direction = Direction.EXACT) -> str:
    """What a code stands for, on one line: its message with its facts left open.

    >>> meaning(failures.IO002)
    'the file cannot be read: ...'
    """
    side = "" if direction is Direction.EXACT else f" ({direction.value})"
    return re.sub(r"(\{[^}]*\})+", "...", code.message) + side


def general_hint(code: Code) -> str:
    """What to do about a code in general; empty where each finding has a hint of its own."""
    return "" if "{" in code.hint else code.hint
