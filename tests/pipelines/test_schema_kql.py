"""Every query of the KQL models uses tables and columns that exist, in ways that their types allow."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.kql.microsoft import check, needs_microsoft
from tests.schemas import corpus, kusto
from transpile.conversion import Conversion
from transpile.dialects.base import Reading
from transpile.ir.match import FieldType
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


def test_every_column_is_in_its_table(model: str, conversions: list[Conversion]) -> None:
    assert conversions
    assert not [str(use) for use in corpus.uses(conversions) if column_type(model, use) is None]


def test_every_field_has_its_columns_type(model: str, conversions: list[Conversion]) -> None:
    wrong = []
    for use in corpus.uses(conversions):
        used_as = FieldType.DYNAMIC if use.field.repeated else use.field.type
        type_ = column_type(model, use)
        if type_ and type_ not in FITTING[used_as]:
            wrong.append(f"{use} is {type_}, used as {used_as.value}")
    assert not wrong


def column_type(model: str, use: corpus.Use) -> str | None:
    """The type of the column in which the field stands, "" for one that the query computes; None if there is none."""
    assert use.dataset is not None, use
    column = re.split(r"[.\[]", use.field.name, maxsplit=1)[0]
    return (columns(model, use.dataset) or {}).get(column)


@needs_microsoft
def test_microsofts_parser_knows_every_name(model: str, conversions: list[Conversion]) -> None:
    chosen = corpus.sample(conversions)
    queries = [one.query or "" for one in chosen]
    answers = check(queries, kusto.asked_for(kusto.tables(model), queries))
    assert not {one.path: found for one, found in zip(chosen, answers, strict=True) if found}
