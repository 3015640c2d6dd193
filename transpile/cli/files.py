"""What the user names: rules, filters of rules, values of placeholders, and the tables that a team has."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from transpile.batch import RuleFile
from transpile.batch.find import SIDE_FILE, choose
from transpile.cli import common
from transpile.codes import Effect
from transpile.diagnostics import Diagnostic
from transpile.pipelines.profile import NO_PROFILE, Profile, unmatched


def find_files(paths: Sequence[str]) -> list[RuleFile]:
    """The rule files that the user names; `UsageError` where there are none. Says what is skipped on standard error."""
    from transpile.formats.macros import holds_macros

    with common.usage_errors(OSError):
        chosen = choose(paths)
    sides = sum(path.lower().endswith(SIDE_FILE) for path in paths)
    if not chosen.files:
        why = "; expectations belong to the rules beside them, so name the rule files" if sides else ""
        raise common.UsageError(f"no rules (*.yml, *.yaml) in {', '.join(paths)}{why}")
    if sides:
        print(f"skipped {sides:,} file{'' if sides == 1 else 's'} of expectations (*{SIDE_FILE})", file=sys.stderr)
    if others := [one for one in chosen.skipped if not one.lower().endswith(SIDE_FILE) and not holds_macros(one)]:
        shown = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
        count = f"{len(others):,} file{'' if len(others) == 1 else 's'}"
        print(f"skipped {count} that hold{'s' if len(others) == 1 else ''} no rules: {shown}", file=sys.stderr)
    return list(chosen.files)


def check_output(output: Path, paths: Sequence[str]) -> None:
    """Raise `UsageError` for an output folder that is a folder of rules."""
    if any(Path(path).is_dir() and output.resolve() == Path(path).resolve() for path in paths):
        raise common.UsageError(f"{output} is the folder of the rules; name another output folder")


def check_filters(paths: Sequence[str] | None) -> tuple[str, ...]:
    """The paths, each of which must hold filters that can be read; `common.UsageError` names the first fault."""
    from transpile.batch.find import read_source
    from transpile.conversion import Options, read_source_rules

    for file in find_files(paths) if paths else ():
        source = read_source(file)
        if isinstance(source, Diagnostic):
            raise common.UsageError(f"{file.path}: {source.message}")
        for reading in read_source_rules(source, Options(())):
            for one in reading.diagnostics:
                if one.effect is Effect.UNREADABLE:
                    place = f":{one.span.line}:{one.span.column}" if one.span else ""
                    raise common.UsageError(f"{file.path}{place}: {one.code}: {one.message}")
    return tuple(paths or ())


def read_values(path: Path) -> Mapping[str, list[str | int]]:
    """The values of placeholders in a YAML file of lists by name."""
    import yaml

    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except OSError as error:
        raise common.UsageError(f"--values {path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise common.UsageError(f"--values {path} is not YAML: {error}") from None
    if not isinstance(content, dict):
        raise common.UsageError(f"{path} is not a list of values for each name")
    values: dict[str, list[str | int]] = {}
    for name, given in content.items():
        values[str(name)] = given if isinstance(given, list) else [given]
        if not all(isinstance(value, str | int) for value in values[str(name)]):
            raise common.UsageError(f"{path}: {name} holds something that is neither text nor a number")
    return values


def warn_of_names(profile: Profile, models: Iterable[str]) -> None:
    """A line on standard error for each name of what a team has that no data model knows. Raises `ModelError`."""
    from transpile.pipelines.load import load

    if profile == NO_PROFILE:
        return
    for name, known in unmatched(profile, [load(one) for one in dict.fromkeys(models)], load):
        guess = common.did_you_mean(name, sorted(known))
        print(f"warning: no data model reads {name!r} (named in transpile.toml or by --have){guess}", file=sys.stderr)
