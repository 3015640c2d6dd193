"""Builds expressions of the tree, for the writers of EQL."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from transpile.dialects.eql import tree as eql
from transpile.dialects.eql.tree import Comparison, Expr, Search
from transpile.ir.match import Field, FieldType

TEXTS = (FieldType.STRING, FieldType.ENUM)
CIDR_MATCH = "cidrMatch"
_NULL = eql.Null()


def join(kind: type[eql.And] | type[eql.Or], args: list[Expr]) -> Expr:
    """One expression of these, without nesting one `and` or `or` in another."""
    flat: list[Expr] = []
    for arg in args:
        flat.extend(arg.args if isinstance(arg, kind) else (arg,))
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def negation(expr: Expr) -> Expr:
    """The negation, by the opposite operator where there is one."""
    match expr:
        case eql.Not(arg):
            return arg
        case eql.Compare(Comparison.EQ, left, right):
            return eql.Compare(Comparison.NE, left, right)
        case eql.Compare(Comparison.NE, left, right):
            return eql.Compare(Comparison.EQ, left, right)
        case _:
            return eql.Not(expr)


def column(field: Field) -> eql.Field:
    """The field; one that a deployment may lack is optional (`?name`), as an unknown one is an error."""
    return eql.Field(field.name, field.optional)


def text_of(field: Field) -> Expr:
    """The field as text: Elasticsearch compares a text only with text."""
    name = column(field)
    return name if field.type in TEXTS else eql.Call("string", (name,))


def literal(value: Any) -> eql.Literal:
    """A constant."""
    match value:
        case bool():
            return eql.Boolean(value)
        case str():
            return eql.String(value)
        case _:
            return eql.Number(value)


def compare(operand: Expr, value: Any) -> Expr:
    """The operand equals the constant."""
    return eql.Compare(Comparison.EQ, operand, literal(value))


def listed(field: Field, operator: Search | str, values: list[Any]) -> Expr:
    """The field is (or matches) one of the values, all of which are strings or none."""
    values = list(dict.fromkeys(values))
    if operator == CIDR_MATCH:
        name = column(field)
        if len(values) == 1 and "/" not in values[0]:
            return compare(name, values[0])
        return eql.Call(CIDR_MATCH, (name, *(eql.String(str(ip_network(value))) for value in values)))
    operand = text_of(field) if isinstance(values[0], str) else column(field)
    if operator is Search.IN and len(values) == 1:
        return compare(operand, values[0])
    return eql.Lookup(Search(operator), operand, tuple(map(literal, values)))


def has_value(name: str) -> Expr:
    """The field has a value, an empty text too."""
    return eql.Compare(Comparison.NE, eql.Field(name, optional=True), _NULL)


def is_missing(name: str) -> Expr:
    """The field has no value."""
    return eql.Compare(Comparison.EQ, eql.Field(name, optional=True), _NULL)


def no_value(field: Field) -> Expr:
    """No value but, in a field of text, empty ones: a list of an empty and another string has a value.

    A field that no index maps is null as a whole, and so is `not` of it; one that a data model vouches for is mapped.
    """
    if field.type not in TEXTS:
        return is_missing(field.name)
    if field.mapped and not field.optional:
        return eql.Not(is_not_empty(field.name, optional=False))
    return eql.Or((is_missing(field.name), eql.Not(is_not_empty(field.name, optional=True))))


def is_not_empty(name: str, optional: bool) -> Expr:
    """The field has a value other than the empty text."""
    return eql.Lookup(Search.WILDCARD, eql.Field(name, optional), (eql.String("?*"),))


def fields_of(expr: Expr) -> list[str]:
    """The fields in an operand or a test of one, each once."""
    match expr:
        case eql.Field(name):
            return [name]
        case eql.Call(_, args) | eql.And(args) | eql.Or(args):
            parts: tuple[Expr, ...] = args
        case eql.Arithmetic(_, left, right) | eql.Compare(_, left, right):
            parts = (left, right)
        case eql.Lookup(_, operand) | eql.Negative(operand):
            parts = (operand,)
        case _:
            return []
    return list(dict.fromkeys(name for part in parts for name in fields_of(part)))


def null_safe(expr: Expr) -> Expr:
    """A predicate that runs as a script, made false where its fields are missing, so that it can be negated."""
    match expr:
        case eql.Or(args):
            return join(eql.Or, [null_safe(arg) for arg in args])
        case eql.And(args) if any(map(_is_script, args)):
            pass
        case _ if _is_script(expr):
            pass
        case _:
            return expr
    return join(eql.And, [*(has_value(name) for name in fields_of(expr)), expr])


def _is_script(expr: Expr) -> bool:
    match expr:
        case eql.Call(name):
            return name != CIDR_MATCH
        case eql.Lookup(_, operand) | eql.Compare(_, operand):
            return isinstance(operand, eql.Call | eql.Arithmetic | eql.Negative)
        case _:
            return False
