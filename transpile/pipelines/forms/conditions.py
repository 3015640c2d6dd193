"""The conditions that tell the events of a log source, or one value of a field, from others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from transpile.ir.expr import And, Expr, Match, Or
from transpile.ir.match import ANY, Boolean, Field, FieldType, Number, Pattern, Test
from transpile.ir.walk import leaves
from transpile.pipelines.leaf import holds
from transpile.pipelines.stored import Unstorable, text_of

if TYPE_CHECKING:
    from transpile.pipelines.document import ModelReader, Node


class Condition(NamedTuple):
    """The field has one of these values, or of several conditions one holds.

    Of alternatives, `field`, `values` and `more` tell the first: an event that says nothing else is stored so. Without
    values, the field has none of those that `expr` excludes.
    """

    field: Field
    values: tuple[str | int | bool, ...]
    expr: Expr  # the same as an expression
    more: tuple[Condition, ...] = ()


Conditions = tuple[Condition, ...]


def condition(reader: ModelReader, node: Node, field: Field, values: list[str]) -> Condition:
    """The condition that a field has one of these values, read by the field's type."""
    typed = tuple(_typed(reader, node, field.type, value) for value in values)
    matches = tuple(Match(field, _equals(value)) for value in typed)
    return Condition(field, typed, matches[0] if len(matches) == 1 else Or(matches))


def _typed(reader: ModelReader, node: Node, type_: FieldType, text: str) -> str | int | bool:
    if type_ is FieldType.NUMBER:
        if not text.lstrip("-").isdigit():
            reader.fail(node, f"{text!r} is not a number")
        return int(text)
    if type_ is FieldType.BOOLEAN:
        if text not in ("true", "false"):
            reader.fail(node, f"{text!r} is neither true nor false")
        return text == "true"
    return text


def _equals(value: str | int | bool) -> Test:
    """The test for one value; in text, `*` stands for anything."""
    match value:
        case bool():
            return Boolean(value)
        case int():
            return Number(value)
        case _:
            return _glob(value)


def _glob(text: str) -> Pattern:
    first, *others = text.split("*")
    return Pattern.of(first, *(part for other in others for part in (ANY, other)))


def all_of(conditions: Conditions) -> Expr:
    """The conditions as one expression."""
    exprs = tuple(condition.expr for condition in conditions)
    return exprs[0] if len(exprs) == 1 else And(exprs)


def constants(conditions: Conditions, stored: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The columns that conditions fill, where the event has none of the values itself. Raises `Unstorable`."""
    for field, values, expr, more in conditions:
        there = stored.get(field.name)
        if not values:
            excluded = [leaf.test for leaf in leaves(expr) if isinstance(leaf, Match)]
            if there is not None and any(holds(test, text_of(there)) for test in excluded):
                raise Unstorable(f"this log source never has {field.name} {there!r}")
            continue
        yield from constants(more, stored)
        if isinstance(there, list) and any(_fits(member, one) for member in there for one in values):
            continue
        if there not in values:
            value: str | int | bool | None = values[0]
            if isinstance(there, str | int) and not isinstance(there, bool):
                value = next((one for one in values if _fits(there, one)), None)
                if value is None:
                    raise Unstorable(f"this log source has {field.name} {values[0]!r}, not {there!r}")
                if "*" in str(value):
                    continue  # what the wildcard stands for is the event's own
            value = value.replace("*", "") if isinstance(value, str) else value
            yield field.name, [value] if field.repeated else value


def _fits(value: str | int, wanted: str | int | bool) -> bool:
    """Whether a value is a condition's, in any case and with its wildcards."""
    return fnmatchcase(str(value).casefold(), str(wanted).casefold())
