"""The tables that a query reads, and what each operator does to their rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from transpile.dialects.kql import codes
from transpile.dialects.kql.lift_condition import Conditions
from transpile.dialects.kql.lift_groups import Group, is_measured
from transpile.dialects.kql.lift_literals import constants_of, is_in
from transpile.dialects.kql.lift_notes import Notes
from transpile.dialects.kql.lift_nulls import null_test
from transpile.dialects.kql.lift_scope import Scope, change_names, within_limits
from transpile.dialects.kql.lift_time import time_filter
from transpile.dialects.kql.lift_values import UNKNOWN
from transpile.dialects.kql.tree import (
    And,
    Array,
    Call,
    DataTable,
    Dynamic,
    Expr,
    Literal,
    Name,
    Pipeline,
    Place,
    Where,
    names,
)
from transpile.ir import expr as ir
from transpile.ir.passes import simplify_expr
from transpile.record import record

_DEEPEST = 40  # definitions within definitions; a query that refers to itself is none


@record
class Column:
    """A computed column, with the places of all that it was computed from."""

    value: Expr
    places: frozenset[Place] = frozenset()


@dataclass(slots=True)
class Branch:
    """One table of a query.

    - `columns`: what the operators so far computed.
    - `known`: names that are columns of the table for certain, as conditions before any other table came in use them.
    - `closed`: a name that is not known may be a column of another table.
    """

    dataset: str | None
    conditions: list[ir.Expr] = field(default_factory=list)
    columns: dict[str, Column] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    closed: bool = False

    def hide(self, hidden: tuple[str, ...] | None) -> None:
        """Another table came in with these columns, or with ones that the query does not tell."""
        if hidden is None:
            self.closed = True
            return
        for name in hidden:
            if name not in self.known and name not in self.columns:
                self.columns[name] = Column(UNKNOWN)


@dataclass(slots=True)
class Flow:
    """The rows of a pipeline so far."""

    branches: list[Branch]
    group: Group | None = None
    shown: tuple[str, ...] = ()


class Resolver:
    """Puts definitions in the place of names, and notes what conditions depend on."""

    def __init__(self, scope: Scope, notes: Notes) -> None:
        self.scope = scope
        self.notes = notes
        self.used: set[Place] = set()  # definitions that the rule depends on
        self.dropped: set[str] = set()  # names that what was left out refers to
        self.lookback: float | None = None
        self.conditions = Conditions(notes.span, self.leave, notes.doubt)
        self._depth = 0

    def leave(self, expr: Expr, reason: str) -> None:
        """A predicate is left out."""
        self.notes.approximate(getattr(expr, "at", (0, 0)), codes.KQL010, node=expr, reason=reason)

    def resolve(self, expr: Expr, branch: Branch) -> Column:
        """An expression in terms of the table's columns."""
        places: set[Place] = set()

        def change(node: Name | Call) -> Expr | None:
            if isinstance(node, Call):
                return null_test(node, branch.dataset) or self.function(node, branch, places)
            return self.name(node, branch, places)

        value = cast("Expr", change_names(expr, change))
        return Column(within_limits(value), frozenset(places))

    def name(self, node: Name, branch: Branch, places: set[Place]) -> Expr | None:
        """What a name stands for."""
        column = branch.columns.get(node.name)
        if column is not None:
            places.update(column.places)
            return column.value
        let = self.scope.lets.get(node.name)
        value = self.scope.value(node.name)
        if let is None or value is None:
            if branch.closed and node.name not in branch.known:
                return UNKNOWN
            branch.known.add(node.name)
            return None
        places.add(let.at)
        if isinstance(value, Pipeline):
            return constant_table(value) or value
        return self.deeper(value, Branch(None), places)

    def function(self, node: Call, branch: Branch, places: set[Place]) -> Expr | None:
        """The body of a function that the query defines."""
        body = self.scope.called(node)
        if body is None or isinstance(body, Pipeline):
            return None
        places.add(self.scope.lets[node.name].at)
        return self.deeper(body, branch, places)

    def deeper(self, expr: Expr, branch: Branch, places: set[Place]) -> Expr:
        """`resolve` for a definition."""
        if self._depth > _DEEPEST:
            return UNKNOWN
        self._depth += 1
        found = self.resolve(expr, branch)
        self._depth -= 1
        places.update(found.places)
        return found.value

    # --- conditions

    def where(self, operator: Where, flow: Flow) -> None:
        """Take a condition into the flow."""
        for part in conjuncts(operator.predicate):
            self.condition(part, flow)

    def condition(self, part: Expr, flow: Flow) -> None:
        """Take one of several conditions, on each table."""
        measured: ir.Expr | None = None
        for branch in flow.branches:
            column = self.resolve(part, branch)
            is_time, back = time_filter(column.value)
            if is_time:
                self.notes.unchanged(getattr(part, "at", (0, 0)), codes.KQL007)
                self.lookback = max(self.lookback or 0.0, back or 0.0) or None
                continue
            before = self.notes.lost
            if flow.group is not None and is_measured(column.value):
                found = measured = flow.group.condition(column.value, self)
            else:
                if flow.group is not None and flow.group.latest:
                    self.notes.approximate(flow.group.at, codes.KQL014)
                    before = self.notes.lost
                found = self.conditions.holds(column.value)
                branch.conditions.append(found)
            self.account(part, column, found, complete=self.notes.lost == before)
        if measured is not None and flow.group is not None:
            flow.group.conditions.append(measured)

    def account(self, part: Expr, column: Column, found: ir.Expr | None, *, complete: bool) -> None:
        """Note what of a condition, and of the definitions that it uses, is in the rule."""
        at = getattr(part, "at", (0, 0))
        if not complete:  # what is beside it under an `or` is then left out too
            self.dropped.update(names(part))
            self.notes.missed(at, codes.KQL010)
            return
        self.used.update(column.places)
        if found is None or not is_in(constants_of(column.value), simplify_expr(found)):
            for place in (at, *column.places):
                self.notes.unchanged(place, codes.KQL020)


def conjuncts(predicate: Expr) -> tuple[Expr, ...]:
    """What must hold, one by one."""
    return predicate.args if isinstance(predicate, And) else (predicate,)


def constant_table(pipeline: Pipeline) -> Expr | None:
    """A list of the values of a `datatable` with one column; None for any other table."""
    source = pipeline.source
    if pipeline.operators or not isinstance(source, DataTable) or len(source.columns) != 1:
        return None
    values = tuple(value for value in source.values if isinstance(value, Literal))
    return Dynamic(Array(values)) if len(values) == len(source.values) else None
