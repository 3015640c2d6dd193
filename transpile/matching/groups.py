"""What a stage keeps of each group, as long as anything of it may be within a window."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from transpile.evaluate.open_points import OURS
from transpile.evaluate.rows import Key, TimedRow, row_keys

G = TypeVar("G")

PURGE = 5_000  # groups of one stage at which those out of every window are dropped


def keys_of(by: tuple[str, ...]) -> Callable[[TimedRow], Iterable[Key]]:
    """`row_keys` by these columns, quicker where every value is a text, as nearly always."""
    if len(by) == 1:
        (only,) = by

        def by_one(row: TimedRow) -> Iterable[Key]:
            value = row.columns.get(only)
            return ((value,),) if type(value) is str and value else row_keys(row, by, OURS)

        return by_one

    def by_several(row: TimedRow) -> Iterable[Key]:
        values = tuple([row.columns.get(name) for name in by])
        plain = all(type(value) is str and value for value in values)
        return (values,) if plain else row_keys(row, by, OURS)

    return by_several


def oldest_of(time: float, seconds: float) -> float:
    """The earliest time in the window that ends now, less what floats of our time are inexact by."""
    return time - seconds - 1e-6


class Groups(Generic[G]):
    """The groups of one stage. `quiet` leaves out what follows an alert of its group within the window.

    `last` tells when the last of a group's rows was that may still count.
    """

    def __init__(self, by: tuple[str, ...], seconds: float, last: Callable[[G], float], *, quiet: bool) -> None:
        self.by, self.seconds, self.last = by, seconds, last
        self.keys = keys_of(by)
        self.known: dict[Key, G] = {}
        self.limit = PURGE
        self.alerted: dict[Key, float] | None = {} if quiet else None

    def purge(self, oldest: float) -> None:
        """Drop the groups of which nothing is within a window any more; for when there are more than `limit`."""
        for key in [key for key, group in self.known.items() if self.last(group) < oldest]:
            del self.known[key]
        self.limit = max(PURGE, 2 * len(self.known))
        if self.alerted is not None:
            self.alerted = {key: last for key, last in self.alerted.items() if last >= oldest}

    def is_quiet(self, key: Key, oldest: float) -> bool:
        """Whether the group has alerted within the window and need not be looked at again."""
        return self.alerted is not None and self.alerted.get(key, oldest - 1) >= oldest

    def alert(self, key: Key, time: float) -> None:
        """Note that the group alerts."""
        if self.alerted is not None:
            self.alerted[key] = time
