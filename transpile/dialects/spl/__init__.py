"""Splunk's Search Processing Language."""

from transpile.dialects.base import Capabilities, Dialect, later
from transpile.dialects.spl.lower import lower
from transpile.dialects.spl.lower_stage import result
from transpile.dialects.spl.lower_value import FUNCTIONS
from transpile.dialects.spl.print import print_pipeline
from transpile.ir.stream import Aggregate, Compute, Events, Sequence, Together, Union, Where

DIALECT = Dialect(
    name="spl",
    title="Splunk SPL",
    extensions=(".spl",),
    default_model="windows-xml",
    lower=lower,
    print=print_pipeline,
    parse=later("transpile.dialects.spl.parse", "parse"),
    run=later("transpile.dialects.spl.run", "run"),
    lift=later("transpile.dialects.spl.lift", "lift"),
    highlight=later("transpile.dialects.spl.highlight", "highlight"),
    rows=later("transpile.dialects.spl.run", "rows"),
    result=result,
    can=Capabilities(frozenset({Events, Where, Compute, Aggregate, Sequence, Together, Union}), FUNCTIONS),
    links=("https://docs.splunk.com/Documentation/Splunk/latest/SearchReference",),
    aliases=("splunk",),
)
