"""The project file that `transpile init` writes: every key, commented, with what it takes."""

from __future__ import annotations

from collections.abc import Iterator

from transpile.project.keys import COMMAND_TABLES, DATA_TABLES, KEYS, Key, Takes

SCHEMA = "project.schema.json"
_EXAMPLES = {
    "sourcetypes": '["XmlWinEventLog"]',
    "sources": '["XmlWinEventLog:Security"]',
    "tables": '["SecurityEvent", "DeviceProcessEvents"]',
    "integrations": '["windows", "endpoint"]',
    "log_types": '["WINDOWS_SYSMON"]',
}
_NAMES = {
    "splunk": "Splunk: what your indexes hold",
    "sentinel": "Sentinel and Defender: tables that you have",
    "elastic": "Elastic: integrations that you have",
    "secops": "Google SecOps: log types that you have",
}
_TAIL = """
# Settings of deployed rules, from the widest to the narrowest, as deploy.yml has them (docs/deploy.md).
# enable = ["test"]
# [deploy.defaults]
# owner = "soc"
# [deploy.levels]
# critical = { interval = "5m" }
# [deploy.folders]
# "rules/cloud/**" = { index = ["cloud"] }

# The linter (docs/lint.md).
# [lint]
# enable = ["sigmahq"]
# disable = ["title-case"]
# [lint.severity]
# missing-author = "error"        # error, warning, note or off
"""


def text(rules: str) -> str:
    """The file, for rules in the folder `rules`."""
    return "\n".join(_lines(rules)) + "\n" + _TAIL


def _lines(rules: str) -> Iterator[str]:
    yield "# Settings of transpile for this folder and those below. The command line wins, then environment variables"
    yield "# (TRANSPILE_TO=kql,spl), then this file. `transpile config` shows what holds, and from where."
    yield ""
    for key in KEYS.values():
        if key.name == "rules":
            yield f"# {key.about}"
            yield f'rules = ["{rules}"]'
        else:
            yield from _commented(key)
    for table, names in DATA_TABLES.items():
        yield ""
        yield f"# {_NAMES[table]}; rules that need other data are refused. Say nothing to take all."
        yield f"# [{table}]"
        yield from (f"# {name} = {_EXAMPLES[name]}" for name in names)
    for table, keys in sorted(COMMAND_TABLES.items(), key=lambda one: one[0] == "deploy"):
        yield ""
        yield f"# [{table}]"
        for key in keys.values():
            yield from _commented(key)


def _commented(key: Key) -> Iterator[str]:
    choices = f": {', '.join(key.choices)}" if key.choices and key.kind is Takes.TEXT else ""
    yield f"# {key.about}{choices}"
    yield f"# {key.name} = {key.example}"
