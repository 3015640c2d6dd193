"""JSON Schemas of the files that users write: editors complete them and mark what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from transpile.deploy.settings import LEVELS, OFF, DeploySettings
from transpile.lint.codes import CODES
from transpile.pipelines.load import DEFAULT_KEYS, MODEL_KEYS, SOURCE_KEYS
from transpile.project.keys import COMMAND_TABLES, DATA_TABLES, KEYS, Key, Takes

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT = {"type": "string"}
_TEXTS: dict[str, Any] = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_DURATION = {"anyOf": [{"type": "string", "pattern": r"^\d+\s*[mhd]$"}, {"const": 0}]}
_ANY_MAP = {"type": "object"}
_REASONS = {"type": "object", "additionalProperties": _TEXT}


def project() -> dict[str, Any]:
    """The schema of `transpile.toml`."""
    made = deploy()
    sections = {name: made["properties"][name] for name in made["properties"]}
    tables: dict[str, Any] = {
        table: _object({name: {"type": "array", "items": _TEXT} for name in names}, "the data at hand on the platform")
        for table, names in DATA_TABLES.items()
    }
    for table, keys in COMMAND_TABLES.items():
        below = {name: _of(key) for name, key in keys.items()}
        tables[table] = _object(below | (sections if table == "deploy" else {}), f"settings of `transpile {table}`")
    tables["lint"] = _lint()
    return {
        "$schema": _DRAFT,
        "title": "Project file of transpile",
        **_object({name: _of(key) for name, key in KEYS.items()} | tables),
        "$defs": made["$defs"],
    }


def deploy() -> dict[str, Any]:
    """The schema of `deploy.yml`."""
    one = {"$ref": "#/$defs/settings"}
    entries = {"type": "object", "additionalProperties": one}
    sections: dict[str, Any] = {
        "defaults": one,
        "levels": _object(dict.fromkeys(LEVELS, one), "by level of the rule"),
        "folders": entries | {"description": "by place: globs over the paths of rules"},
        "tags": entries | {"description": "by tag"},
        "rules": entries | {"description": "by id of the rule"},
        "enable": {
            "description": "statuses whose rules are enabled too",
            "anyOf": [{"enum": sorted(OFF)}, {"type": "array", "items": {"enum": sorted(OFF)}}],
        },
    }
    settings = {one.name: _SETTINGS[one.name] for one in fields(DeploySettings) if one.name != "given"}
    return {
        "$schema": _DRAFT,
        "title": "Settings of transpile deploy",
        **_object(sections),
        "$defs": {"settings": _object(settings, "how a rule is scheduled and presented")},
    }


def model() -> dict[str, Any]:
    """The schema of a data model."""
    source = _object({key: {} for key in SOURCE_KEYS} | dict(_SOURCE), "a place where the platform keeps a log source")
    known = {
        **{key: {} for key in MODEL_KEYS},
        "title": _TEXT | {"description": "one line for `transpile models`"},
        "for": _TEXTS | {"description": "languages that the model is for"},
        "time": _TEXT | {"description": "the field with the time of an event"},
        "alerts": {"description": "by how a table's name begins, the columns that each alert must have"},
        "constants": {"const": "cased"},
        "include": {
            "anyOf": [_TEXT, {"type": "array", "items": {"anyOf": [_TEXT, _REASONS]}}],
            "description": "models, shared parts or files beside this one; or `name: reason`",
        },
        "defaults": _object({name: _SOURCE.get(name, {}) for name in DEFAULT_KEYS}, "for all sources of the file"),
        "tables": {"type": "object", "additionalProperties": _ANY_MAP, "description": "field tables by name"},
        "sources": {"type": "array", "items": source, "description": "places of log sources, the best first"},
        "logsources": _ANY_MAP | {"description": "log sources that transpile does not know"},
    }
    return {"$schema": _DRAFT, "title": "Data model of transpile", **_object(known)}


SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = MappingProxyType(
    {"project": project, "deploy": deploy, "model": model}
)


def _object(properties: Mapping[str, Any], about: str = "") -> dict[str, Any]:
    made = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return made | ({"description": about} if about else {})


def _of(key: Key) -> dict[str, Any]:
    """What a key of the project file takes."""
    kinds: dict[Takes, dict[str, Any]] = {
        Takes.TEXT: _TEXT,
        Takes.PATH: _TEXT,
        Takes.TRUTH: {"type": "boolean"},
        Takes.NUMBER: {"type": "integer", "minimum": 1},
    }
    base = kinds.get(key.kind, _TEXTS)
    return base | ({"enum": list(key.choices)} if key.choices else {}) | {"description": key.about}


def _lint() -> dict[str, Any]:
    names = {"enum": sorted({*CODES, *(row.name for row in CODES.values())})}
    words = {"type": "array", "items": {"anyOf": [names, {"enum": ["sigmahq", "all"]}, _TEXT]}}
    return _object(
        {
            "enable": words,
            "disable": words,
            "severity": {"type": "object", "additionalProperties": {"enum": ["error", "warning", "note", "off"]}},
            "options": _ANY_MAP,
            "exclude": {"type": "object", "additionalProperties": words},
        },
        "what `transpile check` looks for",
    )


_SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        "enabled": {"type": "boolean"},
        "interval": _DURATION | {"description": "how often the rule runs: 1m to 14d"},
        "lookback": _DURATION | {"description": "how far back each run looks"},
        "delay": _DURATION | {"description": "how long events take to be indexed"},
        "suppress_for": _DURATION | {"description": "how long further alerts are held back"},
        "suppress_by": _TEXTS | {"description": "fields whose values tell alerts apart"},
        "severity": {"enum": list(LEVELS)},
        "risk_score": {"type": "integer", "minimum": 0, "maximum": 100},
        "index": _TEXTS | {"description": "indexes or index patterns that the rule reads"},
        "owner": _TEXT,
        "author": _TEXT,
        "name": _TEXT | {"description": "a text with {title}, {id} and {level}"},
        "name_prefix": _TEXT,
        "notable": {"type": "boolean", "description": "Splunk Enterprise Security: make a notable event"},
        "risk": {"type": "boolean", "description": "Splunk Enterprise Security: add risk"},
        "security_domain": _TEXT,
        "risk_fields": _TEXTS,
        "version": {"type": "integer", "minimum": 1},
        "threshold": {"type": "boolean", "description": "Elastic: count by threshold rules, which are wider"},
    }
)

_SOURCE: Mapping[str, Any] = MappingProxyType(
    {
        "for": {"description": "log sources, such as windows/process_creation or windows/security 4688"},
        "except": {"description": "log sources that a * beside it leaves out"},
        "dataset": _TEXT | {"description": "table, event category or data set"},
        "where": _ANY_MAP | {"description": "conditions that tell the events of the log source"},
        "fields": {"description": "field tables: by name, or the table itself"},
        "data": _TEXTS | {"description": "what fills the place, such as index patterns"},
        "keywords": _TEXTS | {"description": "fields that hold the whole message"},
        "assumed": _TEXT | {"description": "the condition under which the events are kept so"},
        "as": {"const": "xml"},
        "dropped": _TEXT | {"description": "a word for no value that the platform leaves out"},
        "holds": _ANY_MAP | {"description": "conditions that the data set itself sees to"},
        "columns": _ANY_MAP,
        "evidence": _TEXTS | {"description": "codes of what shows this"},
        "same": _ANY_MAP,
        "told": _ANY_MAP | {"description": "for reading: what several agents call these events, the platform's first"},
        "shared": _TEXTS | {"description": "of a place in several logs: the fields that the events of each have"},
    }
)
