"""Scalar expressions as functions of an event."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, assert_never

from transpile.dialects.kit.running.values import MISSING
from transpile.dialects.kql.columns import Event, Kind, Reader, as_datetime, find, reader, texts
from transpile.dialects.kql.functions import FUNCTIONS, text
from transpile.dialects.kql.logic import (
    ARITHMETIC,
    ORDERS,
    TEXT_TESTS,
    UNSETTLED,
    Truth,
    calculated,
    coalesce,
    decide,
    equals,
    folded,
    junction,
    negated,
    ordered,
    truth,
)
from transpile.dialects.kql.regex import compile_regex
from transpile.dialects.kql.tree import (
    STRING_OPERATORS,
    And,
    Array,
    Assignment,
    Bag,
    Between,
    Binary,
    Bool,
    Call,
    Duration,
    Dynamic,
    DynamicNull,
    DynamicValue,
    Expr,
    In,
    Index,
    Name,
    Negative,
    Number,
    Or,
    Path,
    Pipeline,
    Star,
    String,
    Typed,
    Wildcard,
)
from transpile.evaluate import Unproven, check_arguments


class Compiler:
    """Compiles the expressions of one query, whose columns have these `kinds`; `variables` are its computed values."""

    def __init__(self, kinds: Mapping[str, Kind], variables: dict[str, Reader]) -> None:
        self.kinds = kinds
        self.variables = variables

    def predicate(self, expr: Expr) -> Callable[[Event], bool]:
        """Whether `where` keeps the event: null counts as false."""
        evaluate = self.scalar(expr)

        def keeps(event: Event) -> bool:
            return truth(evaluate(event)) is True

        return keeps

    def scalar(self, expr: Expr) -> Reader:
        """The expression as a function of an event."""
        match expr:
            case And(args):
                return junction(tuple(map(self.scalar, args)), decisive=False)
            case Or(args):
                return junction(tuple(map(self.scalar, args)), decisive=True)
            case Binary(word, left, right):
                return self.binary(word, left, right)
            case In(word, value, choices):
                return self.membership(word, value, choices)
            case Between(word, value, low, high):
                inside = junction((self.binary(">=", value, low), self.binary("<=", value, high)), decisive=False)
                return inside if word == "between" else negated(inside)
            case Name(name):
                if name in self.variables:
                    return self.variables[name]
                return reader(name, self.kinds.get(name))
            case Path() | Index():
                return self.property(expr)
            case Call():
                return self.call(expr)
            case Negative(arg):
                inner = self.scalar(arg)
                return lambda event: None if (value := inner(event)) is None else -value
            case String() | Number() | Bool() | Typed() | Dynamic() | Duration():
                value = constant(expr)
                return lambda event: value
            case Star() | Wildcard() | Assignment() | Pipeline():
                raise Unproven(f"{type(expr).__name__} is not run here")
            case _:
                assert_never(expr)

    # --- operators

    def binary(self, word: str, left: Expr, right: Expr) -> Reader:
        """An operator between two operands."""
        if word in STRING_OPERATORS:
            return self.string_operator(word, left, right)
        one, two = self.scalar(left), self.scalar(right)
        if word == "==":
            return lambda event: equals(one(event), two(event))
        if word == "!=":
            return lambda event: None if (same := equals(one(event), two(event))) is UNSETTLED else not same
        if word in ORDERS:
            order = ORDERS[word]
            return lambda event: ordered(order, one(event), two(event))
        if word in ARITHMETIC:
            calculate = ARITHMETIC[word]
            return lambda event: calculated(calculate, one(event), two(event))
        raise Unproven(f"{word} is not run here")

    def string_operator(self, word: str, left: Expr, right: Expr) -> Reader:
        """`contains` and its like, also on `*`."""
        positive = word.removeprefix("!") if word != "!~" else "=~"
        if isinstance(left, Star):
            if positive != word:
                raise Unproven(f"whether `* {word}` means all columns or some is not documented")
            return self.any_column(positive, right)
        test = self.string_test(positive, right)
        one = self.scalar(left)
        if positive == word:
            return lambda event: test(text(one(event)), event)
        return lambda event: not test(text(one(event)), event)

    def string_test(self, word: str, right: Expr) -> Callable[[str, Event], bool]:
        """The test of a text against the right operand."""
        two = self.scalar(right)
        if word == "matches regex":
            if isinstance(right, String):
                search = compile_regex(right.value)
                return lambda value, event: search(value)
            return lambda value, event: compile_regex(text(two(event)))(value)
        cased = word.endswith("_cs")
        test = TEXT_TESTS[word.removesuffix("_cs")]
        if cased:
            return lambda value, event: test(value, text(two(event)))
        return lambda value, event: folded(test, value, text(two(event)))

    def any_column(self, word: str, right: Expr) -> Reader:
        """A string operator on `*`."""
        test = self.string_test(word, right)

        def some(event: Event) -> bool:
            found = {sure for value, sure in texts(event) if test(value, event)}
            if found == {False} or (not found and any(not sure for _, sure in texts(event))):
                raise Unproven("how `*` searches lists is not documented")
            return bool(found)

        return some

    def membership(self, word: str, value: Expr, choices: tuple[Expr, ...]) -> Reader:
        """`in` and its like: an `or` of comparisons; `has_all` an `and`."""
        one = self.scalar(value)
        many = tuple(map(self.scalar, choices))
        positive = word.removeprefix("!")
        match positive:
            case "in":
                test: Callable[[Any, Any], Any] = equals
            case "in~":
                test = lambda here, there: folded(operator.eq, text(here), text(there))  # noqa: E731
            case _:
                test = lambda here, there: folded(TEXT_TESTS["has"], text(here), text(there))  # noqa: E731
        decisive = positive != "has_all"

        def check(event: Event) -> Truth:
            here = one(event)
            listed = [read(event) for read in many]
            if any(isinstance(choice, list) for choice in listed):
                if len(listed) > 1:
                    raise Unproven("an array beside other values in a list is not documented")
                listed = listed[0]
            return decide((test(here, there) for there in listed), decisive)

        return check if positive == word else negated(check)

    # --- properties and functions

    def property(self, expr: Path | Index) -> Reader:
        """A property or an element of a dynamic value, null if there is none."""
        read = self.finder(expr)
        return lambda event: None if (value := read(event)) is MISSING else value

    def finder(self, expr: Expr) -> Reader:
        """What is at a path into an event or into a computed value; `MISSING` if nothing does."""
        match expr:
            case Name(name) if name not in self.variables:
                return lambda event: find(event, (name,))
            case Path(base, key) | Index(base, String(key) | Number(int(key))):
                path = path_of(base)
                if path is not None and path[0] not in self.variables:
                    return lambda event: find(event, (*path, key))
                inner = self.finder(base)
                return lambda event: find(inner(event), (key,))
            case Index():
                raise Unproven("an element that is not named by a constant is not run here")
            case _:
                return self.scalar(expr)

    def call(self, call: Call) -> Reader:
        """A function call."""
        match call:
            case Call("not", (arg,), None):
                return negated(self.scalar(arg))
            case Call("coalesce", args, None):
                values = tuple(map(self.scalar, args))
                return lambda event: coalesce(read(event) for read in values)
            case Call("iff" | "iif", (condition, yes, no), None):
                holds, then, otherwise = self.predicate(condition), self.scalar(yes), self.scalar(no)
                return lambda event: then(event) if holds(event) else otherwise(event)
            case Call("bag_has_key", (bag, String(key)), None):
                read = self.finder(Path(bag, key))
                return lambda event: read(event) is not MISSING
            case Call(name, args, None) if name in FUNCTIONS:
                function = FUNCTIONS[name]
                check_arguments(name, function, len(args))
                readers = tuple(map(self.scalar, args))
                if len(readers) == 1:
                    (only,) = readers
                    return lambda event: function(only(event))
                return lambda event: function(*[read(event) for read in readers])
            case _:
                raise Unproven(f"the function {call.name} is not run here")


# --- constants


def constant(expr: String | Number | Bool | Typed | Dynamic | Duration) -> Any:
    """The value of a literal."""
    match expr:
        case String(value) | Number(value) | Bool(value):
            return value
        case Dynamic(value):
            return _dynamic(value)
        case Duration(text):
            return timespan(text)
        case Typed(_, "null"):
            return None
        case Typed("datetime" | "date", value):
            return as_datetime(value)
        case Typed("int" | "long" | "real" | "double", value):
            return float(value) if expr.type in ("real", "double") else int(value, 0)
        case Typed():
            raise Unproven(f"a {expr.type} literal is not run here")
        case _:
            assert_never(expr)


def timespan(text: str) -> timedelta:
    """The length of a timespan literal. `Unproven` for units that are not plain."""
    units = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.replace(".", "").isdigit():
        raise Unproven(f"the timespan {text} is not run here")
    return timedelta(**{units[unit]: float(number)})


def _dynamic(value: DynamicValue) -> Any:
    match value:
        case Array(items):
            return [_dynamic(item) for item in items]
        case Bag(pairs):
            return {key: _dynamic(item) for key, item in pairs}
        case DynamicNull():
            return None
        case Duration():
            raise Unproven("a timespan literal is not run here")
        case _:
            return constant(value)


def path_of(expr: Expr) -> tuple[str | int, ...] | None:
    """The names and positions that lead from a column to the expression; None if it is not a part of a column."""
    match expr:
        case Name(name):
            return (name,)
        case Path(base, key) | Index(base, String(key) | Number(int(key))):
            before = path_of(base)
            return None if before is None else (*before, key)
        case _:
            return None
