"""What people call the selections of a rule: after the fields that they ask about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

# The names that SigmaHQ's rules use, by the last part of the field's name without case and separators.
_TAGS: Mapping[str, str] = MappingProxyType(
    {
        "image": "img",
        "originalfilename": "img",
        "newprocessname": "img",
        "processname": "img",
        "executable": "img",
        "filename": "file",
        "targetfilename": "file",
        "parentimage": "parent",
        "parentprocessname": "parent",
        "commandline": "cli",
        "processcommandline": "cli",
        "parentcommandline": "parent_cli",
        "eventid": "eventid",
        "eventcode": "eventid",
        "targetobject": "reg",
        "registrykey": "reg",
        "details": "details",
        "queryname": "domain",
        "destinationhostname": "domain",
        "destinationip": "ip",
        "destinationport": "port",
        "sourceip": "ip",
        "imageloaded": "dll",
        "hashes": "hash",
        "scriptblocktext": "script",
        "user": "user",
        "username": "user",
    }
)
_LONGEST = 30


def tag_of(fields: Iterable[str]) -> str:
    """The tag for a selection on these fields, the first of which decides; `keywords` where there are none.

    >>> tag_of(["process.command_line"]), tag_of([])
    ('cli', 'keywords')
    """
    for field in fields:
        last = re.split(r"[.:/]", field)[-1] or field
        plain = re.sub(r"[^a-z0-9]", "", last.lower())
        if plain in _TAGS:
            return _TAGS[plain]
        return slug(last)[:_LONGEST].strip("_") or "field"
    return "keywords"


def slug(text: str) -> str:
    """A text as a name: small letters, digits and underscores.

    >>> slug("Many failed logons (5 min)"), slug("ProcessID")
    ('many_failed_logons_5_min', 'process_id')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")
