"""Records behave as frozen dataclasses do."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Mapping
from dataclasses import field
from typing import Generic, TypeVar

import pytest

from transpile.record import record, replace

T = TypeVar("T")


@record
class Node(Generic[T]):
    value: T
    at: int = field(default=0, compare=False, repr=False)
    more: Mapping[str, int] = field(default_factory=lambda: {"one": 1})


@record
class Leaf:
    """Nothing but a kind."""


@record(eq=False)
class Once:
    name: str


def test_they_are_compared_hashed_and_shown_by_the_fields_that_take_part() -> None:
    assert Node(1, 2) == Node(1, 3) != Node(2, 2)
    assert hash(Node(1, 2, ())) == hash(Node(1, 3, ()))  # type: ignore[arg-type]
    assert repr(Node(1, 2)) == "Node(value=1, more={'one': 1})"
    assert Leaf() == Leaf()
    assert len({Leaf(), Leaf()}) == 1
    assert Once("a") != Once("a")


def test_they_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Node(1).value = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Leaf().value = 2  # type: ignore[attr-defined]


def test_dataclasses_knows_them() -> None:
    assert [one.name for one in dataclasses.fields(Node(1))] == ["value", "at", "more"]
    assert dataclasses.is_dataclass(Leaf())
    assert dataclasses.replace(Node(1), value=3) == replace(Node(1), value=3) == Node(3)
    assert dataclasses.asdict(Node(1, 2)) == {"value": 1, "at": 2, "more": {"one": 1}}


def test_they_cross_processes_and_match_by_position() -> None:
    copy = pickle.loads(pickle.dumps(Node(1, 2)))
    assert (copy, copy.at) == (Node(1), 2)
    match copy:
        case Node(value, at):
            assert (value, at) == (1, 2)
        case _:
            pytest.fail()
