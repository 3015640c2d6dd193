"""Google SecOps YARA-L 2.0: one whole rule for each Sigma rule."""

from transpile.dialects.base import Dialect, later
from transpile.dialects.yaral.lower import lower
from transpile.dialects.yaral.print import print_rule

DIALECT = Dialect(
    name="yaral",
    title="Google SecOps YARA-L 2.0",
    extension=".yaral",
    default_model="udm",
    lower=lower,
    print=print_rule,
    parse=later("transpile.dialects.yaral.parse", "parse"),
    run=later("transpile.dialects.yaral.run", "run"),
)

__all__ = ["DIALECT"]
