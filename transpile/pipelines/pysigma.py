"""Pipelines in pySigma's own YAML format, and those of installed pySigma packages, by name.

They work on pySigma's objects, before a rule becomes IR. pySigma is imported only when one is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transpile.pipelines.document import ModelError, did_you_mean

if TYPE_CHECKING:
    from sigma.processing.pipeline import ProcessingPipeline


@cache
def installed() -> Mapping[str, Any]:
    """The pipelines of installed pySigma packages by the names that they give themselves (`sysmon`)."""
    from sigma.plugins import InstalledSigmaPlugins

    found: dict[str, Any] = dict(sorted(InstalledSigmaPlugins.autodiscover().pipelines.items()))
    return found


def resolve(names_or_paths: Sequence[str]) -> tuple[ProcessingPipeline, ...]:
    """The pipelines of these names or YAML files, in the order in which pySigma applies them: by priority.

    Raises `ModelError`, naming the nearest, for a name that no installed package gives and no file has, and for a file
    that pySigma does not take.
    """
    found = [_file(Path(one)) if Path(one).suffix in (".yml", ".yaml") else _named(one) for one in names_or_paths]
    return tuple(sorted(found, key=lambda pipeline: pipeline.priority))


def _file(path: Path) -> ProcessingPipeline:
    import yaml
    from sigma.exceptions import SigmaError
    from sigma.processing.pipeline import ProcessingPipeline

    try:
        return ProcessingPipeline.from_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error
    except (SigmaError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{path}: not a pySigma pipeline: {error}") from error


def _named(name: str) -> ProcessingPipeline:
    from sigma.processing.pipeline import ProcessingPipeline

    make = installed().get(name)
    if make is None:
        raise ModelError(f"no installed pySigma package has a pipeline {name!r}{did_you_mean(name, installed())}")
    made = make if isinstance(make, ProcessingPipeline) else make()
    if not isinstance(made, ProcessingPipeline):
        raise ModelError(f"{name!r} is no pySigma pipeline but {type(made).__name__}")
    return made


def describe() -> tuple[tuple[str, str, int], ...]:
    """Name, description and priority of each installed pipeline, for `transpile models`."""
    return tuple((name, made.name or "", made.priority) for name in installed() for made in [_named(name)])
