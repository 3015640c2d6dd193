"""What a team has: which of a data model's places its events are in.

A profile names tables, integrations, source types or log types. A place that none of them fills serves no rule, and of
a data set that reads several tables those remain that are there. Without a profile each place may hold events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from transpile.ir.stream import LogSource
from transpile.pipelines import datasets
from transpile.record import record, replace

if TYPE_CHECKING:  # to say what a team has takes no data model
    from transpile.pipelines.model import Model, ModelSource

# The sections of `transpile.toml`, the keys in them, and the data models that they are about.
SECTIONS: Mapping[str, tuple[tuple[str, ...], frozenset[str]]] = MappingProxyType(
    {
        "splunk": (("sourcetypes", "sources"), frozenset({"windows-xml", "windows-classic", "cim"})),
        "sentinel": (("tables",), frozenset({"sentinel", "asim", "defender"})),
        "elastic": (("integrations",), frozenset({"ecs"})),
        "secops": (("log_types",), frozenset({"udm"})),
    }
)


class ProfileError(ValueError):
    """Settings are not of a profile's form; the message says where."""


@record
class Profile:
    """The names of what is there. `anywhere` are for every model, `by_model` for those of one platform."""

    anywhere: tuple[str, ...] = ()
    by_model: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def names(self, model: str) -> tuple[str, ...]:
        """What is there for a model; nothing if the profile does not say."""
        return (*self.anywhere, *dict(self.by_model).get(model, ()))


NO_PROFILE = Profile()


def read_profile(settings: Mapping[str, Any], have: Sequence[str] = ()) -> Profile:
    """The profile of parsed settings (the sections of `SECTIONS`), or of names given in their place.

    Raises `ProfileError` for a section whose values are not lists of names.
    """
    by_model: dict[str, tuple[str, ...]] = {}
    for section, (keys, models) in SECTIONS.items():
        body = settings.get(section) or {}
        if not isinstance(body, Mapping):
            raise ProfileError(f"[{section}] must be a table of lists")
        names: list[str] = []
        for key in keys:
            values = body.get(key, [])
            if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
                raise ProfileError(f"[{section}] {key} must be a list of names")
            names += values
        by_model |= dict.fromkeys(models, tuple(names)) if names else {}
    return Profile(tuple(have)) if have else Profile((), tuple(sorted(by_model.items())))


@lru_cache(maxsize=4096)
def data_of(source: ModelSource) -> tuple[str, ...]:
    """What a place reads: what the model says of it, else its tables, else the conditions that tell its events."""
    if source.data:
        return source.data
    if source.dataset:
        return datasets.tables(source.dataset)
    told = (f"{one.field.name}={value}" for one in source.where for value in one.values if isinstance(value, str))
    return tuple(told)


def unmatched(profile: Profile, used: Sequence[Model], load: Callable[[str], Model]) -> Iterator[tuple[str, set[str]]]:
    """Names of a profile that mean no place: a misspelt table, say. With each, the names that there are.

    Names of a platform are sought in all of its data models, of which `load` gives one by its name, if one is `used`.
    """
    given = dict(profile.by_model)
    sections = [models for _, models in SECTIONS.values() if any(one.name in models for one in used)]
    asked = [(profile.anywhere, frozenset[str]().union(*(models for _, models in SECTIONS.values())))]
    asked += [(given.get(min(models), ()), models) for models in sections]
    for names, models in asked:
        known = {data for model in used for data in _places(model)}
        if missing := [name for name in names if not any(_is(data, name) for data in known)]:
            known |= {data for model in models for data in _places(load(model))}
            there = {data.rpartition("=")[2] for data in known}
            yield from ((name, there) for name in missing if not any(_is(data, name) for data in known))


def _places(model: Model) -> Iterator[str]:
    return (data for places in model.sources.values() for place in places for data in data_of(place))


@lru_cache(maxsize=64)
def restrict(model: Model, profile: Profile) -> Model:
    """The model with the places that the profile has; log sources that lose all of them are in `dead`."""
    names = profile.names(model.name)
    if not names:
        return model
    sources: dict[LogSource, tuple[ModelSource, ...]] = {}
    dead: dict[LogSource, tuple[str, ...]] = {}
    for logsource, places in model.sources.items():
        kept = tuple(one for place in places if (one := _kept(place, names)) is not None)
        if kept:
            sources[logsource] = kept
        elif places:
            dead[logsource] = tuple(dict.fromkeys(name for place in places for name in data_of(place)))
    return replace(model, sources=MappingProxyType(sources), dead=MappingProxyType(dead))


def _kept(source: ModelSource, names: Iterable[str]) -> ModelSource | None:
    """The place with what is there of it; None if nothing is."""
    data = data_of(source)
    there = [one for one in data if any(_is(one, name) for name in names)]
    if not data or len(there) == len(data):
        return source
    if not there or source.shared:
        return None
    if source.dataset and not source.data:
        return replace(source, dataset=datasets.only(source.dataset, frozenset(there)))
    return source


def _is(data: str, name: str) -> bool:
    """Whether a name of a profile means some data: the same, a part of it, or with wildcards."""
    data, name = data.casefold(), name.casefold()
    whole = data.rpartition("=")[2]
    return (
        name in (data, whole)
        or fnmatchcase(whole, name)
        or whole.startswith(f"{name}:")  # Splunk's source type of events whose source tells the channel
        or f"{name}." in data
        or f"-{name}-" in data
    )
