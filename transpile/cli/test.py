"""`transpile test`: which rules match which events."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, assert_never

import typer
from rich.console import Console

from transpile.cli import Exit, common, selecting
from transpile.cli.files import check_filters, read_values
from transpile.diagnostics import printable
from transpile.ir.rule import Rule
from transpile.matching.correlate import Alert, match_rules
from transpile.matching.expect import ExpectationOutcome, check_expectations
from transpile.matching.logs import find_logs
from transpile.matching.rules import Unusable, load_rules
from transpile.matching.run import Hit, RunTally, nearest_events
from transpile.matching.times import FIELDS
from transpile.matching.why import Tracer, find_rule
from transpile.record import record
from transpile.report.hits import HitPage
from transpile.report.junit import to_junit
from transpile.report.matches import (
    case_of,
    show_alert,
    show_hit,
    show_hit_summary,
    show_outcome,
    show_unread,
    show_unusable,
    show_why,
)
from transpile.report.output import json_output, ndjson_output
from transpile.report.terminal import console, progress

app = common.make_app()


class HitFormat(StrEnum):
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
            help="Log files, folders, globs, or -: JSON, EVTX, XML, CSV, auditd, syslog; also gzipped.",
            metavar="FILE",
        ),
    ] = None,
    form: Annotated[HitFormat, typer.Option("--format", "-f", help="How to write the results.")] = HitFormat.TEXT,
    route: Annotated[
        bool,
        typer.Option(
            "--route/--no-route", help="Match each rule only against events that may be from its own log source."
        ),
    ] = True,
    why: Annotated[
        str | None,
        typer.Option(
            "--why",
            help="Id, title or path of a rule: show which of its parts hold on the events nearest to matching.",
            metavar="RULE",
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Also write a page: hits over time, by host and by rule.", metavar="FILE"),
    ] = None,
    bare: Annotated[bool, typer.Option("--bare", help="Omit the events and what decided each hit.")] = False,
    time: Annotated[
        list[str] | None,
        typer.Option(
            "--time",
            help="Field with the time of an event, for rules on several events; the usual fields by default.",
            metavar="FIELD",
        ),
    ] = None,
    values: common.ValuesFile = None,
    filters: common.FilterPaths = None,
    where: selecting.Where = None,
    exclude: selecting.Exclude = None,
    changed_since: selecting.ChangedSince = None,
    ids: selecting.Ids = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary and no progress bar.")] = False,
) -> int:
    """Match rules against events, by Sigma's reference meaning.

    With --events, list every hit in the log files. Lines that hold no event are counted and skipped. Alerts of rules on
    several events follow in order of time, one per group and timespan; the logs need not be sorted.

    Without --events, check the expectations beside the rules. For rule.yml they are in rule.tests.yml, as lists of
    events or of log files, under `match` and `no_match`. For a rule on several events each item has `events`, and may
    have the `groups` that alert.

    Exit codes: 0 all expectations are met, or there are none yet, 1 one is not, 2 a rule or a log file could not be
    read, 3 usage error.
    """
    errors = console(sys.stderr)
    given = read_values(values) if values else None
    selected = selecting.select_files(paths, where, exclude, changed_since, ids)
    found = list(
        load_rules(
            selected.files,
            given,
            check_filters(filters),
            selection=selected.selection,
            beside=selected.beside,
        )
    )
    rules = [one for one in found if not isinstance(one, Unusable)]
    unusable = [one for one in found if isinstance(one, Unusable)]
    if not quiet:
        show_unusable(unusable, errors)
    times = tuple(time) if time else FIELDS
    if why is not None:
        return _why(rules, why, events or [], route, errors)
    if events:
        asked = _Asked(form, route, bare, times, html, quiet)
        return _hits(rules, events, asked, errors) or (Exit.UNREADABLE if unusable else Exit.FINE)
    if html:
        raise common.UsageError("--html shows hits on log files; name them with --events")
    return _expectations(rules, form, quiet, errors) or (Exit.UNREADABLE if unusable else Exit.FINE)


@record
class _Asked:
    """How hits are asked for and shown."""

    form: HitFormat
    route: bool
    bare: bool
    times: tuple[str, ...]
    html: Path | None
    quiet: bool


def _hits(rules: Sequence[Rule], events: Sequence[str], asked: _Asked, errors: Console) -> int:
    if asked.form is HitFormat.JUNIT:
        raise common.UsageError("hits are not tests: JUnit is for the expectations beside rules, without --events")
    files = _log_files(events)
    tally = RunTally()
    page = HitPage(rules, asked.times) if asked.html else None
    with _hit_emitter(asked, rules) as emit, progress(errors, "matching, MB", shown=not asked.quiet) as move:
        megabytes: Callable[[int, int], None] | None = None
        if move:
            megabytes = lambda done, total: move(done >> 20, total >> 20)  # noqa: E731
        for hit in match_rules(rules, files, tally, megabytes, routed=asked.route, times=asked.times):
            emit(hit)
            if page:
                page.add(hit)
    if page and asked.html:
        with common.usage_errors(OSError):
            asked.html.write_text(page.html(tally), encoding="utf-8")
    if not asked.quiet:
        show_hit_summary(rules, tally, errors)
        if asked.html:
            errors.print(f"wrote {printable(str(asked.html))}", soft_wrap=True)
    elif tally.empty:
        show_unread(tally, errors)
    return Exit.UNREADABLE if tally.unreadable else Exit.FINE


def _log_files(events: Sequence[str]) -> list[Path]:
    with common.usage_errors(OSError):
        files = find_logs(events)
    if not files:
        raise common.UsageError(f"no log files in {', '.join(events)}")
    return files


def _why(rules: Sequence[Rule], name: str, events: Sequence[str], route: bool, errors: Console) -> int:
    """Show for the events that come nearest to a rule which parts of it hold."""
    rule = find_rule(rules, name)
    if rule is None:
        raise common.UsageError(f"no rule {name!r}{common.did_you_mean(name, [one.title for one in rules], str)}")
    if not rule.is_single:
        raise common.UsageError("--why explains rules on single events; name one of the rules that this one counts")
    if not events:
        raise common.UsageError("--why explains events; name log files with --events")
    tally = RunTally()
    nearest, others = nearest_events(rule, _log_files(events), tally, routed=route)
    show_why(rule, nearest, console())
    if others:
        errors.print(f"{others:,} events are of another log source than {rule.logsource}; --no-route asks these too")
    if not nearest and not others:
        errors.print("no events")
    show_unread(tally, errors)
    return Exit.UNREADABLE if tally.unreadable else Exit.FINE


@contextmanager
def _hit_emitter(asked: _Asked, rules: Sequence[Rule]) -> Iterator[Callable[[Hit | Alert], None]]:
    tracer = Tracer()
    if asked.form in (HitFormat.JSON, HitFormat.NDJSON):
        with (json_output if asked.form is HitFormat.JSON else ndjson_output)(sys.stdout) as emit:
            yield lambda hit: emit(
                [
                    hit.to_dict(rules)
                    if isinstance(hit, Alert)
                    else hit.to_dict(rules, tracer, with_event=not asked.bare)
                ]
            )
        return

    def show(hit: Hit | Alert) -> None:
        if isinstance(hit, Alert):
            show_alert(hit, rules)
        else:
            show_hit(hit, rules, tracer, asked.times, asked.bare)

    yield show


def _expectations(rules: Sequence[Rule], form: HitFormat, quiet: bool, errors: Console) -> int:
    count = failed = 0
    with _outcome_emitter(form) as emit:
        for outcome in check_expectations(rules):
            count += 1
            failed += not outcome.met
            emit(outcome)
    if not count and not quiet:
        errors.print("no expectations yet (rule.tests.yml beside rule.yml); to search logs, name them with --events")
    elif not quiet:
        errors.print(f"{count:,} expectations, {failed:,} not met")
    return Exit.FINDINGS if failed else Exit.FINE


@contextmanager
def _outcome_emitter(form: HitFormat) -> Iterator[Callable[[ExpectationOutcome], None]]:
    match form:
        case HitFormat.TEXT:
            yield show_outcome
        case HitFormat.JSON | HitFormat.NDJSON:
            with (json_output if form is HitFormat.JSON else ndjson_output)(sys.stdout) as emit:
                yield lambda outcome: emit([outcome.to_dict()])
        case HitFormat.JUNIT:
            kept: list[ExpectationOutcome] = []
            yield kept.append
            sys.stdout.write(to_junit(map(case_of, kept)))
        case _:
            assert_never(form)
