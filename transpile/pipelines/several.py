"""Log sources whose events are in several logs or tables, and which of these can hold what a rule asks.

A process creation is an event of Sysmon's and one of the Security log, which has fewer fields. An event without a field
can neither pass a test of it nor be told from what the rule excludes by it: its log is not read, and a note says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import assert_never

from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.walk import leaves, value_fields
from transpile.pipelines import datasets
from transpile.pipelines.columns import Wanted
from transpile.pipelines.model import ModelSource
from transpile.pipelines.profile import data_of
from transpile.record import record, replace

NO_VALUE = frozenset({'""', "int(null)"})  # what a table computes for a column that it does not have


@record
class Choice:
    """A place that may serve a rule. `unread`: logs with such events that are left out, and the fields they lack."""

    source: ModelSource
    unread: tuple[tuple[str, frozenset[str]], ...] = ()


def choices(places: Iterable[ModelSource], condition: Expr, columns: Iterable[Wanted]) -> Iterator[Choice]:
    """The places that can hold what a rule asks, and what later stages ask for, without the tables that cannot."""
    wanted = frozenset(one.name for one in columns)
    passed: list[tuple[ModelSource, frozenset[str]]] = []
    for place in places:
        if place.shared and (missing := _missing(condition, wanted, place.shared.__contains__)):
            if "EventID" not in missing:  # a rule that asks for the number of an event says itself which log it means
                passed.append((place, missing))
            continue
        own = set(data_of(place))
        unread = [(name, missing) for one, missing in passed for name in data_of(one) if name not in own]
        yield _with_tables(place, condition, wanted) if place.columns else Choice(place, tuple(unread))


def _with_tables(place: ModelSource, condition: Expr, wanted: frozenset[str]) -> Choice:
    """A place that reads several tables, with those that have the columns."""
    if place.dataset is None or not place.dataset.startswith("union"):
        return Choice(place)

    def fills(bag: str) -> Callable[[str], bool]:
        return lambda name: all(column not in NO_VALUE for column in _columns(place, bag, name))

    branches = [(table, bag) for table, _, bag in datasets.branches_of(place.dataset) if bag]
    missing = {table: _missing(condition, wanted, fills(bag)) for table, bag in branches}
    unread = tuple((table, names) for table, names in missing.items() if names)
    if not unread or len(unread) == len(missing):
        return Choice(place)
    kept = frozenset(table for table, names in missing.items() if not names)
    return Choice(replace(place, dataset=datasets.only(place.dataset, kept)), unread)


def _columns(place: ModelSource, bag: str, name: str) -> Iterator[str]:
    """What a table computes for a field."""
    entry = place.find(name)
    for column in entry.how.fields() if entry else ():
        yield datasets.column_of(place.columns.get(bag, {}), column.name)


def _missing(condition: Expr, wanted: frozenset[str], has: Callable[[str], bool]) -> frozenset[str]:
    return _lacking(condition, has) | {name for name in wanted if not has(name)}


def _lacking(expr: Expr, has: Callable[[str], bool]) -> frozenset[str]:
    """The fields for want of which no event passes, or one that an exclusion is for does; empty if there are none."""
    match expr:
        case Match() | Not():
            named = (one for leaf in leaves(expr) if isinstance(leaf, Match) for one in value_fields(leaf.value))
            return frozenset(one.name for one in named if not has(one.name))
        case And(args):
            return frozenset[str]().union(*(_lacking(arg, has) for arg in args))
        case Or(args):
            found = [_lacking(arg, has) for arg in args]
            return frozenset[str]().union(*found) if all(found) else frozenset()
        case Keyword() | Constant() | Opaque():
            return frozenset()
        case _:
            assert_never(expr)
