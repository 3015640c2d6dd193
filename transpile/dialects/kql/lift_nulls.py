"""`isnull` and `isnotnull`, which depend on the type of what they ask about ("isnull()": strings are never null)."""

from __future__ import annotations

from dataclasses import replace

from transpile.dialects.kql.columns import Kind
from transpile.dialects.kql.lift_values import UNTYPED
from transpile.dialects.kql.schema import column_types
from transpile.dialects.kql.tree import Bool, Call, Expr, Name, String

# Functions whose result is a string whatever they are given, and never said to be null.
_TEXTS = frozenset(
    {
        "tostring",
        "tolower",
        "toupper",
        "strcat",
        "strcat_delim",
        "strcat_array",
        "substring",
        "replace_string",
        "replace_regex",
        "trim",
        "trim_start",
        "trim_end",
        "reverse",
        "url_decode",
        "url_encode",
        "format_datetime",
    }
)


def null_test(call: Call, table: str | None) -> Expr | None:
    """What a test for null is on the columns of a table; None if it is none, or is what it says.

    >>> null_test(Call("isnull", (Name("CommandLine"),)), "SecurityEvent")
    Bool(value=False)
    """
    match call:
        case Call("isnull" | "isnotnull" as name, (arg,), None):
            if is_string(arg, table):
                return Bool(name == "isnotnull")
            if isinstance(arg, Name) and arg.name not in column_types(table):
                return replace(call, args=(Call(UNTYPED, (arg,)),))
    return None


def is_string(expr: Expr, table: str | None) -> bool:
    """Whether an expression on the columns of a table is a string for certain."""
    match expr:
        case Name(name):
            return column_types(table).get(name) is Kind.STRING
        case String():
            return True
        case Call("iff" | "iif", (_, *choices), None) | Call("coalesce", choices, None):
            return all(is_string(choice, table) for choice in choices)
        case Call(name, _, None):
            return name in _TEXTS
        case _:
            return False
