"""Rules to match events with, read from files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transpile.batch import with_library
from transpile.batch.find import RuleFile, read_source
from transpile.conversion import Options, Values, read_source_rules
from transpile.diagnostics import Diagnostic
from transpile.dialects.base import Reading
from transpile.evaluate import Unproven
from transpile.evaluate.reference import compile_rule
from transpile.evaluate.streams import StreamReference
from transpile.ir.passes import simplify
from transpile.ir.rule import Rule
from transpile.record import record
from transpile.selection import ALL, Selection


@record
class Unusable:
    """A rule that events cannot be matched with, and why; its path with the line and column, where one is at fault."""

    path: str
    title: str | None
    reason: str


def load_rules(
    files: Sequence[RuleFile],
    values: Values | None = None,
    filters: Sequence[str] = (),
    *,
    selection: Selection = ALL,
    beside: tuple[str, ...] = (),
) -> Iterator[Rule | Unusable]:
    """The rules in these files, in order.

    `values` are those for the placeholders of `expand`, `filters` paths of files with filters for the rules;
    `selection` and `beside` are those of `Options`.
    """
    given = Options((), values=values, filters=tuple(filters), selection=selection, beside=beside)
    options = with_library(files, given)
    for file in files:
        source = read_source(file)
        if isinstance(source, Diagnostic):
            yield Unusable(file.path, None, source.message)
            continue
        for reading in read_source_rules(source, options):
            yield _usable(reading, file.path)


def _usable(reading: Reading, path: str) -> Rule | Unusable:
    """The rule of a reading, or why events cannot be matched with it."""
    rule = reading.rule
    if rule is None:
        where = next((f"{path}:{one.span.line}:{one.span.column}" for one in reading.diagnostics if one.span), path)
        return Unusable(where, reading.title, "; ".join(one.message for one in reading.diagnostics))
    try:
        if rule.is_single:
            compile_rule(rule)
        else:
            StreamReference(rule.body)
    except Unproven as reason:
        return Unusable(path, reading.title, str(reason))
    return simplify(rule)
