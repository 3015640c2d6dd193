"""What commands do that have no node of their own: nothing to the events, or which fields they fill."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

# Commands that change neither the events nor a field that is asked for, or that take fields out of the raw text.
# fmt: off
SHOWN = frozenset(
    (
        "sort", "reverse", "outputlookup", "collect", "fieldformat", "sendemail", "sendalert", "tags", "highlight",
        "localop", "noop", "abstract", "outputcsv", "typer",
    )
)
# fmt: on
EXTRACTING = frozenset(("spath", "xmlkv", "extract", "kv", "xpath", "fromjson", "mvexpand", "multikv", "kvform"))
ADDED = {
    "iplocation": ("City", "Country", "Region", "lat", "lon", "MetroCode", "Continent", "Timezone"),
    "addinfo": ("info_min_time", "info_max_time", "info_sid", "info_search_time"),
}
# Commands that fill fields: which ones, by their arguments; none means any.
ENRICHING: Mapping[str, Callable[[str], list[str]]] = MappingProxyType(
    {
        "foreach": lambda text: [] if "<<FIELD>>'=" in text else re.findall(r"(?:eval|,)\s*(\w+)\s*=", text),
        "replace": lambda text: re.findall(r"[^\s,]+", text.rpartition(" IN ")[2]) if " IN " in text else [],
        "addtotals": lambda text: re.findall(r"fieldname=(\w+)", text) or ["Total"],
        "apply": lambda text: [],
        "convert": lambda text: [] if "*" in text else re.findall(r"(?i)(?:\(|\bas\s)\s*([^\s()]+)", text),
        "nomv": lambda text: text.split(),
        "mvcombine": lambda text: text.split()[-1:],
    }
)
