"""What must be in an event for a rule to match: the few texts to look for before the rule itself is asked."""

from __future__ import annotations

from typing import NamedTuple, assert_never

from transpile.evaluate.facts import fold
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.match import (
    Boolean,
    Cidr,
    Compare,
    Exists,
    Field,
    FieldRef,
    Null,
    Number,
    Pattern,
    Regex,
    Shape,
    Test,
    TimePart,
)
from transpile.regex import RegexError, parse
from transpile.regex.tree import (
    Anchor,
    Atomic,
    Backreference,
    Capture,
    Choice,
    Dot,
    Literal,
    Look,
    Node,
    Repeat,
    Sequence,
    Set,
)


class Needle(NamedTuple):
    """A text, without case, that a field's value is (`whole`) or contains; field None stands for any field.

    An empty text that is not whole is contained in every value: the field only has to be there.
    """

    field: str | None
    text: str
    whole: bool = False


Needles = frozenset[Needle]

MOST = 2  # sets of needles that are looked for of one rule
LONG_ENOUGH = 4  # characters of a needle inside of values, unless its set is the only one: shorter ones are everywhere


def needles(expr: Expr) -> Needles | None:
    """Needles of which at least one is in every event that matches, the rarest such; None if there are none.

    >>> from transpile.ir.match import Field, ANY
    >>> cmd = Match(Field("Image"), Pattern.of(ANY, "Cmd.exe"))
    >>> needles(And((cmd, Not(Match(Field("User"), Pattern.of("x"))))))
    frozenset({Needle(field='Image', text='cmd.exe', whole=False)})
    """
    return next(iter(clauses(expr)), None)


def clauses(expr: Expr) -> tuple[Needles, ...]:
    """Sets of needles: of each set, at least one needle is in every event that matches. The rarest come first.

    Parts that all must hold add their sets. Of alternatives, the nth sets of all are joined: whichever alternative
    holds, one of its needles is there.

    >>> from transpile.ir.match import Field, ANY
    >>> image, line = (Match(Field(name), Pattern.of(ANY, name, ANY)) for name in ("Image", "Line"))
    >>> [[needle.text for needle in one] for one in clauses(And((line, image)))]
    [['image'], ['line']]
    """
    match expr:
        case Match(Field(name), test):
            return _one(_of_test(name, test))
        case Keyword(test):
            found = _of_test(None, test)
            return _one(found and frozenset(needle._replace(whole=False) for needle in found))
        case And(args):
            every = sorted(dict.fromkeys(clause for arg in args for clause in clauses(arg)), key=_rarity, reverse=True)
            return (*every[:1], *[clause for clause in every[1:] if _is_worth_it(clause)][: MOST - 1])
        case Or(args):
            options = [clauses(arg) for arg in args]
            if not options:
                return (frozenset(),)
            if not all(options):
                return ()
            count = max(map(len, options))
            joined = (frozenset().union(*(one[at if at < len(one) else 0] for one in options)) for at in range(count))
            return tuple(dict.fromkeys(joined))
        case Constant(value):
            return () if value else (frozenset(),)
        case Not() | Match() | Opaque():
            return ()
        case _:
            assert_never(expr)


def _one(found: Needles | None) -> tuple[Needles, ...]:
    return () if found is None else (found,)


def _is_worth_it(option: Needles) -> bool:
    return all(needle.whole or len(needle.text) >= LONG_ENOUGH for needle in option)


def _rarity(option: Needles) -> tuple[int, int]:
    return min((len(needle.text) for needle in option), default=1_000), -len(option)


def _of_test(field: str | None, test: Test) -> Needles | None:
    match test:
        case Pattern() if test.shape is not Shape.PRESENT:
            runs = [fold(part) for part in test.parts if isinstance(part, str)]
            text = max(runs, key=len, default="")
            number = test.as_number()
            if isinstance(number, float):  # 4.5 may be written 4.50
                return frozenset({Needle(field, "")})
            return frozenset({Needle(field, text, test.shape is Shape.EQUALS)})
        case Regex():
            try:
                node = parse(test.pattern, ignore_case=test.ignore_case, multiline=test.multiline, dotall=test.dotall)
            except RegexError:
                return None
            texts = _of_node(node)
            return frozenset(Needle(field, text) for text in texts)
        case Number(value) if isinstance(value, int):
            return frozenset({Needle(field, str(value), True)})
        case Boolean(value):
            return frozenset({Needle(field, "true" if value else "false", True)})
        case Number() | Compare() | Cidr() | TimePart() | FieldRef():
            return frozenset({Needle(field, "")})
        case Pattern() | Exists() | Null():
            return None
        case _:
            assert_never(test)


def _of_node(node: Node) -> frozenset[str]:
    """Texts without case of which one is in everything that the regex matches; `""` if there is nothing better."""
    nothing = frozenset({""})
    match node:
        case Literal(text):
            return frozenset({fold(text)})
        case Sequence(parts):
            return max(map(_of_node, parts), key=lambda texts: (min(map(len, texts)), -len(texts)), default=nothing)
        case Choice(branches):
            return frozenset().union(*map(_of_node, branches))
        case Repeat(item, low):
            return _of_node(item) if low else nothing
        case Capture(item) | Atomic(item):
            return _of_node(item)
        case Dot() | Set() | Anchor() | Look() | Backreference():
            return nothing
        case _:
            assert_never(node)
