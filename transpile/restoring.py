"""A rule of a query language in Sigma's names: the data models of the language, run backwards."""

from __future__ import annotations

from collections.abc import Iterable

from transpile.codes import Direction, Effect
from transpile.diagnostics import Report
from transpile.dialects.base import Dialect, Left, ReadOptions
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.pipelines import backward, streams
from transpile.pipelines.model import Model
from transpile.pipelines.unions import ReadQuery
from transpile.source import Source


def restore(rule: Rule, dialect: Dialect, models: Iterable[Model], report: Report) -> backward.Restored:
    """The rule as Sigma would say it (`backward.restore`)."""

    def again(made: Rule, model: Model) -> ReadQuery | None:
        return written_again(made, model, dialect)

    return backward.restore(rule, models, report, lambda name: dialect.data_set(name).category, again)


def is_all_read(left: Iterable[Left], made: ReadQuery | None) -> bool:
    """Whether all that reading a query left out is what it leaves out of the same query that a data model makes.

    Then the rule that the model makes it of says all that the query says.
    """
    return made is not None and texts_left(left) == made.left


def texts_left(left: Iterable[Left]) -> frozenset[str]:
    """The texts that bear on what matches."""
    return frozenset(" ".join(one.text.split()) for one in left if one.effect is not Direction.EXACT)


def written_again(rule: Rule, model: Model, dialect: Dialect) -> ReadQuery | None:
    """What is read from the query that a rule becomes by a data model; None if it does not become one exactly."""
    report = Report()
    applied = streams.apply_rule(rule, model, report).rule
    if dialect.lower is None or dialect.lift is None or _inexact(report):
        return None
    tree = dialect.lower(run_passes(applied), report)
    if _inexact(report):
        return None
    source = Source(dialect.print(tree))
    lifted = dialect.lift(dialect.parse(source), source, ReadOptions())
    return ReadQuery(lifted.body, texts_left(lifted.left)) if lifted.body is not None else None


def _inexact(report: Report) -> bool:
    return any(one.effect in (Effect.REFUSED, Effect.APPROXIMATE) for one in report.diagnostics)
