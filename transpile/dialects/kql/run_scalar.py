"""Scalar expressions as functions of an event, in Kusto's logic of true, false and null.

"Null values" and "Logical operators" in the reference: a comparison with null is null, but `==` is false and `!=` true
where one side alone is null; `false and null` is false, `true or null` true, `not(null)` null. `null == null` is null
on one of the pages and false on the other.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, assert_never

from transpile.dialects.kql.columns import UNREADABLE, Event, Kind, Reader, as_datetime, reader, texts
from transpile.dialects.kql.functions import FUNCTIONS, text
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
from transpile.evaluate import Unproven
from transpile.evaluate.values import MISSING, lookup

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class _Unsettled:
    """The type of `UNSETTLED`."""


# Null or false: what `null == null` is. A row is dropped either way, but NOT of it is unproven.
UNSETTLED = _Unsettled()

_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


class Compiler:
    """Compiles the expressions of one query, whose columns have these `kinds`; `variables` are its computed values."""

    def __init__(self, kinds: Mapping[str, Kind], variables: dict[str, Reader]) -> None:
        self.kinds = kinds
        self.variables = variables

    def predicate(self, expr: Expr) -> Callable[[Event], bool]:
        """Whether `where` keeps the event: null counts as false."""
        evaluate = self.scalar(expr)

        def keeps(event: Event) -> bool:
            return _truth(evaluate(event)) is True

        return keeps

    def scalar(self, expr: Expr) -> Reader:
        """The expression as a function of an event."""
        match expr:
            case And(args):
                return _junction(tuple(map(self.scalar, args)), decisive=False)
            case Or(args):
                return _junction(tuple(map(self.scalar, args)), decisive=True)
            case Binary(word, left, right):
                return self.binary(word, left, right)
            case In(word, value, choices):
                return self.membership(word, value, choices)
            case Between(word, value, low, high):
                inside = _junction((self.binary(">=", value, low), self.binary("<=", value, high)), decisive=False)
                return inside if word == "between" else _negated(inside)
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
            case String() | Number() | Bool() | Typed() | Dynamic():
                value = constant(expr)
                return lambda event: value
            case Star() | Wildcard() | Assignment() | Duration() | Pipeline():
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
        if word in _ORDERS:
            order = _ORDERS[word]
            return lambda event: _ordered(order, one(event), two(event))
        if word in _ARITHMETIC:
            calculate = _ARITHMETIC[word]
            return lambda event: _calculated(calculate, one(event), two(event))
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
        test = _TESTS[word.removesuffix("_cs")]
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
                test = lambda here, there: folded(_TESTS["has"], text(here), text(there))  # noqa: E731
        decisive = positive != "has_all"

        def check(event: Event) -> Truth:
            here = one(event)
            listed = [read(event) for read in many]
            if any(isinstance(choice, list) for choice in listed):
                if len(listed) > 1:
                    raise Unproven("an array beside other values in a list is not documented")
                listed = listed[0]
            return _decide((test(here, there) for there in listed), decisive)

        return check if positive == word else _negated(check)

    # --- properties and functions

    def property(self, expr: Path | Index) -> Reader:
        """A property of a dynamic column, which an event may hold nested or flat (`EventData.Image`)."""
        path = dotted(expr)
        if path is None:
            raise Unproven("an element that is not named by a constant is not run here")
        if path.partition(".")[0] in self.variables:
            raise Unproven("a property of a computed value is not run here")
        return lambda event: None if (value := lookup(event, path)) is MISSING else value

    def call(self, call: Call) -> Reader:
        """A function call."""
        match call:
            case Call("not", (arg,), None):
                return _negated(self.scalar(arg))
            case Call("coalesce", args, None):
                values = tuple(map(self.scalar, args))
                return lambda event: _coalesce(read(event) for read in values)
            case Call("iff" | "iif", (condition, yes, no), None):
                holds, then, otherwise = self.predicate(condition), self.scalar(yes), self.scalar(no)
                return lambda event: then(event) if holds(event) else otherwise(event)
            case Call("bag_has_key", (bag, String(key)), None) if (path := dotted(bag)) is not None:
                return lambda event: lookup(event, f"{path}.{key}") is not MISSING
            case Call(name, args, None) if name in FUNCTIONS:
                function = FUNCTIONS[name]
                readers = tuple(map(self.scalar, args))
                if len(readers) == 1:
                    (only,) = readers
                    return lambda event: function(only(event))
                return lambda event: function(*[read(event) for read in readers])
            case _:
                raise Unproven(f"the function {call.name} is not run here")


# --- logic


Truth = bool | _Unsettled | None


def _junction(args: tuple[Reader, ...], *, decisive: bool) -> Reader:
    """`and` (decided by a false) or `or` (decided by a true) of three-valued arguments."""

    def check(event: Event) -> Truth:
        return _decide((_truth(arg(event)) for arg in args), decisive)

    return check


def _decide(values: Iterable[Truth], decisive: bool) -> Truth:
    undecided: Truth = not decisive
    for value in values:
        if value is decisive:
            return decisive
        if not isinstance(value, bool) and undecided is not UNSETTLED:
            undecided = value
    return undecided


def _truth(value: Any) -> Truth:
    if value is None or isinstance(value, bool | _Unsettled):
        return value
    raise Unproven("a condition that is neither true nor false")


def _negated(inner: Reader) -> Reader:
    def check(event: Event) -> bool | None:
        value = _truth(inner(event))
        if isinstance(value, _Unsettled):
            raise Unproven("whether null == null is null or false")
        return None if value is None else not value

    return check


def _coalesce(values: Iterator[Any]) -> Any:
    """The first value that is not null, of strings the first that is not empty."""
    for value in values:
        if value is UNSETTLED:
            if (rest := _coalesce(values)) is not False:
                raise Unproven("whether null == null is null or false")
            return rest
        if value is not None and value != "":
            return value
    return None


# --- comparisons


def equals(one: Any, two: Any) -> bool | _Unsettled:
    """`==` of two values. `Unproven` for two types that Kusto does not compare."""
    if one is None or two is None:
        return UNSETTLED if one is two else False
    if UNREADABLE in (one, two):
        return False
    if _sort(one) is not _sort(two):
        raise Unproven(f"Kusto does not compare {one!r} with {two!r}")
    return bool(one == two)


def _sort(value: Any) -> type:
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)


def _ordered(order: Callable[[Any, Any], bool], one: Any, two: Any) -> bool | None:
    if one is None or two is None or UNREADABLE in (one, two):
        return None
    if _sort(one) is not _sort(two) or isinstance(one, bool | list | dict):
        raise Unproven(f"Kusto puts {one!r} and {two!r} in no order")
    return order(one, two)


def _calculated(calculate: Callable[[Any, Any], Any], one: Any, two: Any) -> Any:
    if one is None or two is None:
        return None
    if _sort(one) is not float or _sort(two) is not float:
        raise Unproven("arithmetic on what is no number is not run here")
    return calculate(one, two)


def folded(test: Callable[[str, str], bool], one: str, two: str) -> bool:
    """A test that ignores case. Of other letters than ASCII's the reference says that they are not supported."""
    found = test(_fold(one), _fold(two))
    if not one.isascii() and not two.isascii() and found != test(one.lower(), two.lower()):
        raise Unproven("operators that ignore case are documented for ASCII letters only")
    return found


_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def _fold(value: str) -> str:
    return value.lower() if value.isascii() else value.translate(_ASCII_LOWER)


def _has(before: bool, after: bool) -> Callable[[str, str], bool]:
    """A term search: the text stands between characters that are not alphanumeric, on the sides that are asked for."""

    def test(value: str, term: str) -> bool:
        if not (term and term[0].isalnum() and term[-1].isalnum()):
            raise Unproven(f"has with {term!r}, which does not begin and end as a term does, is not documented")
        start = value.find(term)
        while start >= 0:
            end = start + len(term)
            left = not before or start == 0 or not value[start - 1].isalnum()
            if left and (not after or end == len(value) or not value[end].isalnum()):
                return True
            start = value.find(term, start + 1)
        return False

    return test


_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "=~": operator.eq,
    "contains": operator.contains,
    "startswith": str.startswith,
    "endswith": str.endswith,
    "has": _has(True, True),
    "hasprefix": _has(True, False),
    "hassuffix": _has(False, True),
}


# --- constants


def constant(expr: String | Number | Bool | Typed | Dynamic) -> Any:
    """The value of a literal."""
    match expr:
        case String(value) | Number(value) | Bool(value):
            return value
        case Dynamic(value):
            return _dynamic(value)
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


def dotted(expr: Expr) -> str | None:
    """The path of names that an expression is, with dots; None if it is something else."""
    match expr:
        case Name(name):
            return name
        case Path(base, member) | Index(base, String(member)):
            before = dotted(base)
            return None if before is None else f"{before}.{member}"
        case _:
            return None
