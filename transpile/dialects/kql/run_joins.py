"""`join`, by "join operator": the kinds that keep rows of the left side."""

from __future__ import annotations

from typing import Any

from transpile.dialects.kql.run_tables import COMPUTED, Engine, Line, Table
from transpile.dialects.kql.tree import Join, Name, Operator
from transpile.evaluate import Unproven


def apply(engine: Engine, operator: Operator, table: Table) -> Table | None:
    """The rows after `join`; None for any other operator."""
    return join(engine, operator, table) if isinstance(operator, Join) else None


def join(engine: Engine, operator: Join, left: Table) -> Table:
    """The rows of the left side, with those of the right that have the same keys."""
    kind = dict(operator.parameters).get("kind", "innerunique")
    right = engine.table(operator.right)
    names = [one.name for one in operator.on if isinstance(one, Name)]
    if len(names) != len(operator.on) or not names:
        raise Unproven("a join on more than columns of one name is not run")
    here = [engine.compiler(left).scalar(Name(name)) for name in names]
    there = [engine.compiler(right).scalar(Name(name)) for name in names]
    partners: dict[Any, list[Line]] = {}
    for line in right.lines:
        partners.setdefault(_key([read(line.cells) for read in there]), []).append(line)
    match kind:
        case "leftsemi" | "leftanti" | "anti":
            wanted = kind == "leftsemi"
            kept = [one for one in left.lines if (_key([read(one.cells) for read in here]) in partners) is wanted]
            return Table(kept, left.computed, left.closed)
        case "inner":
            pass
        case _:
            raise Unproven(f"a join of the kind {kind} is not run")
    if not left.closed:
        raise Unproven("a join of tables whose columns are not known")
    renamed = {name: f"{name}1" if name in left.computed else name for name in right.computed}
    readers = {renamed[name]: engine.compiler(right).scalar(Name(name)) for name in right.computed}
    lines = [
        Line(
            {**one.cells, **{COMPUTED + name: read(other.cells) for name, read in readers.items()}},
            one.events | other.events if not _is_key_alone(left, names) else other.events,
        )
        for one in left.lines
        for other in partners.get(_key([read(one.cells) for read in here]), ())
    ]
    if not right.closed:  # columns of the right side that the left has not are read as they are
        raw = [other for one in left.lines for other in partners.get(_key([read(one.cells) for read in here]), ())]
        for line, other in zip(lines, raw, strict=True):
            line.cells.update({k: v for k, v in other.cells.items() if not k.startswith(COMPUTED)})
    return Table(lines, left.computed | set(readers), right.closed)


def _is_key_alone(left: Table, names: list[str]) -> bool:
    """Whether the left side holds nothing but keys and times: its rows say when windows end, and add no event."""
    return len(left.computed) <= len(names) + 1


def _key(values: list[Any]) -> Any:
    if any(value is None for value in values):
        raise Unproven("whether null keys of a join match is not run")
    if any(isinstance(value, list | dict) for value in values):
        raise Unproven("a join on dynamic columns is rejected")
    return tuple((type(value).__name__, value) for value in values)
