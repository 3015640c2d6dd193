"""Tests of list columns (dynamic arrays), which hold when some member passes.

Kusto has no predicate over the members of an array but `set_has_element`, which minds case. Everything else searches
the members joined into one text by a character that no log holds.
"""

from __future__ import annotations

from typing import assert_never

from transpile.dialects.kql.patterns import folds_beyond_ascii
from transpile.dialects.kql.tree import Binary, Bool, Call, Expr, Number, String
from transpile.ir import match as ir
from transpile.ir.match import ANY, FieldType, Pattern, Shape
from transpile.regex.chars import is_cased
from transpile.regex.print import escape_re2

SEPARATOR = "\x1f"  # "unit separator"
_OTHER = r"[^\x1f]"
_NOT_TEXT = frozenset({FieldType.DYNAMIC, FieldType.NUMBER, FieldType.BOOLEAN, FieldType.TIME})


def member(array: Expr, type_: FieldType, test: Pattern | ir.Number | ir.Boolean | ir.Null) -> Expr:
    """Some member of the array passes the test. `type_` is that of the members; DYNAMIC ones may be of any."""
    match test:
        case ir.Null():
            return Call("isempty", (_joined(array, ""),))
        case ir.Boolean(value):
            if type_ is FieldType.BOOLEAN:
                return _has(array, Bool(value))
            return _pattern(array, Pattern.of("true" if value else "false"), type_)
        case ir.Number(value):
            if type_ is FieldType.NUMBER:
                return _has(array, Number(value))
            return _pattern(array, Pattern.of(str(value)), type_)
        case Pattern():
            number = test.as_number()
            if type_ is FieldType.NUMBER and number is not None:
                return _has(array, Number(number))
            return _pattern(array, test, type_)
        case _:
            assert_never(test)


def _pattern(array: Expr, test: Pattern, type_: FieldType) -> Expr:
    """The pattern between separators, so that it speaks of one whole member."""
    if test.shape is Shape.PRESENT:
        return Binary(">", Call("array_length", (array,)), Number(0))
    minds_case = test.cased or not is_cased(test.literal)
    if test.shape is Shape.EQUALS and (not test.parts or (minds_case and type_ not in _NOT_TEXT)):
        return _has(array, String(test.literal))
    starts, ends = test.parts[0] is not ANY, test.parts[-1] is not ANY
    text = _joined(array, SEPARATOR)
    if starts or ends:
        text = Call("strcat", (String(SEPARATOR), text, String(SEPARATOR)))
    if test.shape is Shape.WILDCARD or (not test.cased and folds_beyond_ascii(test.literal)):
        middle = Pattern(test.parts[not starts : len(test.parts) - (not ends)])
        body = middle.render(escape_re2, f"{_OTHER}*", _OTHER)
        edge = escape_re2(SEPARATOR)
        flag = "" if test.cased else "(?i)"
        return Binary("matches regex", text, String(f"{flag}{edge * starts}{body}{edge * ends}"))
    wanted = SEPARATOR * starts + test.literal + SEPARATOR * ends
    return Binary("contains_cs" if test.cased else "contains", text, String(wanted))


def _has(array: Expr, value: Expr) -> Expr:
    return Call("set_has_element", (array, value))


def _joined(array: Expr, separator: str) -> Expr:
    return Call("strcat_array", (array, String(separator)))
