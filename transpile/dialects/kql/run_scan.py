"""`scan` and `partition`, by "scan operator" ("Matching logic") and "partition operator"."""

from __future__ import annotations

from typing import Any

from transpile.dialects.kql.columns import Reader
from transpile.dialects.kql.logic import truth
from transpile.dialects.kql.run_tables import COMPUTED, Engine, Line, Table, rewrite
from transpile.dialects.kql.tree import Expr, Name, Operator, Partition, Path, Scan, Step
from transpile.evaluate import Unproven

State = tuple[dict[str, Any], ...]  # the rows of the steps up to this one; empty if there is no sequence


def apply(engine: Engine, operator: Operator, table: Table) -> Table | None:
    """The rows after `scan` or `partition`; None for any other operator."""
    match operator:
        case Scan():
            return _Scanning(engine, operator, table).run()
        case Partition(by, body):
            read = engine.compiler(table).scalar(by)
            groups: dict[Any, list[Line]] = {}
            for line in table.lines:
                groups.setdefault(read(line.cells), []).append(line)
            parts = []
            for lines in groups.values():
                part = Table(lines, table.computed, table.closed)
                for one in body:
                    part = engine.apply(one, part)
                parts.append(part)
            if not parts:
                return table
            return Table([line for part in parts for line in part.lines], parts[0].computed, parts[0].closed)
        case _:
            return None


class _Scanning:
    """One scan."""

    def __init__(self, engine: Engine, scan: Scan, table: Table) -> None:
        if not table.ordered:
            raise Unproven("scan of rows in no order")
        if any(step.output == "last" for step in scan.steps):
            raise Unproven("scan with output=last is not run")
        self.engine, self.scan = engine, scan
        self.names = [step.name for step in scan.steps]
        self.declared = [name for name, _ in scan.declared]
        self.table = Table(table.lines, table.computed | set(self.declared), table.closed, ordered=True)
        self.readers: dict[str, Reader] = {}
        self.conditions = [self.compile(step.condition) for step in scan.steps]
        self.assignments = [self.assigned(step) for step in scan.steps]

    def compile(self, expr: Expr) -> Reader:
        """An expression in which `step.column` is read from the state."""

        def change(node: Expr) -> Expr | None:
            match node:
                case Path(Name(step), column) if step in self.names:
                    key = f"#{step}.{column}"
                    if key not in self.readers:
                        read = self.engine.compiler(self.table).scalar(Name(column))
                        self.readers[key] = lambda cells: None if (row := cells.get(f"#{step}")) is None else read(row)
                    return Name(key)
                case _:
                    return None

        rewritten = rewrite(expr, change)
        return self.engine.compiler(self.table, self.readers).scalar(rewritten)

    def assigned(self, step: Step) -> list[tuple[str, Reader]]:
        return [(one.names[0], self.compile(one.value)) for one in step.assignments]

    def run(self) -> Table:
        """Each row against the steps from the last to the first."""
        states: list[State] = [() for _ in self.names]
        events: list[tuple[frozenset[int], ...]] = [() for _ in self.names]  # of the row of each step
        found: list[Line] = []
        for line in self.table.lines:
            cells = {**line.cells, **{COMPUTED + name: None for name in self.declared}}
            for number in reversed(range(len(self.names))):
                before = states[number - 1] if number else ()
                output = self.scan.steps[number].output != "none"
                if number and before and self.holds(number, cells, before):
                    row = self.extended(number, cells, before)
                    states[number] = (*before, row)
                    events[number] = (*events[number - 1], line.events)
                    states[number - 1], events[number - 1] = (), ()
                elif (states[number] or number == 0) and self.holds(number, cells, states[number]):
                    row = self.extended(number, cells, states[number])
                    states[number] = (*states[number][:number], row)
                    events[number] = (*events[number][:number], line.events)
                else:
                    continue
                if output:
                    found.append(Line(row, frozenset().union(*events[number])))
        return self.table.__class__(found, self.table.computed, self.table.closed, ordered=True)

    def holds(self, number: int, cells: dict[str, Any], state: State) -> bool:
        return truth(self.conditions[number](self.with_state(cells, state))) is True

    def extended(self, number: int, cells: dict[str, Any], state: State) -> dict[str, Any]:
        known = self.with_state(cells, state)
        return {**cells, **{COMPUTED + name: read(known) for name, read in self.assignments[number]}}

    def with_state(self, cells: dict[str, Any], state: State) -> dict[str, Any]:
        return {**cells, **{f"#{name}": row for name, row in zip(self.names, state, strict=False)}}
