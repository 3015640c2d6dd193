"""Kusto's query language, as Microsoft Sentinel, Defender and Azure Data Explorer speak it."""

from transpile.dialects.base import Capabilities, Dialect, later
from transpile.ir.match import Function
from transpile.ir.stream import Aggregate, Compute, Events, Sequence, Together, Union, Where

DIALECT = Dialect(
    name="kql",
    title="Kusto KQL (Microsoft Sentinel, Defender)",
    extensions=(".kql",),
    comment=("// ", ""),
    begins=r"let\s+\w+\s*=|[A-Z_]\w*(?:\([^|]*\))?\s*\|\s*(?:where|summarize|extend|project|join)\b",
    default_model="sentinel",
    lower=later("transpile.dialects.kql.lower", "lower"),
    print=later("transpile.dialects.kql.print", "print_script"),
    parse=later("transpile.dialects.kql.parse", "parse"),
    can=Capabilities(
        frozenset({Events, Where, Compute, Aggregate, Sequence, Together, Union}),
        frozenset(Function) - {Function.URL_DECODE},
    ),
    rows=later("transpile.dialects.kql.run_rows", "rows"),
    result=later("transpile.dialects.kql.lower_stages", "result"),
    run=later("transpile.dialects.kql.run", "run"),
    lift=later("transpile.dialects.kql.lift", "lift"),
    backends=("kusto",),
    links=("https://learn.microsoft.com/kusto/query/",),
    aliases=("kusto",),
    queries=later("transpile.dialects.kql.parse", "split"),
    highlight=later("transpile.dialects.kql.highlight", "highlight"),
    cost=later("transpile.dialects.kql.cost", "cost"),
    data_set=later("transpile.dialects.kql.storage", "data_set"),
)

__all__ = ["DIALECT"]
