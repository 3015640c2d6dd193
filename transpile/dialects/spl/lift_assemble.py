"""Puts a rule together of the conditions that a search asks of events, of groups and of what is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from transpile.diagnostics import diagnose
from transpile.dialects.base import Lifted
from transpile.dialects.spl import codes
from transpile.dialects.spl.lift_logic import both
from transpile.dialects.spl.lift_settle import Remainder
from transpile.dialects.spl.lift_stats import GROUPED, Fold, used_columns
from transpile.dialects.spl.lift_value import COLUMN
from transpile.ir.expr import TRUE, And, Expr, Match, Not, Opaque, Or
from transpile.ir.match import Call, Field, FieldRef, Literal, Value
from transpile.ir.stream import Events, Stream, Where
from transpile.ir.walk import field_names, leaves, replace_leaves


class Conditions:
    """Collects conditions: on events, on any event of a group, on the columns of an aggregation."""

    def __init__(self, rest: Remainder) -> None:
        self.rest = rest
        self.dataset: str | None = None
        self.unread = False  # the search does not begin with events
        self._events: list[Expr] = []
        self._groups: list[Expr] = []
        self._rows: list[Expr] = []

    @property
    def on_rows(self) -> bool:
        """Whether something is asked of an aggregation's columns."""
        return bool(self._rows)

    def add(self, expr: Expr) -> None:
        """Ask for this as well."""
        for part in expr.args if isinstance(expr, And) else (expr,):
            names = set(field_names(part))
            if any(name.startswith(COLUMN) for name in names):
                self._rows.append(part)
            elif any(name.startswith(GROUPED) for name in names):
                self._groups.append(part)
            elif part != TRUE:
                self._events.append(part)

    def plain(self) -> Expr | None:
        """The condition on events, if nothing else is asked and events are what is read."""
        return None if self._rows or self._groups or self.unread or self.dataset else both(*self._events)

    def finish(self, fold: Fold | None, shown: tuple[str, ...]) -> Lifted:
        """The rule, or a refusal where no condition is left."""
        stage = None
        rows: Expr = TRUE
        if self._rows:
            rows = self._settled(self._rows)
            used = used_columns(field_names(rows))
            stage = (lambda input: fold.stage(input, used)) if fold is not None and used else None
        elif self._groups:
            self._events += [replace_leaves(part, _plain(GROUPED)) for part in self._of_groups()]
        condition = self._settled(self._events)
        if self._rows and self._groups:
            for part in self._groups:
                self._lose(part)
        if self.unread or (condition == TRUE and stage is None):
            refusal = diagnose(codes.SPL016)
            return Lifted(None, (), tuple(self.rest.left), (*self.rest.report.diagnostics, refusal))
        body: Stream = Events(condition, dataset=self.dataset)
        if stage is not None:
            aggregate = stage(body)
            if aggregate is None:
                for part in self._rows:
                    self._lose(part)
            else:
                body = Where(aggregate, replace_leaves(rows, _plain(COLUMN)))
        return Lifted(body, (), tuple(self.rest.left), tuple(self.rest.report.diagnostics), shown)

    def _of_groups(self) -> list[Expr]:
        """What is asked of the values of a group, as asked of one event."""
        parts = [_affirmed(part) for part in self._groups]
        if sum(map(_together, parts)) > 1:
            names = ", ".join(dict.fromkeys(name.removeprefix(GROUPED) for part in parts for name in field_names(part)))
            spans = [leaf.span for part in parts for leaf in leaves(part) if leaf.span is not None]
            self.rest.leave(codes.SPL025, names, spans[0] if spans else None, wider=False)
        return parts

    def _settled(self, parts: list[Expr]) -> Expr:
        return both(*(self.rest.settle(part) for part in parts))

    def _lose(self, part: Expr) -> None:
        """Leave out a test of what many events have together."""
        names = ", ".join(name.lstrip(COLUMN + GROUPED) for name in dict.fromkeys(field_names(part)))
        spans = [leaf.span for leaf in leaves(part) if leaf.span is not None]
        self.rest.leave(codes.SPL015, names, spans[0] if spans else None)


def _affirmed(expr: Expr, negated: bool = False) -> Expr:
    """The condition without what is asked of every value of a group, which no single event tells."""
    match expr:
        case And(args):
            return And(tuple(_affirmed(arg, negated) for arg in args))
        case Or(args):
            return Or(tuple(_affirmed(arg, negated) for arg in args))
        case Not(arg):
            return Not(_affirmed(arg, not negated))
        case Match() if negated and _together(expr):
            return Opaque("all the values of a group", f"{codes.SPL015.id} ", expr.span)
        case _:
            return expr


def _together(expr: Expr) -> int:
    """How many tests of the values of a group must hold together, of different events perhaps."""
    match expr:
        case And(args):
            return sum(map(_together, args))
        case Or(args):
            return max(map(_together, args), default=0)
        case Not(arg):
            return _together(arg)
        case _:
            return int(any(name.startswith(GROUPED) for name in field_names(expr)))


def _plain(mark: str) -> Callable[[Expr], Expr]:
    """Leaves with their fields by their own names."""

    def value(one: Value) -> Value:
        match one:
            case Field(name):
                return replace(one, name=name.removeprefix(mark)) if name.startswith(mark) else one
            case Call(function, args):
                return Call(function, tuple(map(value, args)))
            case Literal():
                return one

    def leaf(one: Expr) -> Expr:
        if not isinstance(one, Match):
            return one
        test = one.test
        if isinstance(test, FieldRef):
            test = replace(test, field=value(test.field))  # type: ignore[arg-type]
        return replace(one, value=value(one.value), test=test)

    return leaf
