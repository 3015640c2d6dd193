"""The Sigma rule format."""

from transpile.dialects.base import Dialect, later

DIALECT = Dialect(
    name="sigma",
    title="Sigma",
    extensions=(".yml", ".yaml"),
    parse=later("transpile.dialects.sigma.load", "load"),
    print=later("transpile.dialects.sigma.print", "print_rule"),
    read=later("transpile.dialects.sigma.read", "read"),
    collect=later("transpile.dialects.sigma.library", "collect"),
    links=("https://sigmahq.io/sigma-specification/",),
)

__all__ = ["DIALECT"]
