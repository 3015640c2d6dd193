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
    "the rule relates several events without a limit on the time between them",
    "A scheduled search needs a look-back that covers the time span of the rule; this rule has none.",
    "give the rule a timespan, or convert it and set the look-back by hand",
)

DEP005 = Code(
    "DEP005",
    Effect.REFUSED,
    "a run has to look back {needed}; {platform} looks back {limit} at most",
    "The look-back of a rule on several events must cover its time span, the interval and the lag of ingestion; "
    "with a shorter one the rule would miss alerts.",
    "shorten the timespan of the rule, or its interval in deploy.yml",
)

DEP006 = Code(
    "DEP006",
    Effect.REFUSED,
    "the query's rows lack {columns}, which an alert needs",
    "A custom detection's query must return Timestamp, ReportId and what identifies a device, user or mailbox; "
    "the rows of this query have only the columns of the rule's group.",
    "deploy the rule to Microsoft Sentinel instead",
)

DEP007 = Code(
    "DEP007",
    Effect.REFUSED,
    "cron has no schedule that runs every {interval}; the nearest are {nearest}",
    "A cron schedule repeats by the hour, the day and the week. With an interval that divides none of them the windows "
    "of two runs would overlap, which gives double alerts, or leave a gap.",
    "set `interval` in deploy.yml to one of {nearest}",
)
