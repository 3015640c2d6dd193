"""Google SecOps YARA-L 2.0: one whole rule for each Sigma rule."""

from transpile.dialects.base import Dialect
from transpile.dialects.yaral.lower import lower
from transpile.dialects.yaral.parse import parse
from transpile.dialects.yaral.print import print_rule
from transpile.dialects.yaral.run import run

DIALECT = Dialect(
    name="yaral",
    title="Google SecOps YARA-L 2.0",
    extension=".yaral",
    default_model="udm",
    lower=lower,
    print=print_rule,
    parse=parse,
    run=run,
)

__all__ = ["DIALECT"]
