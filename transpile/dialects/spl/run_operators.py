"""Operators and conversions of the eval language, by Splunk's documentation; each fact has its source beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from transpile.dialects.kit.running.values import spell
from transpile.dialects.spl.run_search import ORDERS, number
from transpile.evaluate import Unproven

Result = Any  # None | bool | int | float | str | tuple[str, ...]


def as_truth(value: Result) -> bool:
    """A truth value; no other value is documented to be one."""
    if isinstance(value, bool):
        return value
    raise Unproven(f"{value!r} as a truth value")


def as_number(value: Result) -> float:
    """A number, or the number that a text spells."""
    if isinstance(value, float):
        return value
    found = number(value) if isinstance(value, str) else None
    if found is None:
        raise Unproven(f"{value!r} as a number")
    return found


def as_text(value: Result) -> str:
    """A value as text: strings as they are, numbers in their usual spelling."""
    if isinstance(value, bool | tuple) or value is None:
        raise Unproven(f"{value!r} as text")
    return spell(value)


def equal(one: Result, two: Result) -> bool:
    """`=` takes two numbers or two strings (Search Reference, `eval`, "Operators that produce booleans").

    A field's text that looks like a number is compared with a string as text, as in the reference's
    `'server.status'="200"`.
    """
    if isinstance(one, str) and isinstance(two, str):
        return one == two
    if isinstance(one, bool) or isinstance(two, bool):
        raise Unproven("a truth value compared")
    return as_number(one) == as_number(two)


def _order(operator: str) -> Callable[[Result, Result], bool]:
    compare = ORDERS[operator]

    def apply(one: Result, two: Result) -> bool:
        if isinstance(one, str) and isinstance(two, str) and number(one) is None and number(two) is None:
            return compare(one, two)
        return compare(as_number(one), as_number(two))

    return apply


def _add(one: Result, two: Result) -> Result:
    """`+` adds two numbers, or joins two strings."""
    if isinstance(one, str) and isinstance(two, str) and number(one) is None and number(two) is None:
        return one + two
    return as_number(one) + as_number(two)


def _divide(one: Result, two: Result) -> Result:
    """Division by zero gives NULL (Search Reference, `eval`, "Numeric calculations")."""
    return as_number(one) / as_number(two) if as_number(two) else None


def _modulus(one: Result, two: Result) -> Result:
    if not as_number(two):
        raise Unproven("a modulus of zero")
    return as_number(one) % as_number(two)


def like(value: Result, pattern: Result) -> bool:
    """`%` stands for many characters, `_` for one; no way to escape them is documented (`like()`)."""
    if "\\" in pattern:
        raise Unproven("a backslash in a pattern of LIKE")
    return re.fullmatch(_LIKE.sub(_like_piece, pattern), as_text(value), re.DOTALL) is not None


_LIKE = re.compile(r"%|_|[^%_]+")


def _like_piece(found: re.Match[str]) -> str:
    return {"%": ".*", "_": "."}.get(found.group(), re.escape(found.group()))


OPERATORS: Mapping[str, Callable[[Result, Result], Result]] = MappingProxyType(
    {
        "=": equal,
        "==": equal,
        "!=": lambda one, two: not equal(one, two),
        "<": _order("<"),
        "<=": _order("<="),
        ">": _order(">"),
        ">=": _order(">="),
        "LIKE": like,
        ".": lambda one, two: as_text(one) + as_text(two),
        "+": _add,
        "-": lambda one, two: as_number(one) - as_number(two),
        "*": lambda one, two: as_number(one) * as_number(two),
        "/": _divide,
        "%": _modulus,
    }
)
