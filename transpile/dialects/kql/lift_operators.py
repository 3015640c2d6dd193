"""Each tabular operator's part in a reading."""

from __future__ import annotations

from transpile.dialects.kql import codes
from transpile.dialects.kql.lift_flow import Branch, Column, Flow, Resolver
from transpile.dialects.kql.lift_groups import Group, aggregate, key, latest_columns, name_of
from transpile.dialects.kql.lift_values import MEASURE, UNKNOWN
from transpile.dialects.kql.print import print_script
from transpile.dialects.kql.tree import (
    Assignment,
    Call,
    Columns,
    DataTable,
    Expand,
    Expr,
    Join,
    Name,
    Operator,
    Partition,
    Path,
    Pipeline,
    Place,
    Raw,
    Scan,
    Script,
    Sort,
    Star,
    String,
    Summarize,
    Top,
    Union,
    Where,
    Wildcard,
    names,
)
from transpile.ir.match import Value

_SHOWN = frozenset({"render", "as", "project-reorder", "project-away", "project-keep", "serialize", "count", "consume"})
_LIMITS = frozenset({"take", "limit", "sample", "sample-distinct", "top-nested", "top-hitters"})
_LEFT_KINDS = frozenset({"inner", "innerunique", "leftsemi", "leftanti", "anti", "leftantisemi"})
_NO_EVENTS = frozenset({"externaldata", "external_data", "print", "range", "search", "find", "getschema"})
_NO_TABLES = frozenset({"_GetWatchlist", "_GetWatchlistAlias", "externaldata"})
_DEEPEST = 40


class NoEventsError(ValueError):
    """The query reads no events. Carries the place."""

    def __init__(self, message: str, at: Place) -> None:
        super().__init__(message)
        self.at = at


class Operators:
    """Follows pipelines from their tables to their last operator."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.notes = resolver.notes
        self._depth = 0

    # --- sources

    def flow(self, source: Expr | Operator) -> Flow:
        """The rows of a table expression. Raises `NoEventsError`."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NoEventsError("its definitions refer to one another", (0, 0))
        found = self._flow(source)
        self._depth -= 1
        return found

    def _flow(self, source: Expr | Operator) -> Flow:
        match source:
            case Pipeline(table, operators):
                flow = self.flow(table)
                for operator in operators:
                    self.apply(operator, flow)
                return flow
            case Union(tables):
                return self.union(tables)
            case Name(name, at):
                value = self.resolver.scope.value(name)
                if value is None:
                    return Flow([Branch(name)])
                self.resolver.used.add(self.resolver.scope.lets[name].at)
                return self.flow(value)
            case Call("materialize" | "view", (inner,), None):
                return self.flow(inner)
            case Call("table", (String(name), *_), None):
                return Flow([Branch(name)])
            case Call(name, _, None, at):
                return self.function(source)
            case Call() | Path():
                return Flow([Branch(text_of(source))])
            case Wildcard(pattern):
                return Flow([Branch(None if pattern == "*" else f"union {pattern}")])
            case DataTable(at=at) | Columns(at=at) | Raw(at=at):
                raise NoEventsError("it begins with constants or with an external file", at)
            case _:
                raise NoEventsError("it begins with no table", getattr(source, "at", (0, 0)))

    def function(self, call: Call) -> Flow:
        """The rows that a function gives: one of the query's own, or a stored one such as a parser."""
        body = self.resolver.scope.called(call)
        if body is not None:
            self.resolver.used.add(self.resolver.scope.lets[call.name].at)
            return self.flow(body)
        if call.name in self.resolver.scope.lets:
            raise NoEventsError(f"the function {call.name} takes a table", call.at)
        if call.name in _NO_TABLES:
            raise NoEventsError("it begins with a watchlist", call.at)
        return Flow([Branch(text_of(call))])

    def union(self, tables: tuple[Expr, ...]) -> Flow:
        """The rows of several tables."""
        flows = []
        for table in tables:
            try:
                flows.append(self.flow(table))
            except NoEventsError as error:
                self.notes.approximate(getattr(table, "at", error.at), codes.KQL011, wider=False)
        if not flows:
            raise NoEventsError("no part of its union is a table", (0, 0))
        for flow in flows:
            self.close(flow)
        return Flow([branch for flow in flows for branch in flow.branches])

    def close(self, flow: Flow) -> None:
        """The rows of a part of a query become rows of a table: its groups are folded."""
        group = flow.group
        if group is None:
            return
        if group.conditions:
            self.notes.approximate(group.at, codes.KQL011)
        else:
            self.notes.unchanged(group.at, codes.KQL008)
        flow.group = None

    # --- operators

    def apply(self, operator: Operator, flow: Flow) -> None:
        """What an operator does to the rows."""
        match operator:
            case Where():
                self.resolver.where(operator, flow)
            case Columns("extend" | "project" | "project-rename", columns, at):
                self.define(columns, flow)
                if operator.operator != "extend":
                    flow.shown = tuple(name for column in columns for name in names_given(column))
                    self.notes.unchanged(at, codes.KQL006)
            case Columns("distinct", columns, at):
                self.summarize(Summarize((), tuple(c for c in columns if not isinstance(c, Star)), at=at), flow)
            case Columns(_, _, at) | Sort(at=at):
                self.notes.unchanged(at, codes.KQL006)
            case Summarize():
                self.summarize(operator, flow)
            case Join():
                self.join(operator, flow)
            case Union(tables):
                self.close(flow)
                flow.branches += self.union(tables).branches
            case Expand():
                self.expand(operator, flow)
            case Top(at=at):
                self.notes.approximate(at, codes.KQL013)
            case Raw():
                self.raw(operator, flow)
            case Scan(at=at) | Partition(at=at) | DataTable(at=at):
                self.opaque(at, flow)

    def define(self, columns: tuple[Expr, ...], flow: Flow) -> None:
        """Columns that are computed."""
        for branch in flow.branches:
            new: dict[str, Column] = {}
            for column in columns:
                match column:
                    case Assignment((name,), value, at):
                        found = self.resolver.resolve(value, branch)
                        places = found.places | {at}
                        new[name] = Column(found.value, frozenset(places))
                    case Assignment(several):
                        new.update(dict.fromkeys(several, Column(UNKNOWN)))
                    case _:
                        self.resolver.resolve(column, branch)
            branch.columns.update(new)

    def expand(self, operator: Expand, flow: Flow) -> None:
        """`mv-expand`: a row for each member; its column is then one member, which has no form in a rule."""
        for branch in flow.branches:
            for column in operator.columns:
                value = column.value
                for name in names_given(value):
                    branch.columns[name] = Column(UNKNOWN)
        self.notes.approximate(operator.at, codes.KQL011)  # an empty list gives no row
        if operator.operator == "mv-apply":
            self.hide(flow, None)

    def raw(self, operator: Raw, flow: Flow) -> None:
        """An operator that is known by its name."""
        name, text, at = operator.operator, operator.text, operator.at
        if name in _SHOWN:
            self.notes.unchanged(at, codes.KQL006)
            if name == "count":
                self.hide(flow, None)  # the one row that follows has none of the columns of before
        elif name in _LIMITS:
            self.notes.approximate(at, codes.KQL013)
        elif _adds_columns(name, text):
            self.notes.unchanged(at, codes.KQL006)
            self.hide(flow, None)
        elif name in ("mv-expand", "mvexpand"):
            self.notes.approximate(at, codes.KQL011)
            self.hide(flow, None)
        elif name in _NO_EVENTS:
            raise NoEventsError(f"`{name}` makes rows of its own", at)
        else:
            self.opaque(at, flow)

    def hide(self, flow: Flow, columns: tuple[str, ...] | None) -> None:
        """Columns of another table came in."""
        for branch in flow.branches:
            branch.hide(columns)

    def opaque(self, at: Place, flow: Flow) -> None:
        """Rows that have no form in a rule: what comes after is left out as well."""
        self.notes.approximate(at, codes.KQL011)
        for branch in flow.branches:
            branch.columns.clear()
            branch.known.clear()
            branch.closed = True

    def join(self, operator: Join, flow: Flow) -> None:
        """A join keeps rows of its left side, or only adds columns to them."""
        default = "leftouter" if operator.operator == "lookup" else "innerunique"
        kind = dict(operator.parameters).get("kind", default)
        if kind == "leftouter":
            self.notes.unchanged(operator.at, codes.KQL006)
        elif kind in _LEFT_KINDS:
            self.notes.approximate(operator.at, codes.KQL012)
            self.resolver.dropped.update(names(operator.right))
        else:
            raise NoEventsError(f"a {kind} join keeps the rows of its right side", operator.at)
        for branch in flow.branches:
            branch.known.update(name for name in map(_plain_key, operator.on) if name)
        if kind not in ("leftsemi", "leftanti", "anti", "leftantisemi"):
            self.hide(flow, self.columns_of(operator.right))

    def columns_of(self, table: Expr | Operator) -> tuple[str, ...] | None:
        """The columns of a table as far as the query tells them; None if it does not."""
        match table:
            case Name(name):
                value = self.resolver.scope.value(name)
                return None if value is None else self.columns_of(value)
            case Pipeline(source, operators):
                found: tuple[str, ...] | None = self.columns_of(source) if not operators else None
                for operator in operators:
                    found = _columns_after(operator, found)
                return found
            case DataTable(columns):
                return tuple(name for name, _ in columns)
            case _:
                return None

    # --- groups

    def summarize(self, operator: Summarize, flow: Flow) -> None:
        """Rows become groups."""
        before = flow.group
        if before is not None:
            self.close(flow)
        group = Group(operator.at)
        if before is not None:
            group.problem = "a measure of groups"
        for branch in flow.branches:
            self.group_branch(operator, branch, group)
        flow.group = group
        flow.shown = tuple(name_of(column)[0] for column in (*operator.by, *operator.aggregates))

    def group_branch(self, operator: Summarize, branch: Branch, group: Group) -> None:
        """The columns of one table after `summarize`."""
        columns: dict[str, Column] = {}
        known: set[str] = set()
        keys: list[tuple[str, Value]] = []
        for column in operator.by:
            name, value = name_of(column)
            found = self.resolver.resolve(value, branch)
            group.places.update(found.places)
            kept = key(found.value)
            if isinstance(kept, int):
                group.window = kept
            elif kept is None:
                group.problem = group.problem or "a group by a value that has no counterpart"
            else:
                keys.append((name, kept))
            columns[name] = found
        group.keys = tuple(keys)
        open_ = False
        for column in operator.aggregates:
            name, value = name_of(column)
            taken = latest_columns(value)
            if taken != ():
                group.latest = True
                open_ = open_ or taken is None
                known.update(taken or ())
                columns.update({one: branch.columns[one] for one in taken or () if one in branch.columns})
                continue
            found = self.resolver.resolve(value, branch)
            measure = aggregate(name, found.value, self.resolver)
            if measure is not None:
                group.aggregates[name] = measure
                group.places.update(found.places)
            columns[name] = Column(Call(MEASURE, (String(name),)), found.places)
        branch.columns = {**branch.columns, **columns} if open_ else columns
        branch.known = branch.known | known if open_ else known
        branch.closed = not open_


def _adds_columns(name: str, text: str) -> bool:
    """Whether an operator keeps its rows and only adds columns to them."""
    if name == "invoke":
        return text.startswith("FileProfile")
    if name == "evaluate":
        return text.startswith("bag_unpack")
    return name in ("parse", "parse-kv")


def _columns_after(operator: Operator, before: tuple[str, ...] | None) -> tuple[str, ...] | None:
    match operator:
        case Columns("project" | "distinct", columns):
            return tuple(name for column in columns for name in names_given(column))
        case Columns("extend", columns) if before is not None:
            return (*before, *(name for column in columns for name in names_given(column)))
        case Summarize(aggregates, by):
            if any(latest_columns(name_of(column)[1]) is None for column in aggregates):
                return None
            taken = [name for one in aggregates for name in latest_columns(name_of(one)[1]) or ()]
            return (*(name_of(column)[0] for column in (*by, *aggregates)), *taken)
        case Where() | Sort() | Top():
            return before
        case Columns("project-away" | "project-reorder" | "serialize"):
            return before
        case _:
            return None


def _plain_key(condition: Expr) -> str | None:
    return condition.name if isinstance(condition, Name) else None


def names_given(column: Expr) -> tuple[str, ...]:
    """The names that a column of `extend` or `project` has."""
    match column:
        case Assignment(given):
            return given
        case Name(name):
            return (name,)
        case Path(_, member):
            return (member,)
        case _:
            return ()


def text_of(source: Expr) -> str:
    """A table as a query names it."""
    return print_script(Script((source,)))
