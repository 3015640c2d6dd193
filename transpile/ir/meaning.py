"""What an expression means, in a form that is equal for two that are written differently but say the same.

The form is nested tuples: of AND and OR the set of what they join, of a test its value and test, letters folded where
case does not matter. Equal forms have equal meaning; forms that differ may have.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple, assert_never

from transpile.ir.expr import TRUE, And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.match import Case, Pattern, Test
from transpile.ir.stream import (
    Aggregate,
    Compute,
    Events,
    Join,
    JoinKind,
    LogSource,
    OpaqueStage,
    Sequence,
    Stream,
    Together,
    Union,
    Where,
)


class MeaningForm(NamedTuple):
    """The form of an expression: `kind` is and, or, not, match, keyword or constant."""

    kind: str
    content: Hashable

    @property
    def parts(self) -> frozenset[MeaningForm]:
        """What an AND or OR joins."""
        return self.content if isinstance(self.content, frozenset) else frozenset()


ALWAYS, NEVER = MeaningForm("constant", True), MeaningForm("constant", False)


def form(expr: Expr) -> MeaningForm:
    """The form of an expression.

    >>> from transpile.ir.match import Field
    >>> one, other = (Match(Field(name), Pattern.of(name)) for name in "ab")
    >>> form(And((one, other))) == form(And((other, one, one)))
    True
    """
    match expr:
        case And(args):
            return join("and", [form(arg) for arg in args])
        case Or(args):
            return join("or", [form(arg) for arg in args])
        case Not(arg):
            return negate(form(arg))
        case Match(value, test):
            return MeaningForm("match", (value, folded(test)))
        case Keyword(test):
            return MeaningForm("keyword", folded(test))
        case Constant():
            return ALWAYS if expr == TRUE else NEVER
        case Opaque(text, language):
            return MeaningForm("opaque", (text, language))
        case _:
            assert_never(expr)


def join(kind: str, forms: list[MeaningForm]) -> MeaningForm:
    """The form of several under AND or OR: flat, each once, without what follows from the others (`a and (a or b)`)."""
    neutral, absorbing = (ALWAYS, NEVER) if kind == "and" else (NEVER, ALWAYS)
    other = "or" if kind == "and" else "and"
    flat: set[MeaningForm] = set()
    for one in forms:
        flat |= one.parts if one.kind == kind else {one}
    if absorbing in flat or any(one.kind == "not" and _is_settled(one.content, kind, flat) for one in flat):
        return absorbing
    flat = {one for one in flat if one != neutral and not (one.kind == other and _follows(one, kind, flat))}
    if not flat:
        return neutral
    return flat.pop() if len(flat) == 1 else MeaningForm(kind, frozenset(flat))


def _follows(one: MeaningForm, kind: str, flat: set[MeaningForm]) -> bool:
    """Whether an OR follows from the parts of an AND around it (or dually): one of its own parts does."""
    return any(part in flat or (part.kind == kind and part.parts <= flat) for part in one.parts)


def _is_settled(inner: Hashable, kind: str, flat: set[MeaningForm]) -> bool:
    """Whether what is under a NOT holds where the others under an AND do (or dually): then the whole never holds."""
    if inner in flat or not isinstance(inner, MeaningForm) or not inner.parts:
        return inner in flat
    return (all if inner.kind == kind else any)(_is_settled(part, kind, flat) for part in inner.parts)


def negate(one: MeaningForm) -> MeaningForm:
    """The form of what does not hold."""
    if one.kind == "constant":
        return NEVER if one == ALWAYS else ALWAYS
    if one.kind == "not" and isinstance(one.content, MeaningForm):
        return one.content
    return MeaningForm("not", one)


@lru_cache(maxsize=100_000)
def folded(test: Test) -> Any:
    """A test with its letters folded where case does not matter."""
    match test:
        case Pattern(parts, Case.UNICODE):
            return Pattern(tuple(fold(part) if isinstance(part, str) else part for part in parts))
        case _:
            return test


def fold(text: str) -> str:
    """A text in Unicode's simple case folding, one character for one."""
    if text.isascii():
        return text.lower()
    return "".join(one if len(one := char.casefold()) == 1 else char for char in text)


def contradicts_itself(events: Events) -> bool:
    """Whether logic alone shows that no event matches: the condition asks for a part and excludes it.

    >>> from transpile.ir.match import Field
    >>> one = Match(Field("a"), Pattern.of("x"))
    >>> contradicts_itself(Events(And((one, Not(one))))), contradicts_itself(Events(one))
    (True, False)
    """
    return form(events.condition) == NEVER


def is_never(body: Stream, dead: Callable[[Events], bool] = contradicts_itself) -> bool:
    """Whether a rule never alerts, since what must happen is `dead`: no event matches it."""
    match body:
        case Events():
            return dead(body)
        case Where(input, condition):
            return is_never(input, dead) or form(condition) == NEVER
        case Compute(input) | Aggregate(input):
            return is_never(input, dead)
        case Sequence(steps):
            return any(is_never(step.input, dead) for step in steps if not step.absent)
        case Together(inputs, holds=holds):
            return (any if holds is None else all)(is_never(one, dead) for one in inputs)
        case Union(inputs):
            return all(is_never(one, dead) for one in inputs)
        case Join(left, right, kind=kind):
            return is_never(left, dead) or (kind is JoinKind.INNER and is_never(right, dead))
        case OpaqueStage():
            return False
        case _:
            assert_never(body)


def digest(logsource: LogSource, expr: Expr) -> bytes:
    """A short text that is equal for equal log sources and forms, in any process."""
    return sha256(f"{logsource!r} {_canonical(form(expr))}".encode("utf-8", "surrogatepass")).digest()


def _canonical(one: MeaningForm) -> str:
    content = one.content
    if isinstance(content, frozenset):
        inner = ", ".join(sorted(map(_canonical, content)))
    else:
        inner = _canonical(content) if isinstance(content, MeaningForm) else repr(content)
    return f"{one.kind}({inner})"
