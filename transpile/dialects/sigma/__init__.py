"""The Sigma rule format."""

from transpile.dialects.base import Dialect, later
from transpile.dialects.sigma.load import load

DIALECT = Dialect(
    name="sigma",
    title="Sigma",
    extensions=(".yml", ".yaml"),
    parse=load,
    print=later("transpile.dialects.sigma.print", "print_rule"),
    read=later("transpile.dialects.sigma.read", "read"),
    links=("https://sigmahq.io/sigma-specification/",),
)

__all__ = ["DIALECT"]
