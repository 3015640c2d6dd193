"""The Sigma rule format."""

from transpile.dialects.base import Dialect, later
from transpile.dialects.sigma.capabilities import CAN

DIALECT = Dialect(
    name="sigma",
    title="Sigma",
    extensions=(".yml", ".yaml"),
    comment=("# ", ""),
    parting="---\n",
    by_default=False,
    parse=later("transpile.dialects.sigma.plain", "parse"),
    print=later("transpile.dialects.sigma.print", "print_rule"),
    lower=later("transpile.dialects.sigma.lower", "lower"),
    run=later("transpile.dialects.sigma.reread", "run"),
    rows=later("transpile.dialects.sigma.reread", "rows"),
    result=later("transpile.dialects.sigma.reread", "result"),
    read=later("transpile.dialects.sigma.read", "read"),
    collect=later("transpile.dialects.sigma.library", "collect"),
    highlight=later("transpile.dialects.sigma.highlight", "highlight"),
    can=CAN,
    links=("https://sigmahq.io/sigma-specification/",),
)

__all__ = ["DIALECT"]
