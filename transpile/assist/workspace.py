"""The rules of a folder: what they are called and where, and the settings that lie beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from transpile import dialects
from transpile.batch.find import find, read_source
from transpile.conversion import Options, choose_models
from transpile.lint.settings import DEFAULTS, LintSettings, parse_settings
from transpile.pipelines.load import load as model
from transpile.pipelines.profile import read_profile
from transpile.project.load import FILE, WHERE_IT_SERVES, Project, load
from transpile.source import Source, Span

MOST_FILES = 20_000

_NAME = re.compile(r"^(title|id|name)[ \t]*:[ \t]*[\"']?([^\"'#\n]{1,300}?)[\"']?[ \t]*(?:#.*)?$", re.MULTILINE)
_BREAK = re.compile(r"^---(?=\s|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Named:
    """A rule by its id or its name, its title, its file, and where it is so called."""

    name: str
    title: str
    path: str
    span: Span


def names(source: Source) -> Iterator[Named]:
    """What the rules of a Sigma text are called: each by its name and by its id.

    >>> [one.name for one in names(Source("title: A\\nid: 1\\nname: a\\n"))]
    ['1', 'a']
    """
    starts = [0, *(found.end() for found in _BREAK.finditer(source.text)), len(source.text)]
    for start, end in pairwise(starts):
        found = list(_NAME.finditer(source.text, start, end))
        title = next((one[2] for one in found if one[1] == "title"), "")
        for one in found:
            if one[1] != "title":
                yield Named(one[2], title, source.path, source.span(*one.span(2)))


def sources(folder: Path) -> list[Source]:
    """The texts of a folder's rule files. Raises `OSError` if it cannot be opened."""
    files = find([str(folder)])[:MOST_FILES]
    return [one for one in map(read_source, files) if isinstance(one, Source)]


@dataclass(frozen=True, slots=True)
class Configuration:
    """How a folder wants its rules converted and linted; `problem` says what of its settings cannot be used."""

    options: Options
    lint: LintSettings = DEFAULTS
    problem: str = ""


def configuration(folder: Path | None, to: Iterable[str] = (), models: Iterable[str] = ()) -> Configuration:
    """The settings of a folder's project file, and the languages and data models asked for before those.

    Never raises: `problem` names settings that cannot be used, which are ignored.
    """
    plain = Options(tuple(name for name in dialects.writers() if dialects.load(name).by_default))
    path = folder / FILE if folder is not None and (folder / FILE).is_file() else None
    try:
        project = load(path) if path is not None else Project()
        given = project.options("check")
        targets = tuple(dialects.load(name).name for name in (*to,) or given.get("to") or plain.targets)
        named = (*models,) or tuple(_serving(given.get("model") or (), targets))
        options = replace(
            plain,
            targets=targets,
            models=named,
            profile=read_profile(project.tables),
            unmapped=given.get("unmapped", plain.unmapped),
            strict_evidence=given.get("strict_evidence", plain.strict_evidence),
        )
        choose_models(options)
        return Configuration(options, parse_settings(project.tables.get("lint", {})))
    except (OSError, ValueError, KeyError) as error:
        reason = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
        return Configuration(plain, problem=f"{FILE}: {reason}" if path is not None else reason)


def _serving(models: Iterable[str], targets: tuple[str, ...]) -> Iterator[str]:
    """Of the project's data models, those for a language that is written."""
    for name in (one.removesuffix(WHERE_IT_SERVES) for one in models):
        meant = model(name).target
        if not meant or set(meant) & set(targets):
            yield name
