"""What a data model names, whether a rule uses it or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields as parts
from dataclasses import is_dataclass

from transpile.ir.match import Field
from transpile.pipelines.forms import Cases, Condition, Values
from transpile.pipelines.load import load
from transpile.pipelines.model import ModelSource


def sources(model: str) -> set[ModelSource]:
    """Every place that a model has for a log source."""
    return {source for places in load(model).sources.values() for source in places}


def fields_of(source: ModelSource) -> set[Field]:
    """Every field of the platform that a place names, but for names that are made of the rule's."""
    return set(_fields(source.where)) | set(_fields(source.keywords)) | set(_fields(source.fields))


def _fields(thing: object) -> Iterator[Field]:
    """The fields anywhere in a part of a model."""
    match thing:
        case Field():
            yield thing
        case Mapping():
            yield from (field for value in thing.values() for field in _fields(value))
        case tuple():
            yield from (field for value in thing for field in _fields(value))
        case _ if is_dataclass(thing):
            yield from (field for part in parts(thing) for field in _fields(getattr(thing, part.name)))


def values_of(source: ModelSource) -> Iterator[tuple[Field, object]]:
    """Every value that a place gives one of its fields."""
    for thing in (*source.where, *(entry.how for entry in source.fields.values())):
        match thing:
            case Condition(field, known):
                yield from ((field, value) for value in known)
            case Values(field, table):
                yield from ((field, value) for value in table.values())
            case Cases(table):
                yield from ((field, value) for case in table.values() for field, known, *_ in case for value in known)
            case _:
                pass
