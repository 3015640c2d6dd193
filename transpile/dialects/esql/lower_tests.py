"""How ES|QL expresses a test of one column, by its type, and of several values.

Facts from the ES|QL reference: all operators on text mind case, so case is ignored by TO_LOWER; LIKE takes `*` and `?`,
and a backslash before one of these or itself; RLIKE takes Lucene's regexes, which match the whole value. An operator on
several values gives null. What asks each value of a column is a search of the index (`:` and QSTR), where that is
allowed, and else MV_INTERSECTS and MV_RLIKE, which Elasticsearch has since 9.3 and 9.6. All four are never null.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from transpile.dialects.esql import tree as esql
from transpile.dialects.esql.tree import Call, Column, Comparison, Expr
from transpile.dialects.kit.writing.casing import either_case, has_case, is_lowered
from transpile.dialects.kit.writing.lists import ListItem
from transpile.ir.match import ONE, Field, FieldType, Pattern, Shape
from transpile.record import record
from transpile.regex import escape_lucene

SINCE = {"MV_INTERSECTS": "9.3", "MV_RLIKE": "9.6"}  # the functions' pages, "applies to"
TEXTS = (FieldType.STRING, FieldType.ENUM)
_RESERVED = re.compile(r"[^\w.@]")  # of field names in query strings


@record
class Key:
    """What values of one list share: `in`, `like`, `rlike` or `cidr`, and whether of the column's text, lower-cased."""

    operator: str
    text: bool = True
    lower: bool = False


Said = ListItem[Key, Any] | Expr


def say(pattern: Pattern, *, searched: bool = False) -> ListItem[Key, Any]:
    """The operator and value of a pattern on text; for a column that is `searched`, one that a search of the index has.

    >>> from transpile.ir.match import ANY
    >>> say(Pattern.of(ANY, "\\\\Net.exe")).value, say(Pattern.of("a", ONE)).value
    ('*\\\\\\\\net.exe', '[aA].')
    """
    lower = has_case(pattern)
    # Lower-casing can make two characters of one, which `?` would not take.
    if lower and (ONE in pattern.parts or not is_lowered(pattern.literal) or searched):
        text = pattern.render(lambda run: either_case(run, escape_lucene), ".*", ".")
        return ListItem(Key("rlike"), text)
    if searched and pattern.shape is not Shape.EQUALS:
        return ListItem(Key("rlike"), pattern.render(escape_lucene, ".*", "."))
    if pattern.shape is Shape.EQUALS:
        return ListItem(Key("in", lower=lower), pattern.literal.lower() if lower else pattern.literal)
    wild = pattern.render(escape_like, "*", "?")
    return ListItem(Key("like", lower=lower), wild.lower() if lower else wild)


def escape_like(text: str) -> str:
    r"""Literal text in a pattern of LIKE, in which a backslash stands before `*`, `?` and itself and nothing else.

    >>> print(escape_like(r"C:\a*"))
    C:\\a\*
    """
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")


def is_searched(field: Field, search: bool) -> bool:
    """Whether the column is one that a deployment may lack: an unknown column is an error, but in QSTR."""
    return search and field.optional and field.type in TEXTS


def build(field: Field, key: Key, values: tuple[Any, ...], *, search: bool) -> Expr:
    """The column passes the test for one of the values; `search` says that it may search the index."""
    if field.repeated:
        return _of_several(field, key, values, search)
    if is_searched(field, search) and key.operator != "cidr" and "" not in values:
        return _either([_search(field, key, value) for value in values])
    operand = _operand(field, key)
    match key.operator:
        case "in" if len(values) == 1:
            return esql.Compare(Comparison.EQ, operand, literal(values[0]))
        case "in":
            return esql.In(operand, tuple(map(literal, values)))
        case "like":
            return esql.Like(operand, values)
        case "rlike":  # a list of regexes needs Elasticsearch 9.2
            return _either([esql.Like(operand, (value,), regex=True) for value in values])
        case _:
            return Call("CIDR_MATCH", (operand, *map(esql.String, values)))


def _operand(field: Field, key: Key) -> Expr:
    column: Expr = Column(field.name)
    if key.operator == "cidr":
        return column if field.type is FieldType.IP and field.mapped else Call("TO_IP", (column,))
    if key.text and field.type not in TEXTS:
        column = Call("TO_STRING", (column,))
    return Call("TO_LOWER", (column,)) if key.lower else column


def _of_several(field: Field, key: Key, values: tuple[Any, ...], search: bool) -> Expr:
    column, operand = Column(field.name), _operand(field, key)
    # What a search for an empty value finds is not documented.
    if search and operand == column and "" not in values:
        return _either([_search(field, key, value) for value in values])
    if key.operator == "in":
        constant = literal(values[0]) if len(values) == 1 else esql.Array(tuple(map(literal, values)))
        return Call("MV_INTERSECTS", (operand, constant))
    return _either([Call("MV_RLIKE", (operand, esql.String(value))) for value in values])


def _either(found: Sequence[Expr]) -> Expr:
    return found[0] if len(found) == 1 else esql.Or(tuple(found))


def _search(field: Field, key: Key, value: Any) -> Expr:
    if key.operator == "in" and not field.optional:
        return esql.Search(Column(field.name), literal(value))
    return search_regex(escape_lucene(value) if key.operator == "in" else value, field.name)


def search_regex(regex: str, name: str | None = None) -> Expr:
    r"""A search of the index for values of the column, or of any, that the regex matches whole. A slash ends a regex.

    >>> print(search_regex(r".*/a b\*", "process.args").args[0].value)
    process.args:/.*\/a b\*/
    """
    of = "" if name is None else _RESERVED.sub(r"\\\g<0>", name) + ":"
    return Call("QSTR", (esql.String(f"{of}/{regex.replace('/', chr(92) + '/')}/"),))


def literal(value: Any) -> esql.Literal:
    """A constant."""
    match value:
        case bool():
            return esql.Boolean(value)
        case str():
            return esql.String(value)
        case _:
            return esql.Number(value)


def is_present(name: str) -> Expr:
    """The column has a value."""
    return esql.IsNull(Column(name), negated=True)


def has_no_text(field: Field, *, search: bool) -> Expr:
    """The column has no value but empty ones."""
    column, missing = Column(field.name), esql.IsNull(Column(field.name))
    if field.type not in TEXTS:
        return missing
    if field.repeated or is_searched(field, search):
        return esql.Not(search_regex(".+", field.name) if search else Call("MV_RLIKE", (column, esql.String(".+"))))
    return esql.Or((missing, esql.Compare(Comparison.EQ, column, esql.String(""))))
