"""Lucene query strings, as Elasticsearch's `query_string` query and Kibana run them."""

from transpile.dialects.base import Dialect, later
from transpile.ir.match import Case

DIALECT = Dialect(
    name="lucene",
    title="Lucene query string",
    extensions=(".lucene",),
    by_default=False,
    default_model="ecs",
    lower=later("transpile.dialects.lucene.lower", "lower"),
    print=later("transpile.dialects.lucene.print", "print_query"),
    parse=later("transpile.dialects.lucene.parse", "parse"),
    run=later("transpile.dialects.lucene.run", "run"),
    lift=later("transpile.dialects.lucene.lift", "lift"),
    backends=("lucene", "elasticsearch"),
    links=(
        "https://www.elastic.co/docs/reference/query-languages/query-dsl/query-dsl-query-string-query",
        "https://lucene.apache.org/core/10_0_0/queryparser/org/apache/lucene/queryparser/classic/package-summary.html",
    ),
    case=Case.UNICODE,
    data_set=later("transpile.dialects.kit.storage", "event_category"),
    highlight=later("transpile.dialects.lucene.highlight", "highlight"),
    cost=later("transpile.dialects.lucene.cost", "cost"),
)

__all__ = ["DIALECT"]
