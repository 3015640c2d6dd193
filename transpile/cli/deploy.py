"""`transpile deploy`: deployment files in a platform's import format."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from transpile.cli import Exit, common, selecting
from transpile.cli.files import check_output
from transpile.conversion import Status
from transpile.deploy.plan import PLATFORMS
from transpile.deploy.settings import Config
from transpile.report.output import Output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from transpile.deploy.keep import Held
    from transpile.deploy.live import RuleChange
    from transpile.deploy.output import File
    from transpile.deploy.plan import Deployment
    from transpile.source import Source

app = common.make_app()


class ReportFormat(StrEnum):
    """How what became of each rule is told."""

    TEXT = "text"
    JSON = "json"
    NDJSON = "ndjson"
    SARIF = "sarif"
    JUNIT = "junit"


@app.command()
def deploy(
    paths: common.Paths,
    platform: Annotated[
        str, typer.Option("--platform", help=f"Platform to deploy to: {', '.join(PLATFORMS)}.", metavar="NAME")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the files.", metavar="DIR", file_okay=False)
    ],
    form: Annotated[
        str, typer.Option("--format", "-f", help="One of the platform's formats; the first by default.", metavar="NAME")
    ] = "",
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="File with schedules, severities and other settings.", metavar="FILE"),
    ] = None,
    templates: Annotated[
        Path | None,
        typer.Option(
            "--templates",
            help="Folder with your own templates, used in place of built-in ones of the same name.",
            metavar="DIR",
        ),
    ] = None,
    enable: Annotated[
        list[str] | None,
        typer.Option(
            "--enable", help="Also enable rules of this status, such as test; may be given again.", metavar="STATUS"
        ),
    ] = None,
    read: common.From = "auto",
    source_model: common.SourceModel = "auto",
    macros: common.Macros = None,
    lookups: common.LookupTables = None,
    model: common.ModelNames = None,
    pipeline: common.Pipelines = None,
    unmapped: common.UnmappedOption = common.Unmapped.REFUSE,
    values: common.ValuesFile = None,
    filters: common.FilterPaths = None,
    have: common.Have = None,
    strict_evidence: common.StrictEvidence = False,
    allow_approximate: common.AllowApproximate = False,
    windows: common.WindowsOption = common.WindowForm.SLIDING,
    only_exact: Annotated[
        bool, typer.Option("--only-exact", help="Write exact queries only: the default; overrides --allow-approximate.")
    ] = False,
    drop_refused: Annotated[
        bool, typer.Option("--drop-refused", help="Remove deployed rules that are refused or unreadable now.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 with a diff if the folder is not up to date.")
    ] = False,
    plan_only: Annotated[
        bool, typer.Option("--plan", help="Write nothing; list the rules to create, change and remove.")
    ] = False,
    live: Annotated[
        list[str] | None,
        typer.Option(
            "--live",
            help="With --plan, compare with an export of the live rules (file or folder) instead of the folder.",
            metavar="PATH",
        ),
    ] = None,
    report: Annotated[
        ReportFormat, typer.Option("--report", help="Format of the report on each rule, on standard output.")
    ] = ReportFormat.TEXT,
    fail_on: common.FailOnOption = common.FailOn.ERROR,
    summary_file: common.SummaryFile = None,
    where: selecting.Where = None,
    exclude: selecting.Exclude = None,
    changed_since: selecting.ChangedSince = None,
    ids: selecting.Ids = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary and no progress bar.")] = False,
) -> int:
    """Write the deployment files of every rule for a platform, and remove those whose rule is gone.

    Exit codes: 0 every rule was read (see --fail-on) and, with --check, the folder is up to date; 1 it is not, a
    deployed rule is refused now, or rules were refused and --fail-on asks for that; 2 some could not be read; 3 usage
    error.
    """
    from jinja2 import TemplateError

    from transpile.batch.find import deployed, without
    from transpile.deploy import output as folder
    from transpile.deploy.keep import held, keep
    from transpile.deploy.plan import assemble, outcomes_of
    from transpile.deploy.plan import platform as load_platform
    from transpile.report.deployment import job_summary, show_deployment, show_held, show_plan
    from transpile.report.terminal import console, progress

    errors = console(sys.stderr)
    if live and not plan_only:
        raise common.UsageError("--live says what to compare with; give --plan too")
    if platform not in PLATFORMS:
        raise common.UsageError(f"no platform {platform!r}{common.did_you_mean(platform, PLATFORMS)}")
    target = load_platform(platform)
    if changed_since and output.is_dir() and any(output.iterdir()):
        raise common.UsageError("--changed-since would remove every rule that did not change; write to an empty folder")
    check_output(output, paths)
    selected = selecting.select_files(paths, where, exclude, changed_since, ids)
    files = without(selected.files, deployed(str(output)))
    options = common.make_options(
        target.dialects,
        common.serving(model, target.dialects) or ([target.model] if target.model else None),
        pipeline,
        allow_approximate and not only_exact,
        unmapped,
        values,
        read=read,
        source_model=source_model,
        macros=macros,
        lookups=lookups,
        paths=paths,
        filters=filters,
        have=have,
        strict_evidence=strict_evidence,
        windows=windows,
    )
    with (
        progress(errors, "deploying", shown=not quiet) as move,
        common.usage_errors(OSError, ValueError, TemplateError),
    ):
        outcomes = list(outcomes_of(files, selected.applied(options), move))
        settings = _config(config, enable)

        def rendered(format_: str) -> Deployment:
            return assemble(
                outcomes,
                target,
                format_=format_ or None,
                config=settings,
                templates=templates,
                allow_approximate=options.allow_approximate,
            )

        deployment = rendered(form)
        old = folder.read_manifest(output / folder.MANIFEST)
        wanted = [] if drop_refused else held(deployment.outcomes, old)
        deployment, lost = keep(deployment, target, folder.files_of(output), old, wanted)
        rows = [outcome.to_dict() for outcome in deployment.outcomes]
        is_read = form not in target.unread
        planned: list[RuleChange] = []
        if live:
            planned = _against_live(rendered, (form or target.formats[0], *target.formats), target.unread, live)
        elif plan_only:
            planned = _held_to(_against_folder(deployment, output, is_read), wanted, lost)
        planned = _explained(planned, deployment)
        if check or plan_only or lost:
            changes = folder.compare(output, deployment.files)
        else:
            others = (str(one) for one in (config, values, ids, *(filters or ())) if one)
            changes = folder.write(output, deployment.files, [*(one.path for one in files), *others])
    if report is not ReportFormat.TEXT:
        _tell(report, deployment, [change.to_dict() for change in planned] if plan_only else rows)
    elif plan_only:
        show_plan(planned)
    elif check:
        sys.stdout.writelines(f"{change.diff}\n" for change in changes)
    if not quiet:
        show_deployment(errors, deployment, changes, bool(check or plan_only or lost))
    if not quiet or lost:
        show_held(errors, [one for one in wanted if one not in lost], lost)
    with common.usage_errors(OSError):
        job_summary(platform, deployment, changes).write(summary_file)
    failed = common.outcome_code({Status(outcome.status) for outcome in deployment.outcomes}, fail_on)
    stale = lost or (wanted and fail_on is not common.FailOn.NONE)
    return failed or (Exit.FINDINGS if stale or (check and changes) else Exit.FINE)


def _against_live(
    rendered: Callable[[str], Deployment], forms: Sequence[str], unread: Sequence[str], live: list[str]
) -> list[RuleChange]:
    """What the deployment would change in an export of what is live.

    It is rendered in the form of the export, whichever of the platform's `forms` is written: each tells other things
    of a rule. For an export in none of them, the first that is read.
    """
    from transpile.batch.find import find, read_source
    from transpile.deploy import output as folder
    from transpile.deploy.live import by_files, compare_live, kinds
    from transpile.source import Source

    if (old := [folder.read_manifest(Path(path)) for path in live]) and all(old):
        new = json.loads(rendered(forms[0]).files[-1].text)
        return by_files([change for one in old for change in folder.changed_rules(one, new)])
    found = [read_source(file) for file in find(live)]
    if broken := [one for one in found if not isinstance(one, Source)]:
        raise common.UsageError(f"--live: {broken[0].message}")
    sources = [one for one in found if isinstance(one, Source)]
    possible = [rendered(form).files for form in dict.fromkeys(forms) if form not in unread]
    there = kinds(sources)
    return compare_live(next((files for files in possible if kinds(_sources(files)) & there), possible[0]), sources)


def _against_folder(deployment: Deployment, output: Path, is_read: bool) -> list[RuleChange]:
    """What the deployment would change in the rules of an earlier one; by the manifest, if its files are not read."""
    from transpile.deploy import output as folder
    from transpile.deploy.live import SWITCH_OFF, SWITCH_ON, RuleChange, by_files, compare_live, in_order

    rows = [outcome.to_dict() for outcome in deployment.outcomes]
    if is_read and (there := folder.files_of(output)):
        found = compare_live(deployment.files, _sources(there), removes=True)
    else:
        old = folder.read_manifest(output / folder.MANIFEST)
        found = by_files(folder.changed_rules(old, json.loads(deployment.files[-1].text)))
    states = folder.changed_states(output, rows)
    found += [RuleChange(SWITCH_ON if on else SWITCH_OFF, id_, title) for id_, title, on in states]
    return in_order(found)


def _held_to(changes: list[RuleChange], wanted: Sequence[Held], lost: Sequence[Held]) -> list[RuleChange]:
    """The changes, where the rules `wanted` are kept, and those in `lost` would be removed."""
    from transpile.deploy.live import KEEP, REMOVE, RuleChange, in_order

    ids, titles = {one.id for one in wanted}, {one.title for one in wanted}
    rest = [one for one in changes if one.id not in ids and (one.id or one.title not in titles)]
    return in_order(
        [*rest, *(RuleChange(REMOVE if one in lost else KEEP, one.id, one.title, one.reason) for one in wanted)]
    )


def _explained(changes: list[RuleChange], deployment: Deployment) -> list[RuleChange]:
    """The changes, each with the reason why its rule is not deployed, where the rule is there."""
    from transpile.deploy.keep import held
    from transpile.deploy.live import KEEP, OTHER, REMOVE

    gone = [one for one in changes if one.kind in (KEEP, REMOVE, OTHER)]
    found = held(deployment.outcomes, {"rules": [{**one.to_dict(), "name": one.title, "path": ""} for one in gone]})
    reasons = {(one.id, one.title): one.reason for one in found}
    return [replace(one, detail=reasons.get((one.id, one.title), one.detail)) for one in changes]


def _sources(files: Iterable[File]) -> list[Source]:
    from transpile.source import Source

    return [Source(file.text, file.path) for file in files]


def _tell(report: ReportFormat, deployment: Deployment, rows: list[dict[str, Any]]) -> None:
    """What became of each rule, or what is planned, on standard output."""
    match report:
        case ReportFormat.SARIF:
            from transpile.report.deployment import findings
            from transpile.report.sarif import to_sarif

            print(json.dumps(to_sarif(list(findings(deployment))), indent=2))
        case ReportFormat.JUNIT:
            from transpile.report.deployment import cases
            from transpile.report.junit import to_junit

            sys.stdout.write(to_junit(cases(deployment)))
        case _:
            common.print_objects(Output(report.value), rows)


def _config(path: Path | None, enable: list[str] | None) -> Config:
    from transpile.deploy.settings import load, parse_table, statuses

    config = load(path) if path else parse_table(common.load_project().tables.get("deploy", {}))
    return replace(config, enable=(*config.enable, *statuses(common.split_names(enable))))
