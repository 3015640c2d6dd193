"""`SPL`: Splunk SPL."""

from __future__ import annotations

from transpile.codes.code import Code, Effect

SPL001 = Code(
    "SPL001",
    Effect.REFUSED,
    "Splunk cannot run this regex: {reason}",
    "Splunk's regexes are PCRE's. This one is not valid there, or uses something that is not supported here.",
)

SPL002 = Code(
    "SPL002",
    Effect.REFUSED,
    "SPL cannot tell the {unit} of a timestamp exactly",
    "`strptime` and `strftime` read and write times in the time zone of the user who runs the search, and in "
    "one "
    "given format, so the part they give is not always the rule's, which is of UTC.",
    "filter on `date_hour` and its like in the deployed search, or schedule the search",
)

SPL003 = Code(
    "SPL003",
    Effect.REFUSED,
    "the field name {field!r} cannot be written in SPL",
    "Splunk documents no way to write a name with a single quote, a backslash or a control character in `where`.",
    "map the field to one with a plain name",
)

SPL004 = Code(
    "SPL004",
    Effect.REFUSED,
    "SPL cannot compare {field!r} with {other!r}",
    "Two fields are compared in `where`, which is not documented to compare fields with several values, and "
    "cannot "
    "write a name with a single quote, a backslash or a control character.",
)

SPL005 = Code(
    "SPL005",
    Effect.REFUSED,
    "a keyword regex with an anchor for the start or the end of a value",
    "Keywords are looked for in the raw text of an event, where Splunk does not know one value from the next.",
    "name the field, or leave the anchors out",
)

SPL006 = Code(
    "SPL006",
    Effect.NOTE,
    "the keyword {keyword!r} is looked for as it is in the raw text",
    "Splunk looks for keywords in the raw text of an event (`_raw`), not in its values. Where that is JSON or "
    "XML, "
    "quotes, backslashes, `<`, `>`, `&` and characters beyond ASCII may be spelled differently in it, and the "
    "keyword is then not found.",
    "name the field that holds the text",
)

SPL007 = Code(
    "SPL007",
    Effect.REFUSED,
    "a keyword, in a search of the data model {dataset}",
    "`tstats` searches a data model's fields; the raw text of the events is not among them.",
    "use a data model for Splunk that searches events, such as windows-xml, or name the field",
)

SPL008 = Code(
    "SPL008",
    Effect.APPROXIMATE,
    "to Splunk a field {field!r} that is null does not exist",
    "Sigma's `exists` holds for a field that is there but null. Splunk has no such field: NULL is the absence "
    "of a "
    "value, and `field=*` finds the fields that have one.",
    "ask for a value (`field: '*'`), which SPL says exactly",
)

# --- reading

SPL009 = Code(
    "SPL009",
    Effect.NOTE,
    "`{text}` changes what is shown, not what matches",
    "Commands such as `table`, `sort`, `rename` at the end of a search, and `stats` whose results are not tested, only "
    "arrange the events that were found. They are left out of the rule.",
)

SPL010 = Code(
    "SPL010",
    Effect.APPROXIMATE,
    "the macro `{name}` is not defined",
    "The search calls a macro whose definition is not among the macros given. What it narrows is left out of the rule.",
    "give its definition with --macros",
)

SPL011 = Code(
    "SPL011",
    Effect.APPROXIMATE,
    "the lookup {name} is not given, and the search tests what it finds",
    "A lookup's table is not part of the search. Without it the test of its columns is left out of the rule.",
    "give the table with --lookups",
)

SPL012 = Code(
    "SPL012",
    Effect.APPROXIMATE,
    "the command `{name}` is not interpreted",
    "The command may change which events match, or the fields that are tested later. The rule leaves its effect out.",
    "rewrite this part of the search with `search`, `where` and `stats`",
)

SPL013 = Code(
    "SPL013",
    Effect.APPROXIMATE,
    "the test of {text} has no equivalent in a rule",
    "A rule tests fields of events, and simple functions of them. A test of anything else is left out of the rule.",
)

SPL014 = Code(
    "SPL014",
    Effect.APPROXIMATE,
    "`{text}` relates the events to the results of another search",
    "A subsearch, `join` or `append` reads other events. A rule on single events cannot follow it, so it is left out.",
)

SPL015 = Code(
    "SPL015",
    Effect.APPROXIMATE,
    "the test of {text} depends on statistics that a rule cannot compute",
    "The value is computed over many events in a way that has no equivalent: outliers, models, statistics of "
    "statistics. The rule keeps the events that the statistics are computed of.",
)

SPL016 = Code(
    "SPL016",
    Effect.REFUSED,
    "the search has no condition that a rule can hold",
    "Nothing of the search narrows down events: it reads a lookup or metrics, or all that it tests is computed in ways "
    "that have no equivalent.",
)

SPL017 = Code(
    "SPL017",
    Effect.NOTE,
    "`{text}` limits the time that the search covers",
    "A rule's look-back belongs to its schedule, not to its condition.",
)

SPL018 = Code(
    "SPL018",
    Effect.NOTE,
    "taken to keep every event: {text}",
    "Macros whose names end in `_filter` are hooks for exclusions of one's own, `search *` as published. Macros of the "
    "platform format times and names.",
    "give the macro's definition with --macros if you changed it",
)

SPL019 = Code(
    "SPL019",
    Effect.NOTE,
    "{text} is compared as a number",
    "Splunk compares a value that is not a number as text. A rule does not match such values.",
)

SPL020 = Code(
    "SPL020",
    Effect.UNREADABLE,
    "the search is not valid once its macros are in place: {reason}",
    "A macro's definition does not fit the place where it is called.",
    "check the definition of the macro",
)

SPL024 = Code(
    "SPL024",
    Effect.APPROXIMATE,
    "a later command tests the rows that `{text}` keeps",
    "`head`, `tail`, `dedup`, `sort` with a count, `top` and `rare` pass on some of the rows. An event that is not "
    "among them cannot pass a test that follows; a rule has no such limit.",
    "put the test before the command",
)

SPL025 = Code(
    "SPL025",
    Effect.APPROXIMATE,
    "the tests of {text} may hold for different events of a group",
    "`stats values(...)` collects the values of many events, and each test passes on the value of any of them. The "
    "rule asks that one event passes all tests.",
    "test the fields before `stats`, or write a correlation",
)

SPL026 = Code(
    "SPL026",
    Effect.APPROXIMATE,
    "a rule has no limit on its alerts: {text}",
    "`head`, `tail`, `sort` with a count, `top` and `rare` show some of the rows that match. A rule reports them all.",
    "limit the alerts where the rule is scheduled",
)

# --- writing rules on many events

SPL021 = Code(
    "SPL021",
    Effect.REFUSED,
    "SPL cannot compute {what} exactly",
    "`streamstats` relates sorted events in one pass. Some stages need more than that, or more events than it holds.",
    "simplify the correlation, or split it into several rules",
)

SPL022 = Code(
    "SPL022",
    Effect.APPROXIMATE,
    "{what} depends on where a window starts",
    "More events can undo an upper bound, an average, a percentile or a NOT, so whether a window passes depends on "
    "where it starts. The search looks at the windows that end at an event.",
)

SPL023 = Code(
    "SPL023",
    Effect.APPROXIMATE,
    "fixed windows miss events on both sides of a boundary",
    "With `--windows buckets` the search counts in windows that start at multiples of their length. It is cheaper than "
    "sliding windows, and misses what crosses a boundary.",
    "leave the option out to get sliding windows",
)

SPL027 = Code(
    "SPL027",
    Effect.NOTE,
    "`{text}` sets a field that is tested; it is in the rule as far as the test is",
    "What a command such as `eval`, `rex`, `rename` or `lookup` puts into a field decides what matches if a later "
    "command tests the field. The rule asks the events for what the test means; a test that has no form in a rule is "
    "named apart.",
)
