"""Queries as an installed pySigma backend writes them, to be judged like those of anybody else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from transpile import dialects
from transpile.batch.find import RuleFile, read_source
from transpile.batch.queries import Given
from transpile.pipelines.pysigma import load_pipelines
from transpile.source import Source


def backends() -> dict[str, tuple[str, str]]:
    """The language of each pySigma backend that is known, and the name of its plugin, by the names that users give."""
    known = map(dialects.load, dialects.writers())
    return {name: (one.name, one.backends[0]) for one in known for name in one.backends}


def convert_by(name: str, files: Sequence[RuleFile], pipelines: tuple[str, ...] = ()) -> Iterator[Given]:
    """What a backend makes of the first rule of each file, its fields put through pySigma pipelines.

    Raises `ValueError`, its message meant for users, for a backend that is not known or not installed.
    """
    from sigma.collection import SigmaCollection
    from sigma.plugins import InstalledSigmaPlugins

    if name not in backends():
        raise ValueError(f"no backend {name!r}; expected one of {', '.join(sorted(backends()))}")
    target, plugin = backends()[name]
    made: Any = InstalledSigmaPlugins.autodiscover().backends.get(plugin)
    if made is None:
        raise ValueError(f"the pySigma backend {plugin} is not installed; `pip install pysigma-backend-{name}`")
    for file in files:
        source = read_source(file)
        if not isinstance(source, Source):
            yield Given(file, target, "", f"<{name}>", source.message)
            continue
        try:
            backend = made(processing_pipeline=load_pipelines(pipelines))
            found = backend.convert(SigmaCollection.from_yaml(source.text))
            query, reason = (str(found[0]), "") if found else ("", "it wrote nothing")
        except Exception as error:  # whatever the backend raises is why it has no query
            query, reason = "", f"{type(error).__name__}: {error}"
        yield Given(file, target, query, f"<{name}>", f"the backend {name} has no query: {reason}" if reason else "")
