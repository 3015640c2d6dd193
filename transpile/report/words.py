"""Predicates in words: what a rule looks for, in plain English."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import assert_never

from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.match import (
    Boolean,
    Cidr,
    Compare,
    Exists,
    FieldRef,
    Null,
    Number,
    Pattern,
    Regex,
    Shape,
    Test,
    TimePart,
)
from transpile.ir.walk import value_text
from transpile.record import record

_VERBS = {
    Shape.EQUALS: "is",
    Shape.CONTAINS: "contains",
    Shape.STARTS: "starts with",
    Shape.ENDS: "ends with",
    Shape.PRESENT: "has any value",
    Shape.WILDCARD: "is like",
}


@record
class OutlineLine:
    """A line of an outline, and what is below it."""

    line: str
    below: tuple[OutlineLine, ...] = ()

    def lines(self, depth: int = 0) -> Iterator[str]:
        """The outline as indented text."""
        yield "  " * depth + self.line
        for one in self.below:
            yield from one.lines(depth + 1)


def outline(expr: Expr) -> OutlineLine:
    """An expression as an outline. Values for one field and one verb stand on one line.

    >>> from transpile.ir.match import ANY, Field
    >>> image = Field("Image")
    >>> net = Match(image, Pattern.of(ANY, "\\\\net.exe"))
    >>> outline(Or((net, Match(image, Pattern.of(ANY, "\\\\net1.exe"))))).line
    'Image ends with \\\\net.exe or \\\\net1.exe'
    """
    match expr:
        case And(args):
            return _joined(args, "and", "all of")
        case Or(args):
            return _joined(args, "or", "any of")
        case Not(arg):
            inner = outline(arg)
            return OutlineLine(f"not: {inner.line}", inner.below)
        case Match(subject, test):
            verb, value = phrase(test)
            return OutlineLine(" ".join(filter(None, (value_text(subject), verb, value))))
        case Keyword(test):
            return OutlineLine(f"anywhere: {phrase(test)[1]}")
        case Constant(value):
            return OutlineLine("always" if value else "never")
        case Opaque(text):
            return OutlineLine(f"not interpreted: {text}")
        case _:
            assert_never(expr)


def runs(args: Sequence[Expr]) -> Iterator[tuple[tuple[str, str] | None, list[Expr]]]:
    """Arguments of an AND or OR in runs: values for one field and verb (the key), and all others (None)."""
    for key, group in groupby(args, _key):
        yield key, list(group)


def _joined(args: Sequence[Expr], word: str, title: str) -> OutlineLine:
    """Arguments of an AND or OR: each run of values for one field and verb as one line."""
    rows: list[OutlineLine] = []
    for key, members in runs(args):
        if key is None:
            rows += map(outline, members)
            continue
        field, verb = key
        values = [phrase(member.test)[1] for member in members if isinstance(member, Match | Keyword)]
        rows.append(OutlineLine(" ".join(filter(None, (field, verb, f" {word} ".join(values))))))
    return rows[0] if len(rows) == 1 else OutlineLine(title, tuple(rows))


def _key(expr: Expr) -> tuple[str, str] | None:
    match expr:
        case Match(subject, test):
            return value_text(subject), phrase(test)[0]
        case Keyword():
            return "anywhere:", ""
        case And() | Or() | Not() | Constant() | Opaque():
            return None
        case _:
            assert_never(expr)


def phrase(test: Test) -> tuple[str, str]:
    """A test as a verb and what it is asked of.

    >>> from transpile.ir.match import Case
    >>> phrase(Pattern.of("abc", case=Case.SENSITIVE)), phrase(Number(7)), phrase(Null())
    (('is (case-sensitive)', 'abc'), ('is', '7'), ('has no value', ''))
    """
    match test:
        case Pattern():
            verb = _VERBS[test.shape] + (" (case-sensitive)" if test.cased else "")
            if test.shape is Shape.PRESENT:
                return verb, ""
            value = test.render(str, "*", "?") if test.shape is Shape.WILDCARD else test.literal
            return verb, value if value and value == value.strip() else f"'{value}'"
        case Regex(pattern, _, multiline, dotall):
            flags = "".join(flag for flag, on in (("i", test.ignore_case), ("m", multiline), ("s", dotall)) if on)
            return "matches", f"/{pattern}/{flags}"
        case Number(value):
            return "is", str(value)
        case Boolean(value):
            return "is", str(value).lower()
        case Compare(order, value):
            return order.value, str(value)
        case Cidr(network):
            return "is in network", network
        case Exists():
            return "is present", ""
        case Null():
            return "has no value", ""
        case TimePart(unit, value):
            return f"has as {unit.value}", str(value)
        case FieldRef(field, shape):
            return _VERBS[shape] + (" (case-sensitive)" if test.cased else "") + " the value of", field.name
        case _:
            assert_never(test)
