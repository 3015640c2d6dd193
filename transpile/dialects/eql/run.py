"""Executes an event query over events, by Elasticsearch's documentation of EQL, of its queries and field types.

A criterion on a field becomes a query on the indexed document ("EQL syntax reference"; the translation is that of
QueryTranslator), so it is true or false, and false where the field has no value; `not` of it is then true. Of several
values one has to match. A criterion on a function of a field runs as a script: functions of null are null ("EQL
function reference"), so are comparisons with null and `not` of them, and null drops the event. `and` and `or` combine
queries, in which null counts as false; a `not` before them is moved inwards first (BooleanSimplification).

An event does not tell how its index maps a field. What a query asks of a field does: `:` and its like want text,
cidrMatch an address, an ordering with a number a number. Text takes numbers and truth values by their spelling, and
numeric fields take numbers that are spelled out ("Field data types"). Where the mapping would decide, and for what is
not documented or not run here, `Unproven` is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import Any, assert_never

from transpile.dialects.eql.run_functions import Value, call, compare, fold, wildcard_matcher
from transpile.dialects.eql.run_values import Document, Kind, as_number, equal, is_taken
from transpile.dialects.eql.tree import (
    And,
    Arithmetic,
    Boolean,
    Call,
    Compare,
    Comparison,
    Event,
    Expr,
    Field,
    Lookup,
    Negative,
    Not,
    Null,
    Number,
    Or,
    Query,
    Search,
    Sign,
    String,
)
from transpile.dialects.kit.running.indexed import as_text
from transpile.dialects.kit.running.lucene import compile_regex
from transpile.dialects.kit.running.values import values as field_values
from transpile.evaluate import Unproven

Truth = Callable[[Document], bool | None]

_CATEGORY = "event.category"
_ARITHMETIC = {
    Sign.ADD: "add",
    Sign.SUBTRACT: "subtract",
    Sign.MULTIPLY: "multiply",
    Sign.DIVIDE: "divide",
    Sign.MODULO: "modulo",
}


def run(query: Query, events: Iterable[Document]) -> Iterator[int]:
    """The positions (from 0) of the events that the query returns. Raises `Unproven`; see the module."""
    keeps = compile_query(query)
    return (position for position, event in enumerate(events) if keeps(event))


def compile_query(query: Query) -> Callable[[Document], bool]:
    """Whether the query returns an event."""
    if not isinstance(query.body, Event) or query.pipes:
        raise Unproven("sequences, samples and pipes ask for events with a time")
    return compile_event(query.body)


def compile_event(query: Event) -> Callable[[Document], bool]:
    """Whether an event query returns an event."""
    kinds: dict[str, Kind] = {}
    compared: set[str] = set()
    _infer_kinds(query.condition, kinds, compared)
    condition = _Compiler(kinds, compared).condition(query.condition)
    category = query.category
    if category is None:
        return lambda event: condition(event) is True
    return lambda event: category in field_values(event, _CATEGORY) and condition(event) is True


def _infer_kinds(expr: Expr, kinds: dict[str, Kind], compared: set[str]) -> None:
    """Note what each field must be; `Unproven` where it would have to be two things at once.

    A field that is compared with a number or truth value may be of that type or text: it is noted in `compared`.
    """

    def note(operand: Expr, kind: Kind) -> None:
        if isinstance(operand, Field) and kinds.setdefault(operand.name, kind) is not kind:
            raise Unproven(f"Elasticsearch rejects the query: {operand.name} is used as two types")

    match expr:
        case And(args) | Or(args):
            for arg in args:
                _infer_kinds(arg, kinds, compared)
        case Not(arg):
            _infer_kinds(arg, kinds, compared)
        case Lookup(operator, operand, values):
            if operator is not Search.IN:
                note(operand, Kind.TEXT)
            elif isinstance(operand, Field) and any(isinstance(value, Number | Boolean) for value in values):
                compared.add(operand.name)
            _infer_kinds(operand, kinds, compared)
        case Compare(operator, left, right):
            if operator not in (Comparison.EQ, Comparison.NE) and isinstance(right, Number):
                note(left, Kind.NUMBER)
            elif isinstance(left, Field) and isinstance(right, Number | Boolean):
                compared.add(left.name)
            _infer_kinds(left, kinds, compared)
        case Call("cidrMatch" | "cidrmatch", (first, *_)):
            note(first, Kind.ADDRESS)
        case Call("startsWith" | "endsWith" | "stringContains" | "length" | "indexOf" | "number", args):
            for arg in args:
                note(arg, Kind.TEXT)
                _infer_kinds(arg, kinds, compared)
        case _:
            pass


class _Compiler:
    """Turns expressions into functions of an event. A condition gives True, False or, for a script, None."""

    def __init__(self, kinds: Mapping[str, Kind], compared: Set[str]) -> None:
        self.kinds = kinds
        self.compared = compared

    def condition(self, expr: Expr, negated: bool = False) -> Truth:
        """`negated`: whether there is a NOT somewhere above."""
        match expr:
            case And(args):
                checks = [self.condition(arg, negated) for arg in args]
                return lambda event: all(check(event) for check in checks)
            case Or(args):
                checks = [self.condition(arg, negated) for arg in args]
                return lambda event: any(check(event) for check in checks)
            case Not(And(args)):
                return self.condition(Or(tuple(map(Not, args))), negated)
            case Not(Or(args)):
                return self.condition(And(tuple(map(Not, args))), negated)
            case Not(Not(arg)):
                return self.condition(arg, negated)
            case Not(arg):
                return _negate(self.condition(arg, True))
            case Compare(comparison, Field() as field, Null()):
                return self.presence(field, comparison)
            case Compare(comparison, Field() as field, right):
                return self.comparison(field, comparison, _constant(right), negated)
            case Compare(comparison, left, right):
                value, constant = self.value(left), _constant(right)
                return lambda event: compare(comparison, value(event), constant)
            case Lookup(search, operand, values, inverse):
                check = self.lookup(search, operand, [_constant(value) for value in values], negated or inverse)
                return _negate(check) if inverse else check
            case Boolean(truth):
                return lambda event: truth
            case Call("cidrMatch" | "cidrmatch", (Field() as field, *networks)):
                inside = [_constant(network) for network in networks]
                return self.criterion(field, negated, lambda value: call("cidrMatch", (value, *inside), False) is True)
            case Call():
                value = self.value(expr)
                return lambda event: _truth(value(event))
            case Field() | String() | Number() | Null() | Arithmetic() | Negative():
                raise Unproven("a field or value as a condition is not documented")
            case _:
                assert_never(expr)

    # --- criteria on a field

    def criterion(self, field: Field, negated: bool, check: Callable[[Any], bool]) -> Truth:
        """Whether one of the field's values passes the check.

        A value that the field's type does not take is not indexed, if the document is. A missing optional field may be
        one that no index maps; it is then null, whose `not` is not documented.
        """
        kind = self.kinds.get(field.name)

        def checked(event: Document) -> bool:
            values = field_values(event, field.name)
            if negated and field.optional and not values:
                raise Unproven(f"what `not` makes of {field.name} depends on whether it is mapped")
            return any(check(value) for value in values if is_taken(value, kind))

        return checked

    def presence(self, field: Field, comparison: Comparison) -> Truth:
        if comparison not in (Comparison.EQ, Comparison.NE):
            raise Unproven("null is in no order")
        wanted, kind = comparison is Comparison.NE, self.kinds.get(field.name)
        by_literals = field.name in self.compared

        def checked(event: Document) -> bool:
            values = [value for value in field_values(event, field.name) if value != "" or is_taken(value, kind)]
            if not all(is_taken(value, kind) for value in values) or (by_literals and "" in values):
                raise Unproven(f"whether {field.name} counts as present when its value does not fit its type")
            return bool(values) is wanted

        return checked

    def comparison(self, field: Field, comparison: Comparison, constant: Value, negated: bool) -> Truth:
        kind = self.kinds.get(field.name)
        if comparison is Comparison.NE:
            return _negate(self.comparison(field, Comparison.EQ, constant, True))
        if comparison is Comparison.EQ:
            return self.criterion(field, negated, lambda value: equal(value, constant, kind))
        if isinstance(constant, bool) or not isinstance(constant, int | float):
            raise Unproven("only numbers are put in order here")
        return self.criterion(field, negated, lambda value: compare(comparison, as_number(value), constant) is True)

    def lookup(self, search: Search, operand: Expr, constants: list[Value], negated: bool) -> Truth:
        if search is Search.IN:
            if isinstance(operand, Field):
                kind = self.kinds.get(operand.name)
                return self.criterion(
                    operand, negated, lambda value: any(equal(value, constant, kind) for constant in constants)
                )
            raise Unproven("`in` after a function is not run here")
        if not all(isinstance(constant, str) for constant in constants):
            raise Unproven(f"{search} wants strings")
        matches = _text_matcher(search, [str(constant) for constant in constants])
        if isinstance(operand, Field):
            return self.criterion(operand, negated, lambda value: matches(as_text(value)))
        if search in (Search.REGEX, Search.REGEX_FOLD):
            raise Unproven("which regular expressions a script runs is not documented")
        value = self.value(operand)

        def scripted(event: Document) -> bool | None:
            found = value(event)
            return None if found is None else matches(as_text(found))

        return scripted

    # --- values

    def value(self, expr: Expr) -> Callable[[Document], Value]:
        match expr:
            case Field(name):
                return lambda event: _single(field_values(event, name), name)
            case String() | Number() | Boolean() | Null():
                constant = _constant(expr)
                return lambda event: constant
            case Call(name, args, folded):
                values = [self.value(arg) for arg in args]
                return lambda event: call(name, tuple(value(event) for value in values), folded)
            case Arithmetic(sign, left, right):
                one, other = self.value(left), self.value(right)
                return lambda event: call(_ARITHMETIC[sign], (one(event), other(event)), False)
            case Negative(operand):
                inner = self.value(operand)
                return lambda event: call("subtract", (0, inner(event)), False)
            case And() | Or() | Not() | Compare() | Lookup():
                raise Unproven("a condition as a value is not run here")
            case _:
                assert_never(expr)


def _negate(check: Truth) -> Truth:
    def negated(event: Document) -> bool | None:
        found = check(event)
        return None if found is None else not found

    return negated


def _truth(value: Value) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise Unproven("a value that is not a truth value as a condition is not documented")


def _constant(expr: Expr) -> Value:
    match expr:
        case String(value) | Number(value) | Boolean(value):
            return value
        case Null():
            return None
        case _:
            raise Unproven("comparisons with anything but a constant are rejected")


def _single(values: list[Any], name: str) -> Value:
    if len(values) > 1:
        raise Unproven(f"functions of several values ({name}) are not documented")
    return values[0] if values else None


def _text_matcher(operator: Search, patterns: list[str]) -> Callable[[str], bool]:
    """Whether a text is (or matches) one of the patterns."""
    match operator:
        case Search.IN:
            return lambda text: text in patterns
        case Search.IN_FOLD:
            folded = [fold(pattern) for pattern in patterns]
            return lambda text: fold(text) in folded
        case Search.WILDCARD | Search.LIKE_FOLD:
            matchers = [wildcard_matcher(fold(pattern)) for pattern in patterns]
            return lambda text: any(matches(fold(text)) for matches in matchers)
        case Search.LIKE:
            matchers = [wildcard_matcher(pattern) for pattern in patterns]
            return lambda text: any(matches(text) for matches in matchers)
        case Search.REGEX | Search.REGEX_FOLD:
            matchers = [compile_regex(pattern, operator is Search.REGEX_FOLD) for pattern in patterns]
            return lambda text: any(matches(text) for matches in matchers)
        case _:
            assert_never(operator)
