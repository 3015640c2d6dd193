"""pySigma pipelines by name or path: which are installed, and how they are loaded."""

from __future__ import annotations

from collections.abc import Mapping as Map
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigma.processing.pipeline import ProcessingPipeline


class PipelineError(ValueError):
    """A pipeline that is not there or cannot be loaded, by its `name`, with the `reason`."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


@cache
def installed() -> Map[str, Any]:
    """What makes each pipeline that an installed pySigma package offers, by name."""
    from sigma.plugins import InstalledSigmaPlugins

    return dict(sorted(InstalledSigmaPlugins.autodiscover().pipelines.items()))


@cache
def load_pipelines(names: tuple[str, ...]) -> ProcessingPipeline:
    """One pipeline made of several by priority; each is a YAML file in pySigma's format or an installed name.

    Raises `PipelineError`, naming the first that cannot be loaded.
    """
    from sigma.processing.pipeline import ProcessingPipeline
    from sigma.processing.resolver import ProcessingPipelineResolver

    resolver = ProcessingPipelineResolver()
    files = [name for name in names if name.endswith((".yml", ".yaml"))]
    if len(files) < len(names):
        resolver.pipelines.update(installed())
    found: list[ProcessingPipeline] = []
    for name in names:
        try:
            found.append(resolver.resolve_pipeline(name))
        except Exception as error:  # pySigma raises what its YAML reader and its constructors raise
            reason = (
                "there is no such file or installed pipeline"
                if type(error).__name__.endswith("NotFoundError")
                else error
            )
            raise PipelineError(name, str(reason).partition("\n")[0][:200]) from error
    found.sort(key=lambda pipeline: pipeline.priority)
    return sum(found[1:], start=found[0]) if found else ProcessingPipeline()
