"""Columns that are computed of one row at once, for languages that assign them one after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def in_turn(columns: Iterable[tuple[str, T, Collection[str]]], name: Callable[[str], T]) -> Iterator[tuple[str, T]]:
    """The columns in an order in which each reads the row as it was.

    Each has a name, an expression, and the columns that this reads; `name` makes the expression of a column. Those
    that read one another get other names first.

    >>> list(in_turn([("a", "b+1", ["b"]), ("b", "a+1", ["a"]), ("c", "d", ["d"])], str))
    [('c', 'd'), ('new_a', 'b+1'), ('new_b', 'a+1'), ('a', 'new_a'), ('b', 'new_b')]
    """
    left = list(columns)
    while True:
        free = [one for one in left if not any(one[0] in reads for other, _, reads in left if other != one[0])]
        if not free:
            break
        for one in free[:1]:
            yield one[0], one[1]
            left.remove(one)
    taken = {each for own, _, reads in left for each in (own, *reads)}
    fresh: dict[str, str] = {}
    for own, value, _ in left:
        fresh[own] = f"new_{own}"
        while fresh[own] in taken:
            fresh[own] = f"new_{fresh[own]}"
        taken.add(fresh[own])
        yield fresh[own], value
    for own, other in fresh.items():
        yield own, name(other)
