"""Every path that the model of Google SecOps names, used by a rule or not, is a field of UDM, of the type said."""

from __future__ import annotations

import pytest

from tests.schemas import models, udm
from transpile.ir.match import FieldType
from transpile.pipelines.model import ModelSource

pytestmark = pytest.mark.skipif(not udm.is_there(), reason=udm.NEEDS)

# What holds the values of a field of each type.
FITTING = {
    FieldType.STRING: "string",
    FieldType.IP: "string",
    FieldType.ENUM: "enum",
    FieldType.NUMBER: "number",
    FieldType.BOOLEAN: "bool",
}

# Google's field list: what is repeated, and so are all fields below it.
REPEATED = (
    "about",
    "extensions.auth.mechanism",
    "intermediary",
    "network.dns.answers",
    "network.dns.questions",
    "security_result",
    "user.attribute.permissions",
    "user.email_addresses",
    "user.group_identifiers",
    "resource.attribute.permissions",
    "asset.software",
    "file.names",
    "ip",
)


@pytest.fixture(scope="module")
def sources() -> set[ModelSource]:
    return models.sources("udm")


def test_every_path_is_a_field_of_its_type(sources: set[ModelSource]) -> None:
    fields = {field for source in sources for field in models.fields_of(source)}
    assert len(fields) > 150
    wrong = [field for field in fields if udm.field_type(field.name) != FITTING[field.type]]
    assert not wrong


def test_lists_are_what_udm_repeats(sources: set[ModelSource]) -> None:
    wrong = []
    for field in {field for source in sources for field in models.fields_of(source)}:
        path = field.name.split("[")[0]
        below = path if path.startswith(REPEATED) else path.partition(".")[2]  # below principal, target and the like
        repeated = any(f"{below}.".startswith(f"{one}.") for one in REPEATED)
        if field.repeated != (repeated and "[" not in field.name):  # a map's key has one value
            wrong.append(field)
    assert not wrong


def test_every_value_of_an_enumeration_is_one_of_it(sources: set[ModelSource]) -> None:
    known = [
        (field, value)
        for source in sources
        for field, value in models.values_of(source)
        if field.type is FieldType.ENUM
    ]
    assert len({field.name for field, _ in known}) > 5
    assert not [(field.name, value) for field, value in known if value not in udm.values(field.name)]
