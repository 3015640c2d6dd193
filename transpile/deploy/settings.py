"""`deploy.yml`: how each rule is scheduled and presented, from the widest setting to the narrowest.

    defaults:            # every rule
      owner: soc
    levels:              # by Sigma level
      critical: {interval: 5m}
    folders:             # by place, a glob over the rule's path
      "rules/windows/**": {index: [wineventlog]}
    tags:                # by tag
      attack.t1059.001: {suppress_for: 4h, suppress_by: [host]}
    rules:               # by rule id
      7f3c1a52-…: {enabled: true, severity: critical}
    enable: [test]       # statuses whose rules are enabled too

A narrower section overrides a wider one, setting by setting: defaults, levels, folders, tags, rules; within a
section, later entries override earlier ones.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, fields, replace
from fnmatch import fnmatch
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from transpile.ir.rule import Rule
from transpile.record import record

LEVELS = ("informational", "low", "medium", "high", "critical")


class DeploySettingsError(ValueError):
    """The file does not say what it should; the message names file, line and what would be right."""


@record
class DeploySettings:
    """What one rule is deployed with. Durations are whole minutes.

    `lookback` is how far back each run looks; `delay` is how long events take to be indexed, which the window
    is shifted by. `suppress_for` 0 means no suppression. `threshold`: Elastic counts by threshold rules where it can.
    """

    enabled: bool = False
    interval: int = 60
    lookback: int = 0
    delay: int = 5
    suppress_for: int = 0
    suppress_by: tuple[str, ...] = ()
    severity: str = "medium"
    risk_score: int = 47
    index: tuple[str, ...] = ()
    owner: str = "nobody"
    author: str = ""
    name: str = "{title}"
    name_prefix: str = ""
    notable: bool = False
    risk: bool = False
    security_domain: str = "threat"
    risk_fields: tuple[str, ...] = ()
    version: int = 1
    threshold: bool = False
    given: frozenset[str] = field(default=frozenset(), compare=False)  # the settings that deploy.yml sets


# What a level means where deploy.yml says nothing: severe rules run often.
_BY_LEVEL: Mapping[str, DeploySettings] = {
    "informational": DeploySettings(interval=1440, severity="informational", risk_score=10),
    "low": DeploySettings(interval=240, severity="low", risk_score=21),
    "medium": DeploySettings(interval=60, severity="medium", risk_score=47),
    "high": DeploySettings(interval=30, severity="high", risk_score=73),
    "critical": DeploySettings(interval=10, severity="critical", risk_score=99),
}
_RISK = {level: settings.risk_score for level, settings in _BY_LEVEL.items()}

# Rules of these statuses are delivered disabled: their authors do not stand behind them yet, or no longer do.
OFF = frozenset({"test", "experimental", "deprecated", "unsupported"})

_DURATION = re.compile(r"(\d+)\s*([mhd])")
_MINUTES = {"m": 1, "h": 60, "d": 1440}


def minutes(value: Any) -> int:
    """A duration (`15m`, `4h`, `1d`, or 0) in minutes. Raises `ValueError` for anything else.

    >>> minutes("4h")
    240
    """
    if value == 0 and not isinstance(value, bool):
        return 0
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError("wants a duration such as 15m, 4h or 1d")
    return int(found[1]) * _MINUTES[found[2]]


def _interval(value: Any) -> int:
    number = minutes(value)
    if not 1 <= number <= 20160:
        raise ValueError("wants a duration from 1m to 14d")
    return number


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("wants true or false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("wants a text")
    return value


def _name(value: Any) -> str:
    text = _text(value)
    try:
        text.format(title="", id="", level="")
    except (KeyError, IndexError, ValueError):
        raise ValueError("may hold {title}, {id} and {level}, and no other braces") from None
    return text


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("wants a text or a list of texts")
    return tuple(value)


def _level(value: Any) -> str:
    if value not in LEVELS:
        raise ValueError(f"wants one of {', '.join(LEVELS)}")
    return str(value)


def _score(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
        raise ValueError("wants a whole number from 0 to 100")
    return value


def _version(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("wants a whole number from 1")
    return value


# How each setting is read; its keys are the settings that deploy.yml may hold.
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "enabled": _truth,
    "interval": _interval,
    "lookback": _interval,
    "delay": minutes,
    "suppress_for": minutes,
    "suppress_by": _texts,
    "severity": _level,
    "risk_score": _score,
    "index": _texts,
    "owner": _text,
    "author": _text,
    "name": _name,
    "name_prefix": _text,
    "notable": _truth,
    "risk": _truth,
    "security_domain": _text,
    "risk_fields": _texts,
    "version": _version,
    "threshold": _truth,
}
assert set(_READERS) == {one.name for one in fields(DeploySettings)} - {"given"}, "every setting has a reader"

Changes = Mapping[str, Any]
_NONE: Changes = MappingProxyType({})


@record
class Config:
    """A read deploy.yml: for each section its entries, in order, as already checked settings.

    `enable`: statuses whose rules are enabled although their authors do not stand behind them yet: `test`, say.
    """

    defaults: Changes = field(default_factory=lambda: _NONE)
    levels: tuple[tuple[str, Changes], ...] = ()
    folders: tuple[tuple[str, Changes], ...] = ()
    tags: tuple[tuple[str, Changes], ...] = ()
    rules: tuple[tuple[str, Changes], ...] = ()
    enable: tuple[str, ...] = ()

    def settings(self, rule: Rule, path: str) -> DeploySettings:
        """The settings of a rule that was read from `path`."""
        level = rule.level if rule.level in LEVELS else "medium"
        chosen = replace(_BY_LEVEL[level], enabled=rule.status not in OFF or rule.status in self.enable)
        changes = {**self.defaults}
        for more in self._entries(rule, path, level):
            changes |= more
        if "severity" in changes and "risk_score" not in changes:
            changes["risk_score"] = _RISK[changes["severity"]]
        return replace(chosen, **changes, given=frozenset(changes))

    def _entries(self, rule: Rule, path: str, level: str) -> Iterator[Changes]:
        tags = {tag.lower() for tag in rule.tags}
        place = path.replace("\\", "/")
        yield from (more for name, more in self.levels if name == level)
        yield from (more for name, more in self.folders if fnmatch(place, name) or fnmatch(place, f"*/{name}"))
        yield from (more for name, more in self.tags if name.lower() in tags)
        yield from (more for name, more in self.rules if name == rule.id)


def load(path: Path) -> Config:
    """The config in a file. Raises `DeploySettingsError` (what is wrong, at which line) or `OSError`."""
    return parse(path.read_text(encoding="utf-8"), str(path))


def parse(text: str, path: str = "deploy.yml") -> Config:
    """The config in a text. Raises `DeploySettingsError`.

    >>> parse("levels: {high: {intervall: 5m}}")
    Traceback (most recent call last):
    transpile.deploy.settings.DeploySettingsError: deploy.yml:1: unknown setting 'intervall' (did you mean 'interval'?)
    """
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DeploySettingsError(f"{path}:{line}: not YAML: {error.problem}") from None
    sections: dict[str, Any] = {}
    known = [one.name for one in fields(Config)]
    for key, node, line in _pairs(root, path):
        if key not in known:
            raise DeploySettingsError(f"{path}:{line}: unknown section {key!r}{_did_you_mean(key, known)}")
        if key == "enable":
            sections[key] = _statuses(node, f"{path}:{line}")
            continue
        if key == "defaults":
            sections[key] = _changes(node, path)
            continue
        entries = []
        for name, inner, entry_line in _pairs(node, path):
            if key == "levels" and name not in LEVELS:
                raise DeploySettingsError(f"{path}:{entry_line}: unknown level {name!r}{_did_you_mean(name, LEVELS)}")
            entries.append((name, _changes(inner, path)))
        sections[key] = tuple(entries)
    return Config(**sections)


def parse_table(table: Mapping[str, Any], path: str = "[deploy]") -> Config:
    """The config in the `[deploy]` table of a project file, of whose keys those of `Config` count. As `parse` raises.

    >>> parse_table({"platform": "splunk", "levels": {"high": {"interval": "5m"}}}).levels
    (('high', {'interval': 5}),)
    """
    known = {one.name for one in fields(Config)}
    own = {name: value for name, value in table.items() if name in known}
    try:
        return parse(yaml.safe_dump(own, sort_keys=False), path)
    except DeploySettingsError as error:  # its line is that of another text
        raise DeploySettingsError(re.sub(r":\d+:", ":", str(error), count=1)) from None


def statuses(names: Iterable[str]) -> tuple[str, ...]:
    """Statuses of rules to enable. Raises `ValueError` for a name that is none of those that are left disabled."""
    found = tuple(names)
    for name in found:
        if name not in OFF:
            raise ValueError(f"unknown status {name!r}{_did_you_mean(name, sorted(OFF))}")
    return found


def _statuses(node: yaml.Node, place: str) -> tuple[str, ...]:
    try:
        return statuses(_texts(_value(node)))
    except ValueError as error:
        raise DeploySettingsError(f"{place}: enable: {error}") from None


def _changes(node: yaml.Node, path: str) -> Changes:
    changes = {}
    for key, inner, line in _pairs(node, path):
        if key not in _READERS:
            raise DeploySettingsError(f"{path}:{line}: unknown setting {key!r}{_did_you_mean(key, _READERS)}")
        try:
            changes[key] = _READERS[key](_value(inner))
        except ValueError as error:
            raise DeploySettingsError(f"{path}:{line}: {key} {error}") from None
    return changes


def _value(node: yaml.Node) -> Any:
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node, deep=True)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
    finally:
        loader.dispose()


def _pairs(node: yaml.Node | None, path: str) -> Iterator[tuple[str, yaml.Node, int]]:
    """The keys of a mapping with their values and lines (from 1); nothing for an empty text."""
    if node is None or (isinstance(node, yaml.ScalarNode) and node.value in ("", "null", "~")):
        return
    if not isinstance(node, yaml.MappingNode):
        raise DeploySettingsError(f"{path}:{node.start_mark.line + 1}: expected names and values here")
    for key, value in node.value:
        yield str(key.value), value, key.start_mark.line + 1


def _did_you_mean(word: str, known: Any) -> str:
    near = difflib.get_close_matches(word, list(known), 1)
    return f" (did you mean {near[0]!r}?)" if near else f"; there are {', '.join(known)}"
