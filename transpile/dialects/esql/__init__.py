"""Elastic ES|QL, as Elasticsearch runs it."""

from transpile.dialects.base import Capabilities, Dialect, later
from transpile.ir.match import Case, Function
from transpile.ir.stream import Aggregate, Compute, Events, Sequence, Together, Union, Where

DIALECT = Dialect(
    name="esql",
    title="Elastic ES|QL",
    extensions=(".esql",),
    comment=("// ", ""),
    begins=r"(?i:from)\s[^|]*\|",
    aliases=("es|ql",),
    default_model="ecs",
    lower=later("transpile.dialects.esql.lower", "lower"),
    print=later("transpile.dialects.esql.print", "print_query"),
    parse=later("transpile.dialects.esql.parse", "parse"),
    run=later("transpile.dialects.esql.run", "run"),
    can=Capabilities(
        frozenset({Events, Where, Compute, Aggregate, Sequence, Together, Union}), frozenset({Function.COALESCE})
    ),
    rows=later("transpile.dialects.esql.run_rows", "rows"),
    result=later("transpile.dialects.esql.lower_stages", "result"),
    lift=later("transpile.dialects.esql.lift", "lift"),
    backends=("esql",),
    links=("https://www.elastic.co/docs/reference/query-languages/esql",),
    case=Case.UNICODE,
    data_set=later("transpile.dialects.kit.storage", "event_category"),
    highlight=later("transpile.dialects.esql.highlight", "highlight"),
    cost=later("transpile.dialects.esql.cost", "cost"),
)

__all__ = ["DIALECT"]
