"""The names of a rule: its events, its placeholders and what they stand for, its outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transpile.dialects.yaral.tree import Arithmetic, Compare, Count, Expr, Path, Rule, Variable, walk
from transpile.record import record


@record
class Scope:
    """`events`: the event variables of the events section. `placeholders`: each with the events that it is from."""

    rule: Rule
    events: frozenset[str]
    placeholders: Mapping[str, frozenset[str]]
    outcomes: tuple[str, ...]

    @classmethod
    def of(cls, rule: Rule) -> Scope:
        """The names that a rule defines. A placeholder is defined where it equals an expression of a field."""
        placeholders: dict[str, frozenset[str]] = {}
        for line in rule.events:
            for name, value in definitions(line):
                placeholders[name] = placeholders.get(name, frozenset()) | variables(value)
        events = frozenset().union(*map(variables, rule.events))
        return cls(rule, events, placeholders, tuple(line.name for line in rule.outcome))

    @property
    def names(self) -> frozenset[str]:
        """Every name of a variable that the rule defines."""
        return self.events | frozenset(self.placeholders) | frozenset(self.outcomes)

    def joined(self) -> list[frozenset[str]]:
        """The events in groups: two are in one if an equality of fields or a placeholder ties them."""
        ties: list[frozenset[str]] = []
        by_placeholder: dict[str, frozenset[str]] = {}
        for line in self.rule.events:
            equalities = (node for node in walk(line) if isinstance(node, Compare) and node.operator == "=")
            ties.extend(variables(node) for node in equalities if not _is_arithmetic(node))
            for name, value in definitions(line):
                if not _is_arithmetic(value):
                    by_placeholder[name] = by_placeholder.get(name, frozenset()) | variables(value)
        ties.extend(by_placeholder.values())
        groups = [frozenset({event}) for event in sorted(self.events)]
        for tie in ties:
            together = frozenset().union(*(group for group in groups if group & tie))
            groups = [group for group in groups if not group & tie] + [together] * bool(together)
        return groups


def _is_arithmetic(expr: Expr) -> bool:
    """Whether an expression calculates; such an equality is not a join."""
    return any(isinstance(node, Arithmetic) for node in walk(expr))


def variables(expr: Expr) -> frozenset[str]:
    """The event variables whose fields an expression reads."""
    return frozenset(node.variable for node in walk(expr) if isinstance(node, Path))


def definitions(line: Expr) -> Iterator[tuple[str, Expr]]:
    """The placeholders that a line defines, each with the expression of a field that it equals."""
    for node in walk(line):
        match node:
            case Compare(Variable(name), "=", value) | Compare(value, "=", Variable(name)) if variables(value):
                yield name, value


def mentioned(expr: Expr) -> Iterator[str]:
    """The variables that an expression names by themselves or counts."""
    for node in walk(expr):
        if isinstance(node, Variable | Count):
            yield node.name
