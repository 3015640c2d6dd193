"""Functions undone: values of a field for which a computed value very likely comes out as wanted.

Nothing here has to be right: whoever asks checks each value by the reference meaning of the functions.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from transpile.evaluate.facts import Facts, spell
from transpile.evaluate.functions import compute
from transpile.evaluate.numbers import as_number
from transpile.evaluate.sample import samples
from transpile.ir.expr import Match
from transpile.ir.match import Boolean, Call, Compare, Field, FieldType, Function, Literal, Number, Regex, Value
from transpile.ir.walk import value_fields
from transpile.regex import RegexError, parse, to_python

RESULT = "result"  # the name that a computed value has while tests of it are looked at
FILLER = "q"
MOST_LENGTH = 20_000  # characters of a text that is made for its length
_NUMERIC = frozenset(
    (Function.LENGTH, Function.NUMBER, Function.ADD, Function.SUBTRACT, Function.MULTIPLY, Function.DIVIDE)
)


def held_in(value: Value) -> Field:
    """The field that is given a value so that a computed one comes out as wanted: the first that it is made of."""
    return next(value_fields(value), Field(RESULT))


def result_of(leaf: Match) -> Field:
    """A field that stands for a computed value, with the type that the test or the function gives it."""
    value = leaf.value
    if isinstance(leaf.test, Number | Compare) or (isinstance(value, Call) and value.function in _NUMERIC):
        return Field(RESULT, FieldType.NUMBER)
    return Field(RESULT, FieldType.BOOLEAN if isinstance(leaf.test, Boolean) else FieldType.STRING)


def undo(value: Value, wanted: Any, name: str, event: Mapping[str, Any]) -> Iterator[Any]:
    """Values of the field `name` for which `value` may come out as wanted in an event that keeps its other fields."""
    match value:
        case Field(own):
            if own == name:
                yield wanted
        case Literal():
            return
        case Call(function, args):
            for at, arg in enumerate(args):
                if any(field.name == name for field in value_fields(arg)):
                    for inner in _argument(function, args, at, wanted, event):
                        yield from undo(arg, inner, name, event)
                    if function is not Function.COALESCE:
                        return


def pieces(value: Value, wanted: Any) -> dict[str, str]:
    """What each field of texts put together may be, so that they come out as wanted; empty for other values."""
    if not isinstance(value, Call) or value.function is not Function.CONCAT:
        return {}
    text, found = spell(wanted) or "", {}
    waiting: str | None = None
    for arg in (*value.args, Literal("")):
        match arg:
            case Literal(constant):
                run = spell(constant) or ""
                at = len(text) if arg is value.args[-1] and not run else text.find(run)
                if waiting is not None:
                    found[waiting] = text[: max(at, 0)] if run else text
                    waiting = None
                text = text[max(at, 0) + len(run) :]
            case Field(name):
                if waiting is not None:
                    found[waiting], text = text[:1], text[1:]
                waiting = name
            case _:
                return {}
    return found


def _argument(
    function: Function, args: tuple[Value, ...], at: int, wanted: Any, event: Mapping[str, Any]
) -> Iterator[Any]:
    """What the argument number `at` may have to be."""
    text = spell(wanted) or ""
    constants = [_known(arg, event) for arg in args]
    match function:
        case Function.LOWER | Function.UPPER:
            yield text
            yield text.upper() if function is Function.LOWER else text.lower()
        case Function.TRIM:
            yield text
            yield f" {text} "
        case Function.LENGTH:
            number = as_number(wanted)
            if isinstance(number, int) and 0 <= number <= MOST_LENGTH:
                for now in (constants[at] if isinstance(constants[at], str) else "", ""):
                    yield (now + FILLER * number)[:number]
        case Function.SUBSTRING:
            start = constants[1] if isinstance(constants[1], int) else 0
            yield FILLER * start + text + (FILLER if len(args) > 2 else "")
            yield FILLER * start + text
        case Function.REPLACE:
            old, new = str(constants[1]), str(constants[2])
            middle = len(text) // 2
            yield text.replace(new, old) if new else text[:middle] + old + text[middle:]
            yield text
        case Function.CONCAT:
            before = "".join(spell(one) or "" for one in constants[:at])
            after = "".join(spell(one) or "" for one in constants[at + 1 :])
            yield text.removeprefix(before).removesuffix(after) if after else text.removeprefix(before)
        case Function.CAPTURE:
            yield from _captured(str(constants[1]), constants[2], text)
        case Function.SPLIT:
            separator, number = str(constants[1]), constants[2]
            if isinstance(number, int) and 0 <= number < 100:
                yield separator.join([FILLER] * number + [text])
                yield separator.join([FILLER] * number + [text, FILLER])
        case Function.BASE64_DECODE:
            yield base64.b64encode(text.encode("utf-8", "replace")).decode()
        case Function.URL_DECODE:
            yield "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))
            yield text
        case Function.NUMBER | Function.TEXT | Function.COALESCE:
            yield wanted
        case Function.ADD | Function.SUBTRACT | Function.MULTIPLY | Function.DIVIDE:
            yield from _operand(function, constants, at, as_number(wanted))


def _known(arg: Value, event: Mapping[str, Any]) -> Any:
    """What an argument is in the event; None if it has no one value there."""
    found = compute(arg)(Facts(event))
    return found[0] if len(found) == 1 else None


def _captured(pattern: str, group: Any, wanted: str) -> Iterator[str]:
    """Texts in which the regex finds something, with what is wanted where the group is."""
    try:
        search = re.compile(to_python(parse(pattern))).search
    except (RegexError, re.error, RecursionError, OverflowError):
        return
    for sample in samples(Regex(pattern)):
        found = search(sample)
        if found and isinstance(group, int) and group <= found.re.groups and found.start(group) >= 0:
            yield sample[: found.start(group)] + wanted + sample[found.end(group) :]


def _operand(function: Function, known: list[Any], at: int, wanted: int | float | None) -> Iterator[int | float]:
    """The number that makes a sum, a difference, a product or a quotient of two come out as wanted."""
    other = as_number(known[1 - at]) if len(known) == 2 else None
    if wanted is None or other is None:
        return
    match function:
        case Function.ADD:
            yield wanted - other
        case Function.SUBTRACT:
            yield wanted + other if at == 0 else other - wanted
        case Function.MULTIPLY if other:
            yield from _whole(wanted / other)
        case Function.DIVIDE if at == 0:
            yield wanted * other
        case Function.DIVIDE if wanted:
            yield from _whole(other / wanted)
        case _:
            return


def _whole(number: float) -> Iterator[int | float]:
    """A whole number near one that has a fraction, then the number itself."""
    yield round(number)
    if not number.is_integer():
        yield number
