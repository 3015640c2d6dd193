"""The rules of a folder: what they are called and where, and the settings that lie beside them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from transpile import dialects
from transpile.batch.find import find, read_source
from transpile.conversion import Options, choose_models
from transpile.lint.settings import DEFAULTS, Settings, SettingsError, parse_settings
from transpile.pipelines.profile import ProfileError, read_profile
from transpile.source import Source, Span

SETTINGS = "transpile.toml"
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
    lint: Settings = DEFAULTS
    problem: str = ""


def configuration(folder: Path | None, to: Iterable[str] = (), models: Iterable[str] = ()) -> Configuration:
    """The settings in a folder's `transpile.toml`, and the languages and data models asked for beside them.

    Never raises: what cannot be used is left out and told.
    """
    plain = Options(tuple(name for name in dialects.writers() if dialects.load(name).by_default))
    data: dict[str, Any] = {}
    try:
        if folder is not None and (folder / SETTINGS).is_file():
            data = tomllib.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        lint = data.get("lint", {})
        options = replace(
            plain,
            targets=tuple(dialects.load(name).name for name in to) or plain.targets,
            models=tuple(models),
            profile=read_profile(data),
        )
        choose_models(options)
        return Configuration(options, parse_settings(lint) if isinstance(lint, dict) else DEFAULTS)
    except (OSError, ValueError, KeyError, ProfileError, SettingsError) as error:
        reason = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
        return Configuration(plain, problem=f"{SETTINGS}: {reason}" if data or folder else reason)
