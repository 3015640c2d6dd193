"""Executes a query string over events, by "Query string query" and "Field data types" of the Elasticsearch reference.

Each clause is true or false of a document; of several values in a field one has to match. An event does not tell how
its index maps a field: values are taken for those of keyword fields, unless the query asks for numbers or networks.
Where analysed text would make a difference, `Unproven` is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any, assert_never

from transpile.dialects.kit.running.addresses import as_address, in_network
from transpile.dialects.kit.running.indexed import MappingType, as_number, as_text
from transpile.dialects.kit.running.indexed import index as indexed
from transpile.dialects.kit.running.logic import conjunction, disjunction, negate
from transpile.dialects.kit.running.lucene import compile_regex
from transpile.dialects.kit.running.values import Event, all_values, values
from transpile.dialects.kit.running.wildcards import ANY, ONE, Part, matcher
from transpile.dialects.lucene.tree import (
    And,
    Clauses,
    Everything,
    Fuzzy,
    Match,
    Not,
    Occur,
    Or,
    Phrase,
    Plain,
    Query,
    Range,
    Regex,
    Value,
    Wild,
    Wildcard,
    Within,
)
from transpile.evaluate import Unproven

Check = Callable[[Event], bool | None]

_EXISTS = "_exists_"
_WILDCARDS: Mapping[Wildcard, Part] = {Wildcard.ANY: ANY, Wildcard.ONE: ONE}


def run(query: Query, events: Iterable[Event]) -> Iterator[int]:
    """The positions (from 0) of the events that the query returns. Raises `Unproven`; see the module."""
    kinds: dict[str, MappingType] = {}
    _infer(query, None, kinds)
    check = _compile(query, None, kinds)
    return (position for position, event in enumerate(events) if check(event) is True)


def _infer(query: Query, field: str | None, kinds: dict[str, MappingType]) -> None:
    """Note what each field must be. Raises `Unproven` where it would have to be two things at once."""
    match query:
        case Match(name, value):
            here = name or field
            kind = _kind(value)
            if here is not None and kind is not None and kinds.setdefault(here, kind) is not kind:
                raise Unproven(f"Elasticsearch rejects the query: {here} is used as two types")
        case Within(name, inner):
            _infer(inner, name, kinds)
        case And(args) | Or(args):
            for arg in args:
                _infer(arg, field, kinds)
        case Not(arg):
            _infer(arg, field, kinds)
        case Clauses(clauses):
            for _, one in clauses:
                _infer(one, field, kinds)
        case Everything():
            pass
        case _:
            assert_never(query)


def _kind(value: Value) -> MappingType | None:
    match value:
        case Wild(parts) if parts != (Wildcard.ANY,):
            return MappingType.TEXT
        case Regex():
            return MappingType.TEXT
        case Range(low, high):
            if all(bound is None or as_number(bound) is not None for bound in (low, high)):
                return MappingType.NUMBER
            raise Unproven("ranges of anything but numbers are not run here")
        case Plain(text) | Phrase(text) if _is_network(text):
            return MappingType.ADDRESS
        case _:
            return None


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def _compile(query: Query, field: str | None, kinds: Mapping[str, MappingType]) -> Check:
    match query:
        case Match(name, value):
            return _match(name or field, value, kinds)
        case Within(name, inner):
            return _compile(inner, name, kinds)
        case And(args):
            return conjunction([_compile(arg, field, kinds) for arg in args])
        case Or(args):
            return disjunction([_compile(arg, field, kinds) for arg in args])
        case Not(arg):
            inner_check = _compile(arg, field, kinds)
            return lambda event: negate(inner_check(event))
        case Clauses(clauses):
            return _clauses([(occur, _compile(one, field, kinds)) for occur, one in clauses])
        case Everything():
            return lambda event: True
        case _:
            assert_never(query)


def _clauses(checks: list[tuple[Occur, Check]]) -> Check:
    """Optional clauses count only where none is required ("Boolean query", minimum_should_match)."""
    must = [check for occur, check in checks if occur is Occur.MUST]
    should = [check for occur, check in checks if occur is Occur.SHOULD]
    prohibited = disjunction([check for occur, check in checks if occur is Occur.MUST_NOT])
    wanted = conjunction(must) if must else disjunction(should)
    return conjunction([wanted, lambda event: negate(prohibited(event))])


def _match(field: str | None, value: Value, kinds: Mapping[str, MappingType]) -> Check:
    if field == _EXISTS:
        name = value.text if isinstance(value, Plain | Phrase) else ""
        return _exists(name, kinds.get(name))
    if field is not None and "*" in field:
        raise Unproven("patterns of field names are not run here")
    if value == Wild((Wildcard.ANY,)):
        return _exists(field, kinds.get(field)) if field is not None else (lambda event: True)
    if field is None:
        return _anywhere(value)
    accepts = _acceptor(value, kinds.get(field))
    return lambda event: any(map(accepts, values(event, field)))


def _exists(name: str, kind: MappingType | None) -> Check:
    def check(event: Event) -> bool:
        found = [value for value in values(event, name) if value != "" or kind in (None, MappingType.TEXT)]
        if len(indexed(found, kind or MappingType.TEXT)) < len(found):
            raise Unproven(f"whether {name} counts as present when its value does not fit its type")
        return bool(found)

    return check


def _acceptor(value: Value, kind: MappingType | None) -> Callable[[Any], bool]:
    """Whether a value in a document is one that is asked for."""
    match value:
        case Plain(text) | Phrase(text):
            return _equality(text, kind)
        case Wild(parts):
            accepts = matcher([part if isinstance(part, str) else _WILDCARDS[part] for part in parts])
            return lambda found: accepts(as_text(found))
        case Regex(pattern):
            matches = compile_regex(pattern, False)
            return lambda found: matches(as_text(found))
        case Range():
            return lambda found: _within(value, as_number(found))
        case Fuzzy():
            raise Unproven("fuzzy terms are not run here")
        case _:
            assert_never(value)


def _equality(text: str, kind: MappingType | None) -> Callable[[Any], bool]:
    match kind:
        case MappingType.ADDRESS if "/" in text:
            return lambda found: isinstance(found, str) and in_network(found, text, wide=True)
        case MappingType.ADDRESS:
            return lambda found: isinstance(found, str) and as_address(found) == as_address(text) is not None
        case MappingType.NUMBER:
            number = as_number(text)
            if number is None:
                raise Unproven(f"Elasticsearch rejects {text!r} for a number")
            return lambda found: as_number(found) == number
        case _:
            return lambda found: _equals(found, text, kind)


def _equals(found: Any, text: str, kind: MappingType | None) -> bool:
    """Whether a keyword field, or where nothing tells any that takes both, holds the text."""
    if isinstance(found, bool):
        return as_text(found) == text
    if kind is None and isinstance(found, int | float):
        return as_number(text) == found
    if kind is None and isinstance(found, str) and found != text:
        number = as_number(text)
        if number is not None and as_number(found) == number:
            raise Unproven(f"whether {found!r} is {text} depends on the mapping")
        if (address := _address(text)) is not None and _address(found) == address:
            raise Unproven(f"whether {found!r} is {text} depends on the mapping")
    return as_text(found) == text


def _address(text: str) -> Any:
    return as_address(text)


def _within(bounds: Range, number: float | None) -> bool:
    if number is None:
        return False
    low, high = as_number(bounds.low), as_number(bounds.high)
    above = low is None or number > low or (bounds.includes_low and number == low)
    return above and (high is None or number < high or (bounds.includes_high and number == high))


def _anywhere(value: Value) -> Check:
    """A value in some field. Fields that do not hold text are left out of a search over all fields."""
    accepts = _acceptor(value, MappingType.TEXT)
    word = value.text.casefold() if isinstance(value, Plain | Phrase) else None

    def check(event: Event) -> bool:
        doubt = ""
        for _, found in all_values(event):
            if not isinstance(found, str):
                if isinstance(found, bool | int) and accepts(found):
                    doubt = "a search over all fields leaves out those that do not hold text"
            elif accepts(found):
                return True
            elif word is not None and word in found.casefold():
                doubt = "a word in a text is found only if the field is analysed"
        if doubt:
            raise Unproven(doubt)
        return False

    return check
