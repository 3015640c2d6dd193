"""`DEP`: deploy files."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

DEP001 = Code(
    "DEP001",
    Effect.REFUSED,
    "the query has {length} characters; {platform} takes {limit}",
    "The platform refuses rules whose query is longer than its limit.",
    "split the rule into several, each with a part of the values",
)

DEP002 = Code(
    "DEP002",
    Effect.REFUSED,
    "{table} has no column that a custom detection can raise an alert on",
    "A custom detection's query must return Timestamp, ReportId and what identifies a device, user or mailbox; "
    "the table that the rule reads has none of them.",
    "deploy the rule to Microsoft Sentinel instead",
)

DEP003 = Code(
    "DEP003",
    Effect.REFUSED,
    "the query does not survive being written to a .conf file",
    "A value in the query holds a line break or another character that Splunk's .conf format cannot hold.",
    "write the value as a regular expression, with \\n for the line break",
)

DEP004 = Code(
    "DEP004",
    Effect.REFUSED,
    "deploy files for rules that relate several events are not written",
    "A search over time needs a look-back that covers its time span, which deploy files do not set yet.",
    "convert the rule, and set the look-back to its time span plus the interval by hand",
)
