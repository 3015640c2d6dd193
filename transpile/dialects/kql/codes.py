"""`KQL`: Kusto KQL."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

KQL001 = Code(
    "KQL001",
    Effect.REFUSED,
    "Kusto cannot run this regex: {reason}",
    "Kusto's regular expressions are those of Rust: no lookaround, no backreferences, no possessive or atomic "
    "groups, at most 16 capturing groups.",
    "say the same with `contains`, `startswith`, `endswith` or without lookaround",
)

KQL002 = Code(
    "KQL002",
    Effect.APPROXIMATE,
    "a Kusto column cannot tell {field} without a value from a missing one",
    "String columns hold no null: a missing value is the empty string. A test for an empty value, or a regex "
    "that "
    "matches one, is therefore met by rows without a value too; a test that the field is present is said as "
    "`isnotempty`, which a value that is present but empty fails.",
)

KQL003 = Code(
    "KQL003",
    Effect.REFUSED,
    "the {type} column {field} cannot be compared like this",
    "The data model says that the column holds truth values or timestamps. Their text in Kusto is not that of "
    "the "
    "original event, so patterns, regexes and orderings of numbers have no exact meaning there.",
)

KQL004 = Code(
    "KQL004",
    Effect.REFUSED,
    "Kusto has no operator that tests any member of the list in {field} like this",
    "Members of a dynamic array can be compared with strings and patterns within `where`. A regex, a network, "
    "an "
    "ordering or another field would need the rows to be expanded first (`mv-apply`).",
)

KQL005 = Code(
    "KQL005",
    Effect.APPROXIMATE,
    "a Kusto string column cannot tell an empty {other} from a missing one, so two empty values do not match",
    "A field reference holds between two values that are present. As a missing value is an empty string in "
    "Kusto, "
    "rows in which the other field is empty are left out, though one empty string equals another.",
)

KQL006 = Code(
    "KQL006",
    Effect.NOTE,
    "changes what an alert shows, not what matches: {text}",
    "Columns that are computed or chosen for the analyst, the order of rows, charts and look-ups that only add columns "
    "do not decide which events match. They are left out of the rule.",
)

KQL007 = Code(
    "KQL007",
    Effect.NOTE,
    "the time filter is the rule's look-back: {text}",
    "A test of the event's own time against now says how far back the query looks whenever it runs. A rule leaves that "
    "to the schedule.",
)

KQL008 = Code(
    "KQL008",
    Effect.NOTE,
    "only groups the matching events: {text}",
    "`summarize` and `distinct` without a later test on what they compute fold many matching events into fewer alerts.",
)

KQL009 = Code(
    "KQL009",
    Effect.NOTE,
    "nothing that decides a match uses this: {text}",
    "A `let` statement or a computed column that no condition depends on.",
)

KQL010 = Code(
    "KQL010",
    Effect.APPROXIMATE,
    "left out of the rule: {text} ({reason})",
    "This condition has no equivalent in a rule: a list that is read from elsewhere when the query runs, a function "
    "without a counterpart, a column that an operator computed, or a comparison of two computed values.",
    "add the condition by hand, or rewrite it with a comparison to a constant",
)

KQL011 = Code(
    "KQL011",
    Effect.APPROXIMATE,
    "left out of the rule: {text}",
    "This operator may drop rows, or makes rows of its own, in a way that a rule has no form for.",
    "convert the rest of the query by hand",
)

KQL012 = Code(
    "KQL012",
    Effect.APPROXIMATE,
    "left out of the rule: {text}",
    "A join keeps rows by what another table holds. The rule has the conditions on the left side alone.",
    "use a correlation rule where the other side is an event of its own",
)

KQL013 = Code(
    "KQL013",
    Effect.APPROXIMATE,
    "left out of the rule: {text}",
    "`take`, `top` and `sample` show some of the rows that match. A rule reports them all.",
)

KQL014 = Code(
    "KQL014",
    Effect.APPROXIMATE,
    "the condition is on the latest event of each group only: {text}",
    "`summarize arg_max(...)` before a condition tests one event of each group. The rule tests them all.",
)

KQL015 = Code(
    "KQL015",
    Effect.APPROXIMATE,
    "events without {field} are in no group",
    "Kusto makes a group of the events in which the column is empty. A rule relates only events that have a value in "
    "each field that it groups by.",
    "add a condition that the field is not empty",
)

KQL016 = Code(
    "KQL016",
    Effect.REFUSED,
    "this query reads no events: {reason}",
    "A rule needs a table of events to start from. Constants, external files, functions that the query defines with "
    "tables for parameters, and joins that keep the rows of their right side are none.",
    "begin the query with a table",
)

KQL017 = Code(
    "KQL017",
    Effect.APPROXIMATE,
    "the condition is tested on windows that end at an event: {what}",
    "More events can make this condition false: an upper bound, an equality, an average, a percentile, or an event "
    "that must be missing. Whether it holds depends on where windows lie. The query looks at each window that ends at "
    "an event; any other interval of the timespan's length may meet the condition too.",
)

KQL018 = Code(
    "KQL018",
    Effect.APPROXIMATE,
    "fixed windows of {length} miss what crosses the boundary of two",
    "With `--windows buckets` events are counted by `bin()`, which is cheap, and misses a burst that lies in two "
    "buckets.",
    "leave the option out to get sliding windows",
)

KQL019 = Code(
    "KQL019",
    Effect.REFUSED,
    "KQL has no exact query for {what}",
    "Kusto relates events by sorting, scanning and joining them. What must not happen between two steps, what ends a "
    "sequence, sessions, and rules whose inner rules do not give the columns that they group by have no such query.",
    "split the rule, or group inner and outer rule by the same fields",
)

KQL020 = Code(
    "KQL020",
    Effect.NOTE,
    "in the rule by what it means: {text}",
    "A choice between constants (`iff`, `case`) or a comparison that never holds is in the rule without the constants "
    "that the query only compares with one another; the length of a window is there in seconds.",
)

KQL021 = Code(
    "KQL021",
    Effect.APPROXIMATE,
    "whether {field} is a string column is not known, and a string is never null",
    "`isnull` of a string is always false, and `isnotnull` always true, also of an empty one. The type of this column "
    "is not among those known of Microsoft's tables, so the rule takes it for one that may be null: if it is a string, "
    "the rule asks for a value where the query does not, or matches where the query never does.",
    "use `isempty` and `isnotempty` for strings, or convert the column in the test (`tostring(...)`)",
)

KQL022 = Code(
    "KQL022",
    Effect.APPROXIMATE,
    "an event that several of the counted rules match counts once for each",
    "The rules read one table, and an event may match more than one of them. They could not be asked in one condition, "
    "since they compute different columns, and Kusto has no identity of an event to count it by.",
    "give the rules conditions that exclude one another",
)
