"""Every query of the KQL models uses tables and columns that exist, in ways that their types allow."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.kql.microsoft import check, needs_microsoft
from tests.schemas import corpus, kusto, models
from transpile.conversion import Conversion
from transpile.dialects.base import Reading
from transpile.ir.match import Field, FieldType
from transpile.pipelines.datasets import with_columns
from transpile.pipelines.model import ModelSource as Place
from transpile.source import Source

pytestmark = pytest.mark.skipif(not kusto.is_there(), reason=kusto.NEEDS)

columns = cache(kusto.columns)

MODELS = ("sentinel", "defender", "asim")

# What a column may be for a field of each type.
FITTING = {
    FieldType.STRING: {"string"},
    FieldType.ENUM: {"string"},
    FieldType.IP: {"string"},
    FieldType.NUMBER: {"int", "long", "real"},
    FieldType.BOOLEAN: {"bool"},
    FieldType.TIME: {"datetime"},
    FieldType.DYNAMIC: {"dynamic"},
}


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def conversions(model: str, rules: list[tuple[Source, Reading]]) -> list[Conversion]:
    return corpus.convert(rules, model, "kql")


def test_every_column_that_a_model_names_is_in_its_table_and_of_its_type(model: str) -> None:
    """Of every source, whether a rule asks for it or not. Microsoft's parser would take `int == "text"`."""
    sources = models.sources(model)
    assert len(sources) > 20
    wrong = set()
    for source in sources:
        assert source.dataset is not None, source.name
        if source.columns:
            continue  # Microsoft's parser looks at what it computes
        for field in models.fields_of(source):
            type_ = column_type(model, source.dataset, field)
            if type_ is None or (type_ and type_ not in fitting(field)):
                wrong.add(f"{source.place} {source.dataset}: {field.name} is {type_}, used as {field.type.value}")
    assert not wrong


@needs_microsoft
def test_microsofts_parser_knows_what_a_dataset_computes(model: str) -> None:
    datasets = sorted(set(map(whole_dataset, models.sources(model))))
    tables = kusto.asked_for(kusto.tables(model), datasets)
    assert not {one: found for one, found in zip(datasets, check(datasets, tables), strict=True) if found}


def test_every_column_that_a_rule_asks_for_is_in_its_table(model: str, conversions: list[Conversion]) -> None:
    assert conversions
    assert not [str(use) for use in corpus.uses(conversions) if column_type(model, use.dataset, use.field) is None]


def test_every_field_that_a_rule_asks_for_has_its_columns_type(model: str, conversions: list[Conversion]) -> None:
    wrong = []
    for use in corpus.uses(conversions):
        type_ = column_type(model, use.dataset, use.field)
        if type_ and type_ not in fitting(use.field):
            wrong.append(f"{use} is {type_}, used as {use.field.type.value}")
    assert not wrong


def whole_dataset(source: Place) -> str:
    """The data set of a place with every column that it can compute, in both ways."""
    text = source.dataset or ""
    if source.rest is None:
        names = {field.name.partition(".")[0] for field in models.fields_of(source)} if source.columns else set()
    else:
        names = {column for place in source.columns.values() for column in place if not column.startswith("*")}
        names |= {"TargetObject", "a-b"}
    return with_columns(text, source.columns, {name: i % 2 == 0 for i, name in enumerate(sorted(names))})


def fitting(field: Field) -> set[str]:
    """What the column of a field may be."""
    return FITTING[FieldType.DYNAMIC if field.repeated else field.type]


def column_type(model: str, dataset: str | None, field: Field) -> str | None:
    """The type of the column in which the field stands, "" for one that the query computes; None if there is none."""
    assert dataset is not None
    column = re.split(r"[.\[]", field.name, maxsplit=1)[0]
    return (columns(model, dataset) or {}).get(column)


@needs_microsoft
def test_microsofts_parser_knows_every_name(model: str, conversions: list[Conversion]) -> None:
    chosen = corpus.sample(conversions)
    queries = [one.query or "" for one in chosen]
    answers = check(queries, kusto.asked_for(kusto.tables(model), queries))
    assert not {one.path: found for one, found in zip(chosen, answers, strict=True) if found}
