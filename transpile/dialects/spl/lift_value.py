"""Values that a search computes, and what is asked of them, as IR.

A field that `eval`, `rex` or `lookup` makes is put in the place of its name wherever it is asked for later. `where` has
three truth values, IR two: `Truth` keeps when a test is true and when it is false; where neither holds it is NULL.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from transpile.codes import Code
from transpile.dialects.spl import codes
from transpile.dialects.spl.lift_logic import PRESENT, both, either, given, opposite
from transpile.dialects.spl.lift_tests import always_takes, folded, holds_of, plain_regex
from transpile.dialects.spl.strings import RAW
from transpile.ir.expr import FALSE, TRUE, Constant, Expr, Keyword, Match, Not, Opaque
from transpile.ir.match import (
    ANY,
    Call,
    Case,
    Compare,
    Field,
    FieldRef,
    Function,
    Literal,
    Order,
    Pattern,
    Regex,
    Test,
    Value,
)
from transpile.record import record
from transpile.source import Span

EVERYWHERE = ("_time", RAW, "index", "source", "sourcetype", "host")  # every event has these
COLUMN = "\0"  # before the name of a column that an aggregation makes, to tell it from a field of the events
_MOST = 16  # alternatives of one value


@record
class Unknown:
    """A value that has no form here, with the text that makes it and why."""

    text: str
    code: Code
    about: str = ""


@record
class Choice:
    """The value behind the first condition that holds, else `other`."""

    branches: tuple[tuple[Expr, Computed], ...]
    other: Computed


@record
class Nothing:
    """NULL: no value."""


@record
class Several:
    """Every value of the field among the events of a group."""

    value: Computed


Computed: TypeAlias = Value | Unknown | Choice | Nothing | Several


@record
class Truth:
    """When an expression is true, and when it is false."""

    holds: Expr
    fails: Expr

    def negated(self) -> Truth:
        """The truth of NOT."""
        return Truth(self.fails, self.holds)


UNTRUE = Truth(FALSE, FALSE)  # NULL whatever the event


def constant(truth: bool) -> Truth:
    """Always true or always false."""
    return Truth(Constant(truth), Constant(not truth))


def unknown(value: Unknown, span: Span | None) -> Truth:
    """The truth of a test of something that has no form here."""
    opaque = as_opaque(value, span)
    return Truth(opaque, opaque)


def as_opaque(value: Unknown, span: Span | None) -> Opaque:
    """A predicate without a form here. Until it is settled, its `language` holds the code and what that is about."""
    return Opaque(value.text, f"{value.code.id} {value.about}", span)


# --- asking


def ask(value: Computed, test: Test, span: Span | None, operator: str = "") -> Truth:
    """The truth of a test of a value, as `where` has it: NULL without a value."""
    return _each(value, span, lambda one: _truth(one, test, span, operator))


def present(value: Computed, span: Span | None = None) -> Expr:
    """Whether there is a value."""
    match value:
        case Choice(branches, other):
            return _chosen([(when, present(one, span)) for when, one in branches], present(other, span))
        case Nothing():
            return FALSE
        case Unknown():
            return as_opaque(value, span)
        case Several(one):
            return present(one, span)
        case Literal():
            return TRUE
        case Field(name):
            return TRUE if name in EVERYWHERE else Match(value, PRESENT, "exists", span)
        case Call(Function.CAPTURE, (one, Literal(pattern), Literal())) if always_takes(str(pattern)):
            return match(one, Regex(str(pattern)), span)
        case Call(Function.LOWER | Function.UPPER | Function.LENGTH | Function.TRIM | Function.TEXT, (one,)):
            return present(one, span)
        case Call(Function.CONCAT | Function.REPLACE, args):
            return both(*(present(arg, span) for arg in args))
        case Call():
            return Match(value, PRESENT, "exists", span)


def relate(
    one: Computed,
    other: Computed,
    compare: Callable[[Value, Value], Truth | None],
    text: Unknown,
    span: Span | None,
) -> Truth:
    """The truth of a relation between two values; `compare` says it of plain ones, or None if it has no form."""

    def inner(left: Value) -> Truth:
        return _each(other, span, lambda right: compare(left, right) or unknown(text, span))

    return _each(one, span, inner)


def _each(value: Computed, span: Span | None, tell: Callable[[Value], Truth]) -> Truth:
    match value:
        case Choice(branches, other):
            found = [(when, _each(one, span, tell)) for when, one in branches]
            last = _each(other, span, tell)
            return Truth(
                _chosen([(when, one.holds) for when, one in found], last.holds),
                _chosen([(when, one.fails) for when, one in found], last.fails),
            )
        case Nothing():
            return UNTRUE
        case Unknown():
            return unknown(value, span)
        case Several(one):
            truth = _each(one, span, tell)
            return Truth(truth.holds, as_opaque(Unknown("all the values of a group", codes.SPL015), span))
        case _:
            return tell(value)


def _chosen(branches: list[tuple[Expr, Expr]], other: Expr) -> Expr:
    """What holds where the first condition that holds leads."""
    found = other
    for when, then in reversed(branches):
        if then == found:
            continue
        if found == FALSE:
            found = both(when, then)
        elif then == TRUE or given(when, then) == TRUE:
            found = either(when, found)
        elif then == FALSE:
            found = both(opposite(when), found)
        elif found == TRUE:
            found = either(opposite(when), given(when, then))
        else:
            found = either(both(when, then), both(opposite(when), found))
    return found


def _truth(value: Value, test: Test, span: Span | None, operator: str) -> Truth:
    if isinstance(value, Literal):
        return constant(holds_of(value, test))
    found = match(value, test, span, operator)
    return Truth(found, both(present(value, span), opposite(found)))


def match(value: Value, test: Test, span: Span | None, operator: str = "") -> Expr:
    """A test of a value, said of the field itself where that means the same."""
    if isinstance(value, Literal):
        return Constant(holds_of(value, test))
    match value:
        case Field(name) if name == RAW:
            return _keyword(test, span)
        case Call(Function.LOWER | Function.UPPER as function, (one,)) if (plain := folded(test, function)) is not None:
            return plain if isinstance(plain, Constant) else match(one, plain, span, operator)
        case Call(Function.TEXT, (one,)) if not isinstance(test, Compare):
            return match(one, test, span, operator)
        case Call(Function.NUMBER, (one,)) if isinstance(test, Compare):
            return match(one, test, span, operator)
    if isinstance(test, Regex):
        test = plain_regex(test)
    return Match(value, test, operator, span)


def _keyword(test: Test, span: Span | None) -> Expr:
    """A test of the raw text: what is looked for anywhere in it is a keyword."""
    plain = plain_regex(test) if isinstance(test, Regex) else test
    if isinstance(plain, Pattern) and plain.parts[:1] == (ANY,) and plain.parts[-1:] == (ANY,) and len(plain.parts) > 2:
        return Keyword(Pattern(plain.parts[1:-1], plain.case), span)
    if isinstance(plain, Regex):
        return Keyword(plain, span)
    return as_opaque(Unknown("the whole of the raw text", codes.SPL013), span)


def filled(value: Computed, text: str) -> Computed:
    """The value, and a text where there is none."""
    return Choice(((present(value), value),), Literal(text))


def unfilled(value: Computed) -> Computed:
    """The value without the text that replaces a missing one."""
    match value:
        case Choice(((when, one),), Literal()) if when == present(one):
            return one
        case _:
            return value


def fields_equal(one: Value, other: Value) -> tuple[Field, Field, Case] | None:
    """Two fields and the case in which they are compared, if the values are fields, or both in one case."""
    match one, other:
        case Field(), Field():
            return one, other, Case.SENSITIVE
        case Call(Function.LOWER | Function.UPPER as first, (Field() as left,)), Call(second, (Field() as right,)) if (
            first is second
        ):
            return left, right, Case.UNICODE
        case _:
            return None


def refer(left: Field, test: FieldRef, span: Span | None) -> Truth:
    """The truth of a comparison of two fields."""
    found = Match(left, test, "fieldref", span)
    return Truth(found, both(present(left, span), present(test.field, span), Not(found)))


def apply(function: Callable[..., Computed], *args: Computed) -> Computed:
    """A function of values that may have alternatives; NULL if an argument is."""
    for arg in args:
        if isinstance(arg, Unknown):
            return arg
        if isinstance(arg, Nothing):
            return arg
        if isinstance(arg, Several):
            return Unknown("a function of all the values of a group", codes.SPL015)
    choices = [arg for arg in args if isinstance(arg, Choice)]
    if not choices:
        return function(*args)
    if len(choices) > 1 or len(choices[0].branches) > _MOST:
        return Unknown("a value with many alternatives", codes.SPL013)
    at = args.index(choices[0])
    choice = choices[0]

    def one(value: Computed) -> Computed:
        return apply(function, *args[:at], value, *args[at + 1 :])

    return Choice(tuple((when, one(value)) for when, value in choice.branches), one(choice.other))


def numbers_ordered(here: Value, there: Value, order: Order, span: Span | None) -> Truth | None:
    """The order of two numbers that aggregations make; None of fields, whose values may be text."""
    if any(isinstance(one, Field) and not one.name.startswith(COLUMN) for one in (here, there)):
        return None
    return ask(Call(Function.SUBTRACT, (here, there)), Compare(order, 0), span)
