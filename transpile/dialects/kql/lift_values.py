"""Kusto's scalar expressions as values of IR: fields, constants and functions of them."""

from __future__ import annotations

import re
from dataclasses import replace

from transpile.dialects.kql.tree import (
    Array,
    Binary,
    Bool,
    Call,
    Dynamic,
    DynamicNull,
    DynamicValue,
    Expr,
    Index,
    Name,
    Negative,
    Number,
    Path,
    Pipeline,
    String,
    Typed,
)
from transpile.ir.match import Call as Computed
from transpile.ir.match import Field, FieldType, Function, Literal, Value
from transpile.record import record

UNKNOWN = Call("")  # a value that is not known: the call of a function without a name, which no text holds
UNTYPED = "#untyped"  # the name of a call around a column whose type is not known, where that decides the meaning
MEASURE = "#measure"  # the name of a call that stands for a column that `summarize` computed

Constant = str | int | float | bool | None


class UnliftableError(ValueError):
    """The expression has no form in IR; the message says why."""


@record
class Operand:
    """A value that differs from event to event.

    - `fold`: the text is put through `tolower` or `toupper`.
    - `number`: it is a number, whatever it is made of; `empty` is the number that a missing text gives.
    """

    value: Value
    fold: str = ""
    number: bool = False
    empty: int | None = None


@record
class Fixed:
    """A constant."""

    value: Constant


_SAME = frozenset({"tostring", "parse_json", "todynamic", "parsejson", "toobject", "dynamic_to_json"})
NUMBERS = frozenset({"toint", "tolong", "toreal", "todouble", "todecimal"})
_TEXTS = {
    "url_decode": Function.URL_DECODE,
    "base64_decode_tostring": Function.BASE64_DECODE,
    "base64_decodestring": Function.BASE64_DECODE,
}
_ARITHMETIC = {"+": Function.ADD, "-": Function.SUBTRACT, "*": Function.MULTIPLY}
_PLAIN_STEP = re.compile(r"[^.\[\]]+")


def operand(expr: Expr) -> Operand | Fixed:
    """What an expression is. Raises `UnliftableError`."""
    match expr:
        case String(value) | Number(value) | Bool(value):
            return Fixed(value)
        case Typed("int" | "long" | "real" | "double" | "decimal", text):
            return Fixed(_number(text))
        case Typed("bool" | "boolean", text):
            return Fixed(text.lower() == "true")
        case Typed("guid" | "uuid" | "uniqueid", text):
            return Fixed(text)
        case Dynamic(value):
            return Fixed(_scalar(value))
        case Negative(arg):
            inner = operand(arg)
            if isinstance(inner, Fixed) and isinstance(inner.value, int | float):
                return Fixed(-inner.value)
            raise UnliftableError("a computed number")
        case Name() | Path() | Index():
            return _place(expr)
        case Binary(operator, left, right) if operator in _ARITHMETIC:
            return Operand(Computed(_ARITHMETIC[operator], (_value(left), _value(right))), number=True)
        case Call(name, args, None):
            return _call(name, args)
        case _:
            raise UnliftableError("a computed value without a counterpart")


def _number(text: str) -> int | float | None:
    if text == "null":
        return None
    try:
        return int(text, 0)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise UnliftableError(f"the number {text}") from None


def _scalar(value: DynamicValue) -> Constant:
    match value:
        case String(inner) | Number(inner) | Bool(inner):
            return inner
        case DynamicNull():
            return None
        case _:
            raise UnliftableError("a list or a bag as one value")


def _place(expr: Name | Path | Index) -> Operand:
    """A column, or a part of a dynamic one: `EventData.Image`, `parts[0]`."""
    match expr:
        case Name(name):
            return Operand(Field(name))
        case Index(Call("split", (text, String(separator)), None), Number(int(position))) if position >= 0:
            args = (_value(text), Literal(separator), Literal(position))
            return Operand(Computed(Function.SPLIT, args))
        case Index(Call("split", (text, String(separator), Number(int(piece))), None), Number(0)) if piece >= 0:
            return Operand(Computed(Function.SPLIT, (_value(text), Literal(separator), Literal(piece))))
        case Path(base, step) | Index(base, String(step)):
            inner = operand(base)
        case Index(base, Number(int(position))) if position >= 0:
            inner, step = operand(base), f"[{position}]"
        case _:
            raise UnliftableError("an element that a constant does not name")
    if not isinstance(inner, Operand) or not isinstance(inner.value, Field) or inner.fold or inner.number:
        raise UnliftableError("a property of a computed value")
    if step.startswith("[") and isinstance(expr, Index) and isinstance(expr.index, Number):
        name = inner.value.name + step
    elif _PLAIN_STEP.fullmatch(step):
        name = f"{inner.value.name}.{step}"
    else:
        name = f"{inner.value.name}['{step}']"
    return Operand(Field(name, FieldType.DYNAMIC))


def _value(expr: Expr) -> Value:
    """An expression as the argument of a function."""
    found = operand(expr)
    if isinstance(found, Fixed):
        if found.value is None or isinstance(found.value, bool):
            raise UnliftableError("a truth value or null among the arguments of a function")
        return Literal(found.value)
    return as_value(found)


def as_value(found: Operand) -> Value:
    """An operand with its folding spelled out."""
    if not found.fold:
        return found.value
    return Computed(Function.LOWER if found.fold == "lower" else Function.UPPER, (found.value,))


def _call(name: str, args: tuple[Expr, ...]) -> Operand | Fixed:
    match name, args:
        case _, (arg,) if name in _SAME:
            return operand(arg)
        case (("tolower" | "toupper"), (arg,)):
            return _folded(operand(arg), name.removeprefix("to"))
        case _, (arg, *_) if name in NUMBERS:
            found = operand(arg)
            return found if isinstance(found, Fixed) else replace(found, number=True)
        case "strlen", (arg,):
            return Operand(Computed(Function.LENGTH, (_value(arg),)), number=True, empty=0)
        case "substring", (arg, *rest):
            return Operand(Computed(Function.SUBSTRING, (_value(arg), *map(_position, rest))))
        case "extract", (String(pattern), Number(int(group)), arg, *_):
            return Operand(Computed(Function.CAPTURE, (_value(arg), Literal(pattern), Literal(group))))
        case (("replace_string"), (arg, String(old), String(new))) if old:
            return Operand(Computed(Function.REPLACE, (_value(arg), Literal(old), Literal(new))))
        case "coalesce", _:
            return Operand(Computed(Function.COALESCE, tuple(map(_value, args))))
        case _, (arg,) if name in _TEXTS:
            return Operand(Computed(_TEXTS[name], (_value(arg),)))
        case _, (String(measure),) if name == MEASURE:
            return Operand(Field(measure, FieldType.NUMBER), number=True)
        case "array_length", (Call(inner, (String(measure),)),) if inner == MEASURE:
            return Operand(Field(measure, FieldType.NUMBER), number=True)
        case "", _:
            raise UnliftableError("a column that an operator before it computes")
        case _:
            raise UnliftableError(f"the function {name} has no counterpart")


def _position(expr: Expr) -> Literal:
    if isinstance(expr, Number) and isinstance(expr.value, int) and expr.value >= 0:
        return Literal(expr.value)
    raise UnliftableError("a position that is not a constant")


def _folded(found: Operand | Fixed, fold: str) -> Operand | Fixed:
    if isinstance(found, Fixed):
        if not isinstance(found.value, str):
            raise UnliftableError("the case of what is not a text")
        return Fixed(found.value.lower() if fold == "lower" else found.value.upper())
    return replace(found, fold=fold)


def constants(expr: Expr) -> tuple[Constant, ...]:
    """The members of a constant list. Raises `UnliftableError` if it is none."""
    match expr:
        case Dynamic(Array(items)):
            return tuple(map(_scalar, items))
        case Call("pack_array" | "array_concat", args, None):
            return tuple(value for arg in args for value in constants(arg))
        case Pipeline() | Call("materialize" | "toscalar" | "_GetWatchlist"):
            raise UnliftableError("a list that another query or a file gives")
        case _:
            found = operand(expr)
            if isinstance(found, Fixed):
                return (found.value,)
            raise UnliftableError("a list that is not constant")
