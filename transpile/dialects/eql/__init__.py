"""Elastic EQL, as Elasticsearch runs it."""

from transpile.dialects.base import Dialect, later
from transpile.dialects.eql.lower import lower
from transpile.dialects.eql.print import print_query

DIALECT = Dialect(
    name="eql",
    title="Elastic EQL",
    extension=".eql",
    default_model="ecs",
    lower=lower,
    print=print_query,
    parse=later("transpile.dialects.eql.parse", "parse"),
    run=later("transpile.dialects.eql.run", "run"),
)

__all__ = ["DIALECT"]
