"""What a project file may say: each key, what it takes, and the option of each command that it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from transpile.record import record

WRITING = ("convert", "check", "verify", "deploy", "migrate")
READING = (*WRITING, "test")


class Kind(StrEnum):
    """What a key takes. Paths are relative to the project file."""

    TEXT = "text"
    NAMES = "names"
    PATH = "path"
    PATHS = "paths"
    NAMES_OR_PATHS = "names or paths"  # what names a file below the project file is a path
    TRUTH = "true or false"
    NUMBER = "number"


@record
class Key:
    """A key: `option` is the parameter that it fills of the `commands`."""

    name: str
    kind: Kind
    about: str
    option: str
    commands: tuple[str, ...]
    example: str
    choices: tuple[str, ...] = ()


_ROWS = (
    Key("rules", Kind.PATHS, "rules that commands are about where none are named", "paths", READING, '["rules"]'),
    Key("exclude", Kind.NAMES, "files and folders to leave out, as globs", "exclude", READING, '["deprecated"]'),
    Key("where", Kind.TEXT, "condition that rules must meet", "where", READING, '"status in (stable, test)"'),
    Key("ids", Kind.PATH, "file with the ids of the only rules to take", "ids", READING, '"ids.txt"'),
    Key("from", Kind.TEXT, "language of the rules; told by each file by default", "read", WRITING, '"sigma"'),
    Key("to", Kind.NAMES, "languages to write", "to", ("convert", "check", "verify", "explain"), '["kql", "spl"]'),
    Key("models", Kind.NAMES_OR_PATHS, "data models; each serves the languages that it is for", "model",
        (*WRITING, "explain"), '["sentinel", "windows-xml"]'),
    Key("source_model", Kind.TEXT, "data model of the rules' own fields", "source_model", WRITING, '"auto"'),
    Key("pipelines", Kind.NAMES_OR_PATHS, "pySigma pipelines", "pipeline",
        ("convert", "check", "verify", "deploy", "explain"), '["pipelines/ours.yml"]'),
    Key("macros", Kind.PATHS, "Splunk macros of the rules", "macros", WRITING, '["macros.conf"]'),
    Key("lookups", Kind.PATHS, "lookup tables of the rules", "lookups", WRITING, '["lookups"]'),
    Key("filters", Kind.PATHS, "Sigma filters to apply to the rules", "filters", (*READING, "explain"), '["filters"]'),
    Key("values", Kind.PATH, "YAML file with the values of placeholders", "values",
        ("convert", "check", "verify", "migrate", "deploy", "test", "explain", "diff"), '"placeholders.yml"'),
    Key("have", Kind.NAMES, "data at hand, for every platform; the sections below name it by platform", "have",
        ("convert", "migrate", "deploy"), '["SecurityEvent"]'),
    Key("unmapped", Kind.TEXT, "what to do with a field that the data model does not know", "unmapped",
        (*WRITING, "explain"), '"refuse"', ("refuse", "keep")),
    Key("windows", Kind.TEXT, "how time windows are written", "windows", ("convert", "verify", "deploy"), '"sliding"',
        ("sliding", "buckets")),
    Key("allow_approximate", Kind.TRUTH, "also write queries that are wider or narrower than the rule",
        "allow_approximate", ("convert", "verify", "deploy", "migrate"), "false"),
    Key("strict_evidence", Kind.TRUTH, "refuse what a data model only assumes", "strict_evidence",
        ("convert", "deploy"), "false"),
    Key("fail_on", Kind.TEXT, "what makes a command fail", "fail_on", ("convert", "deploy"), '"error"',
        ("none", "error", "refused", "approximate")),
    Key("jobs", Kind.NUMBER, "processes; as many as cores by default", "jobs", ("convert", "check", "verify"), "2"),
)  # fmt: skip

KEYS: Mapping[str, Key] = MappingProxyType({one.name: one for one in _ROWS})

DEPLOY: Mapping[str, Key] = MappingProxyType(
    {
        one.name: one
        for one in (
            Key("platform", Kind.TEXT, "where to deploy", "platform", ("deploy",), '"splunk"',
                ("splunk", "elastic", "sentinel", "defender", "secops")),
            Key("format", Kind.TEXT, "one of the platform's formats", "form", ("deploy",), '"app"'),
            Key("output", Kind.PATH, "folder for the files", "output", ("deploy",), '"build"'),
            Key("config", Kind.PATH, "file with the settings below, instead of these", "config", ("deploy", "migrate"),
                '"deploy.yml"'),
            Key("templates", Kind.PATH, "folder with templates of your own", "templates", ("deploy",), '"templates"'),
        )
    }
)  # fmt: skip

TEST: Mapping[str, Key] = MappingProxyType(
    {
        one.name: one
        for one in (
            Key("events", Kind.PATHS, "log files to match rules with", "events", ("test",), '["logs"]'),
            Key("time", Kind.NAMES, "fields that tell when an event happened", "time", ("test",), '["@timestamp"]'),
        )
    }
)  # fmt: skip

# Tables whose keys are those of a command's own settings; the names are sections of the file.
COMMAND_TABLES: Mapping[str, Mapping[str, Key]] = MappingProxyType({"deploy": DEPLOY, "test": TEST})
DEPLOY_SECTIONS = ("defaults", "levels", "folders", "tags", "rules", "enable")
DATA_TABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "splunk": ("sourcetypes", "sources"),
        "sentinel": ("tables",),
        "elastic": ("integrations",),
        "secops": ("log_types",),
    }
)
TABLES = (*DATA_TABLES, "lint", *COMMAND_TABLES)
