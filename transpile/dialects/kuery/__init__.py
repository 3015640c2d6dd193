"""Kibana's query language (kuery, KQL in Kibana), as Kibana and its detection rules run it."""

from transpile.dialects.base import Dialect, later
from transpile.ir.match import Case

DIALECT = Dialect(
    name="kuery",
    title="Kibana KQL",
    extensions=(".kuery",),
    by_default=False,
    default_model="ecs",
    lower=later("transpile.dialects.kuery.lower", "lower"),
    print=later("transpile.dialects.kuery.print", "print_query"),
    parse=later("transpile.dialects.kuery.parse", "parse"),
    run=later("transpile.dialects.kuery.run", "run"),
    lift=later("transpile.dialects.kuery.lift", "lift"),
    links=(
        "https://www.elastic.co/docs/explore-analyze/query-filter/languages/kql",
        "https://www.elastic.co/docs/reference/query-languages/kql",
    ),
    case=Case.SENSITIVE,
    data_set=later("transpile.dialects.kit.storage", "event_category"),
    highlight=later("transpile.dialects.kuery.highlight", "highlight"),
    cost=later("transpile.dialects.kuery.cost", "cost"),
)

__all__ = ["DIALECT"]
