"""Three-valued logic as SQL has it: true, false, and None for unknown.

A part whose outcome is not documented raises `Unproven`. It does not count where another part settles the outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from transpile.evaluate import Unproven

Truth = bool | None
Given = TypeVar("Given")


def negate(value: Truth) -> Truth:
    """NOT: unknown stays unknown.

    >>> negate(True), negate(None)
    (False, None)
    """
    return None if value is None else not value


def conjunction(checks: Iterable[Callable[[Given], Truth]]) -> Callable[[Given], Truth]:
    """AND: false if any part is, else unknown if any is. Raises `Unproven` where only an undocumented part decides.

    >>> conjunction([lambda x: None, lambda x: x])(False), conjunction([lambda x: None, lambda x: x])(True)
    (False, None)
    """
    return _junction(tuple(checks), decisive=False)


def disjunction(checks: Iterable[Callable[[Given], Truth]]) -> Callable[[Given], Truth]:
    """OR: true if any part is, else unknown if any is. Raises `Unproven` where only an undocumented part decides.

    >>> disjunction([lambda x: None, lambda x: x])(True), disjunction([lambda x: None, lambda x: x])(False)
    (True, None)
    """
    return _junction(tuple(checks), decisive=True)


def _junction(checks: tuple[Callable[[Given], Truth], ...], decisive: bool) -> Callable[[Given], Truth]:
    def check(given: Given) -> Truth:
        outcome: Truth = not decisive
        doubt: Unproven | None = None
        for one in checks:
            try:
                found = one(given)
            except Unproven as reason:
                doubt = reason
                continue
            if found is decisive:
                return decisive
            if found is None:
                outcome = None
        if doubt is not None:
            raise doubt
        return outcome

    return check
