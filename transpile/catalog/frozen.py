"""Conditions as text that a file may hold: JSON of the classes of IR, and of nothing else."""

from __future__ import annotations

import json
from dataclasses import fields
from enum import Enum
from functools import cache
from typing import Any

from transpile.ir import expr, match
from transpile.ir.rule import Rule
from transpile.ir.stream import Events, LogSource
from transpile.source import Source

_CLASSES = (
    expr.And, expr.Or, expr.Not, expr.Match, expr.Keyword, expr.Constant,
    match.Field, match.Literal, match.Call, match.Pattern, match.Regex, match.Number, match.Boolean, match.Compare,
    match.Cidr, match.Exists, match.Null, match.TimePart, match.FieldRef,
)  # fmt: skip
_ENUMS: tuple[type[Enum], ...] = (match.Wildcard, match.Case, match.Order, match.TimeUnit, match.FieldType,
                                  match.Function, match.Shape)  # fmt: skip
_NAMES = {one.__name__: one for one in (*_CLASSES, *_ENUMS)}
_LEFT_OUT = frozenset({"span", "operator"})


def freeze(rule: Rule) -> str:
    """The log source and condition of a rule on single events. Raises `TypeError` for what has no such form."""
    source = rule.logsource
    content = [source.category, source.product, source.service, _plain(rule.condition)]
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


@cache
def _kept(name: str) -> tuple[str, ...]:
    kind: Any = _NAMES[name]
    return tuple(one.name for one in fields(kind) if one.name not in _LEFT_OUT)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return {"e": type(value).__name__, "v": value.value}
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if type(value) in _CLASSES:
        return {"c": type(value).__name__, "a": [_plain(getattr(value, name)) for name in _kept(type(value).__name__)]}
    raise TypeError(f"{type(value).__name__} has no form in the catalog")


def thaw(text: str, title: str = "") -> Rule:
    """The rule of a text that `freeze` made, without its metadata. Raises `KeyError` for unknown classes."""
    category, product, service, condition = json.loads(text)
    events = Events(_built(condition), LogSource(category, product, service))
    return Rule(title, events, Source(""))


def _built(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_built, value))
    if not isinstance(value, dict):
        return value
    if "e" in value:
        return _member(value["e"], value["v"])
    kind: Any = _NAMES[value["c"]]
    return kind(**dict(zip(_kept(value["c"]), map(_built, value["a"]), strict=True)))


@cache
def _member(name: str, value: str) -> Any:
    kind: Any = _NAMES[name]
    return kind(value)
