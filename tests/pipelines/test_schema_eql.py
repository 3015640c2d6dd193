"""Every query of the EQL model uses fields that exist, as their types allow, and categories that the schema has."""

from __future__ import annotations

import pytest

from tests.schemas import corpus, elastic, models
from transpile.conversion import Conversion
from transpile.dialects.base import Reading
from transpile.ir.match import ANY, Exists, FieldType, Null, Pattern
from transpile.source import Source

# What a field may be in Elasticsearch for a field of each type. EQL cannot ask for `text`.
TEXT = {"keyword", "constant_keyword", "wildcard", "flattened"}
FITTING = {
    FieldType.STRING: TEXT,
    FieldType.ENUM: TEXT,
    FieldType.NUMBER: {"long", "integer", "short", "float", "double", "scaled_float"},
    FieldType.BOOLEAN: {"boolean"},
    FieldType.IP: {"ip"},
    FieldType.TIME: {"date"},
    FieldType.DYNAMIC: {"flattened"},
}

# Asked for its presence alone, which EQL can tell of `text` too.
PRESENCE = {"kubernetes.audit.requestObject.spec.volumes.hostPath.path"}

# Fields whose values the schema lists, and those that tell an integration's events.
LISTED = ("event.category", "event.dataset", "event.kind", "event.module", "event.type")


@pytest.fixture(scope="module")
def conversions(rules: list[tuple[Source, Reading]]) -> list[Conversion]:
    return corpus.convert(rules, "ecs", "eql")


def test_every_field_exists(conversions: list[Conversion]) -> None:
    assert conversions
    assert not [str(use) for use in corpus.uses(conversions) if elastic.field_type(use.field.name) is None]


def test_every_field_that_the_model_names_exists_with_its_type() -> None:
    fields = {field for source in models.sources("ecs") for field in models.fields_of(source)}
    assert len(fields) > 250
    wrong = [field for field in fields if elastic.field_type(field.name) not in FITTING[field.type]]
    assert {field.name for field in wrong} <= PRESENCE


def test_every_field_is_asked_as_its_type_allows(conversions: list[Conversion]) -> None:
    wrong = []
    for use in corpus.uses(conversions):
        type_ = elastic.field_type(use.field.name)
        if type_ is not None and type_ not in FITTING[use.field.type] and use.field.name not in PRESENCE:
            wrong.append(f"{use} is {type_}, used as {use.field.type.value}")
    assert not wrong


def test_what_is_asked_for_its_presence_alone_is_asked_for_no_more(conversions: list[Conversion]) -> None:
    asked = [leaf.test for one in conversions for leaf in corpus.matches(one) if leaf.field.name in PRESENCE]
    assert all(isinstance(test, Null | Exists) or test == Pattern((ANY,)) for test in asked), asked


def test_every_category_is_one_of_the_schema(conversions: list[Conversion]) -> None:
    datasets = {one.mapped.dataset for one in conversions if one.mapped is not None}
    assert datasets <= {None, "any", *elastic.allowed_values("event.category")}


def test_every_value_that_the_model_names_of_a_listed_field_is_one_of_the_schema() -> None:
    told = [condition for source in models.sources("ecs") for condition in source.where]
    asked = {(field.name, value) for field, values, *_ in told if field.name in LISTED for value in values}
    assert len(asked) > 20
    assert not [(name, value) for name, value in asked if value not in elastic.allowed_values(name)]


def test_every_value_of_a_listed_field_is_one_of_the_schema(conversions: list[Conversion]) -> None:
    wrong = []
    for one in conversions:
        for leaf in corpus.matches(one):
            if leaf.field.name in LISTED:
                allowed = elastic.allowed_values(leaf.field.name)
                if not isinstance(leaf.test, Pattern) or leaf.test.literal not in allowed:
                    wrong.append(f"{one.path}: {leaf.field.name} {leaf.test}")
    assert not wrong
