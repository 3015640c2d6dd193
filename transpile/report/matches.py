"""What `test` found: hits, and expectations that were not met."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from transpile.diagnostics import one_line
from transpile.evaluate.values import MISSING
from transpile.ir.expr import Not, Or
from transpile.ir.rule import Rule
from transpile.matching.correlate import Alert
from transpile.matching.expect import ExpectationOutcome
from transpile.matching.rules import Unusable
from transpile.matching.run import Hit, RunTally
from transpile.matching.times import as_text
from transpile.matching.why import ConditionStep, Explained, Tracer, host_of
from transpile.report.junit import TestCase
from transpile.report.terminal import table
from transpile.report.words import outline

LONGEST = 120  # characters of a value that is shown


def show_hit(hit: Hit, rules: Sequence[Rule], tracer: Tracer, times: Sequence[str], bare: bool) -> None:
    """Print a hit: where, when and on which machine, which rule, and what decided it."""
    rule = rules[hit.rule]
    fields = {} if bare else tracer.deciding(rule, hit.event)
    decided = "; ".join(f"{name}: {shown(value)}" for name, value in fields.items())
    where = [one for one in (hit.time(times), one_line(host_of(hit.event) or "")) if one]
    about = f"{' '.join((*where, rule.level or '-'))}: {one_line(rule.title)}"
    print(f"{hit.path}:{hit.number}: {about}{f'  [{decided}]' if decided else ''}")


def shown(value: object) -> str:
    """A value of an event on one line, cut where it is long."""
    text = one_line(value if isinstance(value, str) else json.dumps(value, default=str))
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def show_why(rule: Rule, found: Sequence[Explained], on: Console) -> None:
    """Print, for some events, which parts of a rule hold and which do not."""
    for one in found:
        matched = "match" if one.whole.holds else "no match"
        on.print(Text(f"{one.path}:{one.number}: {matched}: {one_line(rule.title)}", style="bold"), soft_wrap=True)
        for condition in rule.conditions:
            on.print(Text(f"  condition: {one_line(condition)}"), soft_wrap=True)
        for name, step in one.parts or (("condition", one.whole),):
            on.print(Text.assemble("  ", _mark(step.holds), f"  {one_line(name)}"), soft_wrap=True)
            for line in _lines(step, "      "):
                on.print(line, soft_wrap=True)


def _mark(holds: bool) -> tuple[str, str]:
    return ("yes", "exact") if holds else ("no ", "refused")


def _lines(step: ConditionStep, indent: str) -> Iterator[Text]:
    """The tests of a part, each with what the event says; of alternatives that hold only those that do."""
    if not step.below:
        said = "; ".join(
            f"{name} is {'not there' if value is MISSING else shown(value)}" for name, value in step.fields
        )
        words = one_line(outline(step.expr).line)
        yield Text.assemble(indent, _mark(step.holds), f"  {words}", (f"   ({said})" if said else "", "dim"))
        return
    below = step.below
    if isinstance(step.expr, Or) and step.holds:
        below = tuple(one for one in below if one.holds)
    if isinstance(step.expr, Or) and len(below) > 1:
        yield Text.assemble(indent, _mark(step.holds), "  one of:")
        indent += "  "
    elif isinstance(step.expr, Not):
        yield Text.assemble(indent, _mark(step.holds), "  not:")
        indent += "  "
    for one in below:
        yield from _lines(one, indent)


def show_alert(alert: Alert, rules: Sequence[Rule]) -> None:
    """Print an alert of a rule on many events: its group, its events' number and when they were."""
    rule = rules[alert.rule]
    group = ", ".join(f"{name}: {value}" for name, value in alert.group.items())
    told = f"{alert.count:,} {'event' if alert.count == 1 else 'events'}"
    span = f"{as_text(alert.first)} to {as_text(alert.last)}"
    path, number = alert.events[-1]
    print(f"{path}:{number}: {rule.level or '-'}: {one_line(rule.title)}  {told}, {span}  {one_line(group)}".rstrip())


def show_hit_summary(rules: Sequence[Rule], tally: RunTally, on: Console) -> None:
    """Print the rules with the most hits, totals, and what could not be read."""
    if tally.hits:
        rows = [
            [f"{count:,}", rules[number].level or "-", one_line(rules[number].title)]
            for number, count in tally.hits.most_common(20)
        ]
        on.print(table(on, ["events", "level", "rule"], rows, numbers=[0]))
    on.print(
        f"{_many(sum(tally.hits.values()), 'hit')} ({len(tally.hits):,} of {_many(len(rules), 'rule')}) "
        f"in {_many(tally.events, 'event')} from {_many(tally.files, 'file')}"
    )
    if tally.untimed:
        on.print(Text(f"{tally.untimed:,} events without a time were not correlated; see --time", style="yellow"))
    for problem in tally.problems:
        on.print(Text(f"skipped: {one_line(problem)}", style="yellow"))
    if tally.broken > len(tally.problems):
        on.print(f"skipped: {tally.broken - len(tally.problems):,} more")
    show_unread(tally, on)


def show_unread(tally: RunTally, on: Console) -> None:
    """Print the files of which nothing could be read, and why."""
    for reason, paths in tally.unread.items():
        more = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
        on.print(Text(f"error: {one_line(paths[0])}{more}: {one_line(reason)}", style="error"))
    for path in tally.empty:
        on.print(Text(f"error: {one_line(path)}: no events could be read", style="error"))


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def show_outcome(outcome: ExpectationOutcome) -> None:
    """Print an expectation that is not met, with its event."""
    if outcome.met:
        return
    place = f"{outcome.path}: {outcome.expectation}".rstrip(": ")
    print(f"{place}: {one_line(outcome.rule)}: {one_line(outcome.problem)}")
    if outcome.event is not None:
        print(f"    {json.dumps(dict(outcome.event), default=str)}")


def case_of(outcome: ExpectationOutcome) -> TestCase:
    """An expectation as a JUnit test case."""
    detail = "" if outcome.event is None else json.dumps(dict(outcome.event), default=str)
    name = f"{outcome.rule}: {outcome.expectation}"
    return TestCase("expectations", name, outcome.path, "" if outcome.met else outcome.problem, detail)


def show_unusable(unusable: Sequence[Unusable], on: Console) -> None:
    """Print the first rules that could not be read, and how many more there are."""
    for one in unusable[:5]:
        on.print(Text(f"not used: {one.path}: {one_line(one.reason)}", style="yellow"))
    if len(unusable) > 5:
        on.print(f"not used: {len(unusable) - 5:,} more rules")
