"""The filters of a technique's list of rules, by platform and by domain, which work without a script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

_KEYS = {"platforms": "Platform", "domains": "Domain"}


class Filter(NamedTuple):
    """A group of choices of which one is made: its title, the letter before its marks, and the choices."""

    title: str
    letter: str
    names: tuple[str, ...]


def mark(rules: Sequence[dict[str, Any]]) -> list[Filter]:
    """The filters for some rules; each rule gets the `marks` of its own choices.

    >>> rules = [{"platforms": ["Linux"], "domains": ["Endpoint"]}, {"platforms": ["AWS"], "domains": ["Cloud"]}]
    >>> [one.names for one in mark(rules)], [rule["marks"] for rule in rules]
    ([('AWS', 'Linux'), ('Cloud', 'Endpoint')], ['p2 d2', 'p1 d1'])
    """
    found = [
        Filter(title, key[0], tuple(sorted({name for rule in rules for name in rule[key]})))
        for key, title in _KEYS.items()
    ]
    for rule in rules:
        rule["marks"] = " ".join(
            f"{one.letter}{number}"
            for key, one in zip(_KEYS, found, strict=True)
            for number, name in enumerate(one.names, start=1)
            if name in rule[key]
        )
    return found
