"""`transpile deploy`: rules in, the files of a platform's own importer out."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from transpile.cli import Exit, common
from transpile.conversion import Status
from transpile.deploy.plan import PLATFORMS
from transpile.deploy.settings import Config
from transpile.report.output import Format

app = common.make_app()


@app.command()
def deploy(
    paths: common.Paths,
    platform: Annotated[
        str, typer.Option("--platform", help=f"Where to deploy: {', '.join(PLATFORMS)}.", metavar="NAME")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the files.", metavar="DIR", file_okay=False)
    ],
    form: Annotated[
        str, typer.Option("--format", "-f", help="One of the platform's formats; its first by default.", metavar="NAME")
    ] = "",
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Schedules, severities and the like.", metavar="FILE")
    ] = None,
    templates: Annotated[
        Path | None,
        typer.Option(
            "--templates", help="Folder with templates of your own, before ours of the same name.", metavar="DIR"
        ),
    ] = None,
    enable: Annotated[
        list[str] | None,
        typer.Option(
            "--enable", help="Statuses whose rules are enabled too, such as test; may be given again.", metavar="STATUS"
        ),
    ] = None,
    model: common.ModelNames = None,
    pipeline: common.Pipelines = None,
    filters: common.FilterPaths = None,
    allow_approximate: common.AllowApproximate = False,
    windows: common.WindowsOption = common.Windows.SLIDING,
    only_exact: Annotated[
        bool, typer.Option("--only-exact", help="Exact queries only, which is the default; undoes --allow-approximate.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 with a diff if the folder is not up to date.")
    ] = False,
    plan_only: Annotated[
        bool, typer.Option("--plan", help="Write nothing; list the rules to create, change and remove in the folder.")
    ] = False,
    report: Annotated[
        Format, typer.Option("--report", help="How to tell what became of each rule on standard output.")
    ] = Format.TEXT,
    fail_on: common.FailOnOption = common.FailOn.ERROR,
    summary_file: common.SummaryFile = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary and no progress bar.")] = False,
) -> int:
    """Write the deploy files of every rule for a platform, and remove those whose rule is gone.

    Exit codes: 0 every rule was read (see --fail-on) and, with --check, the folder is up to date; 1 it is not, or
    rules were refused and --fail-on asks for that; 2 some could not be read; 3 usage error.
    """
    from jinja2 import TemplateError

    from transpile.deploy import output as folder
    from transpile.deploy.plan import plan
    from transpile.report.deployment import job_summary, show_deployment, show_plan
    from transpile.report.terminal import console, progress

    errors = console(sys.stderr)
    with (
        progress(errors, "deploying", shown=not quiet) as move,
        common.usage_errors(OSError, ValueError, TemplateError),
    ):
        deployment = plan(
            common.find_files(paths),
            platform,
            format_=form or None,
            config=_config(config, enable),
            templates=templates,
            models=tuple(model or ()),
            pipelines=tuple(pipeline or ()),
            filters=common.check_filters(filters),
            allow_approximate=allow_approximate and not only_exact,
            windows=windows.value,
            progress=move,
        )
        rows = [outcome.to_dict() for outcome in deployment.outcomes]
        planned = folder.compare_rules(output, rows) if plan_only else []
        changes = (folder.compare if check or plan_only else folder.write)(output, deployment.files)
    if report is not Format.TEXT:
        common.print_objects(report, map(asdict, planned) if plan_only else rows)
    elif plan_only:
        show_plan(planned)
    elif check:
        sys.stdout.writelines(f"{change.diff}\n" for change in changes)
    if not quiet:
        show_deployment(errors, deployment, changes, check or plan_only)
    with common.usage_errors(OSError):
        job_summary(platform, deployment, changes).write(summary_file)
    failed = common.outcome_code({Status(outcome.status) for outcome in deployment.outcomes}, fail_on)
    return failed or (Exit.FINDINGS if check and changes else Exit.FINE)


def _config(path: Path | None, enable: list[str] | None) -> Config:
    from transpile.deploy.settings import load, statuses

    config = load(path) if path else Config()
    return replace(config, enable=(*config.enable, *statuses(common.split_names(enable))))
