"""Truth and comparison, as "Null values" and "Logical operators" in the Kusto reference have them.

A comparison with null is null, but `==` is false and `!=` true where one side alone is null; `false and null` is false,
`true or null` true, `not(null)` null. `null == null` is null on one of the pages and false on the other.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from transpile.dialects.kql.columns import UNREADABLE, Event, Reader
from transpile.evaluate import Unproven

ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


class _Unsettled:
    """The type of `UNSETTLED`."""


# Null or false: what `null == null` is. A row is dropped either way, but NOT of it is unproven.
UNSETTLED = _Unsettled()
Truth = bool | _Unsettled | None


def junction(args: tuple[Reader, ...], *, decisive: bool) -> Reader:
    """`and` (decided by a false) or `or` (decided by a true) of three-valued arguments."""

    def check(event: Event) -> Truth:
        return decide((truth(arg(event)) for arg in args), decisive)

    return check


def decide(values: Iterable[Truth], decisive: bool) -> Truth:
    """`decisive` if any value is; null if none is but one is null; else the opposite."""
    undecided: Truth = not decisive
    for value in values:
        if value is decisive:
            return decisive
        if not isinstance(value, bool) and undecided is not UNSETTLED:
            undecided = value
    return undecided


def truth(value: Any) -> Truth:
    """The value as a truth value. `Unproven` if it is none."""
    if value is None or isinstance(value, bool | _Unsettled):
        return value
    raise Unproven("a condition that is neither true nor false")


def negated(inner: Reader) -> Reader:
    """`not`: null stays null."""

    def check(event: Event) -> bool | None:
        value = truth(inner(event))
        if isinstance(value, _Unsettled):
            raise Unproven("whether null == null is null or false")
        return None if value is None else not value

    return check


def coalesce(values: Iterator[Any]) -> Any:
    """The first value that is not null, of strings the first that is not empty."""
    for value in values:
        if value is UNSETTLED:
            if (rest := coalesce(values)) is not False:
                raise Unproven("whether null == null is null or false")
            return rest
        if value is not None and value != "":
            return value
    return None


# --- comparisons


def equals(one: Any, two: Any) -> bool | _Unsettled:
    """`==` of two values. `Unproven` for two types that Kusto does not compare."""
    if one is None or two is None:
        return UNSETTLED if one is two else False
    if UNREADABLE in (one, two):
        return False
    if _sort(one) is not _sort(two):
        raise Unproven(f"Kusto does not compare {one!r} with {two!r}")
    return bool(one == two)


def _sort(value: Any) -> type:
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)


def ordered(order: Callable[[Any, Any], bool], one: Any, two: Any) -> bool | None:
    """`<` and its like of two values. `Unproven` for two types that Kusto puts in no order."""
    if one is None or two is None or UNREADABLE in (one, two):
        return None
    if _sort(one) is not _sort(two) or isinstance(one, bool | list | dict):
        raise Unproven(f"Kusto puts {one!r} and {two!r} in no order")
    return order(one, two)


def calculated(calculate: Callable[[Any, Any], Any], one: Any, two: Any) -> Any:
    """Arithmetic on two numbers; null if either is."""
    if one is None or two is None:
        return None
    if {type(one), type(two)} <= {datetime, timedelta} and calculate in (operator.add, operator.sub):
        try:
            return calculate(one, two)
        except (TypeError, OverflowError) as error:
            raise Unproven(f"arithmetic on times that is not run here: {error}") from error
    if _sort(one) is not float or _sort(two) is not float:
        raise Unproven("arithmetic on what is not a number is not run here")
    return calculate(one, two)


def folded(test: Callable[[str, str], bool], one: str, two: str) -> bool:
    """A test that ignores case. Of other letters than ASCII's the reference says that they are not supported."""
    found = test(_fold(one), _fold(two))
    if not one.isascii() and not two.isascii() and found != test(one.lower(), two.lower()):
        raise Unproven("operators that ignore case are documented for ASCII letters only")
    return found


_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def _fold(value: str) -> str:
    return value.lower() if value.isascii() else value.translate(_ASCII_LOWER)


_TERM = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


def _has(before: bool, after: bool) -> Callable[[str, str], bool]:
    """A term search: the text is between characters of no term, where it begins or ends with one of a term.

    Terms are ASCII letters and digits ("What is a term?"). Other letters beside the text are `Unproven`.
    """

    def test(value: str, term: str) -> bool:
        if not term:
            raise Unproven("has with an empty text is not documented")
        first, last = before and term[0] in _TERM, after and term[-1] in _TERM
        start = value.find(term)
        while start >= 0:
            end = start + len(term)
            left = value[start - 1] if first and start else ""
            right = value[end] if last and end < len(value) else ""
            if left not in _TERM and right not in _TERM:
                if any(not char.isascii() and char.isalnum() for char in left + right):
                    raise Unproven("whether a letter outside of ASCII bounds a term is not documented")
                return True
            start = value.find(term, start + 1)
        return False

    return test


TEXT_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "=~": operator.eq,
    "contains": operator.contains,
    "startswith": str.startswith,
    "endswith": str.endswith,
    "has": _has(True, True),
    "hasprefix": _has(True, False),
    "hassuffix": _has(False, True),
}
