"""Kusto's query language, as Microsoft Sentinel, Defender and Azure Data Explorer speak it."""

from transpile.dialects.base import Dialect, later
from transpile.dialects.kql.lower import lower
from transpile.dialects.kql.print import print_script

DIALECT = Dialect(
    name="kql",
    title="Kusto KQL (Microsoft Sentinel, Defender)",
    extensions=(".kql",),
    default_model="sentinel",
    lower=lower,
    print=print_script,
    parse=later("transpile.dialects.kql.parse", "parse"),
    run=later("transpile.dialects.kql.run", "run"),
    lift=later("transpile.dialects.kql.lift", "lift"),
    links=("https://learn.microsoft.com/kusto/query/",),
    aliases=("kusto",),
    data_set=later("transpile.dialects.kql.storage", "data_set"),
)

__all__ = ["DIALECT"]
