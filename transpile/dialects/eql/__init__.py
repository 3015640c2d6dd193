"""Elastic EQL, as Elasticsearch runs it."""

from transpile.dialects.base import Dialect, later
from transpile.dialects.eql.capabilities import CAN
from transpile.ir.match import Case

DIALECT = Dialect(
    name="eql",
    title="Elastic EQL",
    extensions=(".eql",),
    comment=("// ", ""),
    begins=r"[a-z_]\w*\s+where\s|(?:sequence|sample)(?:\s+by\s|\s+with\s+maxspan\b|\s*\[)",
    default_model="ecs",
    lower=later("transpile.dialects.eql.lower", "lower"),
    print=later("transpile.dialects.eql.print", "print_query"),
    parse=later("transpile.dialects.eql.parse", "parse"),
    run=later("transpile.dialects.eql.run", "run"),
    rows=later("transpile.dialects.eql.run_rows", "rows"),
    result=later("transpile.dialects.eql.lower_stages", "result"),
    lift=later("transpile.dialects.eql.lift", "lift"),
    backends=("eql",),
    links=("https://www.elastic.co/docs/reference/query-languages/eql/eql-syntax",),
    case=Case.ASCII,
    can=CAN,
    data_set=later("transpile.dialects.kit.storage", "event_category"),
    highlight=later("transpile.dialects.eql.highlight", "highlight"),
    cost=later("transpile.dialects.eql.cost", "cost"),
)

__all__ = ["DIALECT"]
