"""Tables of Microsoft's platforms with the types of their columns, for Microsoft's own parser.

Azure Monitor's and Defender's tables and ASIM's schemas come from the package pysigma-backend-kusto, which made them
from Microsoft's reference (LGPL: for tests alone); the custom tables of connectors from `sentinel.txt` in this folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

Columns = Mapping[str, str]
Tables = Mapping[str, Columns]

NEEDS = "pysigma-backend-kusto is not installed: pip install .[schemas]"

# As the reference spells Kusto's types; of ASIM's logical types those that are not kept as text.
_TYPES = {
    "bigint": "long",
    "bool": "bool",
    "boolean": "bool",
    "date/time": "datetime",
    "datetime": "datetime",
    "double": "real",
    "dynamic": "dynamic",
    "int": "int",
    "integer": "int",
    "latitude": "real",
    "long": "long",
    "longitude": "real",
    "real": "real",
}

# What functions that datasets use give.
_FUNCTIONS = {
    "extract": "string",
    "extract_all": "dynamic",
    "parse_json": "dynamic",
    "strcat": "string",
    "tolong": "long",
    "tostring": "string",
}

# ASIM's parser, what the package calls its schema if it has it, and the table of the same schema for events that arrive
# normalised, in which the fields stand that all schemas share.
_ASIM = (
    ("_Im_AuditEvent", "imAuditEvent", "ASimAuditEventLogs"),
    ("_Im_Authentication", "imAuthentication", "ASimAuthenticationEventLogs"),
    ("_Im_Dns", "_Im_Dns", "ASimDnsActivityLogs"),
    ("_Im_FileEvent", "imFileEvent", "ASimFileEventLogs"),
    ("_Im_NetworkSession", "imNetworkSession", "ASimNetworkSessionLogs"),
    ("_Im_ProcessCreate", "imProcessCreate", "ASimProcessEventLogs"),
    ("_Im_RegistryEvent", "imRegistry", "ASimRegistryEventLogs"),
    ("_Im_UserManagement", "imUserManagement", "ASimUserManagementActivityLogs"),
    ("_Im_WebSession", "imWebSession", "ASimWebSessionLogs"),
)


def is_there() -> bool:
    """Whether the package with the tables is installed."""
    spec = find_spec("sigma.pipelines")  # its packages have to be imported to be found by name, which takes long
    places = spec.submodule_search_locations if spec else None
    return any((Path(place) / "azuremonitor" / "tables.py").is_file() for place in places or ())


@cache
def tables(model: str) -> Tables:
    """The tables of `sentinel`, `defender` or `asim`, by name; a parser's name ends in `()`."""
    from sigma.pipelines.azuremonitor.tables import AZURE_MONITOR_TABLES
    from sigma.pipelines.microsoftxdr.tables import MICROSOFT_XDR_TABLES
    from sigma.pipelines.sentinelasim.tables import SENTINEL_ASIM_TABLES

    monitor, defender = _typed(AZURE_MONITOR_TABLES), _typed(MICROSOFT_XDR_TABLES)
    match model:
        case "sentinel":
            return {**monitor, **dict(_custom())}
        case "defender":
            return {**defender, "EntraIdSignInEvents": _entra(defender["AADSignInEventsBeta"])}
        case "asim":
            schemas = _typed(SENTINEL_ASIM_TABLES)
            return {f"{parser}()": {**schemas.get(name, {}), **monitor[log]} for parser, name, log in _ASIM}
    raise KeyError(model)


def asked_for(tables: Tables, queries: Iterable[str]) -> Tables:
    """Those of the tables that some query names: the parser is much quicker with few."""
    words = {word for query in queries for word in re.findall(r"\w+", query)}
    return {name: columns for name, columns in tables.items() if name.removesuffix("()") in words}


def columns(model: str, dataset: str) -> Columns | None:
    """The columns of a query's first table, and those that `extend` adds; None if there is no such table.

    What `extend` adds is of the type of the function or column that it starts with, "" if that is not known here.
    """
    if dataset.startswith("union"):
        branches = [columns(model, branch) or {} for branch in re.split(r"\),\s*\(", dataset.partition("(")[2])]
        return {name: type_ for branch in reversed(branches) for name, type_ in branch.items()}
    name, *operators = dataset.split("|")
    found = next(
        (found for table, found in tables(model).items() if table.partition("(")[0] == name.strip(" ()")), None
    )
    if found is None:
        return None
    known = dict(found)
    for column, word in re.findall(r"(?:extend|,)\s*(\w+)\s*=(?!=)\s*(\w*)", "|".join(operators)):
        known[column] = _FUNCTIONS.get(word) or known.get(word, "")
    return known


def _entra(before: Columns) -> Columns:
    """The table that replaced AADSignInEventsBeta in December 2025; of its columns, one has a new name."""
    return {"EntraIdDeviceId" if name == "AadDeviceId" else name: type_ for name, type_ in before.items()}


def _typed(tables: Mapping[str, Mapping[str, Mapping[str, str]]]) -> dict[str, Columns]:
    return {
        table: {name: _TYPES.get(column["data_type"].casefold(), "string") for name, column in found.items()}
        for table, found in tables.items()
    }


def _custom() -> Iterator[tuple[str, Columns]]:
    text = (Path(__file__).parent / "sentinel.txt").read_text(encoding="utf-8")
    for line in re.sub("\n +", " ", text).splitlines():
        if line and not line.startswith("#"):
            table, _, names = line.partition(": ")
            pairs = (name.partition(":") for name in names.split())
            yield table, {name: type_ or "string" for name, _, type_ in pairs}
