"""What a platform is: a record of its name, its language and how items become files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from transpile.codes import Code
from transpile.conversion import Conversion
from transpile.deploy.item import Item
from transpile.deploy.output import File
from transpile.deploy.settings import DeploySettings
from transpile.deploy.templates import Templates
from transpile.record import record


@record
class Platform:
    """A platform to deploy to.

    Where it takes several languages, each rule is deployed in the first that is exact, else in the first that is
    approximate (`plan.choose`). `render(items, format, templates)` gives the files; the first of `formats` is the
    default, and nothing reads those in `unread` back. `problems(item)` says why the platform would refuse a rule as a
    whole (pairs of a DEP code and its facts): a query too long, say. `settle(conversion, settings, allow_approximate)`
    gives the conversion that the settings of a rule ask for: in another form than the usual one, or the same. `parts`
    gives a pattern for the parts of a file that holds several rules, by its name.
    """

    name: str
    title: str
    dialects: tuple[str, ...]  # in the order of preference
    model: str | None  # the data model, where it is not the dialect's default
    formats: tuple[str, ...]
    per_rule: str  # that of the formats which has one file for each rule, in order, in `rules/` or `detections/`
    render: Callable[[Sequence[Item], str, Templates], Iterator[File]]
    problems: Callable[[Item], Iterator[tuple[Code, dict[str, Any]]]] = lambda item: iter(())
    unread: tuple[str, ...] = ()
    settle: Callable[[Conversion, DeploySettings, bool], Conversion] = lambda conversion, settings, allowed: conversion
    parts: Mapping[str, str] = field(default_factory=dict)
