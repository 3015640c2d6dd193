"""`transpile test`: which rules match which events."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any, assert_never

import typer
from rich.console import Console

from transpile.cli import Exit, common
from transpile.ir.rule import Rule
from transpile.matching.correlate import Alert, match_rules
from transpile.matching.expect import Outcome, check_expectations
from transpile.matching.logs import find_logs
from transpile.matching.rules import Unusable, load_rules
from transpile.matching.run import Hit, Tally
from transpile.matching.times import FIELDS
from transpile.report.junit import to_junit
from transpile.report.matches import case_of, show_alert, show_hit_summary, show_outcome, show_unusable
from transpile.report.output import json_output, ndjson_output
from transpile.report.terminal import console, one_line, progress

app = common.make_app()


class Format(StrEnum):
    """How hits and outcomes are written."""

    TEXT = "text"
    JSON = "json"
    NDJSON = "ndjson"
    JUNIT = "junit"


@app.command()
def test(
    paths: common.Paths,
    events: Annotated[
        list[str] | None,
        typer.Option(
            "--events",
            "-e",
            help="Log files, folders, globs, or - for standard input: JSON, NDJSON, EVTX, also gzipped.",
            metavar="FILE",
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", "-f", help="How to write the results.")] = Format.TEXT,
    route: Annotated[
        bool, typer.Option("--route", help="Ask a rule only about Windows events of its own log source.")
    ] = False,
    bare: Annotated[bool, typer.Option("--bare", help="Leave the events out of the hits.")] = False,
    time: Annotated[
        list[str] | None,
        typer.Option(
            "--time",
            help="Field that tells when an event happened, for rules on many events; by default the usual ones.",
            metavar="FIELD",
        ),
    ] = None,
    values: common.ValuesFile = None,
    filters: common.FilterPaths = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary and no progress bar.")] = False,
) -> int:
    """Match rules with events, by the reference meaning of Sigma.

    With --events: every hit in the log files. A line that holds no event is counted and skipped. Alerts of rules on
    many events follow in order of time, one for each group and timespan; the logs need not be sorted.

    Without: the expectations beside the rules. For rule.yml they stand in rule.tests.yml, as lists of events, or of
    paths of log files, under `match` and `no_match`. For a rule on many events each item has `events`, and may have the
    `groups` that alert.

    Exit codes: 0 done, all expectations met, 1 one was not, 2 a rule or a log file could not be read, 3 usage error.
    """
    errors = console(sys.stderr)
    given = common.read_values(values) if values else None
    found = list(load_rules(common.find_files(paths), given, common.check_filters(filters)))
    rules = [one for one in found if not isinstance(one, Unusable)]
    unusable = [one for one in found if isinstance(one, Unusable)]
    if not quiet:
        show_unusable(unusable, errors)
    if events:
        times = tuple(time) if time else FIELDS
        return _hits(rules, events, form, route, bare, times, quiet, errors) or (
            Exit.UNREADABLE if unusable else Exit.FINE
        )
    return _expectations(rules, form, quiet, errors) or (Exit.UNREADABLE if unusable else Exit.FINE)


def _hits(
    rules: Sequence[Rule],
    events: Sequence[str],
    form: Format,
    route: bool,
    bare: bool,
    times: Sequence[str],
    quiet: bool,
    errors: Console,
) -> int:
    if form is Format.JUNIT:
        raise common.UsageError("hits are not tests: JUnit is for the expectations beside rules, without --events")
    with common.usage_errors(OSError):
        files = find_logs(events)
    if not files:
        raise common.UsageError(f"no log files in {', '.join(events)}")
    tally = Tally()
    with _hit_emitter(form, rules, bare) as emit, progress(errors, "matching, MB", shown=not quiet) as move:
        megabytes: Callable[[int, int], None] | None = None
        if move:
            megabytes = lambda done, total: move(done >> 20, total >> 20)  # noqa: E731
        for hit in match_rules(rules, files, tally, megabytes, routed=route, times=times):
            emit(hit)
    if not quiet:
        show_hit_summary(rules, tally, errors)
    return Exit.UNREADABLE if tally.unreadable else Exit.FINE


@contextmanager
def _hit_emitter(form: Format, rules: Sequence[Rule], bare: bool) -> Iterator[Callable[[Hit | Alert], None]]:
    if form in (Format.JSON, Format.NDJSON):
        with (json_output if form is Format.JSON else ndjson_output)(sys.stdout) as emit:
            yield lambda hit: emit([_as_dict(hit, rules, bare)])
        return

    def show(hit: Hit | Alert) -> None:
        if isinstance(hit, Alert):
            show_alert(hit, rules)
            return
        rule = rules[hit.rule]
        event = "" if bare else f"  {json.dumps(hit.event, default=str)}"
        print(f"{hit.path}:{hit.number}: {rule.level or '-'}: {one_line(rule.title)}{event}")

    yield show


def _as_dict(hit: Hit | Alert, rules: Sequence[Rule], bare: bool) -> dict[str, Any]:
    return hit.to_dict(rules) if isinstance(hit, Alert) else hit.to_dict(rules, with_event=not bare)


def _expectations(rules: Sequence[Rule], form: Format, quiet: bool, errors: Console) -> int:
    count = failed = 0
    with _outcome_emitter(form) as emit:
        for outcome in check_expectations(rules):
            count += 1
            failed += not outcome.met
            emit(outcome)
    if not count:
        raise common.UsageError("no expectations (rule.tests.yml beside rule.yml), and no --events")
    if not quiet:
        errors.print(f"{count:,} expectations, {failed:,} not met")
    return Exit.FINDINGS if failed else Exit.FINE


@contextmanager
def _outcome_emitter(form: Format) -> Iterator[Callable[[Outcome], None]]:
    match form:
        case Format.TEXT:
            yield show_outcome
        case Format.JSON | Format.NDJSON:
            with (json_output if form is Format.JSON else ndjson_output)(sys.stdout) as emit:
                yield lambda outcome: emit([outcome.to_dict()])
        case Format.JUNIT:
            kept: list[Outcome] = []
            yield kept.append
            sys.stdout.write(to_junit(map(case_of, kept)))
        case _:
            assert_never(form)
