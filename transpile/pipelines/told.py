"""What in a query only tells which events it reads, by the conditions of a data model's source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import Boolean, Field, Number, Pattern
from transpile.ir.walk import leaves
from transpile.pipelines.document import ModelReader, Node
from transpile.record import record

Same = Mapping[str, str]  # fields that hold what another field holds, and that field
Logs = Mapping[tuple[str, str], str]  # a field and a value, and the event log that they name; empty if none has them


def read_logs(
    reader: ModelReader, parts: Mapping[str, Node], facts: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[tuple[str, str], str]]:
    """The `Logs` of a source in a data model's file, for the event logs (`channel`) of one of its log sources.

    `logs` has the fields and values by which queries name a log, `no-logs` those that no event of the model has.
    """
    for key in ("logs", "no-logs"):
        for _, field, value in reader.pairs(parts[key]) if key in parts else ():
            for template in reader.values(value):
                for channel in facts.get("channel", ()):
                    yield (field, template.replace("{channel}", channel).casefold()), channel if key == "logs" else ""


def tests(expr: Expr, same: Same) -> Iterator[tuple[str, str]]:
    """The fields and values that are asked for, whatever their type and case."""
    for leaf in leaves(expr):
        if isinstance(leaf, Match) and isinstance(leaf.value, Field):
            name = same.get(leaf.value.name, leaf.value.name)
            match leaf.test:
                case Pattern() as pattern:
                    yield name, pattern.render(str, "*", "?").casefold()
                case Number(value) | Boolean(value):
                    yield name, str(value).casefold()
                case other:
                    yield name, repr(other)  # no condition of a source is such a test, so that it equals none


@record
class Told:
    """An expression and what it asks for, worked out once for the many sources that it is compared with.

    `asked` are its fields and values, `named` those of the fields as they are written, `shape` those with its ands and
    ors, whatever their order; `listed` if it is one test or several alternative ones.
    """

    expr: Expr
    asked: frozenset[tuple[str, str]]
    named: frozenset[tuple[str, str]]
    shape: object
    listed: bool

    @classmethod
    def of(cls, expr: Expr, same: Same) -> Told:
        """What an expression asks for, with the fields of `same` for those that hold as much."""
        named = frozenset(tests(expr, {}))
        return cls(expr, frozenset(tests(expr, same)) if same else named, named, _shape(expr, same), _is_listed(expr))


def settled(part: Told, words: Mapping[str, tuple[str, ...]], where: Iterable[Told]) -> Told | None:
    """A part that tells the events by words of several agents, as the source's own condition; None if it has none.

    `words` of a field are those that agents have for the events of the source, the platform's own first. A part that
    asks for this one, and else for some of the others, asks for all events of the source.
    """
    names = {name for name, _ in part.asked} if part.listed else set()
    known = [word.casefold() for word in words.get(next(iter(names)), ())] if len(names) == 1 else []
    asked = {value for _, value in part.asked}
    if not known or known[0] not in asked or not asked <= set(known):
        return part
    own = (one for one in where if isinstance(one.expr, Match))
    return next((one for one in own if names == {name for name, _ in one.asked}), None)


def _is_listed(expr: Expr) -> bool:
    return all(isinstance(one, Match) for one in (expr.args if isinstance(expr, Or) else (expr,)))


def _shape(expr: Expr, same: Same) -> object:
    match expr:
        case And(args) | Or(args):
            return type(expr), frozenset(_shape(arg, same) for arg in args)
        case Not(arg):
            return Not, _shape(arg, same)
        case _:
            return tuple(tests(expr, same))


def is_said(part: Told, condition: Told) -> bool:
    """Whether a part of a rule asks for nothing but values that a source's condition allows."""
    return part.shape == condition.shape or _allows(part.shape, condition)


def _allows(shape: object, condition: Told) -> bool:
    match shape:
        case (kind, frozenset(parts)) if kind is Or:
            return all(part == condition.shape or _allows(part, condition) for part in parts)
        case ((str(), str()) as test,):
            return test in condition.asked
        case _:
            return False


def is_all_of(part: Told, condition: Told) -> bool:
    """Whether a part of a rule asks for all that a source's condition asks for, and so says nothing more."""
    return part.asked >= condition.asked


def is_implied(part: Told, condition: Told) -> bool:
    """Whether a part of a rule holds of every event of a source, since the source's condition is one alternative.

    So is any value at all of a field that the condition gives a value.
    """
    if not part.listed:
        return False
    return is_all_of(part, condition) or any((name, "*") in part.asked for name, _ in condition.asked)


def is_denied(part: Told, condition: Told) -> bool:
    """Whether a part of a rule asks the fields of a source's condition for whole values, none of which it allows."""
    if not part.listed:
        return False
    asked, allowed = part.asked, condition.asked
    whole = not any("*" in value or "?" in value or "(" in value for _, value in asked | allowed)
    return whole and asked.isdisjoint(allowed) and {name for name, _ in asked} == {name for name, _ in allowed}


def is_excluded(part: Told, condition: Told) -> bool:
    """Whether a part of a rule excludes nothing but values that a source's condition excludes too."""
    if not isinstance(part.expr, Not) or not isinstance(condition.expr, Not):
        return False
    return _is_listed(part.expr.arg) and part.asked <= condition.asked


def logs_named(part: Told, logs: Logs) -> frozenset[str]:
    """The event logs whose events a part of a rule asks for, in whichever way; empty if it asks for anything else.

    An alternative that names no log of the model (`WinEventLog:` where events are kept as XML) adds no events.
    """
    if not part.listed or not part.named <= logs.keys():
        return frozenset()
    return frozenset(filter(None, map(logs.__getitem__, part.named)))
