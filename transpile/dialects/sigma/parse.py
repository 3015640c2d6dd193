"""From the tree of a detection to pySigma's objects, which user pipelines work on, with the places kept."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, NamedTuple

from sigma.conditions import ConditionAND, ConditionOR
from sigma.exceptions import SigmaError, SigmaRuleLocation, SigmaTypeError
from sigma.rule import SigmaDetection, SigmaDetectionItem
from sigma.types import (
    Placeholder,
    SigmaBool,
    SigmaExpansion,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaType,
    SpecialChars,
)

from transpile.codes import Code
from transpile.diagnostics import Diagnostic, diagnose
from transpile.dialects.sigma import codes
from transpile.dialects.sigma.direct import WHERE
from transpile.dialects.sigma.guess import guess
from transpile.dialects.sigma.modifiers import MODIFIERS, MOST_FORMS, Modifier, Problem, around, regex, string
from transpile.dialects.sigma.texts import NETWORK, parse_parts
from transpile.dialects.sigma.tree import TEXT, MapEntry, Mapping, Node, Scalar, Sequence, describe
from transpile.dialects.sigma.tree import part as _place
from transpile.ir.match import ANY, ONE
from transpile.source import Span

Values = Map[str, Any]

# What a modifier's value must be. Those that are not here take any value (`all`, `neq`) or what `re` made (`i`).
_NUMERIC = frozenset(("lt", "lte", "gt", "gte"))
_TIME = frozenset(("minute", "hour", "day", "week", "month", "year"))
_VERBATIM = frozenset(("re", "cidr"))
_TEXT = frozenset(("contains", "startswith", "endswith", "cased", "windash", "expand", "fieldref")) | frozenset(
    ("base64", "base64offset", "wide", "utf16le", "utf16be", "utf16")
)
# What a keyword cannot have: there is no value with a beginning or an end, and no field that could be absent.
_NEEDS_FIELD = frozenset(("startswith", "endswith", "exists", "fieldref", "cidr")) | _NUMERIC | _TIME
NOWHERE = Path()  # a place is known by its spans; pySigma's own errors, which would name the path, are not shown
_MOST_BLAMED = 100  # values of an item that are tried one by one
_MOST_GUESSES = 20  # rules with more mistakes are none
_PLACEHOLDER = re.compile(r"%([^%]+)%")
_WILDCARDS = {ANY: SpecialChars.WILDCARD_MULTI, ONE: SpecialChars.WILDCARD_SINGLE}
_REGEX_WILDCARDS: Map[Any, str] = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}
_REGEX_SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")


@dataclass
class ItemPlace(SigmaRuleLocation):
    """Where a detection item is: its key, its values one by one, and the modifiers as the author wrote them."""

    key: Span | None = None
    values: tuple[Span, ...] = ()
    operator: str = ""


class Key(NamedTuple):
    """A key of a selection: the field (None for keywords) and its modifiers, by name and as pySigma's classes."""

    field: str | None
    names: tuple[str, ...]
    modifiers: tuple[Modifier, ...]
    unknown: str | None = None


@lru_cache(maxsize=4096)
def parse_key(text: str) -> Key:
    """The parts of a key; `unknown` is the first modifier that there is not.

    >>> parse_key("Image|endswith").names
    ('endswith',)
    """
    field, *names = text.split("|")
    unknown = next((name for name in names if name not in MODIFIERS), None)
    modifiers = () if unknown is not None else tuple(MODIFIERS[name] for name in names)
    return Key(field or None, tuple(names), modifiers, unknown)


def parse_string(text: str) -> SigmaString:
    """A string with its wildcards; a backslash escapes wildcards and itself and is plain before anything else.

    >>> parse_string("a\\\\*b*").s
    ['a*b', <SpecialChars.WILDCARD_MULTI: 1>]
    """
    parsed = SigmaString()
    parsed.original = text
    parsed.s = [part if isinstance(part, str) else _WILDCARDS[part] for part in parse_parts(text)]
    return parsed


class DetectionParser:
    """Reads the selections of one rule; what it finds wrong goes to `findings`."""

    def __init__(self, values: Values, findings: list[Diagnostic]) -> None:
        self.values = values
        self.findings = findings

    def selection(self, name: Scalar, node: Node) -> SigmaDetection | None:
        """A named selection, or None if it cannot be read."""
        return self._detection(name.text, node, ItemPlace(NOWHERE, key=name.span))

    def _detection(self, name: str, node: Node, place: ItemPlace) -> SigmaDetection | None:
        items: list[SigmaDetectionItem | SigmaDetection | None]
        if isinstance(node, Scalar):
            items = [] if node.is_null else [self._keywords([node], place)]
        elif isinstance(node, Mapping):
            items = [self._item(entry) for entry in node.entries]
        elif all(isinstance(item, Scalar) for item in node.items):
            items = [self._keywords(node.items, place)] if node.items else []
        else:
            items = [self._detection(name, item, ItemPlace(NOWHERE, key=item.span)) for item in node.items]
        if not items:
            self._find(codes.SIG023, place.key, name=name)
        read = [item for item in items if item is not None]
        return SigmaDetection(read, source=place) if read and len(read) == len(items) else None

    def _keywords(self, scalars: list[Any], place: ItemPlace) -> SigmaDetectionItem | None:
        return self._build(Key(None, (), ()), scalars, place)

    def _item(self, entry: MapEntry) -> SigmaDetectionItem | None:
        """A field, or keywords, with modifiers and values."""
        label = entry.key
        if label.is_null:
            self._find(codes.SIG024, label.span, name=label.text, found="nothing")
            return None
        key = parse_key(label.text)
        if key.unknown is not None:
            close = guess(key.unknown.lower(), MODIFIERS) if len(self.findings) < _MOST_GUESSES else None
            hint = f"did you mean `{close}`?" if close else "known are " + ", ".join(sorted(MODIFIERS))
            at = f"{label.text}|".index(f"|{key.unknown}|") + 1
            span = _place(label, at, at + len(key.unknown)) if key.unknown else label.span
            self._find(codes.SIG030, span, modifier=key.unknown, hint=hint)
            return None
        node = entry.value
        scalars = node.items if isinstance(node, Sequence) else [node]
        for value in scalars:
            if not isinstance(value, Scalar):
                self._find(codes.SIG024, value.span, name=label.text, found=describe(value))
                return None
        if not scalars:
            self._find(codes.SIG023, label.span, name=label.text)
            return None
        if "all" in key.names and len(scalars) == 1 and "expand" not in key.names:
            self._find(codes.SIG080, label.span)
        return self._build(key, scalars, ItemPlace(NOWHERE, key=label.span))

    def _networks(self, key: Key, scalars: list[Any]) -> tuple[Key, list[Any]]:
        """Placeholders for networks replaced, which must be whole values. Raises `Problem`."""
        if key.names.index("expand") > key.names.index("cidr"):
            raise Problem(codes.SIG032, modifiers="|".join(key.names), reason="write `expand` before `cidr`")
        filled: list[Any] = []
        for scalar in scalars:
            found = _PLACEHOLDER.fullmatch(scalar.text)
            if found and found[1] not in self.values:
                raise Problem(codes.SIG039, name=found[1])
            given = self.values[found[1]] if found else scalar.text
            texts = [given] if isinstance(given, str | int | float) else list(given)
            if not texts:
                raise Problem(codes.SIG039, name=scalar.text.strip("%"))
            filled += [scalar._replace(text=str(text)) for text in texts]
        names = tuple(name for name in key.names if name != "expand")
        return Key(key.field, names, tuple(MODIFIERS[name] for name in names)), filled

    def _build(self, key: Key, scalars: list[Any], place: ItemPlace) -> SigmaDetectionItem | None:
        """The item that a key and its values make, its modifiers applied."""
        if "cidr" in key.names and "expand" in key.names:
            try:
                key, scalars = self._networks(key, scalars)
            except Problem as problem:
                self._find(problem.code, place.key, **problem.facts)
                return None
        if key.field is None and not _NEEDS_FIELD.isdisjoint(key.names):
            self._find(codes.SIG038, place.key, modifiers="|".join(key.names))
            return None
        values: list[SigmaType] = []
        for scalar in scalars:
            try:
                values.append(self._value(scalar, key))
            except Problem as problem:
                self._find(problem.code, scalar.span, **problem.facts)
        if len(values) < len(scalars):
            return None
        place.values = tuple(scalar.span for scalar in scalars)
        place.operator = "|".join(key.names) or ("in" if len(scalars) > 1 else "equals")
        try:
            item = _item_of_text(key, values, place) or SigmaDetectionItem(
                key.field, list(key.modifiers), values, source=place
            )
        except SigmaError as error:
            self._blame(key, values, place, error)
            return None
        if "expand" in key.names and self.values:
            try:
                item.value = [self._expand(value) for value in item.value]
            except Problem as problem:
                self._find(problem.code, place.key, **problem.facts)
                return None
        return item

    def _value(self, scalar: Scalar, key: Key) -> SigmaType:
        """What a scalar is under these modifiers; raises `Problem` if they cannot work on it."""
        for name in key.names:
            if name in _TEXT or name in _VERBATIM:
                if scalar.is_null:
                    raise _unfit(scalar, name, "text")
                return parse_string(scalar.text) if name in _TEXT else self._verbatim(scalar, name)
            if name in _NUMERIC or name in _TIME:
                number = scalar.number
                if number is None or (name in _TIME and not isinstance(number, int)):
                    raise _unfit(scalar, name, "a number")
                return SigmaNumber(number)
            if name == "exists":
                truth = scalar.truth
                if truth is None:
                    raise _unfit(scalar, name, "true or false")
                return SigmaBool(truth)
        return self._natural(scalar)

    def _verbatim(self, scalar: Scalar, name: str) -> SigmaString:
        """A value in which wildcards and backslashes mean nothing to Sigma."""
        value = string([scalar.text])
        value.original = scalar.text
        if name == "cidr":
            self._check_network(scalar)
        return value

    def _natural(self, scalar: Scalar) -> SigmaType:
        """What a scalar is where no modifier asks for anything: number, truth value, null or text."""
        if "/" in scalar.text and NETWORK.fullmatch(scalar.text):
            self._find(codes.SIG106, scalar.span, value=scalar.text)
        if not scalar.plain:
            return parse_string(scalar.text)
        number = scalar.usual_number
        if number is not None:
            return SigmaNumber(number)
        if scalar.is_null:
            return SigmaNull()
        truth = scalar.usual_truth
        if truth is not None:
            return SigmaBool(truth)
        kind = scalar.kind
        if kind != TEXT:
            self._find(codes.SIG081, scalar.span, value=scalar.text, kind=kind)
        return parse_string(scalar.text)

    def _check_network(self, scalar: Scalar) -> None:
        """Note a network that is not written as such; what is none at all is found by the modifier."""
        try:
            network = ip_network(scalar.text, strict=False)
        except ValueError:
            return
        if ip_address(scalar.text.partition("/")[0]) != network.network_address:
            self._find(codes.SIG083, scalar.span, value=scalar.text, network=network)

    def _blame(self, key: Key, values: list[SigmaType], place: ItemPlace, whole: SigmaError) -> None:
        """Say which of the values the modifiers refuse, and why; or, if it is none alone, why they refuse the whole."""
        before = len(self.findings)
        for value, span in zip(values[:_MOST_BLAMED], place.values, strict=False):
            try:
                SigmaDetectionItem(key.field, list(key.modifiers), [value])
            except SigmaError as error:
                self._refused(error, key, span)
        if len(self.findings) == before:
            self._refused(whole, key, place.key)

    def _refused(self, error: SigmaError, key: Key, span: Span | None) -> None:
        """A modifier's refusal as a finding."""
        if isinstance(error, Problem):
            self._find(error.code, span, **error.facts)
            return
        wrong_kind = isinstance(error, SigmaTypeError)
        reason = "a modifier gets a kind of value that it cannot work on" if wrong_kind else error.args[0]
        self._find(codes.SIG032, span, modifiers="|".join(key.names), reason=reason)

    def _expand(self, value: SigmaType) -> SigmaType:
        """The value with what is given for its placeholders: each in turn, linked by OR even under `all`."""
        if isinstance(value, SigmaExpansion):
            return SigmaExpansion([self._expand(inner) for inner in value.values])
        if isinstance(value, SigmaString) and value.contains_placeholder():
            forms = self._fill(value.s, lambda given: given.s)
            return SigmaExpansion([string(form, like=value) for form in forms])
        if isinstance(value, SigmaRegularExpression) and value.regexp.contains_placeholder():
            forms = self._fill(value.regexp.s, lambda given: [_as_regex(given)])
            return SigmaExpansion([regex(string(form), value.flags) for form in forms])
        return value

    def _fill(self, parts: list[Any], spell: Any) -> list[list[Any]]:
        """The parts with every combination of the values given for their placeholders."""
        forms: list[list[Any]] = [[]]
        for part in parts:
            if isinstance(part, Placeholder) and part.name in self.values:
                values = self.values[part.name]
                listed = (values,) if isinstance(values, str | int | float) else values
                given = [spell(parse_string(str(value))) for value in listed]
                if not given:
                    raise Problem(codes.SIG039, name=part.name)
            else:
                given = [[part]]
            if len(forms) * len(given) > MOST_FORMS:
                raise Problem(codes.SIG041, limit=MOST_FORMS)
            forms = [form + choice for form in forms for choice in given]
        return forms

    def _find(self, code: Code, span: Span | None, **facts: Any) -> None:
        self.findings.append(diagnose(code, span, **facts))


def _item_of_text(key: Key, values: list[SigmaType], place: ItemPlace) -> SigmaDetectionItem | None:
    """The item of the commonest kind, texts and where they are in the value; None for any other.

    It is what pySigma would make, without the objects that it makes on the way.
    """
    where, *rest = key.names or ("",)
    if where not in WHERE or rest not in ([], ["all"]) or not all(type(value) is SigmaString for value in values):
        return None
    before, after = WHERE[where]
    item = SigmaDetectionItem(
        key.field,
        list(key.modifiers),
        [around(value, before, after) for value in values if isinstance(value, SigmaString)],
        ConditionAND if rest else ConditionOR,
        source=place,
        auto_modifiers=False,
    )
    item.original_value = values
    return item


def _unfit(scalar: Scalar, modifier: str, needed: str) -> Problem:
    return Problem(codes.SIG031, modifier=modifier, needed=needed, value=scalar.text or "null")


def _as_regex(value: SigmaString) -> str:
    """A Sigma string as a part of a regex: its wildcards keep their meaning, everything else is literal."""
    return "".join(
        _REGEX_SPECIAL.sub(r"\\\g<0>", part) if isinstance(part, str) else _REGEX_WILDCARDS.get(part, "")
        for part in value.s
    )
