"""Elastic EQL, as Elasticsearch runs it."""

from transpile.dialects.base import Dialect
from transpile.dialects.eql.lower import lower
from transpile.dialects.eql.parse import parse
from transpile.dialects.eql.print import print_query
from transpile.dialects.eql.run import run

DIALECT = Dialect(
    name="eql",
    title="Elastic EQL",
    extension=".eql",
    default_model="ecs",
    lower=lower,
    print=print_query,
    parse=parse,
    run=run,
)

__all__ = ["DIALECT"]
