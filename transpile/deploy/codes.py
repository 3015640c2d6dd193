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

DEP008 = Code(
    "DEP008",
    Effect.APPROXIMATE,
    "a threshold rule counts over the whole look-back of a run, not within {seconds} seconds",
    "A run of a threshold rule looks back over the time span of the rule, the interval and the lag, and counts all of "
    "that together: events further apart than the time span too. An event that an alert has counted is not counted "
    "again, so that one alert covers what follows it closely. Kibana's numbers of different values are estimates.",
)

DEP009 = Code(
    "DEP009",
    Effect.NOTE,
    "not deployed as a threshold rule: {reason}",
    "deploy.yml asks for a threshold rule, and Kibana has none for what this rule counts. It is deployed as it is "
    "without the setting.",
)
