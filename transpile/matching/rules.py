"""Rules to match events with, read from files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from transpile.batch.find import RuleFile, read_source
from transpile.conversion import Values
from transpile.diagnostics import Diagnostic
from transpile.evaluate import Unproven
from transpile.evaluate.reference import compile_rule
from transpile.ir.passes import simplify
from transpile.ir.rule import Rule


@dataclass(frozen=True, slots=True)
class Unusable:
    """A rule that events cannot be matched with, and why."""

    path: str
    title: str | None
    reason: str


def load_rules(files: Iterable[RuleFile], values: Values | None = None) -> Iterator[Rule | Unusable]:
    """The rules in these files, in order; `values` for the placeholders of `expand`."""
    from transpile.dialects.base import ReadOptions
    from transpile.dialects.sigma.read import read

    for file in files:
        source = read_source(file)
        if isinstance(source, Diagnostic):
            yield Unusable(file.path, None, source.message)
            continue
        for reading in read(source, ReadOptions(values=values or {})):
            if reading.rule is None:
                reasons = "; ".join(one.message for one in reading.diagnostics)
                yield Unusable(file.path, reading.title, reasons)
                continue
            try:
                compile_rule(reading.rule)
            except Unproven as reason:
                yield Unusable(file.path, reading.title, str(reason))
            else:
                yield simplify(reading.rule)
