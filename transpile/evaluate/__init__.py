"""The reference meaning of a rule over events, and the events that put a query to the test."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature


class Unproven(Exception):
    """The language's documentation does not define the outcome; the message says what is undefined."""


def check_arguments(name: str, function: Callable[..., object], count: int) -> None:
    """Raise `Unproven` where a query calls a function with a number of arguments that it does not take."""
    try:
        signature(function).bind(*[None] * count)
    except TypeError:
        raise Unproven(f"{name}() does not take {count} arguments") from None
