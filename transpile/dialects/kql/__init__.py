"""Kusto's query language, as Microsoft Sentinel, Defender and Azure Data Explorer speak it."""

from transpile.dialects.base import Dialect
from transpile.dialects.kql.lower import lower
from transpile.dialects.kql.parse import parse
from transpile.dialects.kql.print import print_script
from transpile.dialects.kql.run import run

DIALECT = Dialect(
    name="kql",
    title="Kusto KQL (Microsoft Sentinel, Defender)",
    extension=".kql",
    default_model="sentinel",
    lower=lower,
    print=print_script,
    parse=parse,
    run=run,
)

__all__ = ["DIALECT"]
