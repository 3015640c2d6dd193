"""Columns that are computed of events: what fills them, with its type."""

from __future__ import annotations

from transpile.dialects.esql import tree as esql
from transpile.dialects.esql.tree import Call, Column, Comparison, Expr
from transpile.dialects.kit.writing.typed import TEXTS
from transpile.ir.match import Call as MatchCall
from transpile.ir.match import Field, FieldType, Function, Value

SPELLED = {*TEXTS, FieldType.IP, FieldType.NUMBER}  # types whose values TO_STRING spells as the rule does


class UnsupportedError(ValueError):
    """The rule cannot be written, for the reason given."""


def value_of(value: Value) -> tuple[Expr, FieldType]:
    """What fills a column, and its type: a field, or the first of several fields that has a value.

    COALESCE takes the empty string for a value, the rule does not. CASE of a multivalued field is that field: its
    comparison is null there ("Comparison operators": null if either value is multivalued), as of a field without value.
    """
    match value:
        case Field(name, type_):
            return Column(name), type_
        case MatchCall(Function.COALESCE, args) if all(isinstance(arg, Field) for arg in args):
            fields = [arg for arg in args if isinstance(arg, Field)]
            types = {one.type for one in fields}
            if len(types) == 1:
                return Call("COALESCE", tuple(map(_filled, fields))), types.pop()
            if not types <= SPELLED:
                raise UnsupportedError("a column of fields of several types")
            return Call("COALESCE", tuple(map(_as_text, fields))), FieldType.STRING
        case _:
            raise UnsupportedError("a computed column")


def _filled(field: Field) -> Expr:
    """A field without its empty value."""
    column = Column(field.name)
    if field.type not in TEXTS:
        return column
    return Call("CASE", (esql.Compare(Comparison.EQ, column, esql.String("")), esql.Null(), column))


def _as_text(field: Field) -> Expr:
    """A field as text, without its empty value."""
    return _filled(field) if field.type in TEXTS else Call("TO_STRING", (Column(field.name),))
