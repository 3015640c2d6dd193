"""A rule of a query language in Sigma's names: the data models of the language, run backwards."""

from __future__ import annotations

from collections.abc import Iterable

from transpile.codes import Effect
from transpile.diagnostics import Report
from transpile.dialects.base import Dialect, ReadOptions
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.ir.stream import Stream
from transpile.pipelines import backward, streams
from transpile.pipelines.model import Model
from transpile.source import Source


def restore(rule: Rule, dialect: Dialect, models: Iterable[Model], report: Report) -> backward.Restored:
    """The rule as Sigma would say it (`backward.restore`)."""

    def again(made: Rule, model: Model) -> Stream | None:
        return written_again(made, model, dialect)

    return backward.restore(rule, models, report, lambda name: dialect.data_set(name).category, again)


def written_again(rule: Rule, model: Model, dialect: Dialect) -> Stream | None:
    """What is read from the query that a rule becomes by a data model; None if it does not become one exactly."""
    report = Report()
    applied = streams.apply_rule(rule, model, report).rule
    if dialect.lower is None or dialect.lift is None or _inexact(report):
        return None
    tree = dialect.lower(run_passes(applied), report)
    if _inexact(report):
        return None
    source = Source(dialect.print(tree))
    return dialect.lift(dialect.parse(source), source, ReadOptions()).body


def _inexact(report: Report) -> bool:
    return any(one.effect in (Effect.REFUSED, Effect.APPROXIMATE) for one in report.diagnostics)
