"""Tests of several of a platform's fields that together are one test of a field of Sigma's.

A data model writes `User|contains: x` as a test of the domain or one of the name. Read back, the two are the one test
if the model makes just them of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import Case, Field, Pattern, Shape, Test
from transpile.ir.passes import simplify_expr
from transpile.ir.walk import leaves
from transpile.pipelines.forms import AnyOf, Cases, Quoted, Split, UrlPart
from transpile.pipelines.inverse import invert, key_of
from transpile.pipelines.leaf import Approximate, Unsupported
from transpile.pipelines.model import FieldEntry, ModelSource
from transpile.pipelines.told import tests
from transpile.record import record

Part = And | Or


@record
class Gathered:
    """A test of a field of Sigma's, and the line of the model that makes several tests of it."""

    test: Match
    entry: FieldEntry


def gather(expr: Part, source: ModelSource) -> tuple[list[Gathered], list[Expr]]:
    """The tests of Sigma's fields that parts of an expression come to, and the parts that are left."""
    spread = _spread(source)
    kind = type(expr)
    parts = list(_flat(expr.args, kind))
    found: list[Gathered] = []
    if not spread or len(parts) < 2 or not (candidates := list(_candidates(parts, spread))):
        return found, parts
    shaped = {_shape(one): one for one in parts}
    for candidate in candidates:
        made = _made(candidate, kind)
        if len(made) > 1 and made <= shaped.keys():
            found.append(candidate)
            for shape in made:
                del shaped[shape]
    return found, list(shaped.values()) if found else parts


def piece_of(leaf: Match, source: ModelSource) -> Gathered | None:
    """The test of a piece of a field, such as the query of a URL, that a test of the whole field comes to."""
    if not isinstance(leaf.value, Field):
        return None
    for sigma, entry in _spread(source).get(leaf.value.name, ()):
        if isinstance(entry.how, UrlPart):
            found = invert(leaf, sigma, entry.how)
            if isinstance(found, Match):
                return Gathered(found, entry)
    return None


def _flat(args: Iterable[Expr], kind: type[Part]) -> Iterator[Expr]:
    for arg in args:
        if isinstance(arg, kind):
            yield from _flat(arg.args, kind)
        else:
            yield arg


@lru_cache(maxsize=1024)
def _spread(source: ModelSource) -> Mapping[str, tuple[tuple[str, FieldEntry], ...]]:
    """The fields of a source that are kept in several places or ways, by each place's name."""
    found: dict[str, list[tuple[str, FieldEntry]]] = {}
    for sigma, entry in source.fields.items():
        how = entry.how
        if isinstance(how, AnyOf | Split | Quoted):
            names = {key_of(name) for name, _ in how.places()}
        elif isinstance(how, UrlPart):
            names = {how.url.name}
        elif isinstance(how, Cases):
            exprs = (condition.expr for conditions in how.table.values() for condition in conditions)
            names = {field for one in exprs for field, _ in tests(one, {})}
        else:
            continue
        for name in names:
            found.setdefault(name, []).append((sigma, entry))
    return {name: tuple(lines) for name, lines in found.items()}


def _candidates(parts: Iterable[Expr], spread: Mapping[str, tuple[tuple[str, FieldEntry], ...]]) -> Iterator[Gathered]:
    """The tests of Sigma's fields that could be behind some of the parts."""
    on_fields = [
        leaf for part in parts for leaf in leaves(part) if isinstance(leaf, Match) and isinstance(leaf.value, Field)
    ]
    seen = set()
    for leaf in on_fields:
        assert isinstance(leaf.value, Field)
        for sigma, entry in spread.get(leaf.value.name, ()):
            for test in _tests(leaf, entry, on_fields):
                if (sigma, test) not in seen:
                    seen.add((sigma, test))
                    yield Gathered(Match(Field(sigma), test, leaf.operator, leaf.span), entry)


_MOST = 50  # tests of which any two are looked at as the halves of one


def _tests(leaf: Match, entry: FieldEntry, others: Sequence[Match]) -> Iterator[Test]:
    """The tests that the model may have made a test of one place of."""
    how, test = entry.how, leaf.test
    if isinstance(how, Cases):
        yield from (Pattern.of(value) for value in how.table)
        return
    yield test
    if not isinstance(test, Pattern):
        return
    if isinstance(how, Split):
        tails = {field.name for field in how.tail.fields()}
        for other in others if len(others) <= _MOST else ():
            if isinstance(other.value, Field) and other.value.name in tails and isinstance(other.test, Pattern):
                yield Pattern.of(*test.parts, how.at, *other.test.parts, case=test.case)


def _made(candidate: Gathered, kind: type[Part]) -> frozenset[object]:
    """The parts that the model makes of a test, joined as the expression's are; empty if it has no exact form."""
    try:
        made = simplify_expr(candidate.entry.how.rewrite(candidate.test.test, candidate.test))
    except (Approximate, Unsupported):
        return frozenset()
    return frozenset(map(_shape, made.args)) if isinstance(made, kind) else frozenset()


def _shape(expr: Expr) -> object:
    """What is asked for, whatever its order, and with what regard for case."""
    match expr:
        case And(args) | Or(args):
            return type(expr), frozenset(map(_shape, args))
        case Not(arg):
            return Not, _shape(arg)
        case Match(_, Pattern(case=Case.SENSITIVE) as test) if test.shape is not Shape.PRESENT:
            return "cased", test.parts, _named(expr)
        case _:
            return _named(expr)


def _named(expr: Expr) -> tuple[tuple[str, str], ...]:
    return tuple((key_of(name), value) for name, value in tests(expr, {}))
