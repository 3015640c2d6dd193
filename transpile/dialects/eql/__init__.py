"""Elastic EQL, as Elasticsearch runs it."""

from transpile.dialects.base import Capabilities, Dialect, later
from transpile.dialects.eql.lower import lower
from transpile.dialects.eql.lower_stages import STAGES, result
from transpile.dialects.eql.lower_values import FUNCTIONS
from transpile.dialects.eql.print import print_query
from transpile.ir.match import Case

DIALECT = Dialect(
    name="eql",
    title="Elastic EQL",
    extensions=(".eql",),
    default_model="ecs",
    lower=lower,
    print=print_query,
    parse=later("transpile.dialects.eql.parse", "parse"),
    run=later("transpile.dialects.eql.run", "run"),
    rows=later("transpile.dialects.eql.run_rows", "rows"),
    result=result,
    lift=later("transpile.dialects.eql.lift", "lift"),
    links=("https://www.elastic.co/docs/reference/query-languages/eql/eql-syntax",),
    case=Case.ASCII,
    can=Capabilities(STAGES, FUNCTIONS),
    data_set=later("transpile.dialects.kit.storage", "event_category"),
    highlight=later("transpile.dialects.eql.highlight", "highlight"),
)

__all__ = ["DIALECT"]
