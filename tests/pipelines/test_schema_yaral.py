"""Every rule of the YARA-L model uses fields that exist, as their types allow, and values that enumerations have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.schemas import corpus, udm
from transpile.conversion import Conversion
from transpile.dialects.base import Reading
from transpile.ir.match import FieldType, Pattern
from transpile.source import Source

pytestmark = pytest.mark.skipif(not udm.is_there(), reason=udm.NEEDS)

FITTING = {
    FieldType.STRING: "string",
    FieldType.IP: "string",
    FieldType.DYNAMIC: "string",
    FieldType.ENUM: "enum",
    FieldType.NUMBER: "number",
    FieldType.BOOLEAN: "bool",
    FieldType.TIME: "time",
}

# A path of an event's fields in a rule.
FIELD = re.compile(
    r"\$\w+\.((?:metadata|principal|target|src|network|security_result|additional|about|observer)\.[\w.]+)"
)


@pytest.fixture(scope="module")
def conversions(rules: list[tuple[Source, Reading]]) -> list[Conversion]:
    return corpus.convert(rules, "udm", "yaral")


def test_the_list_knows_the_fields_of_googles_own_rules(corpora: Path) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (corpora / "yaral").rglob("*.yaral"))
    paths = set(FIELD.findall(text))
    assert len(paths) > 100
    unknown = {path for path in paths if udm.field_type(path) is None and not udm.is_map(path)}
    assert unknown <= {"metadata.event_timestamp.seconds"}  # the inside of a timestamp, for arithmetic


def test_every_field_exists(conversions: list[Conversion]) -> None:
    assert conversions
    assert not [str(use) for use in corpus.uses(conversions) if udm.field_type(use.field.name) is None]


def test_every_field_is_asked_as_its_type_allows(conversions: list[Conversion]) -> None:
    wrong = []
    for use in corpus.uses(conversions):
        type_ = udm.field_type(use.field.name)
        if type_ is not None and type_ != FITTING[use.field.type]:
            wrong.append(f"{use} is {type_}, used as {use.field.type.value}")
    assert not wrong


def test_every_value_of_an_enumeration_is_one_of_it(conversions: list[Conversion]) -> None:
    wrong = []
    for one in conversions:
        for leaf in corpus.matches(one):
            if leaf.field.type is not FieldType.ENUM or not isinstance(leaf.test, Pattern):
                continue
            if leaf.test.literal not in udm.values(leaf.field.name):
                wrong.append(f"{one.path}: {leaf.field.name} {leaf.test.literal}")
    assert not wrong
