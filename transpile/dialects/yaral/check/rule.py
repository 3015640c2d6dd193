"""Checks a rule: its strings, names, events and their joins, match and options; and all else by the other modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from transpile.dialects.yaral.check.condition import condition_findings
from transpile.dialects.yaral.check.expressions import Finding, expression_findings, predicate_findings
from transpile.dialects.yaral.check.outcome import outcome_findings
from transpile.dialects.yaral.check.scope import Scope
from transpile.dialects.yaral.parse import Parser
from transpile.dialects.yaral.tree import (
    KEYWORDS,
    And,
    Expr,
    InList,
    Match,
    Option,
    Or,
    Rule,
    Truth,
    Variable,
    walk,
)
from transpile.record import record
from transpile.source import Source, Span
from transpile.syntax.lexer import ParseError

_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}
_LONGEST = 48 * 60  # minutes of a match window
_MOST_IN = {"": 10, "regex": 5, "cidr": 5}  # `in` statements of a rule, of all kinds and of two kinds


@record
class Problem:
    """One thing that is wrong, and where; a problem of the whole rule has no place."""

    message: str
    span: Span | None = None

    def __str__(self) -> str:
        return f"{self.span.line}:{self.span.column}: {self.message}" if self.span else self.message


def problems(text: str) -> list[Problem]:
    """What is wrong with the text of one rule, in the order of the text; nothing if it is a sound rule.

    >>> [str(one) for one in problems('rule x { events: $e.target.port = "80" condition: $e }')]
    ['1:18: a number cannot be compared with a text']
    """
    source = Source(text)
    try:
        parser = Parser(source)
        rule = parser.rule()
    except ParseError as error:
        return [Problem(error.message, error.span)]
    found = [Problem(message, parser.place(node)) for node, message in _findings(rule, parser)]
    return sorted(found, key=lambda problem: problem.span or (0, 0, 0, 0))


def _findings(rule: Rule, parser: Parser) -> Iterator[Finding]:
    scope = Scope.of(rule)
    yield from _names(rule, scope)
    yield from _mixed(rule, parser)
    for line in rule.events:
        yield from predicate_findings(line, "events")
        yield from expression_findings(line, "events")
    yield from _events(rule, scope)
    yield from _reference_lists(rule)
    if rule.match:
        yield from _match(rule.match, rule, scope)
    yield from outcome_findings(rule, scope)
    yield from condition_findings(rule, scope)
    yield from _options(rule)


def _names(rule: Rule, scope: Scope) -> Iterator[Finding]:
    if rule.name.lower() in KEYWORDS:
        yield rule, f"the rule is called {rule.name}, which is a keyword"
    for name in sorted(scope.names):
        if name.lower() in KEYWORDS:
            yield rule, f"${name} is called like a keyword"
    keys = [line.key for line in rule.meta]
    for line in rule.meta:
        if keys.count(line.key) > 1:
            yield line, f"{line.key} appears twice in meta"
            keys.remove(line.key)


def _mixed(rule: Rule, parser: Parser) -> Iterator[Finding]:
    """The language has a precedence for it (`and` binds tighter), which readers and writers of rules forget."""
    exprs: Iterable[Expr] = (*rule.events, *(line.value for line in rule.outcome), rule.condition)
    for expr in exprs:
        for node in walk(expr):
            if isinstance(node, Or):
                for arg in node.args:
                    if isinstance(arg, And) and not parser.is_closed(arg):
                        yield arg.args[0], "and and or mixed without parentheses"


def _events(rule: Rule, scope: Scope) -> Iterator[Finding]:
    if not rule.events:
        yield rule, "the events section is empty"
    elif not scope.events:
        yield rule, "no predicate names an event's field ($e.metadata.event_type)"
    for line in rule.events:
        for node in walk(line):
            if isinstance(node, Variable) and node.name not in scope.placeholders:
                yield node, f"${node.name} is not defined: nothing says which field of an event it is"
    if len(scope.events) > 1:
        if not rule.match:
            yield rule, "a rule about several events needs a match section"
        parts = scope.joined()
        if len(parts) > 1:
            lone = " and ".join("$" + min(part) for part in parts)
            yield rule, f"{lone} are not joined by an equality of their fields or a placeholder"


def _reference_lists(rule: Rule) -> Iterator[Finding]:
    lists = [node for line in rule.events for node in walk(line) if isinstance(node, InList)]
    for kind, most in _MOST_IN.items():
        some = [one for one in lists if kind in ("", one.kind)]
        if len(some) > most:
            yield some[most], f"more than {most} {('in ' + kind).strip()} statements"


def _match(match: Match, rule: Rule, scope: Scope) -> Iterator[Finding]:
    window = match.window
    minutes = window.length * _MINUTES.get(window.unit, 0)
    if window.unit not in _MINUTES:
        yield rule, f"the match window's unit is m, h or d, not {window.unit}"
    elif not 1 <= minutes <= _LONGEST:
        yield rule, "a match window is from 1m to 48h long"
    for name in match.variables:
        if name not in scope.placeholders:
            yield rule, f"${name} in match is not a placeholder that the events section defines"
    if len(set(match.variables)) < len(match.variables):
        yield rule, "a variable appears twice in match"
    if window.pivot is not None and window.pivot not in scope.events:
        yield rule, f"${window.pivot} is not an event to slide the window at"


def _options(rule: Rule) -> Iterator[Finding]:
    for option in rule.options:
        problem = _option(option, rule)
        if problem:
            yield option, problem


def _option(option: Option, rule: Rule) -> str:
    match option.key:
        case "allow_zero_values":
            return "" if isinstance(option.value, Truth) else "allow_zero_values is true or false"
        case "suppression_window":
            if not isinstance(option.value, str):
                return "suppression_window is a length of time, like 5m"
            return "suppression_window is for rules without match" if rule.match else ""
        case _:
            return f"there is no option {option.key}"
