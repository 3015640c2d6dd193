"""What a search expression matches, by Splunk's documentation; each fact has its source beside it.

Values are compared without regard to case (Search Manual, "Use CASE() and TERM() to match phrases"); a field with
several values matches if any of them does. Evaluation goes on past what is undocumented as long as the outcome does
not hang on it, and raises `Unproven` when it does.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, assert_never

from transpile.dialects.spl.run_facts import Facts, fold
from transpile.dialects.spl.strings import RAW, TAG, is_modifier
from transpile.dialects.spl.tree import (
    And,
    Comparison,
    Directive,
    In,
    Literal,
    Macro,
    Not,
    Or,
    SearchExpr,
    Subsearch,
    Value,
)
from transpile.evaluate import Unproven

Check = Callable[[Facts], bool]

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_NUMBER_LIKE = re.compile(
    r"\s*[+-]?(?:[0-9.]*[0-9][0-9.]*(?:e[+-]?[0-9]+)?|0x[0-9a-f]+|inf(?:inity)?|nan)\s*", re.IGNORECASE
)


def _names_index(expr: SearchExpr) -> bool:
    """Whether a condition only says in which indexes events are sought."""
    match expr:
        case Comparison("index", "=", Literal()) | In("index"):
            return True
        case Or(args):
            return all(map(_names_index, args))
        case _:
            return False


def _of_index(expr: SearchExpr) -> Check:
    """The indexes that a search is over; an event that says nothing of its index is in one of those."""
    inner = compile_search(expr)
    return lambda facts: "index" not in facts.event or inner(facts)


def compile_search(expr: SearchExpr) -> Check:
    """The expression as a function of an event. Raises `Unproven` for what depends on more than the event."""
    match expr:
        case And(args):
            return every(tuple(_of_index(arg) if _names_index(arg) else compile_search(arg) for arg in args))
        case Or(args):
            return some(tuple(map(compile_search, args)))
        case Not(arg):
            inner = compile_search(arg)
            return lambda facts: not inner(facts)
        case Literal(text):
            return _term(text)
        case Comparison(field, sign, value):
            return _comparison(field, sign, value)
        case In(field, values):
            return some(tuple(_listed(field, value) for value in values))
        case Directive(name):
            raise Unproven(f"{name}() depends on how the index cuts the text into terms")
        case Macro(text):
            raise Unproven(f"the macro `{text}` is defined elsewhere")
        case Subsearch():
            raise Unproven("a subsearch depends on other events")
        case _:
            assert_never(expr)


def every(checks: tuple[Check, ...]) -> Check:
    """All hold; one that surely fails settles it, whatever is unproven of the others."""

    def check(facts: Facts) -> bool:
        doubt = None
        for one in checks:
            try:
                if not one(facts):
                    return False
            except Unproven as error:
                doubt = error
        if doubt is not None:
            raise doubt
        return True

    return check


def some(checks: tuple[Check, ...]) -> Check:
    """At least one holds; one that surely does settles it, whatever is unproven of the others."""

    def check(facts: Facts) -> bool:
        doubt = None
        for one in checks:
            try:
                if one(facts):
                    return True
            except Unproven as error:
                doubt = error
        if doubt is not None:
            raise doubt
        return False

    return check


def texts(facts: Facts, field: str) -> tuple[str, ...]:
    """A field's values as text. An event without `_raw` is taken to be its values, a line each.

    A JSON null is not a value: NULL is the absence of one (Search Reference, `null()`).
    """
    if field == RAW and not facts.values(RAW):
        found = tuple(facts.anywhere())
        return ("\n".join(found),) if found else ()
    return facts.texts(field)


# --- terms

# Search Manual, "Event segmentation and searching".
_BREAKERS = re.escape("[]<>(){}|!;,'\"*\n\r \t&?+/:=@.-$#%\\_")
_SURE_TERM = re.compile(r"\*?[A-Za-z0-9]+\*?")


def _term(text: str) -> Check:
    """A term or phrase: a run of the raw text between breakers; a `*` at its end goes on to the next breaker."""
    if text == "*":
        return lambda facts: True
    if "*" in text and not _SURE_TERM.fullmatch(text):
        raise Unproven(f"a wildcard in {text!r}, a term with breakers or with wildcards within")
    body = re.escape(fold(text.strip("*")))
    before = "" if text.startswith("*") else f"(?<![^{_BREAKERS}])"
    after = "" if text.endswith("*") else f"(?![^{_BREAKERS}])"
    find = re.compile(before + body + after).search
    return lambda facts: any(find(fold(raw)) is not None for raw in texts(facts, RAW))


# --- comparisons


def _listed(field: str, value: Value) -> Check:
    """One value of `IN (...)`, which is short for `=` (Search Reference, `search`, "Filter using the IN operator")."""
    if isinstance(value, Literal) and _network(value.text):
        raise Unproven(f"a network in a list: {value.text}")
    return _comparison(field, "=", value)


def _comparison(field: str, sign: str, value: Value) -> Check:
    if is_modifier(field) and field != TAG:
        raise Unproven(f"{field} is a search modifier, not a field")
    match value:
        case Literal(text):
            pass
        case Directive("CASE", text) if sign == "=":
            accepts = _wildcards(text)
            return lambda facts: any(map(accepts, texts(facts, field)))
        case Directive(name):
            raise Unproven(f"{name}() as a value")
        case Macro(name):
            raise Unproven(f"the macro `{name}` is defined elsewhere")
    match sign:
        case "=":
            return _equals(field, text)
        case "!=":
            return _differs(field, text)
        case _:
            return _ordered(field, sign, text)


def _equals(field: str, text: str) -> Check:
    """`=` compares strings, "1" does not match "1.0" (Search Reference, `search`, "Comparison expression options")."""
    if text == "*":
        return lambda facts: _is_present(facts, field)
    network = _network(text)
    if network is not None:
        return lambda facts: any(_is_in(found, network, text) for found in texts(facts, field))
    if text == "":
        return lambda facts: _is_empty(facts, field)
    if "*" not in text:
        wanted = fold(text)
        return lambda facts: wanted in folded(facts, field)
    accepts = _wildcards(fold(text))
    return lambda facts: any(map(accepts, folded(facts, field)))


def folded(facts: Facts, field: str) -> tuple[str, ...]:
    """A field's values as text without case."""
    return tuple(map(fold, texts(facts, field))) if field == RAW else facts.folded(field)


def _is_present(facts: Facts, field: str) -> bool:
    """`NOT field=*` returns events where the field is null or undefined (Search Reference, `search`, example 6)."""
    return bool(facts.values(field)) or (field == RAW and texts(facts, RAW) != ())


def _is_empty(facts: Facts, field: str) -> bool:
    """Empty strings among several values are dropped by default (Search Reference, `makemv`), but not for certain."""
    found = set(texts(facts, field))
    if "" in found and len(found) > 1:
        raise Unproven(f"an empty string among several values of {field}")
    return "" in found


def _differs(field: str, text: str) -> Check:
    """`field!=value`: the field exists and does not have the value; `field!=*` never holds (example 6)."""
    if text == "*":
        return lambda facts: False
    equals = _equals(field, text)

    def check(facts: Facts) -> bool:
        if not _is_present(facts, field):
            return False
        values = texts(facts, field)
        same = equals(facts)
        if same and len(values) > 1 and not all(equals(Facts({field: value})) for value in values):
            raise Unproven(f"{field}!= where some of several values differ")
        return not same

    return check


def _wildcards(text: str) -> Callable[[str], bool]:
    """Whether a text matches a value with wildcards as a whole."""
    find = re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL).fullmatch
    return lambda found: find(found) is not None


def _ordered(field: str, sign: str, text: str) -> Check:
    """Two numbers are compared as numbers, other values as text ("Comparison expression options")."""
    if "*" in text:
        raise Unproven(f"a wildcard after {sign}")
    compare = ORDERS[sign]
    bound = number(text)

    def check(facts: Facts) -> bool:
        for found in texts(facts, field):
            value = None if bound is None else number(found)
            if compare(found, text) if value is None or bound is None else compare(value, bound):
                return True
        return False

    return check


ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def number(text: str) -> float | None:
    """The number that a text spells in decimal digits, or None. Raises `Unproven` for other spellings of numbers."""
    if _NUMBER.fullmatch(text):
        return float(text)
    if _NUMBER_LIKE.fullmatch(text):
        raise Unproven(f"whether {text!r} is a number to Splunk")
    return None


# --- networks


@lru_cache(maxsize=1024)
def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


def has_network(expr: SearchExpr) -> bool:
    """Whether a field is compared with a network somewhere in the expression."""
    match expr:
        case And(args) | Or(args):
            return any(map(has_network, args))
        case Not(arg):
            return has_network(arg)
        case Comparison(_, _, Literal(text)):
            return _network(text) is not None
        case _:
            return False


def _is_in(text: str, network: IPv4Network | IPv6Network, spelled: str) -> bool:
    """`search` matches IPv4 and IPv6 addresses with networks (Search Reference, `search`, "CIDR matching")."""
    if text == spelled:
        raise Unproven(f"whether the network {text} is in itself")
    return in_network(text, network)


def in_network(text: str, network: IPv4Network | IPv6Network) -> bool:
    """Whether a text is an address of the network."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return address.version == network.version and address in network
