"""Splunk's Search Processing Language."""

from transpile.dialects.base import Capabilities, Dialect, later
from transpile.ir.match import Function
from transpile.ir.stream import Aggregate, Compute, Events, Sequence, Together, Union, Where

DIALECT = Dialect(
    name="spl",
    title="Splunk SPL",
    extensions=(".spl",),
    comment=("``` ", " ```"),
    begins=(
        r"(?i:\|\s*(?:tstats|mstats|from|inputlookup|makeresults|multisearch|datamodel|rest)\b"
        r"|`\w[\w()]*`\s|(?:search\s+)?\(*(?:index|sourcetype|source|eventtype)\s*=|(?:search\s+)?index\s+in\s*\()"
    ),
    default_model="windows-xml",
    lower=later("transpile.dialects.spl.lower", "lower"),
    print=later("transpile.dialects.spl.print", "print_pipeline"),
    parse=later("transpile.dialects.spl.parse", "parse"),
    run=later("transpile.dialects.spl.run", "run"),
    lift=later("transpile.dialects.spl.lift", "lift"),
    expand=later("transpile.dialects.spl.macros", "expand_text"),
    highlight=later("transpile.dialects.spl.highlight", "highlight"),
    cost=later("transpile.dialects.spl.cost", "cost"),
    rows=later("transpile.dialects.spl.run", "rows"),
    result=later("transpile.dialects.spl.lower_stage", "result"),
    can=Capabilities(
        frozenset({Events, Where, Compute, Aggregate, Sequence, Together, Union}),
        frozenset(Function) - {Function.BASE64_DECODE, Function.CAPTURE, Function.TRIM, Function.URL_DECODE},
    ),
    kept_in="index",
    backends=("splunk",),
    links=("https://docs.splunk.com/Documentation/Splunk/latest/SearchReference",),
    aliases=("splunk",),
)
