"""Lifts an ES|QL query to IR.

Columns of EVAL and RENAME are put in the place of their names. STATS with a later condition on what it computes is an
`Aggregate`; without one it only folds what is shown. What has no counterpart is left out, and reported with what that
does to the rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from transpile.codes import Direction
from transpile.dialects.base import Lifted, ReadOptions
from transpile.dialects.esql import codes
from transpile.dialects.esql import tree as esql
from transpile.dialects.esql.lift_condition import Lifting, join
from transpile.dialects.esql.lift_stats import Grouping, group_of
from transpile.dialects.esql.lift_time import lookback_of
from transpile.dialects.esql.lift_values import columns_of, substitute
from transpile.dialects.esql.print import layout
from transpile.ir.expr import TRUE, And, Expr
from transpile.ir.stream import Events, Stream, Where
from transpile.source import Source, Span

_NAMED = re.compile(r"%\{\w+:([\w.@]+)|%\{[+?&*]?([A-Za-z_@][\w.@]*)|\(\?<([\w.@]+)>")


def lift(tree: esql.Query, source: Source, options: ReadOptions) -> Lifted:
    """What a query means. Conditions without a form in IR are left out, so that the rule matches more."""
    lifting = Lifting()
    if not isinstance(tree.source, esql.From):
        lifting.report.refuse(codes.ESQ013, tree.source.span, text=" ".join(tree.source.text.split())[:100])
        return Lifted(None, diagnostics=tuple(lifting.report.diagnostics))
    flow = _Flow(lifting, source)
    for command in tree.commands:
        flow.take(command)
    return Lifted(
        flow.body(),
        left=tuple(lifting.left),
        diagnostics=tuple(lifting.report.diagnostics),
        fields=flow.fields,
        lookback=lifting.lookback,
    )


@dataclass(slots=True)
class _Flow:
    """The way along the commands.

    `known`: what EVAL and RENAME made of columns; `before` and `after`: the conditions on events and on groups.
    """

    lifting: Lifting
    source: Source
    known: dict[str, esql.Expr] = field(default_factory=dict)
    before: list[Expr] = field(default_factory=list)
    grouping: Grouping | None = None
    after: list[Expr] = field(default_factory=list)
    stats: esql.Stats | None = None
    fields: tuple[str, ...] = ()

    def body(self) -> Stream:
        events = Events(join(And, self.before), name="events")
        if self.grouping is None or not self.after:
            if self.stats is not None:
                self.lifting.leave(self.text(self.stats.span), self.stats.span, Direction.EXACT)
            return events
        return Where(self.grouping.stream(events, self.lifting), join(And, self.after))

    def take(self, command: esql.Command) -> None:
        match command:
            case esql.Where(condition):
                self.where(condition)
            case esql.Eval(assignments):
                for one in assignments:
                    self.known[one.column] = substitute(one.value, self.known)
                    self.define(one.column, self.known[one.column])
            case esql.Rename(pairs):
                for old, new in pairs:
                    self.known[new] = self.known.get(old, esql.Column(old))
                    self.define(new, self.known[new])
            case esql.Stats(inline=False):
                self.group(command)
            case esql.Stats(measures):
                self.unknown({one.column for one in measures}, command.span, Direction.EXACT)
            case esql.Keep(names, drop):
                if not drop and not any("*" in name for name in names):
                    self.fields = names
                self.lifting.leave(self.text(command.span), command.span, Direction.EXACT)
            case esql.Sort() | esql.Expand():
                self.lifting.leave(self.text(command.span), command.span, Direction.EXACT)
            case esql.Limit():
                self.lifting.leave(self.text(command.span), command.span, Direction.WIDER)
            case esql.Other():
                self.other(command)

    def text(self, span: Span | None) -> str:
        return "" if span is None else self.source.text_at(span)

    def define(self, name: str, value: esql.Expr) -> None:
        """A column has a new value, which is known unless something in it is not."""
        opaque = self.lifting.opaque
        if opaque is None:
            return
        opaque.discard(name)
        if not opaque.isdisjoint(columns_of(value)):
            opaque.add(name)

    def unknown(self, names: set[str], span: Span | None, effect: Direction) -> None:
        """A command computes columns that are not known."""
        if self.lifting.opaque is not None:
            self.lifting.opaque |= names
        for name in names:
            self.known.pop(name, None)
        self.lifting.leave(self.text(span), span, effect)

    # --- conditions

    def where(self, condition: esql.Expr) -> None:
        parts = condition.args if isinstance(condition, esql.And) else (condition,)
        for part in parts:
            expr: esql.Expr = substitute(part, self.known)
            seconds = lookback_of(expr)
            if seconds is not None:
                self.lookback(part, seconds)
            elif self.grouping is not None:
                self.after_groups(expr)
            elif (found := self.lifting.holds(expr)) != TRUE:
                self.before.append(found)

    def lookback(self, part: esql.Expr, seconds: int) -> None:
        """A condition on the time is how far back the rule looks."""
        self.lifting.lookback = seconds if self.lifting.lookback is None else min(self.lifting.lookback, seconds)
        span = getattr(part, "span", None)
        self.lifting.report.note(codes.ESQ015, span, text=layout(part).flat)
        self.lifting.note_lookback(layout(part).flat, span)

    def after_groups(self, expr: esql.Expr) -> None:
        """A condition on groups: of their keys alone it could be before them."""
        assert self.grouping is not None
        names = columns_of(expr)
        keys = {name: value for name, value in self.grouping.keys.items() if name in names}
        if names and names <= set(keys):
            found = self.lifting.holds(substitute(expr, keys))
            if found != TRUE:
                self.before.append(found)
            return
        found = self.lifting.holds(expr)
        if found != TRUE:
            self.grouping.need(names)
            self.after.append(found)

    # --- groups, and commands without a counterpart

    def group(self, stats: esql.Stats) -> None:
        if self.grouping is not None:  # groups of groups
            self.unknown({one.column for one in (*stats.measures, *stats.by)}, stats.span, Direction.WIDER)
            self.lifting.opaque = None
            return
        self.stats = stats
        self.grouping = group_of(stats, self.known, self.lifting)
        self.known = {}
        if self.lifting.opaque is not None:
            self.lifting.opaque |= self.grouping.opaque

    def other(self, command: esql.Other) -> None:
        if command.name in ("DISSECT", "GROK"):
            names = {name for found in _NAMED.findall(command.text) for name in found if name}
            self.unknown(names, command.span, Direction.EXACT)
            return
        adds_columns = command.name in ("ENRICH", "LOOKUP", "COMPLETION", "URI_PARTS", "REGISTERED_DOMAIN")
        self.lifting.leave(command.text, command.span, Direction.EXACT if adds_columns else Direction.WIDER)
        named = re.findall(r"(?:\bWITH\s+|,\s*)([\w.@]+)\s*=", command.text, re.IGNORECASE)
        named += re.findall(r"^COMPLETION\s+([\w.@]+)\s*=", command.text, re.IGNORECASE)
        if self.lifting.opaque is not None:
            self.lifting.opaque |= set(named)
        if not named:
            self.lifting.opaque = None
