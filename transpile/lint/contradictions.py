"""Which tests of one field exclude each other, and where a condition therefore can never hold.

Two kinds are told apart: what excludes itself by logic (`a and not a`, absent and tested), and what excludes itself for
a field that has one value at a time. A field may have several, so the second kind is not an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.match import Boolean, Compare, Exists, Field, Null, Number, Order, Pattern, Shape, Test
from transpile.ir.meaning import MeaningForm, folded, form
from transpile.source import Span


class Clash(NamedTuple):
    """Why a part can never hold. `by_logic` if that is so whatever the values of the fields are."""

    reason: str
    by_logic: bool
    field: str | None = None


class Dead(NamedTuple):
    """An alternative that can never hold, and why."""

    span: Span | None
    clash: Clash


@dataclass(slots=True)
class KnownTests:
    """What must hold and must not at some place of a condition."""

    positive: dict[Field, list[Match]] = field(default_factory=dict)
    required: frozenset[MeaningForm] = frozenset()
    excluded: frozenset[MeaningForm] = frozenset()
    has_not: bool = True  # whether anything is excluded anywhere; without, what is required need not be kept

    def copy(self) -> KnownTests:
        """The same, to be added to."""
        positive = {name: list(found) for name, found in self.positive.items()}
        return KnownTests(positive, self.required, self.excluded, self.has_not)

    def require(self, expr: Expr) -> None:
        """Keep that a part must hold."""
        if self.has_not:
            self.required |= {form(expr)}


def impossible(expr: Expr, dead: list[Dead]) -> Clash | None:
    """Why an expression can never hold, or None; alternatives that cannot hold go to `dead`."""
    return _impossible(expr, KnownTests(has_not=_has_not(expr)), dead)


def _has_not(expr: Expr) -> bool:
    match expr:
        case And(args) | Or(args):
            return any(map(_has_not, args))
        case _:
            return isinstance(expr, Not)


def _impossible(expr: Expr, known: KnownTests, dead: list[Dead]) -> Clash | None:
    match expr:
        case And(args):
            return _all(args, known, dead)
        case Or(args):
            return _any(args, known, dead)
        case Match():
            return _clash(expr, known)
        case Not(arg):
            return _not(arg, known)
        case Keyword() | Opaque():
            return Clash("it is required and excluded", True) if form(expr) in known.excluded else None
        case Constant(value):
            return None if value else Clash("one of its parts never holds", True)


def _all(args: tuple[Expr, ...], known: KnownTests, dead: list[Dead]) -> Clash | None:
    """Simple parts first: what they say holds for the alternatives beside them."""
    here = known.copy()
    later: list[Expr] = []
    negated: list[Expr] = []
    for arg in _flat(args):
        match arg:
            case Match(value, _) if isinstance(value, Field):
                clash = _clash(arg, here)
                if clash:
                    return clash
                here.positive.setdefault(value, []).append(arg)
                here.require(arg)
            case Not(inner):
                negated.append(inner)
                here.excluded |= {form(inner), *(form(part) for part in _alternatives(inner))}
            case _:
                later.append(arg)
                here.require(arg)
    for inner in negated:
        clash = _not(inner, here)
        if clash:
            return clash
    for arg in later:
        clash = _impossible(arg, here, dead)
        if clash:
            return clash
    return None


def _flat(args: tuple[Expr, ...]) -> Iterator[Expr]:
    for arg in args:
        if isinstance(arg, And):
            yield from _flat(arg.args)
        else:
            yield arg


def _alternatives(expr: Expr) -> tuple[Expr, ...]:
    return expr.args if isinstance(expr, Or) else ()


def _any(args: tuple[Expr, ...], known: KnownTests, dead: list[Dead]) -> Clash | None:
    clashes: list[tuple[Expr, Clash]] = []
    inner: list[Dead] = []
    for arg in args:
        clash = _impossible(arg, known, inner)
        if clash:
            clashes.append((arg, clash))
    if args and len(clashes) == len(args):
        return next((clash for _, clash in clashes if not clash.by_logic), clashes[0][1])
    dead += inner
    dead += [Dead(_span(arg), clash) for arg, clash in clashes]
    return None


def _not(arg: Expr, known: KnownTests) -> Clash | None:
    """What is excluded must not follow from what is required."""
    if _follows(form(arg), known.required):
        return Clash("what the one part requires the other excludes", True)
    if isinstance(arg, Match) and isinstance(arg.test, Exists) and isinstance(arg.value, Field):
        tested = [one for one in known.positive.get(arg.value, ()) if not isinstance(one.test, Null)]
        if tested:
            return Clash(f"{arg.value.name} must be absent and is tested", True, arg.value.name)
    return None


def _follows(one: MeaningForm, required: frozenset[MeaningForm]) -> bool:
    if one in required:
        return True
    if one.kind == "or":
        return any(part in required for part in one.parts)
    return one.kind == "and" and bool(one.parts) and all(part in required for part in one.parts)


def _clash(arg: Match, known: KnownTests) -> Clash | None:
    """Why a test cannot hold beside what is known."""
    if not isinstance(arg.value, Field):
        return None
    if known.excluded and form(arg) in known.excluded:
        return Clash("what the one part requires the other excludes", True)
    absent = known.excluded and form(Match(arg.value, Exists())) in known.excluded
    if absent and not isinstance(arg.test, Null):
        return Clash(f"{arg.value.name} must be absent and is tested", True, arg.value.name)
    for other in known.positive.get(arg.value, ()):
        if exclude(arg.test, other.test):
            by_logic = isinstance(arg.test, Null) or isinstance(other.test, Null)
            reason = f"{arg.value.name} must {say(other.test)} and {say(arg.test)} at once"
            return Clash(reason, by_logic, arg.value.name)
    return None


def exclude(one: Test, other: Test) -> bool:
    """Whether no single value passes both tests.

    >>> from transpile.ir.match import ANY
    >>> exclude(Pattern.of("a"), Pattern.of("b", ANY)), exclude(Number(4), Compare(Order.LT, 5))
    (True, False)
    """
    if isinstance(one, Compare) and isinstance(other, Compare):
        return _disjoint(one, other)
    if isinstance(one, Pattern) and isinstance(other, Pattern) and not (_is_text(one) or _is_text(other)):
        return _ends_exclude(one, other)
    return _excludes(one, other) or _excludes(other, one)


def _excludes(one: Test, other: Test) -> bool:
    match one:
        case Null():
            no_null = isinstance(other, Pattern) and not other.matches_empty
            return no_null or isinstance(other, Number | Boolean | Compare)
        case Pattern() if _is_text(one):
            return _text_excludes(one, other)
        case Number(value):
            different = isinstance(other, Number) and value != other.value
            return different or (isinstance(other, Compare) and not _holds(value, other))
        case _:
            return False


def _is_text(pattern: Pattern) -> bool:
    return all(isinstance(part, str) for part in pattern.parts)


def _text_excludes(text: Pattern, other: Test) -> bool:
    match other:
        case Pattern():
            sensitive = text.cased and other.cased
            return _regex(other, sensitive).fullmatch(text.literal) is None
        case Number(value):
            return text.as_number() != value
        case Compare():
            number = text.as_number()
            return number is not None and not _holds(number, other)
        case _:
            return False


@lru_cache(maxsize=10_000)
def _regex(pattern: Pattern, sensitive: bool) -> re.Pattern[str]:
    return re.compile(pattern.render(re.escape, ".*", "."), re.DOTALL | (0 if sensitive else re.IGNORECASE))


def _ends_exclude(one: Pattern, other: Pattern) -> bool:
    """Whether two patterns want different beginnings, or different ends."""
    first, second = folded(one).parts, folded(other).parts
    for at, fits in ((0, str.startswith), (-1, str.endswith)):
        a, b = first[at], second[at]
        if isinstance(a, str) and isinstance(b, str):
            short, long = sorted((a.casefold(), b.casefold()), key=len)
            if not fits(long, short):
                return True
    return False


def _holds(value: float, compare: Compare) -> bool:
    match compare.order:
        case Order.LT:
            return value < compare.value
        case Order.LTE:
            return value <= compare.value
        case Order.GT:
            return value > compare.value
        case Order.GTE:
            return value >= compare.value


def _disjoint(one: Compare, other: Compare) -> bool:
    below, above = (Order.LT, Order.LTE), (Order.GT, Order.GTE)
    if one.order in above and other.order in below:
        one, other = other, one
    if not (one.order in below and other.order in above):
        return False
    touching = one.order is Order.LTE and other.order is Order.GTE
    return one.value < other.value or (one.value == other.value and not touching)


def say(test: Test) -> str:
    """What a test asks of a value, behind "must"."""
    match test:
        case Pattern():
            words = {Shape.STARTS: "begin with", Shape.ENDS: "end with", Shape.CONTAINS: "contain"}
            known = test.shape in words or _is_text(test)
            text = test.literal if known else test.render(str, "*", "?")
            return f"{words.get(test.shape, 'be')} `{text[:60]}`"
        case Number(value) | Boolean(value):
            return f"be `{value}`"
        case Compare(order, value):
            return f"be {order.value} {value}"
        case Null():
            return "have no value"
        case _:
            return "be something else"


def _span(expr: Expr) -> Span | None:
    match expr:
        case Match() | Keyword() | Opaque():
            return expr.span
        case And(args) | Or(args):
            return next((found for arg in args if (found := _span(arg))), None)
        case Not(arg):
            return _span(arg)
        case Constant():
            return None
