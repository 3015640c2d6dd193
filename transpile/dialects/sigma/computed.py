"""Tests of computed values as tests of the fields themselves, where Sigma has a form for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import assert_never

from transpile.dialects.sigma.spelling import as_regex
from transpile.ir.expr import FALSE, And, Expr, Match, Not, Or
from transpile.ir.match import (
    ANY,
    ONE,
    Call,
    Case,
    Compare,
    Exists,
    Field,
    Function,
    Literal,
    Null,
    Number,
    Order,
    Pattern,
    Regex,
    Test,
    Value,
)

_LONGEST = 200  # characters that a substring may begin behind, or have


class Unwritable(Exception):
    """A computed value that Sigma has no form for; `what` says which."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def without_functions(leaf: Match) -> Expr:
    """The same test of fields alone. Raises `Unwritable`."""
    value = leaf.value
    match value:
        case Field():
            return leaf
        case Literal():
            raise Unwritable("a test of a constant")
        case Call(Function.COALESCE, args):
            return _coalesce(args, leaf)
        case Call(Function.NUMBER, (arg,)):
            return _number(leaf, arg)
        case Call(Function.TEXT, (arg,)) if isinstance(leaf.test, Pattern | Regex):
            return _again(leaf, arg, leaf.test)
        case Call(function, (Field() as field, *others)) if function in _FORMS and not others:
            return _FORMS[function](leaf, field)
        case Call(Function.SUBSTRING, (Field() as field, Literal(int() as start), *rest)):
            return _substring(leaf, field, start, rest)
        case Call(function):
            raise Unwritable(f"the function {function.value}")
        case _:
            assert_never(value)


def _again(leaf: Match, value: Value, test: Test) -> Expr:
    return without_functions(Match(value, test, leaf.operator, leaf.span))


def _number(leaf: Match, value: Value) -> Expr:
    """A test of the number that a text spells, in whatever way."""
    match leaf.test:
        case Compare() as test:
            return _again(leaf, value, test)
        case Number(wanted):
            bounds = (Compare(Order.GTE, wanted), Compare(Order.LTE, wanted))
            return And(tuple(_again(leaf, value, bound) for bound in bounds))
        case _:
            raise Unwritable("this test of a number")


def _coalesce(args: tuple[Value, ...], leaf: Match) -> Expr:
    """The first value that is not empty passes: each in turn, while those before it have no value."""
    if not any(isinstance(arg, Literal) for arg in args):
        nothing = And(tuple(_again(leaf, arg, Null()) for arg in args))
        if isinstance(leaf.test, Null):
            return nothing
        if isinstance(leaf.test, Exists) or leaf.test == Pattern((ANY,)):
            return Not(nothing)
    if isinstance(leaf.test, Null | Exists) or (isinstance(leaf.test, Pattern) and leaf.test.matches_empty):
        raise Unwritable("a test of coalesce that an empty value passes")
    cases: list[Expr] = []
    empty: list[Expr] = []
    for arg in args:
        if isinstance(arg, Literal):
            raise Unwritable("coalesce with a constant")
        cases.append(And((*empty, _again(leaf, arg, leaf.test))) if empty else _again(leaf, arg, leaf.test))
        empty.append(_again(leaf, arg, Null()))
    return Or(tuple(cases))


def _changed_case(leaf: Match, field: Field, change: Callable[[str], str]) -> Expr:
    """A test of a text in lower or upper case: the case of the field does not count."""
    test = leaf.test
    if isinstance(test, Pattern):
        if test.case is Case.SENSITIVE and change(test.literal) != test.literal:
            return FALSE
        return Match(field, Pattern(test.parts), leaf.operator, leaf.span)
    if isinstance(test, Regex) and re.search(r"\\[xuo0-9]", test.pattern):
        raise Unwritable("this regular expression on a text in another case")
    if isinstance(test, Regex) and (test.ignore_case or not re.search(r"[^\W\d_]", _letters(test.pattern))):
        return Match(field, test, leaf.operator, leaf.span)
    if isinstance(test, Regex) and change(_letters(test.pattern)) == _letters(test.pattern):
        ignoring = Regex(test.pattern, Case.UNICODE, test.multiline, test.dotall)
        return Match(field, ignoring, leaf.operator, leaf.span)
    if isinstance(test, Null | Number):
        return Match(field, test, leaf.operator, leaf.span)
    raise Unwritable("this test of a text in another case")


def _letters(pattern: str) -> str:
    """The pattern without its escapes, whose letters mean something else in the other case."""
    return re.sub(r"\\(?:x[0-9a-fA-F]{2}|.)", "", pattern, flags=re.DOTALL)


def _lower(leaf: Match, field: Field) -> Expr:
    return _changed_case(leaf, field, str.lower)


def _upper(leaf: Match, field: Field) -> Expr:
    return _changed_case(leaf, field, str.upper)


def _trim(leaf: Match, field: Field) -> Expr:
    """A text without white space at its ends, for a test that no white space can be at the ends of."""
    test = leaf.test
    if not isinstance(test, Pattern) or not test.literal or test.literal != test.literal.strip():
        raise Unwritable("this test of a trimmed text")
    first, last = test.parts[0], test.parts[-1]
    if ONE in (first, last):
        raise Unwritable("this test of a trimmed text")
    if first is ANY and last is ANY:
        return Match(field, test, leaf.operator, leaf.span)
    whole = as_regex(test)
    inner = whole.pattern.removeprefix(r"\A").removesuffix(r"\z")
    return Match(field, Regex(rf"\A\s*{inner}\s*\z", whole.case, dotall=whole.dotall), leaf.operator, leaf.span)


def _length(leaf: Match, field: Field) -> Expr:
    """The number of characters: a regex of as many."""
    match leaf.test:
        case Number(value):
            low: int | None = int(value) if value == int(value) else None
            high = low
            if low is None:
                return FALSE
        case Compare(order, bound):
            whole = int(bound // 1)
            is_whole = bound == whole
            low = {Order.GTE: whole if is_whole else whole + 1, Order.GT: whole + 1}.get(order, 0)
            high = {Order.LTE: whole, Order.LT: whole - 1 if is_whole else whole}.get(order)
        case _:
            raise Unwritable("this test of a length")
    if high is not None and high < max(low, 0):
        return FALSE
    low = max(low, 0)
    repeat = f"{{{low},}}" if high is None else f"{{{low}}}" if low == high else f"{{{low},{high}}}"
    end = "" if high is None else r"\z"
    return Match(field, Regex(rf"\A.{repeat}{end}", dotall=True), leaf.operator, leaf.span)


def _substring(leaf: Match, field: Field, start: int, rest: list[Value]) -> Expr:
    """A piece of a text: any characters before it, and behind it."""
    test = leaf.test
    if (
        not isinstance(test, Pattern)
        or not 0 <= start <= _LONGEST
        or not all(isinstance(one, str) for one in test.parts)
    ):
        raise Unwritable("this test of a substring")
    before = (ONE,) * start
    if not rest:
        if not test.parts:
            raise Unwritable("this test of a substring")
        return Match(field, Pattern.of(*before, *test.parts, case=test.case), leaf.operator, leaf.span)
    length = rest[0].value if isinstance(rest[0], Literal) else None
    if not isinstance(length, int) or not 0 < length <= _LONGEST or not test.parts:
        raise Unwritable("this test of a substring")
    if len(test.literal) > length:
        return FALSE
    after = (ANY,) if len(test.literal) == length else ()
    return Match(field, Pattern.of(*before, *test.parts, *after, case=test.case), leaf.operator, leaf.span)


_FORMS: Mapping[Function, Callable[[Match, Field], Expr]] = MappingProxyType(
    {
        Function.LOWER: _lower,
        Function.UPPER: _upper,
        Function.TRIM: _trim,
        Function.LENGTH: _length,
    }
)
