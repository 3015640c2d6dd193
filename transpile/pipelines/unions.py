"""Queries that read one log source from several tables: the tables' conditions as one condition on its events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from transpile.ir.expr import Expr, Keyword, Match
from transpile.ir.rule import Rule
from transpile.ir.stream import Events, Stream, Union
from transpile.ir.walk import replace_leaves, stages
from transpile.pipelines.model import Model
from transpile.record import record, replace


@record
class ReadQuery:
    """What is read from the query that a data model makes of a rule, and the texts that reading leaves out."""

    body: Stream
    left: frozenset[str] = frozenset()


Again = Callable[[Rule, Model], ReadQuery | None]  # a rule through a data model, written, and read again


def never_again(rule: Rule, model: Model) -> ReadQuery | None:
    """Where rules of a language are not written."""
    return None


def unions(stream: Stream) -> Iterator[Union]:
    """The unions of tables in a stream."""
    for one in stages(stream):
        if isinstance(one, Union) and all(isinstance(each, Events) for each in one.inputs):
            yield one


def merged(results: Sequence[Events]) -> Events | None:
    """The events of all tables as those of one log source, if each table is asked for the same."""
    first, *others = results
    if all((one.logsource, _bare(one.condition)) == (first.logsource, _bare(first.condition)) for one in others):
        return replace(first, name="")
    return None


def made_alike(rule: Rule, model: Model, union: Union, again: Again) -> ReadQuery | None:
    """The rule in a data model, if it reads the same tables with the same conditions as a union; else None."""
    found = again(rule, model)
    return found if found is not None and _tables(found.body) == _tables(union) else None


def _tables(stream: Stream) -> list[tuple[str | None, Expr]] | None:
    inputs = stream.inputs if isinstance(stream, Union) else (stream,)
    return [(one.dataset, _bare(one.condition)) for one in inputs if isinstance(one, Events)]


def _bare(expr: Expr) -> Expr:
    """An expression without its places in a text."""

    def bare(leaf: Match | Keyword) -> Expr:
        return replace(leaf, span=None, operator="") if isinstance(leaf, Match) else replace(leaf, span=None)

    return replace_leaves(expr, bare)
