"""Runs a rule over events, by what Google documents of YARA-L 2.0 (pages "Events", "Condition" and "Match section
syntax", "Expressions, operators, and other constructs", "Repeated fields", "Functions", "Best practices").

What is run: rules about one event. What those pages leave open raises `Unproven`, unless the outcome does not hang on
it: `false and ?` is false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, assert_never

from transpile.dialects.kit.running.values import spell
from transpile.dialects.yaral.event import UNSET, Branch, Value, elements, scalar
from transpile.dialects.yaral.functions import FUNCTIONS
from transpile.dialects.yaral.re2 import search
from transpile.dialects.yaral.tree import (
    Absent,
    And,
    Arithmetic,
    Call,
    Compare,
    Count,
    Expr,
    InList,
    Not,
    Number,
    Or,
    Path,
    Quantified,
    Regex,
    Rule,
    Step,
    String,
    Truth,
    Variable,
    walk,
)
from transpile.evaluate import Unproven
from transpile.record import record

_MOST_COPIES = 10_000  # copies of one event, one for each combination of elements of its repeated fields

_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def run(rule: Rule, events: Iterable[Mapping[str, Any]]) -> Iterator[int]:
    """The positions (from 0) of the events that the rule, taken event by event, makes a detection of.

    Raises `Unproven` for a rule about several events, and where the outcome for an event is not documented.
    """
    plan = _plan(rule)
    for position, event in enumerate(events):
        if _detects(plan, event):
            yield position


@record
class _Plan:
    """A rule about one event: what its placeholders stand for, which of them must be set, and its predicates."""

    placeholders: Mapping[str, Expr]
    required: tuple[str, ...]
    predicates: tuple[Expr, ...]


def _plan(rule: Rule) -> _Plan:
    variables = {node.variable for line in rule.events for node in walk(line) if isinstance(node, Path)}
    if len(variables) != 1:
        raise Unproven("only rules about one event variable are run")
    if not _asks_for_one(rule.condition, *variables):
        raise Unproven("only the condition that there is such an event is run")
    if any(option.key != "allow_zero_values" for option in rule.options):
        raise Unproven("options other than allow_zero_values are not run")
    placeholders: dict[str, Expr] = {}
    predicates: list[Expr] = []
    for line in rule.events:
        name, value = _definition(line)
        if name is None or name in placeholders:
            predicates.append(line)
        else:
            placeholders[name] = value
    # Match variables that stand for a field, not for a function, are required not to be zero.
    zeros = any(option.value == Truth(True) for option in rule.options)
    grouped = rule.match.variables if rule.match and not zeros else ()
    required = tuple(name for name in grouped if isinstance(placeholders.get(name), Path))
    return _Plan(placeholders, required, tuple(predicates))


def _asks_for_one(condition: Expr, variable: str) -> bool:
    """Whether the condition is that there is such an event, in one of the ways documented to be the same."""
    match condition:
        case Variable(name):
            return name == variable
        case Compare(Count(name), ">", Number(0)) | Compare(Count(name), ">=", Number(1)):
            return name == variable
        case Compare(Number(0), "<", Count(name)) | Compare(Number(1), "<=", Count(name)):
            return name == variable
        case _:
            return False


def _definition(line: Expr) -> tuple[str | None, Expr]:
    """The placeholder that a line defines and what it stands for; None where it is a predicate."""
    match line:
        case Compare(Variable(name), "=", value, False) | Compare(value, "=", Variable(name), False):
            if any(isinstance(node, Path) for node in walk(value)):
                return name, value
    return None, line


def _detects(plan: _Plan, event: Mapping[str, Any]) -> bool:
    """Whether one of the event's copies satisfies the rule, each with one element of every repeated field."""
    waiting: list[dict[tuple[Step, ...], int]] = [{}]
    doubt: Unproven | None = None
    for _ in range(_MOST_COPIES):
        if not waiting:
            break
        copy = waiting.pop()
        try:
            if _Copy(plan, event, copy).satisfies():
                return True
        except Branch as branch:
            waiting.extend(copy | {branch.place: index} for index in range(branch.elements))
        except Unproven as reason:
            doubt = reason
    if doubt or waiting:
        raise doubt or Unproven(f"more than {_MOST_COPIES} copies of the event")
    return False


@record
class _Copy:
    """One copy of an event, `choice` saying which element of each repeated field it has."""

    plan: _Plan
    event: Mapping[str, Any]
    choice: Mapping[tuple[Step, ...], int]

    def satisfies(self) -> bool:
        tests = [partial(self._is_set, name) for name in self.plan.required]
        return _every([*tests, *(partial(self.holds, predicate) for predicate in self.plan.predicates)])

    def _is_set(self, placeholder: str) -> bool:
        return self.value(self.plan.placeholders[placeholder], UNSET) not in (UNSET, "", 0)

    def holds(self, expr: Expr) -> bool:
        """The truth of a boolean expression."""
        match expr:
            case And(args):
                return _every(partial(self.holds, arg) for arg in args)
            case Or(args):
                return _some(partial(self.holds, arg) for arg in args)
            case Not(arg):
                return not self.holds(arg)
            case _:
                return self._predicate(expr)

    def _predicate(self, expr: Expr) -> bool:
        """A predicate, with `any` and `all` over the whole list of elements."""
        quantified = [node for node in walk(expr) if isinstance(node, Quantified)]
        if not quantified:
            return self._test(expr, UNSET)
        if len(quantified) > 1:
            raise Unproven("two of any and all in one predicate")
        tests = [partial(self._test, expr, element) for element in elements(self.event, quantified[0].path)]
        if quantified[0].quantifier == "any":
            return _some(tests)
        if not tests:
            raise Unproven("what `all` makes of an empty field is not documented")
        return _every(tests)

    def _test(self, expr: Expr, element: Value) -> bool:
        match expr:
            case Compare(left, operator, Regex(pattern), nocase):
                found = search(pattern, _as_text(self.value(left, element)), nocase=nocase)
                return found if operator == "=" else not found
            case Compare(left, operator, right, nocase):
                one, other = _alike(self.value(left, element), self.value(right, element), left, right)
                return _compare(one, operator, other, nocase)
            case Call() | Truth():
                truth = self.value(expr, element)
                if isinstance(truth, bool):
                    return truth
                raise Unproven("a function that gives no truth value is not a predicate")
            case InList():
                raise Unproven("what a reference list holds is not known")
            case _:
                raise Unproven("a predicate of this kind is not documented")

    def value(self, expr: Expr, element: Value) -> Value:
        """The value of an expression; `element` is what `any $e.f` stands for just now."""
        match expr:
            case String(text):
                return text
            case Number(value) | Truth(value):
                return value
            case Path():
                return scalar(self.event, expr, self.choice)
            case Quantified():
                return element
            case Variable(name):
                if name in self.plan.placeholders:
                    return self.value(self.plan.placeholders[name], element)
                raise Unproven(f"${name} is not defined by a line of its own")
            case Arithmetic(left, operator, right):
                one, other = _as_number(self.value(left, element)), _as_number(self.value(right, element))
                return _calculate(one, operator, other)
            case Call():
                return self._call(expr, element)
            case Compare() | InList() | And() | Or() | Not() | Regex() | Count() | Absent():
                raise Unproven("an expression of this kind is not a value")
            case _:
                assert_never(expr)

    def _call(self, call: Call, element: Value) -> Value:
        match call:
            case Call("re.regex", (text, String(pattern)), nocase):
                return search(pattern, _as_text(self.value(text, element)), nocase=nocase)
            case Call("arrays.length", (Path() as path,), False):
                return len(elements(self.event, path))
            case Call("if", (test, *values), False):
                chosen = values[0] if self.holds(test) else values[1] if len(values) > 1 else Number(0)
                return self.value(chosen, element)
        function = FUNCTIONS.get(call.function)
        if function is None or function.compute is None or call.nocase:
            raise Unproven(f"{call.function} is not run")
        if len(call.args) < function.least or (function.most is not None and len(call.args) > function.most):
            raise Unproven(f"{call.function} does not take {len(call.args)} arguments")
        as_ = _as_number if call.function.startswith(("math.", "timestamp.")) else _as_text
        args = [arg.text if isinstance(arg, String) else as_(self.value(arg, element)) for arg in call.args]
        result: Value = function.compute(*args)
        return result


def _some(tests: Iterable[Callable[[], bool]]) -> bool:
    """Whether one holds. A test that is not proven decides only where no other does."""
    doubt: Unproven | None = None
    for test in tests:
        try:
            if test():
                return True
        except Unproven as reason:
            doubt = reason
    if doubt:
        raise doubt
    return False


def _every(tests: Iterable[Callable[[], bool]]) -> bool:
    """Whether all hold, likewise."""
    return not _some(partial(_fails, test) for test in tests)


def _fails(test: Callable[[], bool]) -> bool:
    return not test()


# --- values: an unset field is the zero value of the type that it is compared with


def _as_text(value: Value) -> str:
    return "" if value is UNSET else spell(value)


def _as_number(value: Value) -> int | float:
    if value is UNSET:
        return 0
    if isinstance(value, str):
        try:
            return float(value) if "." in value else int(value)
        except ValueError:
            raise Unproven(f"{value!r} is compared as a number") from None
    return value


def _as_truth(value: Value) -> bool:
    if value is UNSET:
        return False
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if isinstance(value, bool):
        return value
    raise Unproven(f"{value!r} is compared as a truth value")


def _alike(one: Value, other: Value, left: Expr, right: Expr) -> tuple[Value, Value]:
    """Both values as one type: the literal's if there is one, as the platform's fields are typed; else text."""
    for side in (left, right):
        match side:
            case String():
                return _as_text(one), _as_text(other)
            case Number() | Arithmetic():
                return _as_number(one), _as_number(other)
            case Truth():
                return _as_truth(one), _as_truth(other)
    kinds = {type(value) for value in (one, other) if value is not UNSET}
    if kinds == {bool}:
        return _as_truth(one), _as_truth(other)
    if kinds and kinds <= {int, float}:
        return _as_number(one), _as_number(other)
    return _as_text(one), _as_text(other)


def _compare(one: Value, operator: str, other: Value, nocase: bool) -> bool:
    if operator in ("=", "!="):
        if nocase:
            if not isinstance(one, str) or not isinstance(other, str):
                raise Unproven("nocase is for text")
            same = _same_text(one, other)
        else:
            same = one == other
        return same if operator == "=" else not same
    if isinstance(one, str) or isinstance(other, str) or one is UNSET or other is UNSET:
        raise Unproven("the order of text and of enumerated names is not known here")
    return _ORDERS[operator](one, other)


def _same_text(one: str, other: str) -> bool:
    """Equality without case; where ways to fold what is not ASCII differ it is not proven."""
    same = one.casefold() == other.casefold()
    if same is not (one.lower() == other.lower()):
        raise Unproven(f"how nocase folds {one!r} and {other!r} is not documented")
    return same


def _calculate(one: int | float, operator: str, other: int | float) -> int | float:
    match operator:
        case "+":
            return one + other
        case "-":
            return one - other
        case "*":
            return one * other
        case "%" if other:
            return one % other
        case "/" if other:
            return one / other
        case _:
            raise Unproven("division by zero")
