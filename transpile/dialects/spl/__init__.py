"""Splunk's Search Processing Language."""

from transpile.dialects.base import Dialect, later
from transpile.dialects.spl.lower import lower
from transpile.dialects.spl.print import print_pipeline

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
    links=("https://docs.splunk.com/Documentation/Splunk/latest/SearchReference",),
    aliases=("splunk",),
)
