"""From a YARA-L rule to IR: what it asks of each event variable, and of several of them together.

A line of `events` that speaks of one event variable is a condition on that event; `$x = $e.f` names a value; a line
with two event variables joins them, or says which comes first. `match` groups by values: a variable in it drops
events in which its field is unset, unless `allow_zero_values` is set (options page of the YARA-L reference).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from transpile.codes import Code, Direction
from transpile.diagnostics import Report
from transpile.dialects.base import Left, Lifted, ReadOptions
from transpile.dialects.yaral import codes, tree
from transpile.dialects.yaral.lift_condition import Joined, join
from transpile.dialects.yaral.lift_values import LANGUAGE, NotLifted, Predicates, is_set
from transpile.dialects.yaral.parse import Parser
from transpile.dialects.yaral.print import print_expr
from transpile.dialects.yaral.repeated import repeated_part
from transpile.ir import expr as ir
from transpile.ir.rule import NamedPart
from transpile.ir.stream import Events, Stream
from transpile.source import Source, Span

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def lift(rule: tree.Rule, source: Source, options: ReadOptions) -> Lifted:
    """What a rule means. What has no form in IR is left out, named, and makes the result wider."""
    parser = Parser(source)
    rule = parser.rule()  # for the places of its nodes
    return _Lifting(rule, parser).lift()


@dataclass(slots=True)
class _Lifting:
    """One rule on its way. Lives as long as that."""

    rule: tree.Rule
    parser: Parser
    report: Report = field(default_factory=Report)
    left: list[Left] = field(default_factory=list)

    def lift(self) -> Lifted:
        placeholders, lines = self.placeholders()
        self.copies(lines)
        predicates = Predicates(placeholders, self.parser.place)
        variables = self.variables(placeholders)
        own: dict[str, list[ir.Expr]] = {name: [] for name in variables}
        between: list[tree.Expr] = []
        for line in lines:
            names = set(_events_of(line, placeholders))
            if len(names) > 1:
                between.append(line)
            elif len(names) == 1 and not _has_graph(line, placeholders):
                self.one(line, names.pop(), predicates, own)
            else:
                self.drop(line, codes.YAR013, "it is not about an event")
        self.grouping(placeholders, own)
        streams = {name: _events(name, parts) for name, parts in own.items()}
        self.presentation()
        if not any(own.values()):
            self.report.refuse(codes.YAR017, None, reason="no line is about an event alone")
            return Lifted(None, (), tuple(self.left), tuple(self.report.diagnostics))
        joined = Joined(self.rule, placeholders, streams, between, self.drop, self.note_window)
        body = join(joined)
        return Lifted(body, self.parts(streams), tuple(self.left), tuple(self.report.diagnostics))

    def placeholders(self) -> tuple[dict[str, tree.Expr], list[tree.Expr]]:
        """What each placeholder stands for (the first that is assigned), and the lines that are left.

        A placeholder assigned from two events joins them, so its second assignment stays a line: an equality.
        """
        found: dict[str, tree.Expr] = {}
        lines: list[tree.Expr] = []
        for line in _flat(self.rule.events):
            match line:
                case tree.Compare(tree.Variable(name), "=", value) if not _is_event(name, self.rule):
                    pass
                case tree.Compare(value, "=", tree.Variable(name)) if not _is_event(name, self.rule):
                    pass
                case _:
                    lines.append(line)
                    continue
            if isinstance(value, tree.String | tree.Number | tree.Truth | tree.Regex):
                lines.append(line)  # a comparison of the value that is assigned elsewhere
            elif name not in found:
                found[name] = value
            elif found[name] != value:
                lines.append(tree.Compare(found[name], "=", value, line.nocase))
        return found, lines

    def variables(self, placeholders: dict[str, tree.Expr]) -> list[str]:
        """The event variables, in the order in which they first occur."""
        exprs = (*self.rule.events, *placeholders.values())
        return list(dict.fromkeys(path.variable for expr in exprs for path in _paths(expr)))

    def one(self, line: tree.Expr, name: str, predicates: Predicates, own: dict[str, list[ir.Expr]]) -> None:
        """A line about one event."""
        try:
            own[name].append(predicates.lift(line))
        except NotLifted as reason:
            self.drop(line, codes.YAR013, str(reason))

    def copies(self, lines: list[tree.Expr]) -> None:
        """Say where the copies of an event that repeated fields make matter.

        Tests of one list without `any` must hold of one element, which IR does not ask; and a negated one holds if one
        element fails, where IR wants all of them to. For events with one element there is no difference.
        """
        seen: dict[tuple[str, ...], tree.Expr] = {}
        for line in lines:
            for path in _bare(line):
                part = repeated_part(path)
                if part is None:
                    continue
                key = (path.variable, *part)
                if any(one is not line for one in (seen.get(key, line),)):
                    self.report.approximate(codes.YAR018, self.parser.place(line), wider=True, field=".".join(part))
                elif _negated(line, path):
                    self.report.approximate(codes.YAR018, self.parser.place(line), wider=False, field=".".join(part))
                seen[key] = line

    def grouping(self, placeholders: dict[str, tree.Expr], own: dict[str, list[ir.Expr]]) -> None:
        """Events in which a value to group by is unset are dropped."""
        if self.rule.match is None or _option(self.rule, "allow_zero_values"):
            return
        for variable in self.rule.match.variables:
            value = placeholders.get(variable)
            names = {path.variable for path in _paths(value)} if value is not None else set()
            if value is None or len(names) != 1 or not names <= own.keys() or any(map(_is_graph, _paths(value))):
                continue
            conditions = own[names.pop()]
            known = is_set(value)
            if known is None:
                self.drop(value, codes.YAR013, f"events without this value of ${variable} are dropped")
            elif known not in conditions:
                conditions.append(known)

    def presentation(self) -> None:
        """Outcomes and options change what is shown. What a condition asks of outcomes is seen to elsewhere."""
        for line in self.rule.outcome:
            self.put_aside(f"${line.name} = {print_expr(line.value)}", self.parser.place(line))
        for option in self.rule.options:
            self.put_aside(option.key, None)

    def put_aside(self, text: str, span: Span | None) -> None:
        self.left.append(Left(text, span, Direction.EXACT, codes.YAR014))

    def drop(self, expr: tree.Expr, code: Code, reason: str) -> None:
        """Leave a part out, which widens the rule."""
        span = self.parser.place(expr)
        self.left.append(Left(print_expr(expr), span, Direction.WIDER, code))
        self.report.approximate(code, span, wider=True, reason=reason)

    def note_window(self) -> None:
        self.report.note(codes.YAR015, None)

    def parts(self, streams: dict[str, Events]) -> tuple[NamedPart, ...]:
        return tuple(NamedPart(name, events.condition) for name, events in streams.items())


def _events(name: str, parts: list[ir.Expr]) -> Events:
    condition = parts[0] if len(parts) == 1 else ir.And(tuple(parts)) if parts else ir.TRUE
    return Events(condition, name=name)


def _flat(exprs: Iterable[tree.Expr]) -> Iterator[tree.Expr]:
    """Lines, those joined by a written `and` one by one."""
    for expr in exprs:
        if isinstance(expr, tree.And):
            yield from _flat(expr.args)
        else:
            yield expr


def _paths(expr: tree.Expr) -> Iterator[tree.Path]:
    return (node for node in tree.walk(expr) if isinstance(node, tree.Path))


def _events_of(expr: tree.Expr, placeholders: dict[str, tree.Expr]) -> Iterator[str]:
    """The event variables that a line speaks of, by itself or through placeholders."""
    for node in tree.walk(expr):
        if isinstance(node, tree.Path):
            yield node.variable
        elif isinstance(node, tree.Variable) and node.name in placeholders:
            yield from (path.variable for path in _paths(placeholders[node.name]))


def _has_graph(expr: tree.Expr, placeholders: dict[str, tree.Expr]) -> bool:
    return any(_is_graph(node) for node in tree.walk(expr) if isinstance(node, tree.Path))


def _is_graph(path: tree.Path) -> bool:
    """Whether a field is one of the entity context graph, which is data beside the events."""
    return path.steps[0] == "graph"


def _bare(expr: tree.Expr) -> Iterator[tree.Path]:
    """The fields that an expression tests without `any` or `all`."""
    quantified = [node.path for node in tree.walk(expr) if isinstance(node, tree.Quantified)]
    return (path for path in _paths(expr) if not any(path is one for one in quantified))


def _negated(expr: tree.Expr, path: tree.Path, negated: bool = False) -> bool:
    """Whether a field is tested under a NOT, or by `!=`."""
    match expr:
        case tree.Not(arg):
            return _negated(arg, path, not negated)
        case tree.And(args) | tree.Or(args):
            return any(_negated(arg, path, negated) for arg in args)
        case tree.Compare(_, operator):
            return negated != (operator == "!=") and any(one is path for one in _paths(expr))
        case _:
            return negated and any(one is path for one in _paths(expr))


def _is_event(name: str, rule: tree.Rule) -> bool:
    return any(path.variable == name for line in rule.events for path in _paths(line))


def _option(rule: tree.Rule, key: str) -> bool:
    return any(option.key == key and option.value == tree.Truth(True) for option in rule.options)


__all__ = ["LANGUAGE", "Stream", "lift"]
