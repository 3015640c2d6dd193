"""The rules whose queries the platforms' schemas check: ours, and the public ones where they are to be had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from transpile.conversion import Conversion, Options, convert_reading
from transpile.dialects.base import Reading
from transpile.dialects.sigma.read import read
from transpile.ir.expr import Match
from transpile.ir.match import Field, FieldRef, Pattern
from transpile.ir.walk import leaves
from transpile.source import Source

PROJECT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Use:
    """A rule asks for a field of a dataset."""

    rule: str
    dataset: str | None
    field: Field

    def __str__(self) -> str:
        return f"{self.rule}: {self.dataset or 'any'} {self.field.name}"


def readings(folders: Iterable[Path]) -> list[tuple[Source, Reading]]:
    """Every rule of these folders that can be read."""
    found = []
    for path in sorted(path for folder in folders for path in folder.rglob("*.yml")):
        source = Source(path.read_text(encoding="utf-8"), path.name)
        found += [(source, reading) for reading in read(source) if reading.rule is not None and reading.rule.is_single]
    return found


def convert(rules: Iterable[tuple[Source, Reading]], model: str, target: str) -> list[Conversion]:
    """What comes of each rule under a data model, approximate queries among them; only those that have a query."""
    options = Options((target,), models=(model,), allow_approximate=True)
    made = [one for source, reading in rules for one in convert_reading(reading, source, options)]
    return [one for one in made if one.query is not None]


def uses(conversions: Iterable[Conversion]) -> Iterator[Use]:
    """Each field of the platform that some rule asks for, rule by rule."""
    for one in conversions:
        assert one.mapped is not None
        for field in sorted({field for leaf in matches(one) for field in _fields(leaf)}, key=lambda field: field.name):
            yield Use(one.path, one.mapped.dataset, field)


def sample(conversions: Iterable[Conversion]) -> list[Conversion]:
    """Few conversions, the shortest, that together put every kind of test to every field of every dataset.

    What a parser says of names and types depends on these alone; asking it about every query would take minutes.
    """
    seen: set[tuple[object, ...]] = set()
    chosen = []
    for one in sorted(conversions, key=lambda one: len(one.query or "")):
        assert one.mapped is not None
        kinds = {(one.mapped.dataset, leaf.field, *_kind(leaf)) for leaf in matches(one)} or {(one.mapped.dataset,)}
        if kinds - seen:
            seen |= kinds
            chosen.append(one)
    return chosen


def matches(one: Conversion) -> Iterator[Match]:
    """Every test of a field in a mapped rule."""
    assert one.mapped is not None
    yield from (leaf for leaf in leaves(one.mapped.condition) if isinstance(leaf, Match))


def _fields(leaf: Match) -> Iterator[Field]:
    yield leaf.field
    if isinstance(leaf.test, FieldRef):
        yield leaf.test.field


def _kind(leaf: Match) -> tuple[object, ...]:
    match leaf.test:
        case Pattern() as pattern:
            return (Pattern, pattern.shape, pattern.cased)
        case FieldRef(field):
            return (FieldRef, field)
        case test:
            return (type(test),)
