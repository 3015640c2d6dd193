"""Selections of the usual kinds, straight to IR: texts, where they stand in a value, numbers, null and regexes.

This is what `parse`, pySigma's modifiers and `lift` make of them together, in a fraction of the time, and without
pySigma, whose import takes longer than a rule. Whatever is not of these kinds, or not in order, is left to them.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence as Many
from functools import lru_cache

from transpile.dialects.sigma.texts import NETWORK, parse_parts
from transpile.dialects.sigma.tree import TEXT, MapEntry, Mapping, Node, Scalar, Sequence
from transpile.ir.expr import And, Expr, Keyword, Match, Or
from transpile.ir.match import ANY, Boolean, Field, Null, Number, Part, Pattern, Regex, Test
from transpile.record import record
from transpile.regex import RegexError
from transpile.regex import parse as parse_regex

LONGEST_REGEX = 20_000  # characters; the longest public one has some hundreds

# Whether a modifier puts a wildcard in front of a text, and behind it.
WHERE: Map[str, tuple[bool, bool]] = {
    "contains": (True, True),
    "startswith": (False, True),
    "endswith": (True, False),
}


class Unusual(Exception):
    """A selection that is not of the usual kinds."""


@record
class _Key:
    """A key of a selection: the field, its modifiers, and whether all values must match."""

    field: Field
    operator: str
    modifier: str
    every: bool


def meanings(entries: Many[MapEntry]) -> dict[str, Expr | None] | None:
    """What each selection of a rule asks for, by name; None where one of them is unusual."""
    try:
        return {entry.key.text: _selection(entry.value) for entry in entries}
    except Unusual:
        return None


def _selection(node: Node) -> Expr:
    match node:
        case Scalar():
            return _keywords((node,))
        case Mapping(entries):
            return _joined(And, [_item(entry) for entry in entries])
        case Sequence(items):
            keywords = [item for item in items if isinstance(item, Scalar)]
            if keywords and len(keywords) == len(items):
                return _keywords(keywords)
            return _joined(Or, [_selection(item) for item in items])


def _joined(kind: type[And] | type[Or], args: list[Expr]) -> Expr:
    if not args:
        raise Unusual
    return args[0] if len(args) == 1 else kind(tuple(args))


def _item(entry: MapEntry) -> Expr:
    """A field with its values."""
    key = _key(entry.key.text)
    if key is None or entry.key.is_null:
        raise Unusual
    node = entry.value
    scalars = node.items if isinstance(node, Sequence) else (node,)
    if key.every and len(scalars) == 1:
        raise Unusual
    operator = key.operator or ("in" if len(scalars) > 1 else "equals")
    field, modifier = key.field, key.modifier
    args: list[Expr] = []
    for scalar in scalars:
        if not isinstance(scalar, Scalar):
            raise Unusual
        args.append(Match(field, _test(scalar, modifier), operator, scalar.span))
    return _joined(And if key.every else Or, args)


@lru_cache(maxsize=4096)
def _key(text: str) -> _Key | None:
    """The parts of a key of a usual kind."""
    name, *modifiers = text.split("|")
    first, *rest = modifiers or [""]
    usual = not first or first in WHERE or (first == "re" and not rest)
    if not name or not usual or (modifiers and not first) or rest not in ([], ["all"]):
        return None
    return _Key(Field(name), "|".join(modifiers), first, bool(rest))


def _test(scalar: Scalar, modifier: str) -> Test:
    """What a value asks for under a modifier."""
    if not modifier:
        return _natural(scalar)
    if scalar.is_null:
        raise Unusual
    if modifier == "re":
        return _regex(scalar.text)
    before, after = WHERE[modifier]
    parts = parse_parts(scalar.text)
    if before and not (parts and parts[0] is ANY):
        parts = [ANY, *parts]
    if after and not (parts and parts[-1] is ANY):
        parts = [*parts, ANY]
    return _pattern(parts)


def _pattern(parts: list[Part]) -> Pattern:
    return Pattern(tuple(parts)) if len(parts) < 2 else Pattern.of(*parts)


def _natural(scalar: Scalar) -> Test:
    """What a value asks for where no modifier says how."""
    text = scalar.text
    if "/" in text and NETWORK.fullmatch(text):
        raise Unusual
    if scalar.plain:
        number = scalar.usual_number
        if number is not None:
            return Number(number)
        if scalar.is_null:
            return Null()
        truth = scalar.usual_truth
        if truth is not None:
            return Boolean(truth)
        if scalar.kind != TEXT:
            raise Unusual
    return _pattern(parse_parts(text))


@lru_cache(maxsize=1024)
def _regex(text: str) -> Regex:
    if len(text) > LONGEST_REGEX:
        raise Unusual
    try:
        parse_regex(text)
    except RegexError:
        raise Unusual from None
    return Regex(text)


def _keywords(scalars: Many[Scalar]) -> Expr:
    """Values that are looked for anywhere in an event. They are not anchored: wildcards at their ends say nothing."""
    return _joined(Or, [Keyword(_keyword(scalar), scalar.span) for scalar in scalars])


def _keyword(scalar: Scalar) -> Pattern:
    test = _natural(scalar)
    if not isinstance(test, Pattern):
        raise Unusual
    parts = test.parts
    start = 1 if parts[:1] == (ANY,) else 0
    end = len(parts) - 1 if parts[-1:] == (ANY,) else len(parts)
    if start >= end:
        raise Unusual
    return Pattern(parts[start:end])
