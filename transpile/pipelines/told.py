"""What in a query only tells which events it reads, by the conditions of a data model's source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import Boolean, Field, Number, Pattern
from transpile.ir.walk import leaves
from transpile.pipelines.document import ModelReader, Node

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


def is_said(part: Expr, condition: Expr, same: Same) -> bool:
    """Whether a part of a rule asks for nothing but values that a source's condition allows."""
    if _shape(part, same) == _shape(condition, same):
        return True
    match part:
        case Or(args):
            return all(is_said(arg, condition, same) for arg in args)
        case Match():
            return not set(tests(part, same)).isdisjoint(tests(condition, same))
        case _:
            return False


def _shape(expr: Expr, same: Same) -> object:
    """What is asked for, whatever its order."""
    match expr:
        case And(args) | Or(args):
            return type(expr), frozenset(_shape(arg, same) for arg in args)
        case Not(arg):
            return Not, _shape(arg, same)
        case _:
            return tuple(tests(expr, same))


def is_all_of(part: Expr, condition: Expr, same: Same) -> bool:
    """Whether a part of a rule asks for all that a source's condition asks for, and so says nothing more."""
    return set(tests(part, same)) >= set(tests(condition, same))


def is_implied(part: Expr, condition: Expr, same: Same) -> bool:
    """Whether a part of a rule holds of every event of a source, since the source's condition is one alternative.

    So is any value at all of a field that the condition gives a value.
    """
    alternatives = part.args if isinstance(part, Or) else (part,)
    if not all(isinstance(one, Match) for one in alternatives):
        return False
    any_value = {(name, "*") for name, _ in tests(condition, same)}
    return is_all_of(part, condition, same) or not any_value.isdisjoint(tests(part, same))


def is_denied(part: Expr, condition: Expr, same: Same) -> bool:
    """Whether a part of a rule asks the fields of a source's condition for whole values, none of which it allows."""
    alternatives = part.args if isinstance(part, Or) else (part,)
    if not all(isinstance(one, Match) for one in alternatives):
        return False
    asked, allowed = set(tests(part, same)), set(tests(condition, same))
    whole = not any("*" in value or "?" in value or "(" in value for _, value in asked | allowed)
    return whole and asked.isdisjoint(allowed) and {name for name, _ in asked} == {name for name, _ in allowed}


def is_excluded(part: Expr, condition: Expr, same: Same) -> bool:
    """Whether a part of a rule excludes nothing but values that a source's condition excludes too."""
    if not isinstance(part, Not) or not isinstance(condition, Not):
        return False
    alternatives = part.arg.args if isinstance(part.arg, Or) else (part.arg,)
    return all(isinstance(one, Match) for one in alternatives) and set(tests(part, same)) <= set(tests(condition, same))


def logs_named(part: Expr, logs: Logs) -> frozenset[str]:
    """The event logs whose events a part of a rule asks for, in whichever way; empty if it asks for anything else.

    An alternative that names no log of the model (`WinEventLog:` where events are kept as XML) adds no events.
    """
    alternatives = part.args if isinstance(part, Or) else (part,)
    if not all(isinstance(one, Match) for one in alternatives):
        return frozenset()
    named = [logs.get(test) for test in tests(part, {})]
    return frozenset() if None in named else frozenset(filter(None, named))
