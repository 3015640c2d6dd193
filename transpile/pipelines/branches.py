"""The tables of a data set that reads several, each as a source of its own: for rules that name one of them.

A data set computes columns with the event's names of what each table has: `Image = tostring(EventData.Image)`. Queries
of others ask for what the table has; so the fields of a branch are those that its columns are made of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from transpile.ir.expr import Match, Or
from transpile.ir.match import Call, Case, Field, FieldType, Function, Literal, Number, Pattern, Regex, Test, Value
from transpile.pipelines.datasets import branches_of, column_of
from transpile.pipelines.forms import Condition, Filled, Rename
from transpile.pipelines.model import FieldEntry, ModelSource
from transpile.record import replace

_TEST = re.compile(r'(\w+)\s+(?:==|in)\s+(\(?(?:"[^"]*"|[0-9]+)(?:,\s*(?:"[^"]*"|[0-9]+))*\)?)')
_TEXT = re.compile(r"(?:tostring|toint)\((.*)\)", re.DOTALL)
_PATH = re.compile(r"(\w+)(?:\.(\w+|\{name\})|\['([^']+)'\])?")
_ELEMENT = re.compile(r"""extract\(@?['"]<Data Name="([^"]+)">\(\[\^<\]\*\)['"], 1, (\w+)\)""")
_NAMED = re.compile(r"""<Data Name=\\?["']([^"'<>]+?)\\?["']>\((?:\[\^<\][*+]|\.[*+]\??)\)(?:<(?:/Data>)?)?""")


def branches(source: ModelSource) -> Iterator[ModelSource]:
    """The source of each table that a source reads; the source itself if it reads one."""
    if source.dataset is None or not source.dataset.startswith("union"):
        yield source
        return
    for table, text, bag in branches_of(source.dataset):
        expressions = source.columns.get(bag, {})
        named = {name: source.find(name) for name in (*source.fields, *expressions)}
        fields = {name: new for name, entry in named.items() if entry and (new := _moved(entry, expressions))}
        rest = source.rest and _moved(source.rest, expressions)
        where = (*_conditions(text), *(one for one in source.where if one.field.name in expressions or not one.values))
        yield replace(source, dataset=table, where=where, holds=(), columns={}, fields=fields, rest=rest, keywords=())


def _conditions(text: str) -> Iterator[Condition]:
    """The conditions by which a branch tells its events."""
    for name, listed in _TEST.findall(text):
        values = tuple(
            int(value) if value.isdigit() else value.strip('"') for value in re.findall(r'"[^"]*"|[0-9]+', listed)
        )
        field = Field(name, FieldType.NUMBER if isinstance(values[0], int) else FieldType.STRING)
        tests = tuple(
            Match(field, Number(one) if isinstance(one, int) else Pattern.of(one, case=Case.SENSITIVE))
            for one in values
        )
        yield Condition(field, values, tests[0] if len(tests) == 1 else Or(tests))


def _moved(entry: FieldEntry, expressions: Mapping[str, str]) -> FieldEntry | None:
    """A line of a field table, for what its column is made of; None where that is not a single field."""
    how = entry.how
    if not isinstance(how, Rename | Filled):
        return entry
    name = _place(column_of(expressions, how.field.name))
    return replace(entry, how=replace(how, field=replace(how.field, name=name))) if name else None


def _place(expression: str) -> str | None:
    """The field that a column is made of, under the name that it has when a query is read."""
    while found := _TEXT.fullmatch(expression):
        expression = found[1]
    if found := _ELEMENT.fullmatch(expression):
        return element(found[2], found[1])
    found = _PATH.fullmatch(expression)
    return found and ".".join(filter(None, found.groups()))


def element(holder: str, name: str) -> str:
    """The name of an element in a field that holds XML."""
    return f"{holder}<{name}>"


def as_element(value: Value) -> Field | None:
    """The element of XML that a computed value takes out of a field, as a field; None for any other value."""
    match value:
        case Call(Function.CAPTURE, (Field(holder), Literal(str(regex)), Literal(1))) if found := _NAMED.fullmatch(
            regex
        ):
            return Field(element(holder, found[1]))
        case _:
            return None


def is_spelled(field: str, test: Test) -> bool:
    """Whether a test of an element asks for what XML spells otherwise than the event."""
    text = test.literal if isinstance(test, Pattern) else test.pattern if isinstance(test, Regex) else ""
    return "<" in field and not set("&<>").isdisjoint(text)
