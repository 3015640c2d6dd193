"""Executes a Kibana query over events, by the queries that Kibana makes of it and what Elasticsearch does with them.

(kbn-es-query: `is.ts`, `exists.ts`, `range.ts`, `nested.ts`; Elasticsearch: "Field data types".) A field without a
value matches nothing, and `not` of that matches; of several values one has to match. Fields are of the type `keyword`
unless the query tells otherwise: a network as a value makes it an `ip` field, and some names are those of text fields
(`words.py`), which are cut into words. Where the mapping would decide, `Unproven` is raised.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, assert_never

from transpile.dialects.kit.running.addresses import as_address, in_network
from transpile.dialects.kit.running.logic import conjunction, disjunction
from transpile.dialects.kit.running.values import all_values, find, values
from transpile.dialects.kit.running.wildcards import matcher
from transpile.dialects.kuery.tree import (
    AllOf,
    And,
    AnyOf,
    Anywhere,
    Boolean,
    Everything,
    Expr,
    Is,
    Name,
    Nested,
    NoneOf,
    Not,
    Null,
    Or,
    Order,
    Range,
    Text,
    Value,
    Values,
    Wildcard,
)
from transpile.dialects.kuery.words import is_analysed, is_caseless
from transpile.evaluate import Unproven

Event = Mapping[str, Any]
Check = Callable[[Event], bool | None]
Found = Callable[[Event], list[Any]]

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_NETWORK = re.compile(r"[0-9a-fA-F.:]+/\d{1,3}")
_SETTLED = re.compile(r"[A-Za-z0-9_\s\-/\\()\[\]{}<>=+*&^%$#@!?|~`\"]*")
_WORD = re.compile(r"\w+")


def run(query: Expr, events: Iterable[Event]) -> Iterator[int]:
    """The positions (from 0) of the events that the query returns. Raises `Unproven`; see the module."""
    keeps = _compile(query)
    return (position for position, event in enumerate(events) if keeps(event))


def _compile(expr: Expr) -> Check:
    match expr:
        case And(args):
            return conjunction([_compile(arg) for arg in args])
        case Or(args):
            return disjunction([_compile(arg) for arg in args])
        case Not(arg):
            inner = _compile(arg)
            return lambda event: not inner(event)
        case Everything():
            return lambda event: True
        case Is(Wildcard((None,)), Wildcard((None,))):
            return lambda event: True
        case Anywhere(value):
            return _anywhere(value)
        case Is(name, values_):
            return _values(name, values_)
        case Range(name, order, value):
            return _range(name, order, value)
        case Nested(name, query):
            return _nested(name, query)
        case _:
            assert_never(expr)


# --- values of a field


def _values(name: Name, wanted: Values) -> Check:
    match wanted:
        case AnyOf(args):
            return disjunction([_values(name, arg) for arg in args])
        case AllOf(args):
            return conjunction([_values(name, arg) for arg in args])
        case NoneOf(arg):
            inner = _values(name, arg)
            return lambda event: not inner(event)
        case Text() | Wildcard() | Boolean() | Null():
            found, accepts = _finder(name), _test(name, wanted)
            return lambda event: _any(accepts, found(event))
        case _:
            assert_never(wanted)


def _any(accepts: Callable[[Any], bool], found: list[Any]) -> bool:
    """Whether one value is accepted; `Unproven` only where no other settles it."""
    doubt: Unproven | None = None
    for value in found:
        try:
            if accepts(value):
                return True
        except Unproven as reason:
            doubt = reason
    if doubt is not None:
        raise doubt
    return False


def _finder(name: Name) -> Found:
    """The values of a field, or of all fields whose names match."""
    if isinstance(name, Text):
        return lambda event: values(event, name.value)
    matches = matcher(list(name.parts))
    return lambda event: [value for path, value in all_values(event) if matches(path)]


def _test(name: Name, wanted: Value) -> Callable[[Any], bool]:
    plain = name.value if isinstance(name, Text) else ""
    match wanted:
        case Wildcard((None,)):
            return lambda value: True
        case Null():
            raise Unproven("what `null` as a value means is not documented")
        case Boolean(truth):
            return lambda value: _is_truth(value, truth)
        case Wildcard(parts):
            if is_analysed(plain):
                raise Unproven("wildcards in the words of text fields are not run here")
            lowered = [part.lower() if part and is_caseless(plain) else part for part in parts]
            matches = matcher(lowered)
            return lambda value: matches(_spelled(value, plain))
        case Text(text, quoted):
            if is_analysed(plain):
                return _of_words(text, quoted)
            if _NETWORK.fullmatch(text):
                return lambda value: isinstance(value, str) and in_network(value, text, wide=True)
            return lambda value: _equals(value, text, plain)
        case _:
            assert_never(wanted)


def _is_truth(value: Any, truth: bool) -> bool:
    if isinstance(value, bool):
        return value is truth
    word = "true" if truth else "false"
    if isinstance(value, str) and value != word and value.lower() == word:
        raise Unproven("truth values are spelled in lower case")
    return bool(value == word) if isinstance(value, str) else False


def _spelled(value: Any, field: str) -> str:
    """The value as a keyword field indexes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        raise Unproven("how a fraction is spelled in a keyword field depends on the document")
    text = str(value)
    return text.lower() if is_caseless(field) else text


def _equals(value: Any, text: str, field: str) -> bool:
    wanted = text.lower() if is_caseless(field) else text
    if isinstance(value, int | float) and not isinstance(value, bool):
        if isinstance(value, int) and str(value) == wanted:
            return True
        if _NUMBER.fullmatch(wanted) and float(wanted) == value:
            raise Unproven(f"whether {value!r} is {text!r} depends on the mapping")
        return False
    spelled = _spelled(value, field)
    if spelled == wanted:
        return True
    if isinstance(value, bool):
        if spelled == wanted.lower():
            raise Unproven("truth values are spelled in lower case")
        return False
    if _NUMBER.fullmatch(spelled) and _NUMBER.fullmatch(wanted) and float(spelled) == float(wanted):
        raise Unproven(f"whether {value!r} is {text!r} depends on the mapping")
    if (address := as_address(spelled)) is not None and address == as_address(wanted):
        raise Unproven(f"whether {value!r} is {text!r} depends on the mapping")
    return False


def _of_words(text: str, quoted: bool) -> Callable[[Any], bool]:
    """A text field: its words in a row, or without quotes one of them, whatever their case."""
    wanted = _words(text)

    def accepts(value: Any) -> bool:
        words = _words(_spelled(value, ""))
        if not wanted:
            return False
        if not quoted:
            return not set(wanted).isdisjoint(words)
        return any(words[start : start + len(wanted)] == wanted for start in range(len(words)))

    return accepts


def _words(text: str) -> list[str]:
    """The words of a text ("Standard tokenizer"); `Unproven` where Unicode's rules for words are needed."""
    if not _SETTLED.fullmatch(text):
        raise Unproven("where words end beside such characters is not run here")
    return [word.lower() for word in _WORD.findall(text)]


def _anywhere(wanted: Value) -> Check:
    """A value without a field: in one of the fields that the index searches by default, which may be all."""
    match wanted:
        case Text(text):
            accepts: Callable[[Any], bool] = lambda value: _equals(value, text, "")  # noqa: E731
        case Wildcard((None,)):
            return lambda event: True
        case Wildcard(parts):
            matches = matcher(list(parts))
            accepts = lambda value: matches(_spelled(value, ""))  # noqa: E731
        case _:
            raise Unproven("truth values and null without a field are not documented")
    literal = text if isinstance(wanted, Text) else "".join(part or "" for part in wanted.parts)
    words = [word.lower() for word in _WORD.findall(literal)]

    def check(event: Event) -> bool:
        if _any(accepts, [value for path, value in all_values(event) if not is_analysed(path)]):
            return True
        for _, value in all_values(event):
            text = str(value).lower()
            if any(word in text for word in words):
                raise Unproven("whether a value is one of words depends on the mapping")
        return False

    return check


# --- ranges and nested objects


def _range(name: Name, order: Order, value: Value) -> Check:
    if not isinstance(value, Text) or not _NUMBER.fullmatch(value.value):
        raise Unproven("only numbers are put in order here")
    bound = float(value.value) if "." in value.value else int(value.value)
    found = _finder(name)

    def accepts(held: Any) -> bool:
        number = _as_number(held)
        return number is not None and _stands(number, order, bound)

    return lambda event: _any(accepts, found(event))


def _as_number(value: Any) -> int | float | None:
    """The value as a numeric field indexes it, strings coerced; None for what it does not take."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return None


def _stands(number: int | float, order: Order, bound: int | float) -> bool:
    match order:
        case Order.LT:
            return number < bound
        case Order.LTE:
            return number <= bound
        case Order.GT:
            return number > bound
        case Order.GTE:
            return number >= bound
        case _:
            assert_never(order)


def _nested(name: Name, query: Expr) -> Check:
    if isinstance(name, Wildcard):
        raise Unproven("several nested fields at once are not documented")
    check = _compile(query)

    def one_of(event: Event) -> bool:
        return _any(lambda one: check(one) is True, list(_objects(find(event, name.value))))

    return one_of


def _objects(found: Iterable[Any]) -> Iterator[Event]:
    for value in found:
        if isinstance(value, Mapping):
            yield value
        elif isinstance(value, list | tuple):
            yield from _objects(value)
