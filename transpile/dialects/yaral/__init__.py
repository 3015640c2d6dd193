"""Google SecOps YARA-L 2.0: one whole rule for each Sigma rule."""

from transpile.dialects.base import Capabilities, Dialect, later
from transpile.ir.stream import Aggregate, Compute, Events, Sequence, Together, Union, Where

DIALECT = Dialect(
    name="yaral",
    title="Google SecOps YARA-L 2.0",
    extensions=(".yaral",),
    comment=("// ", ""),
    begins=r"(?:private\s+)?rule\s+\w+\s*\{",
    default_model="udm",
    holds_rules=True,
    highlight=later("transpile.dialects.yaral.highlight", "highlight"),
    cost=later("transpile.dialects.yaral.cost", "cost"),
    lower=later("transpile.dialects.yaral.lower", "lower"),
    print=later("transpile.dialects.yaral.print", "print_rule"),
    parse=later("transpile.dialects.yaral.parse", "parse"),
    can=Capabilities(stages=frozenset({Events, Where, Aggregate, Together, Sequence, Union, Compute})),
    result=later("transpile.dialects.yaral.lower_stages", "result"),
    rows=later("transpile.dialects.yaral.run_rows", "rows"),
    data_set=later("transpile.dialects.yaral.storage", "data_set"),
    lift=later("transpile.dialects.yaral.lift", "lift"),
    run=later("transpile.dialects.yaral.run", "run"),
    links=("https://cloud.google.com/chronicle/docs/detection/yara-l-2-0-syntax",),
    aliases=("yara-l",),
)

__all__ = ["DIALECT"]
