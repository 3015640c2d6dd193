"""Splunk's Search Processing Language."""

from transpile.dialects.base import Dialect
from transpile.dialects.spl.lower import lower
from transpile.dialects.spl.parse import parse
from transpile.dialects.spl.print import print_pipeline
from transpile.dialects.spl.run import run

DIALECT = Dialect(
    name="spl",
    title="Splunk SPL",
    extension=".spl",
    default_model="windows-xml",
    lower=lower,
    print=print_pipeline,
    parse=parse,
    run=run,
)
