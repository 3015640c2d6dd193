"""Every path that the model of Google SecOps names, used by a rule or not, is a field of UDM, of the type said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.schemas import udm
from transpile.ir.match import Field, FieldType
from transpile.pipelines.load import load
from transpile.pipelines.model import (
    Absent,
    AnyOf,
    Cases,
    Conditions,
    Entry,
    Fixed,
    Hashes,
    How,
    PathAndName,
    RegistryData,
    Source,
    Split,
    Values,
)

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
def sources() -> set[Source]:
    return {source for places in load("udm").sources.values() for source in places}


def test_every_path_is_a_field_of_its_type(sources: set[Source]) -> None:
    fields = {field for source in sources for field in paths(source)}
    assert len(fields) > 150
    wrong = [field for field in fields if udm.field_type(field.name) != FITTING[field.type]]
    assert not wrong


def test_lists_are_what_udm_repeats(sources: set[Source]) -> None:
    wrong = []
    for field in {field for source in sources for field in paths(source)}:
        path = field.name.split("[")[0]
        below = path if path.startswith(REPEATED) else path.partition(".")[2]  # below principal, target and the like
        repeated = any(f"{below}.".startswith(f"{one}.") for one in REPEATED)
        if field.repeated != (repeated and "[" not in field.name):  # a map's key has one value
            wrong.append(field)
    assert not wrong


def test_every_value_of_an_enumeration_is_one_of_it(sources: set[Source]) -> None:
    known = [(field, value) for source in sources for field, value in values(source) if field.type is FieldType.ENUM]
    assert len({field.name for field, _ in known}) > 5
    assert not [(field.name, value) for field, value in known if value not in udm.values(field.name)]


def paths(source: Source) -> Iterator[Field]:
    """Every field that a source names."""
    yield from (field for field, _, _ in source.where)
    yield from source.keywords
    for entry in (*source.fields.values(), *([source.rest] if source.rest else [])):
        yield from how_paths(entry.how)


def how_paths(how: How) -> Iterator[Field]:
    match how:
        case Split(head, tail):
            yield from (*how_paths(head), *how_paths(tail))
        case AnyOf(options):
            yield from (field for option in options for field in how_paths(option))
        case Cases(table):
            yield from (field for conditions in table.values() for field, _, _ in conditions)
        case Hashes(columns):
            yield from columns.values()
        case PathAndName(path, name):
            yield from (path, name)
        case RegistryData(data, type_):
            yield from (data, type_)
        case Fixed() | Absent():
            pass
        case _:  # all others are kept in one field, which is the first thing that they say
            yield getattr(how, how.__match_args__[0])


def values(source: Source) -> Iterator[tuple[Field, object]]:
    """Every value that a source gives one of its fields."""
    yield from conditions(source.where)
    for entry in source.fields.values():
        yield from entry_values(entry)


def conditions(found: Conditions) -> Iterator[tuple[Field, object]]:
    yield from ((field, value) for field, known, _ in found for value in known)


def entry_values(entry: Entry) -> Iterator[tuple[Field, object]]:
    match entry.how:
        case Values(field, table):
            yield from ((field, value) for value in table.values())
        case Cases(table):
            for one in table.values():
                yield from conditions(one)
        case _:
            pass
