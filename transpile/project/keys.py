"""What a project file may say: each key, what it takes, and the option of each command that it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from transpile.record import record

WRITING = ("convert", "check", "verify", "deploy", "migrate")
READING = (*WRITING, "test")
SELECTING = (*READING, "models coverage", "models needs", "catalog build")


class Takes(StrEnum):
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
    """A key: `option` is the parameter that it fills of the `commands`, such as `convert` or `catalog build`."""

    name: str
    kind: Takes
    about: str
    option: str
    commands: tuple[str, ...]
    example: str
    choices: tuple[str, ...] = ()


_ROWS = (
    Key("rules", Takes.PATHS, "rules that commands are about where none are named", "paths", READING, '["rules"]'),
    Key("exclude", Takes.NAMES, "files and folders to leave out, as globs", "exclude", SELECTING, '["deprecated"]'),
    Key("where", Takes.TEXT, "condition that rules must meet", "where", SELECTING, '"status in (stable, test)"'),
    Key("ids", Takes.PATH, "file with the ids of the only rules to take", "ids", SELECTING, '"ids.txt"'),
    Key("from", Takes.TEXT, "language of the rules; told by each file by default", "read", WRITING, '"sigma"'),
    Key("to", Takes.NAMES, "languages to write", "to", ("convert", "check", "verify", "explain"), '["kql", "spl"]'),
    Key("models", Takes.NAMES_OR_PATHS, "data models; each serves the languages that it is for", "model",
        (*WRITING, "explain"), '["sentinel", "windows-xml"]'),
    Key("source_model", Takes.TEXT, "data model of the rules' own fields", "source_model", WRITING, '"auto"'),
    Key("pipelines", Takes.NAMES_OR_PATHS, "pySigma pipelines", "pipeline",
        ("convert", "check", "verify", "deploy", "explain"), '["pipelines/ours.yml"]'),
    Key("macros", Takes.PATHS, "Splunk macros of the rules", "macros", WRITING, '["macros.conf"]'),
    Key("lookups", Takes.PATHS, "lookup tables of the rules", "lookups", WRITING, '["lookups"]'),
    Key("filters", Takes.PATHS, "Sigma filters to apply to the rules", "filters", (*READING, "explain"), '["filters"]'),
    Key("values", Takes.PATH, "YAML file with the values of placeholders", "values",
        ("convert", "check", "verify", "migrate", "deploy", "test", "explain", "diff"), '"placeholders.yml"'),
    Key("have", Takes.NAMES, "data at hand, for every platform; the sections below name it by platform", "have",
        ("convert", "migrate", "deploy"), '["SecurityEvent"]'),
    Key("unmapped", Takes.TEXT, "what to do with a field that the data model does not know", "unmapped",
        (*WRITING, "explain"), '"refuse"', ("refuse", "keep")),
    Key("windows", Takes.TEXT, "how time windows are written", "windows", ("convert", "verify", "deploy"), '"sliding"',
        ("sliding", "buckets")),
    Key("allow_approximate", Takes.TRUTH, "also write queries that are wider or narrower than the rule",
        "allow_approximate", ("convert", "verify", "deploy", "migrate"), "false"),
    Key("strict_evidence", Takes.TRUTH, "refuse what a data model only assumes", "strict_evidence",
        ("convert", "deploy"), "false"),
    Key("fail_on", Takes.TEXT, "what makes a command fail", "fail_on", ("convert", "deploy"), '"error"',
        ("none", "error", "refused", "approximate")),
    Key("jobs", Takes.NUMBER, "processes; as many as cores by default", "jobs", ("convert", "check", "verify"), "2"),
)  # fmt: skip

KEYS: Mapping[str, Key] = MappingProxyType({one.name: one for one in _ROWS})

DEPLOY: Mapping[str, Key] = MappingProxyType(
    {
        one.name: one
        for one in (
            Key("platform", Takes.TEXT, "where to deploy", "platform", ("deploy",), '"splunk"',
                ("splunk", "elastic", "sentinel", "defender", "secops")),
            Key("format", Takes.TEXT, "one of the platform's formats", "form", ("deploy",), '"app"'),
            Key("output", Takes.PATH, "folder for the files", "output", ("deploy",), '"build"'),
            Key("config", Takes.PATH, "file with the settings below, instead of these", "config", ("deploy", "migrate"),
                '"deploy.yml"'),
            Key("templates", Takes.PATH, "folder with templates of your own", "templates", ("deploy",), '"templates"'),
        )
    }
)  # fmt: skip

TEST: Mapping[str, Key] = MappingProxyType(
    {
        one.name: one
        for one in (
            Key("events", Takes.PATHS, "log files to match rules with", "events", ("test",), '["logs"]'),
            Key("time", Takes.NAMES, "fields that tell when an event happened", "time", ("test",), '["@timestamp"]'),
        )
    }
)  # fmt: skip

CATALOG: Mapping[str, Key] = MappingProxyType(
    {
        one.name: one
        for one in (
            Key("playground", Takes.TEXT, "address of a playground, in which the site's pages offer to open rules",
                "playground", ("catalog site",), '"https://example.org/playground/"'),
        )
    }
)  # fmt: skip

# Tables whose keys are those of a command's own settings; the names are sections of the file.
COMMAND_TABLES: Mapping[str, Mapping[str, Key]] = MappingProxyType({"catalog": CATALOG, "deploy": DEPLOY, "test": TEST})
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
