"""What commands do that have no node of their own: nothing to the events, or which fields they fill."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from transpile.dialects.spl.strings import RAW, unquote

# Commands that change neither the events nor a field that is asked for, or that take fields out of the raw text.
# fmt: off
SHOWN = frozenset(
    (
        "sort", "reverse", "outputlookup", "collect", "fieldformat", "sendemail", "sendalert", "tags", "highlight",
        "localop", "noop", "abstract", "outputcsv", "typer",
    )
)
# fmt: on
EXTRACTING = frozenset(("xmlkv", "extract", "kv", "xpath", "fromjson", "multikv", "kvform"))
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
_FIELD = re.compile(r"\bfield\s*=\s*(\"[^\"]*\"|\S+)")


def extracted_from(name: str, text: str) -> str:
    """The field that a command of `EXTRACTING` takes new fields out of, by its arguments.

    >>> extracted_from("xmlkv", " Message"), extracted_from("extract", ' pairdelim=";" kvdelim=":"')
    ('Message', '_raw')
    """
    if found := _FIELD.search(text):
        return unquote(found[1])
    words = text.split() if name in ("xmlkv", "fromjson") else []
    return next((unquote(word) for word in words if "=" not in word), RAW)


def is_computed_name(name: str) -> bool:
    """Whether `eval` takes the name of a field from the value of another: `eval {key} = value`.

    >>> is_computed_name("{key}"), is_computed_name("roles{}.type")
    (True, False)
    """
    return re.search(r"\{[^{}]+\}", name) is not None
