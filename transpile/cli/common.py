"""What the commands share: their options, and how wrong names are answered."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from transpile.cli import Exit
from transpile.conversion import AUTO, Options, Status
from transpile.pipelines.profile import Profile
from transpile.report.output import Output, json_output, ndjson_output

if TYPE_CHECKING:
    from transpile.project import Project


class UsageError(Exception):
    """Invalid input; the message names the valid choices."""


class Unmapped(StrEnum):
    """What to do with a field or log source that the data model does not know."""

    REFUSE = "refuse"
    KEEP = "keep"


class WindowForm(StrEnum):
    """How the time windows of rules on several events are written."""

    SLIDING = "sliding"
    BUCKETS = "buckets"


class FailOn(StrEnum):
    """The least outcome of a rule that makes a command fail; each includes those before it."""

    NONE = "none"
    ERROR = "error"
    REFUSED = "refused"
    APPROXIMATE = "approximate"


Paths = Annotated[
    list[str], typer.Argument(help="Rule files, folders, globs, or - for standard input.", metavar="PATHS")
]
To = Annotated[
    list[str] | None,
    typer.Option(
        "--to",
        "-t",
        help="Target languages, separated by commas or given again; by default those whose queries are whole "
        "rules: EQL, ES|QL, KQL, SPL and YARA-L. A platform "
        "of several languages (elastic) gives each rule the first that is exact.",
        metavar="LANG,...",
    ),
]
From = Annotated[
    str,
    typer.Option("--from", help="Language of the rules; detected from each file's format by default.", metavar="LANG"),
]
SourceModel = Annotated[
    str,
    typer.Option(
        "--source-model",
        help="Data model of the rules' own fields: `auto`, a name, or `none` to keep them.",
        metavar="NAME",
    ),
]
Macros = Annotated[
    list[str] | None,
    typer.Option("--macros", help="Splunk macros: files or folders; also found beside the rules.", metavar="PATH"),
]
LookupTables = Annotated[
    list[str] | None,
    typer.Option("--lookups", help="Lookup tables: CSV files or folders; also found beside the rules.", metavar="PATH"),
]
ModelNames = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        "-m",
        help="Data model, by name or file; may be given for several languages. See `transpile models`.",
        metavar="NAME",
    ),
]
Pipelines = Annotated[
    list[str] | None,
    typer.Option("--pipeline", "-p", help="pySigma pipeline, by name or file; may be given again.", metavar="PIPELINE"),
]
AllowApproximate = Annotated[
    bool,
    typer.Option(
        "--allow-approximate/--no-approximate", help="Also write queries that are wider or narrower than the rule."
    ),
]
UnmappedOption = Annotated[
    Unmapped, typer.Option("--unmapped", help="What to do with a field that is unknown to the data model.")
]
WindowsOption = Annotated[
    WindowForm,
    typer.Option(
        "--windows",
        help="How to count events in time: in `sliding` windows, or in fixed `buckets`, which cost less but miss what "
        "crosses a boundary (SPL and KQL; with --allow-approximate).",
    ),
]
ValuesFile = Annotated[
    Path | None,
    typer.Option("--values", help="YAML file with a list of values for each placeholder.", metavar="FILE"),
]
StrictEvidence = Annotated[
    bool,
    typer.Option(
        "--strict-evidence/--no-strict-evidence", help="Refuse what a data model only assumes about the platform."
    ),
]
Have = Annotated[
    list[str] | None,
    typer.Option(
        "--have",
        help="Tables, integrations, source types or log types that you have, separated by commas; "
        "queries read only these. Same as the sections of transpile.toml.",
        metavar="NAMES",
    ),
]
FilterPaths = Annotated[
    list[str] | None,
    typer.Option(
        "--filters", help="File or folder with Sigma filters to apply to the rules; may be given again.", metavar="PATH"
    ),
]
FailOnOption = Annotated[
    FailOn,
    typer.Option(
        "--fail-on",
        help="When the command fails: for rules that cannot be read (exit code 2), for refused ones too, "
        "or for approximate ones too (exit code 1).",
    ),
]
SummaryFile = Annotated[
    Path | None,
    typer.Option(
        "--summary",
        help="Also write the summary to this file, as Markdown; in a GitHub job, also add it to the job's summary.",
        metavar="FILE",
        dir_okay=False,
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, help="Number of processes; one per core by default.", metavar="NUMBER"),
]
Timeout = Annotated[
    float, typer.Option("--timeout", min=0.1, help="Time limit for one file, in seconds.", metavar="SECONDS")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither read nor write cached results.")]


def make_app() -> typer.Typer:
    """A Typer application for one command; its help has colour on a terminal only."""
    return typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich" if sys.stdout.isatty() else None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def load_project() -> Project:
    """What the project file and the environment say. Raises `UsageError`."""
    from transpile.project import ProjectError, load

    with usage_errors(ProjectError):
        return load()


def read_profile(have: Sequence[str] | None) -> Profile:
    """What the team has, by `--have` and the project file. Raises `UsageError`."""
    from transpile.pipelines import profile

    with usage_errors(profile.ProfileError):
        return profile.read_profile(load_project().tables, split_names(have))


def serving(models: Sequence[str] | None, targets: Sequence[str]) -> list[str]:
    """The data models; of those of the project file only the ones that are for a language that is written."""
    from transpile.conversion import choose_models
    from transpile.pipelines.document import ModelError
    from transpile.project.load import WHERE_IT_SERVES

    found = []
    for name in models or ():
        whole = name.removesuffix(WHERE_IT_SERVES)
        if whole != name:
            try:
                choose_models(Options(tuple(targets), models=(whole,)))
            except ModelError as error:
                raise UsageError(str(error)) from None
            except ValueError:
                continue
        found.append(whole)
    return found


def split_names(values: Sequence[str] | None) -> tuple[str, ...]:
    """Names given one by one or with commas between."""
    return tuple(name.strip() for value in values or () for name in value.split(",") if name.strip())


def make_options(
    to: Sequence[str] | None,
    models: Sequence[str] | None = None,
    pipelines: Sequence[str] | None = None,
    allow_approximate: bool = False,
    unmapped: Unmapped = Unmapped.REFUSE,
    values: Path | None = None,
    read: str = AUTO,
    source_model: str = AUTO,
    macros: Sequence[str] | None = None,
    lookups: Sequence[str] | None = None,
    paths: Sequence[str] = (),
    filters: Sequence[str] | None = None,
    have: Sequence[str] | None = None,
    strict_evidence: bool = False,
    windows: WindowForm = WindowForm.SLIDING,
) -> Options:
    """The options of a conversion as the command line gives them. Raises `UsageError` for a name that there is not."""
    from transpile.cli.files import check_filters, read_values, warn_of_names
    from transpile.conversion import choose_models

    targets = choose_targets(to)
    options = Options(
        targets=targets,
        read=choose_source(read),
        source_model=source_model,
        **_beside(macros, lookups, paths),
        models=tuple(serving(models, targets)),
        pipelines=tuple(pipelines or ()),
        allow_approximate=allow_approximate,
        unmapped=unmapped.value,
        values=read_values(values) if values else None,
        filters=check_filters(filters),
        profile=read_profile(have),
        strict_evidence=strict_evidence,
        windows=windows.value,
    )
    with usage_errors(ValueError):
        warn_of_names(options.profile, choose_models(options).values())
    if options.pipelines:
        _check_pipelines(options.pipelines)
    return options


def _check_pipelines(names: tuple[str, ...]) -> None:
    """Load pySigma pipelines; `UsageError` for one that cannot be."""
    from transpile.pipelines.pysigma import PipelineError, installed, load_pipelines

    try:
        load_pipelines(names)
    except PipelineError as error:
        known = [name for name in installed() if "test" not in name.lower()]
        there = error.name in known or Path(error.name).exists()
        if known or error.name.endswith((".yml", ".yaml")):
            guess = "" if there else did_you_mean(error.name, known)
        else:
            guess = "; those of pySigma's Splunk and Elastic backends come with pip install 'transpile[pipelines]'"
        raise UsageError(f"pipeline {error.name!r}: {error.reason}{guess}") from None


def choose_targets(to: Sequence[str] | None) -> tuple[str, ...]:
    """The languages in comma-separated lists; where there are none those that are written by default."""
    from transpile import dialects
    from transpile.cli.picking import language_of, languages_of

    known = dialects.writers()
    named = dict.fromkeys(name.lower() for name in split_names(to))
    targets = tuple(dict.fromkeys(one for name in named for one in languages_of(name) or (name,)))
    for name in targets:
        if name not in known:
            raise UsageError(f"no language {name!r}{language_of(name) or did_you_mean(name, known)}")
    return targets or tuple(name for name in known if dialects.load(name).by_default)


def _beside(macros: Sequence[str] | None, lookups: Sequence[str] | None, paths: Sequence[str]) -> dict[str, Any]:
    """The macros and lookup tables of a run: those named, and those that lie beside the rules."""
    from transpile.formats.macros import beside, load_lookups, load_macros

    near_macros, near_lookups = beside(path for path in paths if path != "-")
    with usage_errors(OSError, ValueError):
        return {
            "macros": load_macros([*near_macros, *(macros or ())]) or None,
            "lookups": load_lookups([*near_lookups, *(lookups or ())]) or None,
        }


def choose_source(name: str) -> str:
    """The language to read, by its name or an alias; `auto` leaves it to each file."""
    from transpile import dialects

    name = name.strip().lower()
    if name == AUTO:
        return name
    known = dialects.readers()
    try:
        found = dialects.load(name).name
    except KeyError:
        found = name
    if found not in known:
        raise UsageError(f"cannot read {name!r}{did_you_mean(name, known)}")
    return found


@contextmanager
def usage_errors(*errors: type[Exception]) -> Iterator[None]:
    """Turn these errors, whose messages are meant for users, into `UsageError`."""
    try:
        yield
    except errors as error:
        if isinstance(error, OSError) and error.strerror and error.filename is not None:
            raise UsageError(f"{os.fsdecode(error.filename)}: {error.strerror}") from None
        raise UsageError(str(error)) from None


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Turn a missing package of an optional extra, which the block imports, into `UsageError`."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "transpile":
            raise
        raise UsageError(f"needs the package {error.name}: pip install 'transpile[{name}]'") from None


def print_objects(form: Output, objects: Iterable[Mapping[str, Any]]) -> None:
    """Write objects to standard output as JSON or JSON lines."""
    with (json_output if form is Output.JSON else ndjson_output)(sys.stdout) as emit:
        emit(objects)


def did_you_mean(name: str, known: Iterable[str], fold: Callable[[str], str] = str.lower) -> str:
    """The end of a message about a wrong name: the nearest right one, or all where none is near and they are few.

    >>> did_you_mean("KQLL", ["kql", "spl"]), did_you_mean("x", ["kql", "spl"])
    ('; did you mean kql?', '; there are kql, spl')
    """
    from difflib import get_close_matches

    known = list(known)
    near = get_close_matches(fold(name), known, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there are {', '.join(known)}" if 0 < len(known) < 12 else ""


def exit_code(statuses: Collection[Status]) -> int:
    """0 if every rule has its queries, 1 if some were refused, 2 if some could not be read."""
    if Status.ERROR in statuses:
        return Exit.UNREADABLE
    return Exit.FINDINGS if Status.REFUSED in statuses else Exit.FINE


def outcome_code(statuses: Collection[Status], fail_on: FailOn) -> int:
    """The exit code for rules that came out so, by what the user wants the command to fail on.

    >>> int(outcome_code({Status.REFUSED}, FailOn.ERROR)), int(outcome_code({Status.REFUSED}, FailOn.APPROXIMATE))
    (0, 1)
    """
    if fail_on is FailOn.NONE:
        return Exit.FINE
    if Status.ERROR in statuses:
        return Exit.UNREADABLE
    failing = {FailOn.REFUSED: {Status.REFUSED}, FailOn.APPROXIMATE: {Status.REFUSED, Status.APPROXIMATE}}
    return Exit.FINDINGS if failing.get(fail_on, set()) & set(statuses) else Exit.FINE
